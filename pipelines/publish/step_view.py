"""Where a dossier waits and for what: steps, causes of waiting, backlog, hand-overs. No markup here."""

from typing import Any

import pandas as pd

from analysis.waiting import CAUSES_VI
from pipelines.publish import formats
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.quarter_view import SHOWN, failing_units, flags_of, named, office_name, place_name
from pipelines.publish.rows import Row, reading, records

STEPS = (
    "level", "unit_code", "proc_core", "step_no", "office_code", "task", "n", "is_usable", "planned_half_days",
    "mean_half_days", "over_share", "ci_low", "ci_high", "excess_half_days",
)  # fmt: skip
CAUSE_DAYS = {f"{cause}_days": words for cause, words in CAUSES_VI.items()}
WAITING = (
    "level", "unit_code", "from_office", "from_task", "office_code", "task", "n", "waiting_days", *CAUSE_DAYS,
    "mean_waiting_days", "main_cause", "main_share",
)  # fmt: skip
LOAD = (
    "unit_code", "office_code", "weeks", "arrived", "finished", "backlog_first", "backlog_last", "backlog_peak",
    "growth", "utilisation", "weeks_to_clear", "done_share", "low", "high", "is_growing",
)  # fmt: skip
HANDOVERS = (
    "unit_code", "from_office", "from_task", "to_office", "to_task", "n", "usable_n", "is_usable", "mean_days",
    "median_days", "p90_days", "may_be_named",
)  # fmt: skip
DESKS_DRAWN = 4
WAYS_SHOWN = 8
LADDER_STEPS = 15


def slow_steps(papers: QuarterPapers) -> list[Row]:
    """Steps that took most time beyond their plan, in working days; bulk-entered and small ones left out."""
    rows = _steps(papers)
    rows = rows[rows["excess_half_days"] > 0]
    rows = rows.sort_values(
        ["excess_half_days", "unit_code", "proc_core", "step_no"], ascending=[False, True, True, True]
    )
    rows = rows.head(SHOWN)
    flagged = {(row["unit_code"], row["proc_core"], row["step_no"]) for row in flags_of(papers, "SLOW_STEP")}
    return [
        named(papers, row)
        | {
            "planned": row["planned_half_days"] / 2,
            "mean": row["mean_half_days"] / 2,
            "excess": row["excess_half_days"] / 2,
            "office": office_name(papers, row["unit_code"], row["office_code"]),
            "is_flagged": (row["unit_code"], row["proc_core"], row["step_no"]) in flagged,
            "label": _step_label(papers, row, is_one_unit=rows["unit_code"].nunique() == 1),
        }
        for row in records(rows)
    ]


def held_back(papers: QuarterPapers) -> list[Row]:
    """Units of which no step and no office is named, with the reason: the gate found their steps unusable."""
    return [
        {"name": papers.unit_name(code), "reason": reason}
        for code, reason in failing_units(papers, steps=True).items()
    ]


