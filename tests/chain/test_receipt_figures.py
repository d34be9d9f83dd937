"""The real permit log against figures that pm4py and lifelines gave for it, and against what finally happened.

A site of YAML alone, made here: that of `sites/receipt` in UTC, so that a day in March has 24 hours as it has for
the peers, and with rule DQ-DT-11 off, so that all 1,434 cases are in. One night, after the log's last event.
"""

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.handover import bin_quantiles, graph
from analysis.survival import survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds
from analysis.timeliness import timeliness_shares
from pipelines import nightly
from tests.chain.conftest import REPO, settings_of
from tests.shared import shared
from warehouse import Warehouse

NIGHT = "2012-01-31"
LOG_END = "2012-01-23 14:42:54.644"
DAY = 86_400.0
# As of the evening of: the quarter it is in; closed-only, Kaplan-Meier and truth as measured beside the product,
# with pandas and lifelines, by instants (an end later than its deadline on the same day is late).
REPLAYS = {
    "2011-04-01": ("2011-Q2", 0.2462, 0.3484, 0.3354),
    "2011-07-01": ("2011-Q3", 0.2805, 0.3392, 0.3418),
    "2011-10-01": ("2011-Q4", 0.2979, 0.3410, 0.3229),
}

pytestmark = [pytest.mark.shared, pytest.mark.heavy]


@dataclass(frozen=True)
class Case:
    """A case of the log as read here, beside the product, in UTC; None while it is open."""

    received: datetime
    due: datetime
    ended: datetime | None

    def is_late_in_the_end(self, *, by_date: bool) -> bool:
        """What finally happened: ended after its deadline, or open at the log's end with the deadline passed."""
        ended = self.ended or datetime.fromisoformat(f"{LOG_END}+00:00")
        return ended.date() > self.due.date() if by_date else ended > self.due


def given(name: str) -> Any:
    return json.loads((shared() / "data" / "receipt" / f"receipt.{name}.json").read_text(encoding="utf-8"))


