"""Whatever the slices and whatever their order, sorted once gives the same tables."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import WorkCalendar, default_calendar
from domain.clock import half_days_between, paused_days, timeliness
from tests.warehouse.conftest import empty_schema
from warehouse import Slice, Warehouse
from warehouse.compare import differences, snapshot
from warehouse.tables import METADATA

NIGHTS = ["2017-12-04", "2017-12-05", "2017-12-08", "2017-12-11"]
KEYS = [(unit, night) for unit in ("U1", "U2", "U3") for night in NIGHTS]
DAYS = [None, "2017-12-06", "2017-12-08", "2017-12-12"]

rows = st.fixed_dictionaries(
    {
        "dossier_code": st.sampled_from(["D1", "D2", "D3"]),
        "due_at": st.sampled_from(DAYS),
        "finished_at": st.sampled_from(DAYS),
        "status": st.sampled_from([2, 4, 5, 9, None]),
        "staff_code": st.sampled_from(["CB1", None]),
        "received_at": st.sampled_from(["2017-12-01 08:00", "2017-12-01 10:00", "2017-12-05 08:00"]),
        "proc_core": st.sampled_from(["1.000001", "1.000001", "1.000002"]),
        "is_numbered_by_unit": st.booleans(),
    }
)
HEIRS = st.sets(st.sampled_from([("U1", "U2", 5), ("U2", "U3", 8), ("U1", "U3", 8)]), max_size=2)
stops = st.fixed_dictionaries(
    {
        "dossier_code": st.sampled_from(["D1", "D2", "D3"]),
        "pause_no": st.sampled_from([1, 2]),
        "ended_at": st.sampled_from(DAYS),
        "new_due_at": st.sampled_from(DAYS),
    }
)
contents = st.tuples(
    st.lists(rows, max_size=3, unique_by=lambda row: row["dossier_code"]),
    st.lists(stops, max_size=2, unique_by=lambda row: (row["dossier_code"], row["pause_no"])),
    st.booleans(),
)


def slice_of(key: tuple[str, str], content: tuple[list[dict[str, Any]], list[dict[str, Any]], bool]) -> Slice:
    dossiers, pauses = (pd.DataFrame(part) for part in content[:2])
    if len(dossiers):
        units = dossiers.pop("is_numbered_by_unit").map({True: f"~unit={key[0]}", False: ""})
        received = pd.to_datetime(dossiers["received_at"])
        dossiers = dossiers.assign(dossier_key=dossiers["dossier_code"] + units, received_at=received, line_no=2)
        dossiers = dossiers.assign(proc_code=dossiers["proc_core"])
    if len(pauses):
        pauses = pauses.assign(kind="SUPPLEMENT", started_at=pd.Timestamp("2017-12-04 08:00"), line_no=2)
    outcome = {"status": "COLLECTED", "fingerprint": "-".join(key), "is_full": content[2], "rows_quarantined": 0}
    rows = {"rows_in": len(dossiers) + len(pauses), "rows_ok": len(dossiers) + len(pauses)}
    ours = frozenset({"pause"} if content[2] else ())
    return Slice(
        unit_code=key[0], night=key[1], outcome=outcome | rows, dossiers=dossiers, pauses=pauses, numbered_by_us=ours
    )


def succession(heirs: set[tuple[str, str, int]]) -> pd.DataFrame:
    rows = [
        {
            "unit_code": old,
            "answering_unit": heir,
            "valid_from": date(2017, 12, day),
            "proc_core": "",
            "territory": "",
        }
        for old, heir, day in sorted(heirs)
    ]
    columns = ["unit_code", "valid_from", "answering_unit", "proc_core", "territory"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgresql", marks=pytest.mark.heavy)])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Warehouse, Warehouse]]:
    urls = ["duckdb:///:memory:"] * 2
    if request.param == "postgresql":
        urls = [empty_schema(request.getfixturevalue("postgres_server")) for _ in urls]
    with Warehouse.open(urls[0]) as one, Warehouse.open(urls[1]) as other:
        one.migrate()
        other.migrate()
        yield one, other


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_repeats_do_not_matter(pair: tuple[Warehouse, Warehouse], data: st.DataObject) -> None:
    for warehouse in pair:
        with warehouse.transaction() as connection:
            for table in METADATA.tables.values():
                connection.execute(table.delete())
    final = data.draw(st.dictionaries(st.sampled_from(KEYS), contents, min_size=1, max_size=4))
    order = data.draw(st.permutations(sorted(final)))
    repeats = data.draw(st.lists(st.sampled_from(sorted(final)), max_size=2))
    wrong_first = {key: data.draw(contents) for key in data.draw(st.sets(st.sampled_from(sorted(final)), max_size=1))}
    heirs = data.draw(HEIRS)
    sorted_once, shuffled = pair
    sorted_once.replace_dimensions({"unit_succession": succession(heirs)})
    for key in sorted(final, key=lambda key: key[1]):
        sorted_once.replace_slice(slice_of(key, final[key]))
    for key, content in wrong_first.items():
        shuffled.replace_slice(slice_of(key, content))
    for key in [*order, *repeats]:
        shuffled.replace_slice(slice_of(key, final[key]))
    shuffled.replace_dimensions({"unit_succession": succession(heirs)})  # said only when everything is in
    assert differences(snapshot(sorted_once, with_models=False), snapshot(shuffled, with_models=False)) == []
    one_dossier_once(sorted_once)


def one_dossier_once(warehouse: Warehouse) -> None:
    """Every row is accounted for, no dossier counts twice on a night, and every unit's rows add up."""
    versions = warehouse.read_table("dossier_version")
    counted = versions[versions["standing"] == "COUNTED"]
    assert not counted.duplicated(["dossier_id", "night"]).any()
    assert set(counted["dossier_id"]) == set(warehouse.read_table("dossier")["dossier_id"])
    aside = warehouse.read_table("quarantine")
    assert len(aside) == int(versions["standing"].isin(["ASIDE", "DOUBTED"]).sum())
    for night in (NIGHTS[1], NIGHTS[-1]):
        warehouse.build_models(date.fromisoformat(night), known=night)
        facts = warehouse.read_table("dossier_fact")
        known = counted[counted["night"] <= night].groupby("dossier_id").last()
        begun = known[pd.to_datetime(known["credit_received_at"]) <= pd.Timestamp(night) + pd.Timedelta(days=1)]
        assert set(facts["dossier_id"]) == set(begun.index), "each dossier known and received by then, once"
        assert warehouse.read_table("headline")["received"].sum() == len(facts), "the units' totals are the site's"
        rows = warehouse.read_table("unit_night")
        parts = rows[["rows_ok", "rows_waiting", "rows_quarantined", "rows_unchanged"]].sum(axis=1)
        assert parts.tolist() == rows["rows_in"].tolist()


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return default_calendar(date(2016, 1, 1), date(2018, 12, 31))


