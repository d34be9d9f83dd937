"""Tonight's rows of one table as the rules see them: typed, ordered, absurd dates taken out.

Every fact is a Series on the row ids 0..n-1, True where a rule holds, False where it does not, empty (NA)
where it does not concern the row. Rows are in the order unit_code, file_name, line_no.
"""

import json
import re
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from domain.columns import TABLES, Column
from expectations.context import JudgeContext

Series = pd.Series
PREVIOUS_COLUMNS = ["dossier_code", "supplement_count", "paused_days"]
# A word longer than this is no entry of a code list.
_LONGEST_WORD = 120
ENDS = ("finished_at", "returned_at", "refused_at")
_ONE_DAY = np.timedelta64(1, "D")


def ordered(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of `frame` in judging order with row ids 0..n-1; columns the frame lacks come empty."""
    missing = {
        name: empty(column, frame.index) for name, column in TABLES[table].items() if name not in frame.columns
    }
    rows = frame.assign(**missing) if missing else frame
    rows = rows.assign(dossier_key=rows["dossier_key"].where(rows["dossier_key"].notna(), rows["dossier_code"]))
    return rows.sort_values(["unit_code", "file_name", "line_no"], kind="stable", ignore_index=True)


def empty(column: Column, index: pd.Index) -> Series:
    """An all-empty Series of a vocabulary column's type."""
    dtypes: dict[str, Any] = {
        "text": "str", "int": "Int64", "float": "float64", "instant": "datetime64[us]", "bool": "boolean",
    }  # fmt: skip
    nothing: Any = pd.NaT if column.kind == "instant" else None
    series: Series = pd.Series([nothing] * len(index), index=index, dtype=dtypes[column.kind])
    return series


def verdicts(holds: Any, concerns: Any, index: pd.Index) -> Series:
    """`holds` where `concerns`, NA elsewhere, as a nullable boolean Series."""
    values = np.asarray(pd.array(np.asarray(holds), dtype="boolean").fillna(False), dtype=bool)
    skip = ~np.asarray(pd.array(np.asarray(concerns), dtype="boolean").fillna(False), dtype=bool)
    return pd.Series(pd.arrays.BooleanArray(values, skip), index=index)


class TableFacts:
    """What all tables share. `rows`: as handed in, ordered; `seen`: the working copy the rules look at."""

    table = ""
    # Columns where a date after the night is as unusable as an absurd one.
    future_matters: frozenset[str] = frozenset()
    planned: frozenset[str] = frozenset()  # what may lie ahead, and is left out where it lies too far

    def __init__(self, rows: pd.DataFrame, context: JudgeContext) -> None:
        self.rows = rows
        self.context = context
        self.index = rows.index
        self.seen = self._seen()

    @cached_property
    def night_end(self) -> pd.Timestamp:
        """The last instant that belongs to the night's day."""
        return pd.Timestamp(self.context.night) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)

    @cached_property
    def extract_end(self) -> pd.Timestamp:
        """The last instant an extract of the night can tell: it is made after midnight, in the first hours."""
        return self.night_end + pd.Timedelta(hours=self.context.limits.early_hours)

    @cached_property
    def instants(self) -> list[str]:
        """The instant columns of this table."""
        return [name for name, column in TABLES[self.table].items() if column.kind == "instant"]

    def _seen(self) -> pd.DataFrame:
        """Numbers as float64 and plausible instants; one cause shall trip one rule, so absurd ones go."""
        seen = self.rows.copy()
        for name, column in TABLES[self.table].items():
            if column.kind == "instant":
                seen[name] = pd.to_datetime(seen[name], errors="coerce").astype("datetime64[us]")
                seen.loc[self.absurd(seen[name]), name] = pd.NaT
            elif column.kind in ("int", "float") and name != "line_no":
                seen[name] = pd.to_numeric(seen[name], errors="coerce").astype("float64")
            elif column.kind == "text":
                blank = seen[name].isna() | (seen[name].astype("str").str.strip() == "")
                seen[name] = seen[name].astype("str").mask(blank)
        return seen

    def absurd(self, instants: Series) -> Series:
        """Which instants no dossier of this office can have: before 1990, or years ahead of the night."""
        limits = self.context.limits
        first = pd.Timestamp(year=limits.earliest_year, month=1, day=1)
        last = self.night_end + pd.DateOffset(years=limits.latest_years_ahead)
        return (instants < first) | (instants > last)

    def far_ahead(self, name: str) -> Series:
        """Where a planned instant lies years ahead: it is left out, and the row is kept without it."""
        raw = pd.to_datetime(self.rows[name], errors="coerce").astype("datetime64[us]")
        return self.absurd(raw) & (raw > self.night_end)

    @cached_property
    def unparsed(self) -> pd.DataFrame:
        """Raw texts that could not be typed: one column per vocabulary column, None where all is well."""
        if "unparsed" not in self.rows.columns:
            return pd.DataFrame(index=self.index)
        texts = self.rows["unparsed"].fillna("").astype("str")
        found = {row: json.loads(text) for row, text in texts[texts != ""].items() if text != "{}"}
        return pd.DataFrame.from_dict(found, orient="index").reindex(self.index)

    def told(self, name: str) -> Series:
        """Whether the source said anything in a column, be it unreadable or absurd."""
        told = self.rows[name].notna()
        return told | self.unparsed[name].notna() if name in self.unparsed.columns else told

    @cached_property
    def bad_dates(self) -> Series:
        """Per row the date columns that cannot be used, in words with the value; '' where there is none."""
        words: dict[int, list[str]] = {}
        for name in self.instants:
            raw = pd.to_datetime(self.rows[name], errors="coerce").astype("datetime64[us]")
            bad = self.absurd(raw)
            if name in self.planned:
                bad = bad & ~self.far_ahead(name)
            if name in self.future_matters:
                bad = bad | (raw > self.extract_end)
            told = raw[bad].map(show)
            if name in self.unparsed.columns:
                told = pd.concat([told, self.unparsed[name].dropna().map(_safe)])
            for row, value in told.items():
                words.setdefault(int(str(row)), []).append(f"{TABLES[self.table][name].vi} [{value}]")
        joined = pd.Series({row: ", ".join(values) for row, values in words.items()}, dtype="str")
        return joined.reindex(self.index).fillna("")

    def day(self, name: str) -> Series:
        """The date (midnight) of an instant column."""
        day: Series = self.seen[name].dt.floor("D")
        return day

    def before(self, earlier: Series, later: Series) -> Series:
        """Whether `earlier` < `later`; by date when either has no time of day (a date-only source)."""
        dated = (earlier == earlier.dt.floor("D")) | (later == later.dt.floor("D"))
        by_day = earlier.dt.floor("D") < later.dt.floor("D")
        before: Series = (by_day & dated) | ((earlier < later) & ~dated)
        return before

    def in_order(self, earlier: str, later: str) -> Series:
        """Fact: `later` is not before `earlier`, where both are there."""
        a, b = self.seen[earlier], self.seen[later]
        return verdicts(~self.before(b, a), a.notna() & b.notna(), self.index)

    def work_index(self, days: Series) -> Series:
        """The calendar's running count of working days (float, NaN where empty or outside the calendar)."""
        return self._from_calendar(days, "work_index", np.nan)

    def is_working(self, days: Series) -> Series:
        """1.0 for working days, 0.0 for days off, NaN where empty or outside the calendar."""
        return self._from_calendar(days, "is_working", np.nan)

    def _from_calendar(self, days: Series, what: str, fallback: float) -> Series:
        calendar = self.context.calendar
        inside = (days >= pd.Timestamp(calendar.first)) & (days <= pd.Timestamp(calendar.last))
        found = pd.Series(fallback, index=days.index, dtype="float64")
        dates = days[inside].to_numpy().astype("datetime64[D]")
        values = calendar.work_indexes(dates) if what == "work_index" else calendar.are_working(dates)
        found[inside] = values.astype("float64")
        return found

    def gives(self, column: str) -> Series:
        """Per row whether the row's unit gives this column at all."""
        giving = [unit for unit in self.seen["unit_code"].unique() if column in self.given(str(unit))]
        return self.seen["unit_code"].isin(giving)

    def given(self, unit: str) -> frozenset[str]:
        """The columns a unit gives for this table."""
        if self.context.given is not None:
            return self.context.given.get((unit, self.table), frozenset())
        return self._given_tonight

    @cached_property
    def _given_tonight(self) -> frozenset[str]:
        return frozenset(name for name in self.rows.columns if self.rows[name].notna().any())

    def copy_no(self, *key: str) -> Series:
        """1 for the first row with a key, 2 for the next ...; NaN where part of the key is empty."""
        number = self.seen.groupby(list(key), sort=False).cumcount() + 1.0
        return number.where(self.seen[list(key)].notna().all(axis=1))

    def first_line(self, *key: str) -> Series:
        """Where the first row with the same key is: its line and its file."""
        by = self.seen.groupby(list(key), sort=False)
        return place_words(by["line_no"].transform("first"), by["file_name"].transform("first"))