def _told(papers: QuarterPapers, part: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame without the units whose steps may not be told."""
    table = reading(getattr(papers.results, part), columns)
    return table[~table["unit_code"].isin(failing_units(papers, steps=True))]


def _steps(papers: QuarterPapers) -> pd.DataFrame:
    table = _told(papers, "steps", STEPS)
    return table[(table["level"] == "STEP") & table["is_usable"].eq(True) & (table["n"] > papers.minimum_group)]


def _step_label(papers: QuarterPapers, row: Row, *, is_one_unit: bool) -> str:
    """The step, and its unit where the chart shows more than one."""
    task = str(row["task"] or f"Bước {int(row['step_no'])}")
    return task if is_one_unit else f"{task} – {papers.unit_name(row['unit_code'])}"


def bulk_entered(papers: QuarterPapers) -> int:
    """Steps left out because too many of their entries were made in one second or at midnight."""
    table = reading(papers.results.steps, STEPS)
    return int(((table["level"] == "STEP") & ~table["is_usable"].eq(True)).sum())


def ladder(papers: QuarterPapers) -> dict[str, Any] | None:
    """The steps of the procedure of a unit that lost most time, one after the other: planned and actual, summed up.

    Gives: procedure, unit, dossiers (fewest times a step was done), left_out (steps that cannot be timed), rows
    (label, planned, mean, start, end, plan_end; working days); None where no step ran past its plan.
    """
    usable = _steps(papers)
    usable = usable[usable["planned_half_days"].notna() & usable["mean_half_days"].notna()]
    keys = ["unit_code", "proc_core"]
    lost = usable[usable["excess_half_days"] > 0].groupby(keys, sort=True)["excess_half_days"].sum().reset_index()
    if lost.empty:
        return None
    worst = records(lost.sort_values("excess_half_days", ascending=False, kind="stable"))[0]
    unit, core = worst["unit_code"], worst["proc_core"]
    mine = usable[(usable["unit_code"] == unit) & (usable["proc_core"] == core)].sort_values(["step_no", "n"])
    found: list[Row] = []
    done = planned = 0.0
    for number, rows in mine.groupby("step_no", sort=True):
        weight = rows["n"] / rows["n"].sum()
        mean, plan = (float((rows[f"{key}_half_days"] * weight).sum()) / 2 for key in ("mean", "planned"))
        place = int(float(str(number)))  # 3.0 beside rows of offices, which have no number
        task = str(rows["task"].iloc[-1] or f"Bước {place}")
        row = {"label": f"{place}. {task}", "planned": plan, "mean": mean, "start": done, "n": int(rows["n"].sum())}
        done, planned = done + mean, planned + plan
        found.append(row | {"end": done, "plan_end": planned, "is_over": mean > plan})
    every = reading(papers.results.steps, STEPS)
    every = every[(every["level"] == "STEP") & (every["unit_code"] == unit) & (every["proc_core"] == core)]
    return {
        **named(papers, {"unit_code": unit, "proc_core": core}),
        "rows": found[:LADDER_STEPS],
        "dossiers": min(row["n"] for row in found),
        "left_out": every["step_no"].nunique() - mine["step_no"].nunique() + len(found[LADDER_STEPS:]),
    }


def waiting_total(papers: QuarterPapers) -> dict[str, Any] | None:
    """All waiting of the quarter by cause, largest first, as steps of a ladder that ends at the whole."""
    rows = reading(papers.results.waiting, WAITING)
    rows = rows[rows["level"] == "OFFICE"]
    whole = float(rows["waiting_days"].sum())
    if not whole > 0:
        return None
    causes: list[Row] = [
        {"cause": key.removesuffix("_days"), "label": formats.capital(words), "days": float(rows[key].sum())}
        for key, words in CAUSE_DAYS.items()
    ]
    known = sorted((row for row in causes if row["cause"] != "rest"), key=lambda row: -row["days"])
    start = 0.0
    for row in (*known, causes[-1]):
        row |= {"start": start, "end": start + row["days"], "share": row["days"] / whole}
        start = row["end"]
    kept = [row for row in (*known, causes[-1]) if row["days"] > 0]
    return {"rows": kept, "days": whole, "n": int(rows["n"].sum())}


def waiting_offices(papers: QuarterPapers) -> list[Row]:
    """Offices before which most time is waited, with the share of each cause."""
    rows = _told(papers, "waiting", WAITING)
    rows = rows[rows["level"] == "OFFICE"]
    rows = rows[(rows["n"] > papers.minimum_group) & (rows["waiting_days"] > 0)]
    rows = rows.sort_values(["waiting_days", "unit_code", "office_code"], ascending=[False, True, True])
    return [
        row
        | {"label": place_name(papers, row["unit_code"], row["office_code"]), "main": _cause(row["main_cause"])}
        | {"shares": {key: row[key] / row["waiting_days"] for key in CAUSE_DAYS}}
        for row in records(rows)
    ]


def waiting_edges(papers: QuarterPapers) -> list[Row]:
    """Ways from step to step on which most time is waited."""
    rows = _told(papers, "waiting", WAITING)
    rows = rows[rows["level"] == "EDGE"]
    rows = rows[(rows["n"] > papers.minimum_group) & (rows["waiting_days"] > 0)]
    keys = ["unit_code", "from_office", "from_task", "office_code", "task"]
    rows = rows.sort_values(["waiting_days", *keys], ascending=[False, *[True] * len(keys)])
    return [
        row
        | {
            "unit": papers.unit_name(row["unit_code"]),
            "source": _stop(papers, row["unit_code"], row["from_task"], row["from_office"]),
            "target": _stop(papers, row["unit_code"], row["task"], row["office_code"]),
            "main": _cause(row["main_cause"]),
        }
        for row in records(rows)
    ]


def _cause(key: object) -> str:
    return CAUSES_VI.get(str(key), "")


def _stop(papers: QuarterPapers, unit: object, task: object, office: object) -> str:
    """A step and the office that does it; the counter's intake where there is no step before."""
    where = office_name(papers, unit, office)
    step = "" if formats.is_unknown(task) else str(task)
    return f"{step} ({where})" if step and where else step or where or "Lúc tiếp nhận"


def desks(papers: QuarterPapers) -> list[Row]:
    """Offices with what came, what was finished and what is left: growing ones first, then by how much is left."""
    table = _told(papers, "load", LOAD)
    moved = table[["arrived", "finished", "backlog_peak"]].max(axis=1)
    rows = table[moved > papers.minimum_group].assign(grows=table["is_growing"].eq(True))
    rows = rows.sort_values(
        ["grows", "backlog_last", "unit_code", "office_code"], ascending=[False, False, True, True]
    )
    return [row | {"label": place_name(papers, row["unit_code"], row["office_code"])} for row in records(rows)]


def backlogs(papers: QuarterPapers) -> list[Row]:
    """Backlog by week of the offices shown first: label, is_growing, weeks (week, backlog)."""
    series = reading(papers.results.backlog, ("unit_code", "office_code", "week", "backlog"))
    found = []
    for desk in [row for row in desks(papers) if row["backlog_last"] > papers.minimum_group][:DESKS_DRAWN]:
        mine = series[(series["unit_code"] == desk["unit_code"]) & (series["office_code"] == desk["office_code"])]
        weeks = [
            {"week": str(formats.as_date(row["week"])), "backlog": int(row["backlog"])}
            for row in records(mine.sort_values("week"))
        ]
        if len(weeks) > 1:
            found.append({"label": desk["label"], "is_growing": desk["grows"], "weeks": weeks})
    return found


def handovers(papers: QuarterPapers) -> dict[str, Any]:
    """The ways most travelled and the slowest (half of them took longest), and how many cannot be timed."""
    table = _told(papers, "handovers", HANDOVERS)
    table = table[table["n"] > papers.minimum_group]
    keys = ["unit_code", "from_office", "from_task", "to_office", "to_task"]
    timed = table[table["is_usable"].eq(True) & (table["usable_n"] > papers.minimum_group)]
    enough = timed[timed["usable_n"] >= papers.threshold("minimum_cases")]
    often = table.sort_values(["n", *keys], ascending=[False, *[True] * len(keys)])
    slow = enough.sort_values(["median_days", "p90_days", *keys], ascending=[False, False, *[True] * len(keys)])
    return {
        "often": [_way(papers, row) for row in records(often.head(WAYS_SHOWN))],
        "slow": [_way(papers, row) for row in records(slow.head(WAYS_SHOWN))],
        "ways": len(table),
        "untimed": len(table) - len(timed),
    }


def _way(papers: QuarterPapers, row: Row) -> Row:
    is_timed = bool(row["is_usable"]) and row["usable_n"] > papers.minimum_group
    hidden = {} if is_timed else dict.fromkeys(("mean_days", "median_days", "p90_days"))
    return (
        row
        | hidden
        | {
            "unit": papers.unit_name(row["unit_code"]),
            "source": _stop(papers, row["unit_code"], row["from_task"], row["from_office"]),
            "target": _stop(papers, row["unit_code"], row["to_task"], row["to_office"]),
        }
    )


def trail(papers: QuarterPapers) -> Row | None:
    """From the first stamp of a dossier to its last one so far, all procedures together."""
    table = reading(papers.results.throughput, ("level", "n", "is_usable", "mean_days", "median_days", "p90_days"))
    rows = table[(table["level"] == "ALL") & (table["n"] > papers.minimum_group) & table["is_usable"].eq(True)]
    return records(rows)[0] if len(rows) else None