def random_dossiers(count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Dossiers and overlapping stops at any hour, on any day of the week, over New Year and the spring holiday."""
    # a fixed stepping of residues instead of chance, so that a failure is the same failure tomorrow
    minutes = pd.Series([(i * 7919) % (420 * 24 * 60) for i in range(count)])
    received = pd.Timestamp("2016-12-20 06:00") + pd.to_timedelta(minutes, unit="min")
    lasts = pd.Series([(i * 104729) % (40 * 24 * 60) for i in range(count)])
    end = received + pd.to_timedelta(lasts, unit="min")
    dossiers = pd.DataFrame(
        {
            "dossier_code": [f"D{i:04d}" for i in range(count)],
            "proc_code": "1.000001",
            "line_no": 2,
            "received_at": received,
            "due_at": (received + pd.to_timedelta((minutes % 30) - 1, unit="D")).where(minutes % 11 > 0),
            "status": [9 if i % 3 else 4 for i in range(count)],
            "finished_at": end.where(pd.Series(range(count)) % 3 > 0),
        }
    )
    parts = []
    for no in range(1, 4):
        kept = dossiers[(minutes + no) % 4 > 0]
        shift = pd.to_timedelta((minutes[kept.index] * no * 31) % (20 * 24 * 60), unit="min")
        length = pd.to_timedelta((minutes[kept.index] * (no + 3)) % (12 * 24 * 60), unit="min")
        start = kept["received_at"] + shift
        parts.append(
            pd.DataFrame(
                {
                    "dossier_code": kept["dossier_code"],
                    "pause_no": no,
                    "kind": ["SUPPLEMENT" if i % 2 else "FINANCIAL" for i in kept.index],
                    "line_no": 2,
                    "started_at": start,
                    "ended_at": (start + length).where((minutes[kept.index] + no) % 5 > 0),
                }
            )
        )
    return dossiers, pd.concat(parts, ignore_index=True)


def test_the_models_clock_is_the_domain_clock(pair: tuple[Warehouse, Warehouse], calendar: WorkCalendar) -> None:
    """On 900 dossiers with up to three stops each, many overlapping, SQL and domain/clock.py say the same."""
    warehouse, as_of = pair[0], date(2017, 12, 31)
    end_of_day = pd.Timestamp("2017-12-31 23:59:59")
    dossiers, pauses = random_dossiers(900)
    begins = pd.Timestamp("2017-03-06")  # a Monday: what was received before it is watched only from then on
    unit = {"unit_code": "U1", "valid_from": date(2016, 1, 1), "history_from": begins.date()}
    warehouse.replace_dimensions({"calendar_day": calendar.days(), "unit": pd.DataFrame([unit])})
    outcome = {"status": "COLLECTED", "fingerprint": "x"}
    warehouse.replace_slice(
        Slice(unit_code="U1", night="2017-12-31", outcome=outcome, dossiers=dossiers, pauses=pauses)
    )
    warehouse.build_models(as_of)
    facts = warehouse.read_table("dossier_fact").set_index("dossier_code")
    dossiers = dossiers[dossiers["received_at"] <= end_of_day].set_index("dossier_code")
    assert set(dossiers.index) <= set(facts.index)
    ended = dossiers["finished_at"].where(dossiers["finished_at"] <= end_of_day)
    until = ended.fillna(end_of_day)
    gross = half_days_between(dossiers["received_at"], until, calendar)
    behind = half_days_between(dossiers["received_at"], pd.Series(begins, index=dossiers.index), calendar)
    by_code = dict(iter(pauses.groupby("dossier_code")))
    overlapping = 0
    for code, row in dossiers.iterrows():
        spans, running = [], False
        for pause in by_code[code].itertuples() if code in by_code else ():
            stop = end_of_day if pd.isna(pause.ended_at) else min(pause.ended_at, end_of_day)
            running |= pause.started_at <= end_of_day and (pd.isna(pause.ended_at) or pause.ended_at > end_of_day)
            start, stop = max(pause.started_at, row["received_at"]), min(stop, until[code])
            if start < stop:
                spans.append((start, stop))
        spans.sort()
        overlapping += any(a[1] > b[0] for a, b in pairwise(spans))
        stopped = round(2 * paused_days(spans, calendar))
        assert facts.loc[code, "pause_half_days"] == stopped, code
        assert facts.loc[code, "elapsed_half_days"] == max(gross[code] - stopped, 0), code
        before = round(2 * paused_days([(a, min(b, begins)) for a, b in spans if a < begins], calendar))
        assert facts.loc[code, "entry_half_days"] == max(behind[code] - before, 0), code
        expected = timeliness(
            due_on=None if pd.isna(row["due_at"]) else row["due_at"].date(),
            end_on=None if pd.isna(ended[code]) else ended[code].date(),
            as_of=as_of,
            paused=running,
        )
        assert facts.loc[code, "timeliness"] == expected, code
    assert overlapping > 100
    assert (facts["entry_half_days"] > 0).sum() > 100
