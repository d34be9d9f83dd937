"""Facts of dossiers that need the code grammar, the catalogue, the calendar or the other tables."""

from functools import cached_property

import numpy as np
import pandas as pd

from domain.clock import due_dates
from domain.codes import parse_dossier_codes
from domain.identity import proc_keys
from domain.status import PAUSED_STATUSES, TERMINAL_STATUSES, Status
from expectations.context import JudgeContext
from expectations.facts import PREVIOUS_COLUMNS, Series, TableFacts, place_words, verdicts
from expectations.one_state import told_until

_KEY = ["unit_code", "dossier_key"]
_OPEN_PAST, _OPEN_FUTURE = pd.Timestamp(1900, 1, 1), pd.Timestamp(2200, 1, 1)
_CLOSED = frozenset(TERMINAL_STATUSES | {int(Status.DONE_PROCESSING)})


def intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """A dimension frame with valid_from and valid_to as instants, empty ends made far past and far future."""
    return frame.assign(
        valid_from=_instants(frame, "valid_from").fillna(_OPEN_PAST),
        valid_to=_instants(frame, "valid_to").fillna(_OPEN_FUTURE),
    )


def _instants(frame: pd.DataFrame, column: str) -> Series:
    if column not in frame.columns:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return pd.to_datetime(frame[column]).astype("datetime64[us]")