def place_words(lines: Series, files: Series) -> Series:
    """Where rows are, as an office reads it: '3, tệp ho_so.csv'."""
    words: Series = lines.astype("int64").astype("str") + ", tệp " + files.astype("str")
    return words


def show(value: Any) -> str:
    """A value as an office reads it: 05/02/2017, 05/02/2017 14:30, 12, 12.5, 'trống' when empty."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return "trống"
    if isinstance(value, pd.Timestamp):
        # Not strftime: it writes year 201 for 0201.
        day = f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
        if value == value.normalize():
            return day
        minute = f"{day} {value.hour:02d}:{value.minute:02d}"
        return f"{minute}:{value.second:02d}" if value.second else minute
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _safe(value: Any) -> str:
    return safe_text(str(value))


def safe_text(text: str) -> str:
    """A raw text that is shown only if it cannot be personal data.

    Columns that slipped may bring a name, a phone or an identity number into a date: only digits and date
    marks are shown, and no run of digits that could be a phone, CMND (9) or CCCD (12 digits, begins with 0).
    """
    plain = text.strip()
    stamp = re.fullmatch(r"(19|20)\d{6}(\d{4}|\d{6})?", plain)
    dated = re.fullmatch(r"[\d/.:\-\sTZ+]{1,32}", plain) and not re.search(r"\d{9,}", plain)
    error = re.fullmatch(r"#[A-Z0-9/]{2,10}[!?]?|#công thức chưa có kết quả", plain)  # what a spreadsheet shows
    phone = len(re.sub(r"\D", "", plain)) in (9, 10, 11) and not re.search(r"[/:]", plain)
    if stamp or error or (dated and not phone):
        return plain
    return f"che, {len(plain)} ký tự"


def safe_word(text: str) -> str:
    """A word of a column declared to hold no personal data: shown, unless it could be an identity or a phone."""
    plain = " ".join(text.split())
    number = re.sub(r"[\s.\-]", "", plain)
    is_number = re.search(r"(?<!\d)(0\d{8,11}|\d{9}|\d{12})(?!\d)", number)
    return f"che, {len(plain)} ký tự" if len(plain) > _LONGEST_WORD or is_number else plain


def safe_code(text: str) -> str:
    """A code as handed in, masked when it is not made of code characters only (it may be a name)."""
    return text if re.fullmatch(r"[A-Za-z0-9./_\-]{1,60}", text) else f"che, {len(text)} ký tự"
