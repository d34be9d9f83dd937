"""Fair comparison: each unit beside the other units that do the same procedures, before anything is said of it.

What is expected of a unit is what the *other* units show with its procedures, dossier by dossier, so a large unit is
not part of its own yardstick. Limits are those of a funnel: exact for few dossiers, wider by how uncertain the
yardstick is and by how much units differ anyhow (over-dispersion).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.funnel import benjamini_hochberg, beta_binomial, binomial_limits, overdispersion, share_upper
from analysis.shares import due_cohort
from analysis.thresholds import Thresholds

NEEDS = ["unit_code", "proc_core", "received_quarter", "outcome", "timeliness", "n"]
GIVES = [
    "level", "unit_code", "proc_core", "n", "late", "share", "alone_n", "expected_share", "expected", "ratio", "phi",
    "low95", "high95", "low998", "high998", "shrunk_share", "shrunk_low", "shrunk_high", "p_value", "q_value", "gate",
    "may_be_named", "is_above",
]  # fmt: skip
_LEVELS = {"UNIT": ("unit_code",), "PROCEDURE_UNIT": ("unit_code", "proc_core")}
# Dossiers at the overall share that stand for a procedure before the other units have shown anything.
_PRIOR = 2.0
_FEW_UNITS = 60  # up to so many, each is judged by how much the others differ; in more one hardly weighs


def due_cells(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Dossiers received in the year up to `quarter` whose due date had come, by unit and procedure.

    Needs: unit_code, proc_core, received_quarter, outcome, timeliness, n; due_passed, entry_half_days when given
    Gives: unit_code, proc_core, n, late; units: how many units have such dossiers of the procedure; in order
    """
    check_columns(counts, NEEDS, where="due_cells")
    rows = due_cohort(counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.window_quarters))])
    table = pd.DataFrame(
        {
            "unit_code": rows["unit_code"].fillna("").astype(str),
            "proc_core": rows["proc_core"].fillna("").astype(str),
            "n": rows["due"],
            "late": rows["due_late"],
        }
    )
    table = table.loc[table["n"] > 0].groupby(["unit_code", "proc_core"], sort=True).sum().reset_index()
    table["units"] = table.groupby("proc_core")["unit_code"].transform("size")
    return table.astype({"n": int, "late": int, "units": int})


def fair_comparison(
    counts: pd.DataFrame, gate: pd.DataFrame, *, quarter: str, thresholds: Thresholds
) -> pd.DataFrame:
    """Late shares of due dossiers beside those of the other units with the same procedures.

    Needs: as due_cells; `gate`: unit_code, passes (may be empty: then nothing was checked)
    Gives: level (UNIT; PROCEDURE_UNIT), unit_code, proc_core (null = all) and
      n, late, share: due dossiers of procedures another unit does too; `alone_n`: the others, not compared
      expected_share, expected, ratio: what the other units show with the same procedures, late / expected
      phi: over-dispersion (mean squared z-score, outermost tenths drawn in and that allowed for; null below three
        groups): of the level; among few units that of the other units, so that none hides behind itself
      low95, high95, low998, high998: shares between which chance and over-dispersion alone would put the unit
      shrunk_share, shrunk_low, shrunk_high: the share drawn towards the expected one, the more the fewer dossiers
      p_value, q_value: of a share above the expected one, over-dispersion in; Benjamini-Hochberg over the level
      gate: '' may be named, SMALL (at most `minimum_group` dossiers), DATA (the unit's data fail the gate)
      may_be_named; is_above: may be named, above the expected share, q at most `fdr`
    """
    cells = due_cells(counts, quarter=quarter, thresholds=thresholds)
    if cells.empty:
        return pd.DataFrame(columns=GIVES)
    failing = set() if gate.empty else set(gate.loc[~gate["passes"].astype(bool), "unit_code"].astype(str))
    parts = [_compared(cells, level, keys, failing, thresholds) for level, keys in _LEVELS.items()]
    table = pd.concat([part for part in parts if not part.empty], ignore_index=True).reindex(columns=GIVES)
    table = table.astype(dict.fromkeys(["n", "late", "alone_n"], int))
    table["proc_core"] = table["proc_core"].astype(object).where(table["proc_core"].notna(), None)
    return table


