"""Is it getting slower? The quarter against the same quarter a year ago, and the quarters one by one."""

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from analysis.curves import ends_of
from analysis.frames import check_columns, window
from analysis.funnel import benjamini_hochberg
from analysis.shares import due_cohort, entry_of, newcombe, two_share_p, wilson
from analysis.survival import survival_curves, survival_quantiles
from analysis.thresholds import Thresholds
from analysis.timeliness import ANY, KEYS, LEVELS, from_receipt, keyed, named

NEEDS = ["unit_code", "proc_core", "received_quarter", "outcome", "timeliness", "n"]
GIVES = [
    "level", "unit_code", "proc_core", "share_now", "n_now", "share_before", "n_before", "share_year_ago",
    "n_year_ago", "change", "low", "high", "same_mix_change", "same_mix_low", "same_mix_high", "compared", "verdict",
    "p_value", "q_value",
]  # fmt: skip
SERIES = [
    "level", "unit_code", "received_quarter", "n", "due_n", "late_share", "low", "high", "median_half_days",
]  # fmt: skip
_SIDES = ("now", "before", "year_ago")
_COUNTED = ("of", "late", "seen")


def trends(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """The late share of dossiers received in `quarter` against that of the same quarter a year ago, so that Tet is
    on both sides; where a group's data do not reach back so far, against the quarter before.

    Needs: unit_code, proc_core, received_quarter, outcome, timeliness, n of duration_count; due_passed,
      entry_half_days when it gives them
    Gives: level (ALL, UNIT, PROCEDURE, PROCEDURE_UNIT), unit_code, proc_core (null = all);
      share_now, n_now, share_before, n_before, share_year_ago, n_year_ago: late or overdue among dossiers whose due
        date had come (due_cohort), by the quarter they were received in
      compared: YEAR_AGO, QUARTER_BEFORE (whoever shows it adds that Tet may be on one side only) or NONE
      change, low, high: now minus the quarter compared with, Newcombe's interval
      same_mix_change, same_mix_low, same_mix_high: the same within each procedure of each unit (Mantel-Haenszel,
        Sato's interval). At the end of a quarter the due date has come for its quick procedures first: two quarters
        do not hold the same mix, and a change of mix is not one of speed
      verdict: NOT_ENOUGH with fewer than `minimum_cases` due on either side; WORSE or BETTER where the share has
        changed for sure among all rows compared (Benjamini-Hochberg, q_value <= fdr), Newcombe's interval leaves
        out 0 and, where a row pools several, the change stays in the same mix; else SAME
      p_value, q_value: of the rows compared with enough on both sides
    """
    check_columns(counts, NEEDS, where="trends")
    sides = dict(zip(window(quarter, 5)[::-1], ("now", "before", "", "", "year_ago"), strict=True))
    cells = _cells(counts, {name: side for name, side in sides.items() if side})
    parts = [_level(cells, name, thresholds) for name in LEVELS]
    table = pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
    enough = (table["n_now"] >= thresholds.minimum_cases) & (table["n_then"] >= thresholds.minimum_cases)
    table["p_value"] = pd.Series(
        two_share_p((table["late_now"], table["n_now"]), (table["late_then"], table["n_then"])), index=table.index
    ).where(enough)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    change, low, high = newcombe(
        (table["late_now"], table["n_now"]), (table["late_then"], table["n_then"]), thresholds.confidence
    )
    table["change"], table["low"], table["high"] = change, low, high
    table["verdict"] = _verdict(table, enough, thresholds)
    return table.astype({f"n_{side}": int for side in _SIDES})[GIVES]


def quarter_series(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Late share and median time of the dossiers received in each of the last two years' quarters.

    Needs: as for trends, and elapsed_half_days
    Gives: level (ALL, UNIT), unit_code (null = all), received_quarter, n: dossiers received; due_n, late_share, low,
      high: late or overdue among those whose due date had come (due_cohort), Wilson interval; median_half_days:
      Kaplan-Meier, null where too few have ended to say
    A quarter in which a group received nothing has no row.
    """
    check_columns(counts, [*NEEDS, "elapsed_half_days"], where="quarter_series")
    rows = counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.series_quarters))]
    rows = ends_of(due_cohort(rows.reset_index(drop=True)))
    by = ["unit_code", "received_quarter"]
    parts: list[pd.DataFrame] = []
    for name in ("ALL", "UNIT"):
        level = keyed(rows, LEVELS[name])
        table = level.groupby(by, sort=True)[["n", "due", "due_late"]].sum().reset_index()
        measured = level.loc[level["elapsed"].ge(0)]
        curves = survival_curves(measured, by=by, time="elapsed", entry="entered", confidence=thresholds.confidence)
        medians = survival_quantiles(from_receipt(curves), 0.5, by=by)
        table = table.merge(medians, on=by, how="left", validate="one_to_one").assign(proc_core=ANY)
        parts.append(named(table, name))
    table = pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
    names = {"due": "due_n", "time": "median_half_days"}
    table = table.rename(columns=names, errors="raise").astype({"n": int, "due_n": int, "due_late": int})
    table["late_share"] = (table["due_late"] / table["due_n"]).where(table["due_n"] > 0)
    table["low"], table["high"] = wilson(table["due_late"], table["due_n"], thresholds.confidence)
    return table[SERIES]


def _cells(counts: pd.DataFrame, sides: dict[str, str]) -> pd.DataFrame:
    """The due cohort of each procedure of each unit, the three quarters side by side, whoever of them has any."""
    rows = due_cohort(counts).assign(side=counts["received_quarter"].map(sides).fillna(""))
    rows = keyed(rows.loc[rows["side"].ne("") & entry_of(rows).le(0)], KEYS)
    rows = rows.rename(columns={"due": "of", "due_late": "late", "n": "seen"}, errors="raise")
    wanted = {f"{what}_{side}": rows[what].where(rows["side"].eq(side), 0) for what in _COUNTED for side in _SIDES}
    return rows[KEYS].assign(**wanted).astype(dict.fromkeys(wanted, float)).groupby(KEYS).sum().reset_index()


def _level(cells: pd.DataFrame, name: str, thresholds: Thresholds) -> pd.DataFrame:
    strata = keyed(cells, LEVELS[name])
    sums = strata.groupby(KEYS, sort=True).sum().reset_index()
    # No dossier of that quarter at all: the data of this group do not reach a year back.
    compared = np.where(
        sums["seen_year_ago"] > 0, "YEAR_AGO", np.where(sums["seen_before"] > 0, "QUARTER_BEFORE", "NONE")
    )
    sums = sums.assign(compared=compared)
    strata = strata.merge(sums[[*KEYS, "compared"]], on=KEYS, validate="many_to_one")
    for table in (sums, strata):
        a_year = table["compared"].eq("YEAR_AGO")
        for what in ("of", "late"):
            table[f"{what}_then"] = table[f"{what}_year_ago"].where(a_year, table[f"{what}_before"])
    for side in _SIDES:
        sums[f"share_{side}"] = (sums[f"late_{side}"] / sums[f"of_{side}"]).where(sums[f"of_{side}"] > 0)
    table = sums.merge(_same_mix(strata, thresholds.confidence), on=KEYS, how="left", validate="one_to_one")
    table = table.loc[table[[f"of_{side}" for side in _SIDES]].sum(axis=1) > 0].reset_index(drop=True)
    table = table.rename(columns={f"of_{side}": f"n_{side}" for side in (*_SIDES, "then")}, errors="raise")
    return named(table, name)


def _same_mix(strata: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Mantel-Haenszel difference over the strata of each group, with Sato's variance (good for sparse strata)."""
    a, n, b, m = (strata[name] for name in ("late_now", "of_now", "late_then", "of_then"))
    both = n + m
    terms = pd.DataFrame(
        {
            "weight": n * m / both,
            "difference": (a * m - b * n) / both,
            "p": (n**2 * b - m**2 * a + n * m * (m - n) / 2) / both**2,
            "q": (a * (m - b) + b * (n - a)) / (2 * both),
        }
    ).where((n > 0) & (m > 0), 0.0)
    sums = terms.groupby([strata[key] for key in KEYS], sort=True).sum()
    sums = sums.loc[sums["weight"] > 0]
    change = sums["difference"] / sums["weight"]
    variance = ((change * sums["p"] + sums["q"]) / sums["weight"] ** 2).clip(lower=0.0)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * np.sqrt(variance)
    found = pd.DataFrame({"same_mix_change": change, "same_mix_low": change - half, "same_mix_high": change + half})
    return found.reset_index()


def _verdict(table: pd.DataFrame, enough: "pd.Series[bool]", thresholds: Thresholds) -> "pd.Series[Any]":
    sure = enough & (table["q_value"] <= thresholds.fdr)
    pools = table["level"].ne("PROCEDURE_UNIT")
    worse = sure & (table["low"] > 0) & (~pools | (table["same_mix_low"] > 0))
    better = sure & (table["high"] < 0) & (~pools | (table["same_mix_high"] < 0))
    words = np.where(worse, "WORSE", np.where(better, "BETTER", "SAME"))
    return pd.Series(words, index=table.index, dtype=object).where(enough, "NOT_ENOUGH")
