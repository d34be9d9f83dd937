"""How late, told five ways; units set beside each other fairly; procedures that are slow. No markup here.

A unit is named in a comparison only when it has enough dossiers and its data passed the gate; the others are counted.
"""

from statistics import NormalDist
from typing import Any

import pandas as pd

from pipelines.publish import formats
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.quarter_view import all_levels, codes_of, failing_units, flags_of, key_of, level_rows, named
from pipelines.publish.rows import Row, reading, records

COMPARISON = (
    "level", "unit_code", "proc_core", "n", "late", "share", "alone_n", "expected_share", "expected", "ratio",
    "low95", "high95", "low998", "high998", "shrunk_share", "shrunk_low", "shrunk_high", "may_be_named", "is_above",
)  # fmt: skip
EFFECTS = (
    "level", "unit_code", "proc_core", "n", "ratio", "ratio_low", "ratio_high", "pooled_share", "pooled_low",
    "pooled_high", "members", "slow_members", "is_slow",
)  # fmt: skip
SPEED = ("unit_code", "n", "ended", "expected", "speed_ratio", "low", "high", "q_value")
WAYS = (
    (
        "Có tính hồ sơ đang giải quyết (Kaplan–Meier)", ("late_share_km", "ci_low", "ci_high", "km_n"),
        "hồ sơ có hẹn trả, tiếp nhận trong bốn quý", "Khả năng một hồ sơ mới nộp sẽ quá hạn; dùng để rà soát",
    ),
    (
        "Trong số đã đến ngày hẹn", ("due_late_share", "due_low", "due_high", "due_n"),
        "hồ sơ đã đến ngày hẹn, tiếp nhận trong bốn quý",
        "Trễ hoặc đang quá hạn, trên số đã đến hẹn; dùng để so sánh",
    ),
    (
        "Chỉ tính hồ sơ đã giải quyết", ("closed_late_share", None, None, "closed_n"),
        "hồ sơ đã giải quyết có hẹn trả, tiếp nhận trong bốn quý",
        "Cách thường dùng; bỏ qua hồ sơ còn treo nên thường thấp hơn thực tế",
    ),
    (
        "Biểu II.06a: cột (10) chia cột (7)", ("official_late_share", None, None, "official_n"),
        "hồ sơ giải quyết xong trong quý, tiếp nhận từ bất cứ lúc nào", "Số báo cáo; để đối chiếu với biểu đã gửi",
    ),
    (
        "Quyết định 766/QĐ-TTg, chỉ số 2.1", ("index766_share", None, None, "index766_n"),
        "hồ sơ tiếp nhận hoặc giải quyết trong quý, kể cả chưa đến hạn",
        "Tỷ lệ ĐÚNG HẠN (càng cao càng tốt); để đối chiếu với Bộ chỉ số",
    ),
)  # fmt: skip
MOST_BANDS = 60  # up to so many units each is judged by limits of its own
WORDS = {
    "ABOVE": ("nhiều hơn dự kiến", "warn"),
    "NEAR": ("trên khoảng 95 %, chưa đủ căn cứ", "plain"),
    "USUAL": ("trong khoảng bình thường", "plain"),
    "BELOW": ("ít hơn dự kiến", "good"),
}


def ways(papers: QuarterPapers) -> list[Row]:
    """The whole site told five ways: what it is, share, interval, denominator, and what it answers."""
    overall = level_rows(papers, "ALL")
    if not overall:
        return []
    return [
        {
            "name": name,
            "is_on_time": keys[0] == "index766_share",
            **cell(papers, overall[0], keys),
            "base": base,
            "meaning": meaning,
        }
        for name, keys, base, meaning in WAYS
    ]


def unit_ways(papers: QuarterPapers, level: str = "UNIT") -> list[Row]:
    """Each unit told five ways (cells km, due, closed, official, index), beside what none of them counts."""
    names = ("km", "due", "closed", "official", "index")
    return [
        {
            "name": row["unit"] or "Toàn bộ",
            **{name: cell(papers, row, keys) for name, (_, keys, _, _) in zip(names, WAYS, strict=True)},
            **{key: row[key] for key in ("paused", "no_due", "overdue_open", "truncated")},
        }
        for row in level_rows(papers, level)
    ]