def make_the_site(folder: Path) -> Path:
    shutil.copytree(REPO / "sites" / "receipt", folder)
    text = (folder / "site.yml").read_text(encoding="utf-8")
    both_in = "    - {id: DQ-DT-11, reason: two cases end before they begin and the peers count them too}\n"
    for old, new in (
        ("timezone: Europe/Amsterdam\n", "timezone: UTC\n"),
        ("letters: false", both_in + "letters: false"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "site.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("figures")
    settings = settings_of(make_the_site(folder / "site"), folder / "var")
    settings.inbox.mkdir(parents=True)
    shutil.copyfile(shared() / "data" / "receipt" / "receipt.csv", settings.inbox / "receipt.csv")
    for chunk in nightly.plan(NIGHT, settings=settings):
        nightly.collect(NIGHT, chunk, settings=settings)
    for step in (nightly.judge, nightly.merge, nightly.models):
        step(NIGHT, settings=settings)
    with Warehouse.open(settings.warehouse_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def transitions(warehouse: Warehouse) -> pd.DataFrame:
    return warehouse.read_table("transition_count")


@pytest.fixture(scope="module")
def edges(transitions: pd.DataFrame) -> pd.DataFrame:
    return graph(transitions)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    def instant(text: str) -> datetime | None:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None

    found: dict[str, Case] = {}
    with (shared() / "data" / "receipt" / "receipt.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            received, due = instant(line["case:startdate"]), instant(line["case:deadline"])
            assert received is not None
            assert due is not None
            found[line["case:concept:name"]] = Case(received, due, instant(line["case:enddate"]))
    return list(found.values())


def of_edge(edges: pd.DataFrame, kind: str) -> pd.DataFrame:
    return edges.loc[edges["edge"].eq(kind)]


# --- the event log, against pm4py ---------------------------------------------------------------------------


def test_all_cases_events_and_activities_are_in(warehouse: Warehouse, edges: pd.DataFrame) -> None:
    peer = given("pm4py")
    assert len(warehouse.read_table("quarantine")) == 0
    assert len(warehouse.read_table("dossier")) == peer["n_cases"] == 1434
    steps = warehouse.read_table("step_time")
    assert len(steps) == peer["n_events"] == 8577
    assert steps["task"].nunique() == peer["n_activities"] == 27
    most = steps["task"].value_counts().to_dict()
    assert {name: most[name] for name in peer["activity_counts_top20"]} == peer["activity_counts_top20"]
    start, between = of_edge(edges, "START"), of_edge(edges, "BETWEEN")
    assert start["n"].sum() + between["n"].sum() == peer["n_events"]


def test_edges_and_their_counts_equal(edges: pd.DataFrame) -> None:
    peer, between = given("pm4py"), of_edge(edges, "BETWEEN")
    assert (len(between), between["n"].sum()) == (peer["dfg_edges"], peer["dfg_total"]) == (99, 7143)
    counts = between.set_index(["from_task", "to_task"])["n"].to_dict()
    assert len(peer["dfg_top30"]) == 30
    for edge in peer["dfg_top30"]:
        assert counts[edge["from"], edge["to"]] == edge["count"]
    start, end = of_edge(edges, "START"), of_edge(edges, "END")
    assert dict(zip(start["to_task"], start["n"], strict=True)) == peer["start_activities"]
    assert dict(zip(end["from_task"], end["n"], strict=True)) == peer["end_activities"]


@pytest.mark.parametrize("table", ["top20_slowest_transitions_by_mean", "top10_transitions_by_total_time"])
def test_times_of_the_edges_equal(edges: pd.DataFrame, table: str) -> None:
    between = of_edge(edges, "BETWEEN").set_index(["from_task", "to_task"])
    rows = given("pm4py")[table]
    assert len(rows) == int(table[3:5])
    for edge in rows:
        ours = between.loc[(edge["from"], edge["to"])]
        assert ours["n"] == edge["count"]
        for name, theirs in (("mean_seconds", "mean_s"), ("least", "min_s"), ("most", "max_s"), ("seconds", "sum_s")):
            assert ours[name] == pytest.approx(edge[theirs], rel=1e-6), (edge["from"], edge["to"], name)
        # The bounds are values of the log itself, in milliseconds: nothing but rounding may lie outside.
        assert ours["median_low"] - 1e-6 <= edge["median_s"] <= ours["median_high"] + 1e-6
        assert ours["median_seconds"] == pytest.approx(edge["median_s"], rel=0.04)


def test_the_slowest_edges_are_the_same_in_the_same_order(edges: pd.DataFrame) -> None:
    peer = given("pm4py")
    enough = of_edge(edges, "BETWEEN").query(f"n >= {peer['slowest_transitions_floor']}")
    for table, by, size in (
        ("top20_slowest_transitions_by_mean", "mean_seconds", 20), ("top10_transitions_by_total_time", "seconds", 10)
    ):  # fmt: skip
        rows = of_edge(edges, "BETWEEN") if by == "seconds" else enough
        ours = rows.sort_values(by, ascending=False).head(size)
        found = list(zip(ours["from_task"], ours["to_task"], strict=True))
        assert found == [(edge["from"], edge["to"]) for edge in peer[table]]


def test_throughput_equals(transitions: pd.DataFrame, edges: pd.DataFrame) -> None:
    peer, end = given("pm4py")["throughput_s"], of_edge(edges, "END")
    assert end["n"].sum() == 1434
    assert end["seconds"].sum() / end["n"].sum() == pytest.approx(peer["mean"], rel=1e-6)
    assert end["most"].max() == pytest.approx(peer["max"], rel=1e-6)
    bins = transitions.loc[transitions["edge"].eq("END")].assign(everything="")
    assert bins.loc[bins["most"].eq(0), "n"].sum() == peer["n_zero"]
    for name, share in (("median", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95)):
        [ours] = bin_quantiles(bins, share, by=["everything"]).to_dict("records")
        assert ours["low"] - 1e-6 <= peer[name] <= ours["high"] + 1e-6, name
        assert ours["value"] == pytest.approx(peer[name], rel=0.04), name


# --- how long it takes, against lifelines --------------------------------------------------------------------

ELAPSED = """
SELECT
    office_code,
    proc_core,
    date_diff('microsecond', received_at, COALESCE(end_at, CAST(:log_end AS TIMESTAMP))) / 1e6 AS time,
    SUM(CASE WHEN end_at IS NULL THEN 0 ELSE 1 END) AS ended,
    SUM(CASE WHEN end_at IS NULL THEN 1 ELSE 0 END) AS censored
FROM dossier_known
WHERE COALESCE(end_at, CAST(:log_end AS TIMESTAMP)) >= received_at
GROUP BY ALL
"""


@pytest.mark.parametrize(
    ("group", "key", "value"),
    [("all", None, None), ("by_unit", "office_code", "General"), ("by_procedure", "proc_core", "PERMIT-INTAKE")],
)
def test_kaplan_meier_equals(warehouse: Warehouse, group: str, key: str | None, value: str | None) -> None:
    """In calendar time, exact to the stamp; the product itself counts working half-days."""
    counts = warehouse.read_sql(ELAPSED, log_end=LOG_END).astype({"ended": int, "censored": int})
    if key is not None:
        counts = counts.loc[counts[key].eq(value)]
    peer = given("km")["all"] if group == "all" else next(iter(given("km")[group].values()))
    counts = counts.assign(everything="")
    by = ["everything"]
    assert (counts["ended"].sum(), counts["censored"].sum()) == (peer["finished"], peer["open"])
    assert counts[["ended", "censored"]].to_numpy().sum() == peer["n"]
    curves = survival_curves(counts, by=by)

    def days(share: float, column: str = "survival", of: pd.DataFrame = curves) -> float:
        return float(survival_quantiles(of, share, by=by, column=column)["time"].iloc[0]) / DAY

    for name, share in (("p25_d", 0.25), ("median_d", 0.5), ("p75_d", 0.75), ("p90_d", 0.9)):
        assert days(share) == pytest.approx(peer[name], abs=1e-4), name
    assert [days(0.5, "ci_low"), days(0.5, "ci_high")] == pytest.approx(peer["median_ci95"], abs=1e-4)
    for at, survival in peer["S_at"].items():
        [found] = survival_at(curves, float(at) * DAY, by=by)["survival"]
        assert found == pytest.approx(survival, abs=1e-5), at
    closed = survival_curves(counts.loc[counts["ended"] > 0].assign(censored=0), by=by)
    assert days(0.5, of=closed) == pytest.approx(peer["closed_only_median_d"], abs=1e-4)


# --- how many are late, against what finally happened --------------------------------------------------------

RATIO = """
SELECT
    '' AS everything,
    date_diff('microsecond', received_at, COALESCE(end_at, as_of_at))
    / CAST(date_diff('microsecond', received_at, due_at) AS DOUBLE) AS time,
    SUM(CASE WHEN end_at IS NULL THEN 0 ELSE 1 END) AS ended,
    SUM(CASE WHEN end_at IS NULL THEN 1 ELSE 0 END) AS censored,
    SUM(CASE WHEN end_at > due_at THEN 1 ELSE 0 END) AS late
FROM dossier_known
CROSS JOIN model_parameter
GROUP BY ALL
"""


@pytest.mark.parametrize("as_of", REPLAYS)
def test_replay_by_instants(warehouse: Warehouse, cases: list[Case], as_of: str) -> None:
    """What was known on the evening of a day, and the late share it gave for the cases received by then.

    The truth: of these cases, those that ended after the instant of their deadline, or were still open at the
    log's end with the deadline passed.
    """
    _, closed_only, peers_km, peers_truth = REPLAYS[as_of]
    known = [case for case in cases if case.received.date() <= date.fromisoformat(as_of)]
    truth = sum(case.is_late_in_the_end(by_date=False) for case in known) / len(known)
    assert truth == pytest.approx(peers_truth, abs=5e-5)
    warehouse.build_models(as_of=date.fromisoformat(as_of), temporary=True)
    counts = warehouse.read_sql(RATIO).astype({"ended": int, "censored": int, "late": int})
    curves = survival_curves(counts.loc[counts["time"] >= 0], by=["everything"])
    [told] = survival_at(curves, 1.0, by=["everything"])["survival"]
    closed = counts["late"].sum() / counts["ended"].sum()
    print(f"{as_of}, by instants: truth {truth:.4f}, told {told:.4f}, closed only {closed:.4f}")
    assert told == pytest.approx(peers_km, abs=5e-5)
    assert closed == pytest.approx(closed_only, abs=5e-5)
    assert abs(told - truth) <= 0.02
    assert abs(told - truth) < abs(closed - truth)


@pytest.mark.parametrize("as_of", REPLAYS)
def test_replay_as_the_product_tells_it(warehouse: Warehouse, cases: list[Case], as_of: str) -> None:
    """The same in the product's own measure: working half-days, and late by date, as the law compares.

    The truth: of the cases received by that day, those that ended on a later date than their due date, or were
    still open at the log's end with the due date passed.
    """
    quarter, _, _, _ = REPLAYS[as_of]
    known = [case for case in cases if case.received.date() <= date.fromisoformat(as_of)]
    truth = sum(case.is_late_in_the_end(by_date=True) for case in known) / len(known)
    warehouse.build_models(as_of=date.fromisoformat(as_of), temporary=True)
    counts = warehouse.read_table("duration_count")
    # All cases since the log's begin, as in the other replay, not those of one year.
    shares = timeliness_shares(counts, quarter=quarter, thresholds=Thresholds(window_quarters=8))
    [told] = shares.loc[shares["level"].eq("ALL")].to_dict("records")
    assert told["n"] == told["km_n"] == len(known)
    km, closed, due = told["late_share_km"], told["closed_late_share"], told["due_late_share"]
    print(f"{as_of}, by date: truth {truth:.4f}, told {km:.4f}, due cohort {due:.4f}, closed only {closed:.4f}")
    assert abs(km - truth) <= 0.02
    assert abs(km - truth) < abs(closed - truth)
    assert told["ci_low"] <= truth <= told["ci_high"]
    assert closed < truth  # the usual figure is too kind, at each date