class DossierFacts(TableFacts):
    """The dossiers of the night, with the night's pauses beside them."""

    table = "dossier"
    planned = frozenset({"due_at"})

    def __init__(self, rows: pd.DataFrame, context: JudgeContext, pauses: pd.DataFrame) -> None:
        super().__init__(rows, context)
        self.pauses = pauses
        self.seen["proc_core"] = proc_keys(self.seen["proc_code"])
        self.seen["copy_no"] = self._copy_no()
        self.seen["received_on"] = self.day("received_at")
        self.seen["due_on"] = self.day("due_at")
        self.seen["supplements"] = self.supplement_count

    def given(self, unit: str) -> frozenset[str]:
        """The columns a unit gives; with 'pause' when it gives pauses at all."""
        if self.context.given is None:
            paused = not self.pauses.empty
        else:
            paused = bool(self.context.given.get((unit, "pause")))
        return super().given(unit) | ({"pause"} if paused else set())

    def _copy_no(self) -> Series:
        """1 for the row of a key that counts tonight: the dossier received first, in its last state."""
        ranked = self.seen.assign(_told=told_until(self.seen), _status=self.seen["status"].fillna(0))
        order = ["received_at", "_told", "_status", "file_name", "line_no"]
        ranked = ranked.sort_values(order, ascending=[True, False, False, True, True], kind="stable")
        number = ranked.groupby(_KEY, sort=False).cumcount().reindex(self.index) + 1.0
        return number.where(self.seen[_KEY].notna().all(axis=1))

    @cached_property
    def counted_line(self) -> Series:
        """Where the row of the same key is that counts tonight: its line and its file."""
        counted = self.seen[self.seen["copy_no"] == 1].set_index(_KEY)
        words = place_words(counted["line_no"], counted["file_name"])
        keys = pd.MultiIndex.from_frame(self.seen[_KEY])
        return pd.Series(words.reindex(keys).to_numpy(), index=self.index)

    @cached_property
    def alone_without_zeros(self) -> Series:
        """Fact: no other number of the unit tonight is the same but for zeros before it."""
        codes = self.seen["dossier_code"]
        plain = codes.where(codes.str.fullmatch(r"[0-9]+").fillna(False)).str.lstrip("0")
        several = codes.groupby([self.seen["unit_code"], plain]).transform("nunique").reindex(self.index)
        return verdicts(several.fillna(1) <= 1, plain.notna(), self.index)

    # Codes -------------------------------------------------------------------------------------------

    @cached_property
    def code(self) -> pd.DataFrame:
        """The parts of the dossier code: unit, day, seq, regime, is_recoded; empty where unreadable."""
        return parse_dossier_codes(self.seen["dossier_code"])

    @cached_property
    def identifier_known(self) -> Series:
        """Fact: the code begins with the identifier of a unit of the site, valid on the code's day."""
        units = intervals(self.context.units)
        units = units[units["identifier"].notna()]
        asked = self.code[["unit", "day"]].dropna()
        matched = asked.reset_index().merge(units, left_on="unit", right_on="identifier")
        valid = matched[(matched["valid_from"] <= matched["day"]) & (matched["day"] <= matched["valid_to"])]
        return verdicts(self.index.isin(valid["index"]), self.code["unit"].notna(), self.index)

    @cached_property
    def numbers_in_sequence(self) -> Series:
        """Fact: the running number follows the one before it, for codes given out on the night's own day."""
        code = self.code
        tonight = (code["day"] == pd.Timestamp(self.context.night)) & ~code["is_recoded"]
        numbers = code[tonight].sort_values(["unit", "seq"], kind="stable")
        before = numbers.groupby("unit")["seq"].shift(fill_value=0)
        holds = ((numbers["seq"] - before) <= 1).reindex(self.index)
        return verdicts(holds.fillna(False), tonight, self.index)

    # Catalogue ---------------------------------------------------------------------------------------

    @cached_property
    def procedure(self) -> pd.DataFrame:
        """The procedure's version on the day received: known, in_force, and its limit, fee and no_due."""
        columns = ["limit_quantity", "limit_unit", "area_extra", "no_due", "fee_vnd"]
        catalogue = intervals(self.context.procedures)
        for column in set(columns) - set(catalogue.columns):
            catalogue[column] = np.nan
        catalogue = catalogue[["proc_core", "valid_from", "valid_to", *columns]].sort_values(
            "valid_from", kind="stable"
        )
        catalogue = catalogue.assign(proc_core=catalogue["proc_core"].astype("str"))
        known = self.seen["proc_core"].isin(set(catalogue["proc_core"]))
        asked = self.seen.loc[known & self.seen["received_on"].notna(), ["proc_core", "received_on"]]
        asked = asked.assign(row=asked.index).sort_values("received_on", kind="stable")
        joined = pd.merge_asof(asked, catalogue, left_on="received_on", right_on="valid_from", by="proc_core")
        joined = joined.set_index("row")
        in_force = joined["valid_from"].notna() & (joined["received_on"] <= joined["valid_to"])
        found = joined.loc[in_force, columns].reindex(self.index)
        return found.assign(
            known=known,
            in_force=in_force.reindex(self.index).fillna(False).astype(bool),
            no_due=found["no_due"].map(lambda value: bool(value) and value == value).astype(bool),  # noqa: PLR0124 - NaN
        )

    @cached_property
    def posted(self) -> Series:
        """Fact: the procedure is posted at the unit on the day received; units that post none are passed."""
        postings = intervals(self.context.postings)[["proc_core", "unit_code", "valid_from", "valid_to"]]
        asked = self.seen[["proc_core", "unit_code", "received_on"]].dropna()
        matched = asked.reset_index().merge(postings, on=["proc_core", "unit_code"])
        valid = matched[
            (matched["valid_from"] <= matched["received_on"]) & (matched["received_on"] <= matched["valid_to"])
        ]
        concerns = self.seen["unit_code"].isin(set(postings["unit_code"])) & self.seen["received_on"].notna()
        return verdicts(self.index.isin(valid["index"]), concerns, self.index)

    # Pauses and the state before ---------------------------------------------------------------------

    @cached_property
    def previous(self) -> pd.DataFrame:
        """The last known state of each row's dossier; empty where there is none."""
        given = self.context.previous
        if given is None:
            given = pd.DataFrame({name: pd.Series(dtype="str") for name in PREVIOUS_COLUMNS[:1]})
        table = given.drop_duplicates("dossier_code").set_index("dossier_code")
        state = table.reindex(columns=PREVIOUS_COLUMNS[1:]).reindex(self.seen["dossier_code"].to_numpy())
        state.index = self.index
        state = pd.DataFrame({name: pd.to_numeric(state[name], errors="coerce") for name in state.columns})
        state = state.astype("float64")
        return state

    @cached_property
    def pause(self) -> pd.DataFrame:
        """Per row the pauses known: supplements (number), days (working days closed), open, any, new_due."""
        pauses = self.pauses
        closed = self.work_index(pauses["ended_at"].dt.floor("D")) - self.work_index(
            pauses["started_at"].dt.floor("D")
        )
        told = pd.DataFrame(
            {
                "key": pauses["unit_code"].astype("str") + "\x1f" + pauses["dossier_code"].astype("str"),
                "supplements": (pauses["kind"] == "SUPPLEMENT").astype("float64"),
                "days": closed.fillna(0.0),
                "open": pauses["ended_at"].isna().astype("float64"),
                "any": 1.0,
                "new_due": pauses["new_due_at"].dt.floor("D"),
            }
        )
        ways = {"supplements": "sum", "days": "sum", "open": "max", "any": "max", "new_due": "max"}
        table = told.groupby("key").agg(ways)
        found = table.reindex((self.seen["unit_code"] + "\x1f" + self.seen["dossier_code"]).to_numpy())
        found.index = self.index
        numbers = found[["supplements", "days", "open", "any"]].fillna(0.0)
        return numbers.assign(new_due=found["new_due"])

    @cached_property
    def supplement_count(self) -> Series:
        """Supplement requests of the dossier: tonight's or those known before, whichever are more."""
        before = self.previous["supplement_count"].fillna(0.0)
        return self.pause["supplements"].where(self.pause["supplements"] >= before, before)

    @cached_property
    def is_paused_ever(self) -> Series:
        """Whether any pause of the dossier is known, or it stands in a paused status."""
        known = (self.pause["any"] > 0) | (self.supplement_count > 0) | (self.previous["paused_days"].fillna(0.0) > 0)
        return known | self.seen["status"].isin(PAUSED_STATUSES)

    # Time --------------------------------------------------------------------------------------------

    @cached_property
    def is_open(self) -> Series:
        """Whether the dossier is neither ended by its status nor by a finish, return or refusal."""
        ended = self.seen[["finished_at", "returned_at", "refused_at"]].notna().any(axis=1)
        return ~ended & ~self.seen["status"].isin(_CLOSED)

    @cached_property
    def due_gap(self) -> pd.DataFrame:
        """Due date minus the date the limit gives, in working days: `short` by the limit with the extra days
        of mountain areas, `over` without them (so that either reading of the limit is accepted)."""
        procedure = self.procedure
        extra = pd.to_numeric(procedure["area_extra"]).fillna(0.0)
        base = self.work_index(self.seen["due_on"])
        plain, extended = self._expected(0.0 * extra), self._expected(extra)
        return pd.DataFrame(
            {
                "short": base - self.work_index(plain),
                "over": base - self.work_index(extended),
                "expected": plain,
                "makeups": self._makeups_between(self.seen["received_on"], self.seen["due_on"]),
            }
        )

    def _expected(self, extra: Series) -> Series:
        procedure, calendar = self.procedure, self.context.calendar
        quantity = pd.to_numeric(procedure["limit_quantity"]).astype("float64") + extra
        received = self.seen["received_at"]
        # Two calendar days a working day and a month of holidays are enough to stay inside the calendar.
        span = pd.to_timedelta(quantity.clip(upper=3000) * 2 + 30, unit="D")
        # A limit outside the three units is the catalogue's fault, not the dossier's.
        units = procedure["limit_unit"].isin(["WORKING_DAY", "DAY", "HOUR"])
        inside = (received >= pd.Timestamp(calendar.first)) & (received + span <= pd.Timestamp(calendar.last))
        able = inside & quantity.notna() & units & ~procedure["no_due"] & (quantity >= 0)
        expected = pd.Series(pd.NaT, index=self.index, dtype="datetime64[us]")
        if able.any():
            counted = due_dates(
                received[able],
                quantity[able],
                procedure.loc[able, "limit_unit"],
                calendar,
                hours=self.context.hours,
            )
            expected[able] = pd.to_datetime(counted).dt.floor("D").astype("datetime64[us]").to_numpy()
        return expected

    def _makeups_between(self, start: Series, end: Series) -> Series:
        days = self.context.calendar.days()
        makeups = pd.to_datetime(days.loc[days["kind"] == "MAKEUP", "day"]).astype("datetime64[us]").to_numpy()
        upto_end, upto_start = (
            np.searchsorted(makeups, end, "right"),
            np.searchsorted(makeups, start, "right"),
        )
        return pd.Series(upto_end - upto_start, index=self.index).where(start.notna() & end.notna(), 0)

    @cached_property
    def finish_times_believable(self) -> Series:
        """Fact: the finish is not the due date to the second, nor one of many at closing time sharp."""
        finished, due, limits = self.seen["finished_at"], self.seen["due_at"], self.context.limits
        same = (finished == due) & (finished != finished.dt.floor("D"))
        sharp = (finished - finished.dt.floor("D")) == self.context.closing
        by_unit = self.seen["unit_code"]
        finishes = finished.notna().groupby(by_unit).transform("sum")
        share = (sharp & finished.notna()).groupby(by_unit).transform("sum") / finishes.clip(lower=1)
        many = (finishes >= limits.closing_time_least) & (share > limits.closing_time_share)
        return verdicts(~(same | (sharp & many)), finished.notna(), self.index)

    @cached_property
    def closed_one_by_one(self) -> Series:
        """Fact: not more dossiers than the limit were closed by the same person in the same minute."""
        rows = self.seen.assign(minute=self.seen["finished_at"].dt.floor("min"))
        # A date-only finish has no minute to judge.
        timed = rows["finished_at"].notna() & (rows["finished_at"] != rows["finished_at"].dt.floor("D"))
        concerns = timed & rows["staff_code"].notna()
        size = rows[concerns].groupby(["unit_code", "staff_code", "minute"])["line_no"].transform("size")
        return verdicts(
            (size.reindex(self.index).fillna(0) <= self.context.limits.batch_in_minute), concerns, self.index
        )

    @cached_property
    def twins(self) -> Series:
        """Fact: no other code with the same procedure, owner and day received."""
        key = ["proc_core", "owner_hash", "received_on"]
        concerns = self.seen[[*key, "dossier_code"]].notna().all(axis=1)
        codes = self.seen[concerns].groupby(key)["dossier_code"].transform("nunique")
        return verdicts(codes.reindex(self.index).fillna(1) <= 1, concerns, self.index)

    @cached_property
    def twin_codes(self) -> Series:
        """The smallest other code of the row's twins, for the message."""
        rows = self.seen[["proc_core", "owner_hash", "received_on", "dossier_code"]].dropna()
        grouped = rows.groupby(["proc_core", "owner_hash", "received_on"])["dossier_code"]
        least, most = grouped.transform("min"), grouped.transform("max")
        return least.where(least != rows["dossier_code"], most).reindex(self.index)