def cell(papers: QuarterPapers, row: Row, keys: tuple[str, str | None, str | None, str]) -> Row:
    """A share with its interval and denominator; unknown where it rests on `minimum_group` dossiers or fewer."""
    share, low, high, n = keys
    size = row[n]
    known = not formats.is_unknown(size) and size > papers.minimum_group and not formats.is_unknown(row[share])
    return {
        "share": row[share] if known else None,
        "low": row[low] if known and low else None,
        "high": row[high] if known and high else None,
        "n": size if known else None,
    }


def compared_units(papers: QuarterPapers) -> list[Row]:
    """Units that may be named, with late dossiers against those expected of the same mix; highest ratio first."""
    table = _units(papers)
    rows = table[table["may_be_named"].eq(True) & table["expected_share"].gt(0)]
    rows = rows.sort_values(["ratio", "n", "unit_code"], ascending=[False, False, True])
    effects, speed = _by_unit(papers, "effects", EFFECTS), speeds(papers)
    pace = {row["unit_code"]: row for row in speed}
    found = []
    for row in records(rows):
        words, tone = WORDS[_place(row)]
        effect = effects.get(str(row["unit_code"])) if _place(row) in ("ABOVE", "NEAR") else None
        found.append(
            row
            | {
                "name": papers.unit_name(row["unit_code"]),
                "words": words,
                "tone": tone,
                "members": None if effect is None else effect["members"],
                "slow_members": None if effect is None else effect["slow_members"],
                "speed": pace.get(row["unit_code"]),
            }
        )
    return found


def _units(papers: QuarterPapers) -> pd.DataFrame:
    table = _all_units(papers)
    return table[table["n"] > 0]


def _all_units(papers: QuarterPapers) -> pd.DataFrame:
    table = reading(papers.results.comparison, COMPARISON)
    return table[table["level"] == "UNIT"]


def _place(row: Row) -> str:
    if row["is_above"]:
        return "ABOVE"
    if row["share"] > row["high95"]:
        return "NEAR"
    return "BELOW" if row["share"] < row["low998"] else "USUAL"


def speeds(papers: QuarterPapers) -> list[Row]:
    """Units by how fast they end dossiers of the same procedures, slowest first; it needs no limits."""
    table = reading(papers.results.speed, SPEED)
    failing = failing_units(papers)
    rows = table[
        (table["n"] > papers.minimum_group) & table["speed_ratio"].notna() & ~table["unit_code"].isin(failing)
    ]
    rows = rows.sort_values(["speed_ratio", "unit_code"])
    return [row | {"name": papers.unit_name(row["unit_code"])} for row in records(rows)]


def _by_unit(papers: QuarterPapers, part: str, columns: tuple[str, ...]) -> dict[str, Row]:
    table = reading(getattr(papers.results, part), columns)
    return {str(row["unit_code"]): row for row in records(table[table["level"] == "UNIT"])}


def not_compared(papers: QuarterPapers) -> dict[str, Any]:
    """Units the gate holds back with their reasons, how many are too small, how many do work no one else does."""
    table = _units(papers)
    failing = failing_units(papers)
    small = table[~table["may_be_named"].eq(True) & ~table["unit_code"].isin(failing)]
    return {
        "failing": [{"name": papers.unit_name(code), "reason": reason} for code, reason in failing.items()],
        "small": len(small),
        "small_n": int(small["n"].sum()),
        "alone": int(_all_units(papers)["n"].eq(0).sum()),
    }