def _summed(cells: pd.DataFrame, group: np.ndarray, without: np.ndarray | None = None) -> pd.DataFrame:
    """Sums by group (places from 0), with z-scores against what the other units show with the same procedures.

    `without`: cells that are as if not there. `wider`: how uncertain the yardstick is, 1 when it is certain.
    """
    core, _ = pd.factorize(cells["proc_core"], sort=True)
    there = np.ones(len(cells)) if without is None else (~without).astype(float)
    n, late = cells["n"].to_numpy(float) * there, cells["late"].to_numpy(float) * there
    others, others_late = (np.bincount(core, each)[core] - each for each in (n, late))
    compared = (others > 0) & (n > 0)
    known = others + _PRIOR
    share = (others_late + _PRIOR * late.sum() / max(n.sum(), 1.0)) / known
    # A yardstick learnt from `known` dossiers is itself uncertain: that many more dossiers of ours do not help.
    variance = n * share * (1.0 - share) * (1.0 + (n - 1.0) / (known + 1.0))
    parts = {"n": n, "late": late, "expected": n * share, "variance": variance}
    table = pd.DataFrame({name: np.bincount(group, np.where(compared, part, 0.0)) for name, part in parts.items()})
    table["alone_n"] = np.bincount(group, np.where(compared, 0.0, n))
    size, expected = table["n"].where(table["n"] > 0), table["expected"]
    single = expected * (1.0 - expected / size)
    table["wider"] = (table["variance"] / single).clip(lower=1.0)
    # A group of which hardly one late dossier is expected has no z-score worth the name.
    table["score"] = ((table["late"] - expected) / np.sqrt(single * table["wider"])).where(expected >= 1.0)
    return table


def _dispersion(table: pd.DataFrame, thresholds: Thresholds) -> tuple[float, float]:
    """Phi, and how alike the dossiers of one group are beyond chance: 0 unless phi is above 1."""
    errors = (table["wider"] / table["n"].where(table["n"] > 0)).to_numpy(float) ** 0.5
    found = overdispersion(table["score"].to_numpy(float), errors, trim=thresholds.funnel_trim, restored=True)
    return found.phi, min(found.tau2, 0.999) if found.phi > 1.0 else 0.0


def _compared(
    cells: pd.DataFrame, level: str, keys: Sequence[str], failing: set[str], thresholds: Thresholds
) -> pd.DataFrame:
    groups = cells.groupby(list(keys), sort=True)
    group = groups.ngroup().to_numpy()
    table = _summed(cells, group)
    table[list(keys)] = groups.size().reset_index()[list(keys)]
    phi, between = np.repeat(np.array(_dispersion(table, thresholds))[:, None], len(table), axis=1)
    if level == "UNIT" and 1 < len(table) <= _FEW_UNITS:
        without = [_dispersion(_summed(cells, group, group == unit), thresholds) for unit in range(len(table))]
        phi, between = np.array(without).T
    table = table.assign(level=level, phi=phi, between=between)
    table = table.loc[(table["n"] > 0) | (level == "UNIT")].reset_index(drop=True)
    return _judged(table, failing, thresholds)


def _judged(table: pd.DataFrame, failing: set[str], thresholds: Thresholds) -> pd.DataFrame:
    n, late = table["n"].to_numpy(float), table["late"].to_numpy(float)
    size = table["n"].where(table["n"] > 0)
    table["share"], table["expected_share"] = table["late"] / size, table["expected"] / size
    table["ratio"] = table["late"] / table["expected"].where(table["n"] > 0)
    share = table["expected_share"].fillna(0.5).to_numpy(float)
    own = np.where(n > 1, (table["wider"].fillna(1.0) - 1.0) / np.maximum(n - 1.0, 1.0), 0.0)
    spread = 1.0 - (1.0 - own) * (1.0 - table["between"].to_numpy(float))
    for name, within in (("95", thresholds.confidence), ("998", thresholds.alarm_level)):
        table[f"low{name}"], table[f"high{name}"] = binomial_limits(n, share, within, spread)
    shrunk = beta_binomial(late, n, share, confidence=thresholds.confidence)
    table["shrunk_share"], table["shrunk_low"], table["shrunk_high"] = shrunk.share, shrunk.low, shrunk.high
    table["p_value"] = share_upper(late, n, share, spread)
    small = n <= thresholds.minimum_group
    table["gate"] = np.where(small, "SMALL", np.where(table["unit_code"].isin(failing), "DATA", ""))
    table["may_be_named"] = table["gate"].eq("")
    table["q_value"] = benjamini_hochberg(np.where(table["may_be_named"], table["p_value"], np.nan))
    table["is_above"] = table["may_be_named"] & (table["ratio"] > 1.0) & (table["q_value"] <= thresholds.fdr)
    return table