def funnel(papers: QuarterPapers) -> dict[str, Any]:
    """Points of the funnel with their limits, and the late share of all dossiers compared.

    Each unit does other work: its share and its limits are told at the mix of the whole (times the share of the
    whole, over the one expected of it). Of many units the limits are drawn once (`limits`), as for a unit like the
    middle one; of few each has its own. Units that may not be named are one point without a name, or left out.
    """
    table = _units(papers)
    table = table[~table["unit_code"].isin(failing_units(papers)) & table["expected_share"].gt(0)]
    total = table["n"].sum()
    if not total:
        return {"points": [], "limits": [], "whole": 0.0}
    whole = float(table["late"].sum() / total)
    nameable = table[table["may_be_named"].eq(True) & (table["n"] > papers.minimum_group)]
    points = []
    for row in records(nameable.sort_values(["n", "unit_code"])):
        scale = whole / row["expected_share"]
        own = {name: min(row[name] * scale, 1.0) for name in ("low95", "high95", "low998", "high998")}
        point = {"n": row["n"], "share": min(row["share"] * scale, 1.0), "place": _place(row)}
        points.append(point | own | {"name": papers.unit_name(row["unit_code"])})
    few = table.drop(nameable.index)
    if len(few) > 1 and few["n"].sum() > papers.minimum_group:
        share = float(few["late"].sum() / few["expected"].sum()) * whole
        points.insert(0, {"n": int(few["n"].sum()), "share": min(share, 1.0), "place": "USUAL", "name": ""})
    limits = _funnel_limits(nameable, whole) if len(nameable) > MOST_BANDS else []
    return {"points": points, "limits": limits, "whole": whole}


def _funnel_limits(table: pd.DataFrame, whole: float) -> list[Row]:
    """The exact limits by number of dossiers for a unit as the middle one, as far apart as those of the units."""
    from analysis.funnel import binomial_limits  # noqa: PLC0415 - scipy: only a quarter needs it

    n, share = table["n"].astype(float), table["expected_share"].astype(float)
    error = (table["high998"] - table["low998"]).astype(float) / (2 * NormalDist().inv_cdf(0.999))
    alike = ((n * error**2 / (share * (1 - share)) - 1) / (n - 1)).median()
    most = int(n.max() * 1.12)
    sizes = sorted({max(round(most * (place / 80) ** 2), 2) for place in range(1, 81)})
    found: list[Row] = [{"n": size} for size in sizes]
    for name, level in (("95", 0.95), ("998", 0.998)):
        low, high = binomial_limits([float(size) for size in sizes], whole, level, max(float(alike), 0.0))
        for row, one, other in zip(found, low, high, strict=True):
            row |= {f"low{name}": float(one), f"high{name}": float(other)}
    return found


def slow_units(papers: QuarterPapers) -> list[str]:
    """The sentences of the flags on units, as the analysis wrote them."""
    return [str(row["sentence"]) for row in flags_of(papers, "SLOW_UNIT")]


def slow_procedures(papers: QuarterPapers) -> list[Row]:
    """Procedures flagged as slow, as such (unit None) or at a unit, worst first, with the figures behind them."""
    rows = {(key_of(row["unit_code"]), key_of(row["proc_core"])): row for row in all_levels(papers)}
    effects = reading(papers.results.effects, EFFECTS)
    borne = {str(row["proc_core"]): row for row in records(effects[effects["level"] == "PROCEDURE"])}
    table = reading(papers.results.comparison, COMPARISON)
    elsewhere = {
        (str(row["unit_code"]), str(row["proc_core"])): row
        for row in records(table[table["level"] == "PROCEDURE_UNIT"])
    }
    found = []
    for flag in flags_of(papers, "SLOW_PROCEDURE"):
        unit, core = key_of(flag["unit_code"]), str(flag["proc_core"])
        row = rows.get((unit, core)) or _of_flag(papers, flag)
        beside, effect = elsewhere.get((str(unit), core), {}), borne.get(core, {})
        found.append(
            row
            | {
                "sentence": flag["sentence"],
                "evidence": codes_of(flag["evidence"]),
                "flag_id": flag["flag_id"],
                "expected_share": beside.get("expected_share"),
                **{
                    key: effect.get(key)
                    for key in ("members", "slow_members", "pooled_share", "pooled_low", "pooled_high")
                },
            }
        )
    return sorted(found, key=lambda row: (-row["late_share_km"], row["label"], row["flag_id"]))


def _of_flag(papers: QuarterPapers, flag: Row) -> Row:
    """A flagged group whose late share is not in the tables: what the flag itself says of it."""
    figures = {"late_share_km": flag["value"], "ci_low": flag["ci_low"], "ci_high": flag["ci_high"]}
    nothing = {"closed_late_share": None, "closed_n": None, "median_half_days": None}
    keys = {"unit_code": flag["unit_code"], "proc_core": flag["proc_core"], "km_n": flag["n"]}
    return named(papers, keys | figures | nothing)
