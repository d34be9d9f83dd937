"""Made-up frames about slowness for the tests of the quarter book; a figure in every part, a small group in each.

DG-MC is slower than its dossiers let expect, DG-QK is not, DG-QS and DG-DM are too small, DG-DP fails the data gate.
"""

from datetime import date, timedelta
from typing import Any

import pandas as pd

LAND, CHANGE, EXTRACT = "1.012756", "1.012781", "2.000635"


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def gate() -> pd.DataFrame:
    reasons = {"DG-DP": "số đêm không nhận được dữ liệu dùng được là 20 %, quá mức 10 %"}
    steps = reasons | {"DG-DM": "số bước được nhập dồn cùng một lúc là 60 %, quá mức 20 %"}
    codes = ("DG-MC", "DG-QK", "DG-QS", "DG-DP", "DG-DM")
    return frame(
        [
            {"unit_code": code, "nights": 60, "missing_nights": 12 if code in reasons else 0, "rows_in": 900,
             "set_aside": 3, "set_aside_share": 0.003, "odd_share": 0.0, "bulk_share": 0.0,
             "passes": code not in reasons, "reason_vi": reasons.get(code, ""),
             "steps_pass": code not in steps, "steps_reason_vi": steps.get(code, ""), "not_checked_vi": ""}
            for code in codes
        ]
    )  # fmt: skip


def compared(unit_code: str, n: int, late: int, expected: float, **changes: Any) -> dict[str, Any]:
    share, wanted = late / n, expected / n
    row = {
        "level": "UNIT", "unit_code": unit_code, "proc_core": None, "n": n, "late": late, "share": share,
        "expected_share": wanted, "expected": expected, "ratio": late / expected, "phi": 1.4,
        "low95": max(wanted - 1.96 * (wanted / n) ** 0.5, 0.0), "high95": wanted + 1.96 * (wanted / n) ** 0.5,
        "low998": max(wanted - 3.09 * (wanted / n) ** 0.5, 0.0), "high998": wanted + 3.09 * (wanted / n) ** 0.5,
        "shrunk_share": (late + expected) / (2 * n), "shrunk_low": share * 0.6, "shrunk_high": share * 1.2,
        "p_value": 0.2, "q_value": 0.4, "gate": "", "may_be_named": True, "is_above": False,
    }  # fmt: skip
    return row | changes


def comparison() -> pd.DataFrame:
    return frame(
        [
            compared("DG-MC", 2400, 412, 265.4, is_above=True, q_value=0.001),
            compared("DG-QK", 640, 31, 52.5),
            compared("DG-QS", 4, 3, 0.5, gate="SMALL", may_be_named=False),
            compared("DG-DM", 9, 2, 1.1, gate="SMALL", may_be_named=False),
            compared("DG-DP", 300, 90, 30.0, gate="DATA", may_be_named=False),
            compared("DG-MC", 140, 57, 23.8, level="PROCEDURE_UNIT", proc_core=LAND, is_above=True),
        ]
    )


def effect(level: str, unit_code: str | None, proc_core: str | None, **changes: Any) -> dict[str, Any]:
    row = {
        "level": level, "unit_code": unit_code, "proc_core": proc_core, "n": 500, "late": 90, "raw_share": 0.18,
        "expected": 60.0, "ratio": 1.5, "ratio_low": 1.2, "ratio_high": 1.8, "pooled_share": 0.17, "pooled_low": 0.14,
        "pooled_high": 0.21, "effect": 0.5, "effect_low": 0.2, "effect_high": 0.8, "members": 7, "slow_members": 5,
        "p_value": 0.001, "q_value": 0.004, "is_slow": True,
    }  # fmt: skip
    return row | changes


def effects() -> pd.DataFrame:
    return frame(
        [
            effect("UNIT", "DG-MC", None),
            effect("UNIT", "DG-QK", None, members=6, slow_members=1, is_slow=False),
            effect("PROCEDURE", None, LAND, members=4, slow_members=3),
        ]
    )


def speed() -> pd.DataFrame:
    names = ["unit_code", "n", "ended", "expected", "speed_ratio", "low", "high", "p_value", "q_value"]
    rows = [
        ("DG-MC", 3000, 2400, 2750.2, 0.87, 0.83, 0.91, 0.0001, 0.0003),
        ("DG-QK", 700, 660, 598.1, 1.10, 1.02, 1.19, 0.01, 0.02),
        ("DG-QS", 4, 3, 2.2, 1.36, 0.3, 3.0, 0.7, 0.7),
        ("DG-DP", 300, 100, 240.0, 0.42, 0.3, 0.5, 0.0, 0.0),
    ]
    return pd.DataFrame(rows, columns=names)


CAUSES = ("citizen", "other_agency", "unavailable", "batching", "prioritised", "contention", "rest")


def waited(level: str, n: int, days: tuple[float, ...], **keys: Any) -> dict[str, Any]:
    names = ("unit_code", "proc_core", "from_office", "from_task", "office_code", "task")
    whole = sum(days)
    main = max(range(len(CAUSES)), key=lambda place: days[place])
    return {
        "level": level, **dict.fromkeys(names), **keys, "n": n, "waiting_days": whole,
        **{f"{cause}_days": each for cause, each in zip(CAUSES, days, strict=True)}, "work_days": n * 0.2,
        "mean_waiting_days": whole / n, "main_cause": CAUSES[main], "main_share": days[main] / whole,
        "may_be_named": n > 5,
    }  # fmt: skip


def waiting() -> pd.DataFrame:
    land = (120.0, 300.0, 90.0, 60.0, 30.0, 240.0, 160.0)
    leader = (0.0, 0.0, 40.0, 200.0, 0.0, 30.0, 30.0)
    small = (9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    step = {"from_office": "TNMT", "from_task": "Thẩm tra hồ sơ", "office_code": "LD", "task": "Trình ký"}
    return frame(
        [
            waited("OFFICE", 800, land, unit_code="DG-MC", office_code="TNMT"),
            waited("OFFICE", 500, leader, unit_code="DG-MC", office_code="LD"),
            waited("OFFICE", 50, leader, unit_code="DG-DM", office_code="NHAPDON"),
            waited("OFFICE", 4, small, unit_code="DG-QS", office_code="VP"),
            waited("EDGE", 480, leader, unit_code="DG-MC", **step),
            waited("EDGE", 3, small, unit_code="DG-QS", **step),
        ]
    )


def desk(unit_code: str, office_code: str, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": unit_code, "office_code": office_code, "weeks": 13, "arrived": 930, "finished": 780,
        "backlog_first": 60, "backlog_last": 210, "backlog_peak": 214, "growth": 150, "weeks_up": 11,
        "utilisation": 0.87, "weeks_to_clear": 3.5, "trend_per_week": 11.2, "done_share": 0.839, "low": 0.76,
        "high": 0.92, "p_value": 0.0001, "q_value": 0.0004, "is_growing": True,
    }  # fmt: skip
    return row | changes


def load() -> pd.DataFrame:
    return frame(
        [
            desk("DG-MC", "TNMT"),
            desk("DG-MC", "LD", arrived=500, finished=505, backlog_first=18, backlog_last=13, backlog_peak=30,
                 growth=-5, utilisation=None, weeks_to_clear=0.3, done_share=1.01, low=0.9, high=1.13,
                 is_growing=False),
            desk("DG-DM", "NHAPDON"),
            desk("DG-QS", "VP", arrived=4, finished=3, backlog_first=0, backlog_last=1, backlog_peak=2, growth=1,
                 is_growing=False),
        ]
    )  # fmt: skip


def backlog() -> pd.DataFrame:
    first = date(2017, 1, 2)
    return frame(
        [
            {"unit_code": "DG-MC", "office_code": office, "week": pd.Timestamp(first + timedelta(weeks=week)),
             "backlog": left(week), "arrived": 40, "finished": 38}
            for office, left in (("TNMT", lambda week: 40 + week * 3 + week % 4), ("LD", lambda week: 13 + week % 9))
            for week in range(52)
        ]
    )  # fmt: skip


def way(from_task: str, to_task: str, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": "DG-MC", "from_office": "TNMT", "from_task": from_task, "to_office": "LD", "to_task": to_task,
        "n": 480, "usable_n": 470, "is_usable": True, "mean_days": 6.25, "median_days": 4.5, "median_low": 4.4,
        "median_high": 4.6, "p90_days": 14.0, "worst_days": 61.0, "may_be_named": True,
    }  # fmt: skip
    return row | changes


def handovers() -> pd.DataFrame:
    nothing = dict.fromkeys(("mean_days", "median_days", "median_low", "median_high", "p90_days", "worst_days"))
    return frame(
        [
            way("Thẩm tra hồ sơ", "Trình ký"),
            way("Trình ký", "Trả kết quả", n=700, usable_n=690, mean_days=1.2, median_days=0.8, p90_days=2.5),
            way("Nhập dồn", "Nhập dồn tiếp", n=900, usable_n=300, is_usable=False, may_be_named=False, **nothing),
            way("Bước hiếm", "Bước hiếm tiếp", unit_code="DG-QS", n=4, usable_n=4, median_days=99.0),
        ]
    )


def throughput() -> pd.DataFrame:
    names = ["level", "proc_core", "n", "usable_n", "is_usable", "mean_days", "median_days", "p90_days"]
    return pd.DataFrame([("ALL", None, 1180, 1170, True, 21.4, 12.0, 55.5)], columns=names)


def checked(unit_code: str, check: str, n: int, found: int, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": unit_code, "check": check, "n": n, "found": found, "share": found / n, "base_n": 900,
        "base_found": 27, "base_share": 0.03, "low": found / n * 0.8, "high": found / n * 1.2, "p_value": 0.3,
        "q_value": 0.5, "may_be_named": True, "is_flagged": False, "reason": "",
    }  # fmt: skip
    return row | changes


def integrity() -> pd.DataFrame:
    untold = {"p_value": None, "q_value": None}
    return frame(
        [
            checked("DG-MC", "FINISH_EQUALS_DUE", 1600, 208, is_flagged=True, q_value=0.0001),
            checked("DG-QK", "FINISH_EQUALS_DUE", 600, 19),
            checked("DG-QS", "FINISH_EQUALS_DUE", 4, 4, reason="FEW", may_be_named=False, **untold),
            checked("DG-DP", "FINISH_EQUALS_DUE", 300, 290, reason="DATA", may_be_named=False, **untold),
            checked("DG-MC", "CODE_GAP", 2000, 1500, reason="NOT_CONSECUTIVE", base_share=None, **untold),
        ]
    )


def curve(proc_core: str, speed_days: float, n: int) -> list[dict[str, Any]]:
    rows = []
    for half in range(1, 121):
        share = 0.5 ** (half / 2 / speed_days)
        left = int(n * share)
        wide = 1.96 * (share * (1 - share) / n) ** 0.5
        rows.append(
            {"proc_core": proc_core, "days": half / 2, "at_risk": left, "survival": share,
             "ci_low": max(share - wide, 0.0), "ci_high": min(share + wide, 1.0)}
        )  # fmt: skip
    return rows


def curves() -> pd.DataFrame:
    return frame([*curve(LAND, 24.0, 140), *curve(CHANGE, 5.5, 210), *curve("9.999999", 5.0, 4)])


def limit_curves() -> pd.DataFrame:
    rows = []
    for core, speed_days, n in ((CHANGE, 2.2, 210), ("9.999999", 2.0, 4)):
        for days in range(1, 23):
            share = 0.5 ** (days / speed_days)
            wide = 1.96 * (share * (1 - share) / n) ** 0.5
            row = {"proc_core": core, "days": float(days), "late_share": share, "n": n}
            rows.append(row | {"low": max(share - wide, 0.0), "high": min(share + wide, 1.0)})
    return frame(rows)


def change(level: str, unit_code: str | None, proc_core: str | None, **changes: Any) -> dict[str, Any]:
    row = {
        "level": level, "unit_code": unit_code, "proc_core": proc_core, "share_now": 0.19, "n_now": 610,
        "share_before": 0.15, "n_before": 580, "share_year_ago": 0.11, "n_year_ago": 560, "change": 0.08, "low": 0.04,
        "high": 0.12, "same_mix_change": 0.07, "same_mix_low": 0.03, "same_mix_high": 0.11, "compared": "YEAR_AGO",
        "verdict": "WORSE", "p_value": 0.001, "q_value": 0.003,
    }  # fmt: skip
    return row | changes


def trends() -> pd.DataFrame:
    nothing = dict.fromkeys(("change", "low", "high", "same_mix_change", "p_value", "q_value"))
    return frame(
        [
            change("ALL", None, None, share_now=0.121, n_now=1500, share_year_ago=0.113, n_year_ago=1450,
                   change=0.008, low=-0.015, high=0.031, same_mix_change=0.004, verdict="SAME"),
            change("UNIT", "DG-MC", None),
            change("UNIT", "DG-QK", None, change=-0.002, low=-0.03, high=0.02, verdict="SAME"),
            change("UNIT", "DG-QS", None, n_now=4, **nothing, verdict="NOT_ENOUGH"),
            change("UNIT", "DG-DP", None, change=0.5, low=0.4, high=0.6),
            change("PROCEDURE", None, CHANGE, share_now=0.02, share_before=0.09, compared="QUARTER_BEFORE",
                   change=-0.07, low=-0.1, high=-0.04, same_mix_change=None, verdict="BETTER"),
        ]
    )  # fmt: skip


def series() -> pd.DataFrame:
    quarters = ("2016-Q4", "2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4")
    return frame(
        [
            {"level": "ALL", "unit_code": None, "received_quarter": name, "n": 1500 + 20 * place, "due_n": 1400,
             "late_share": share, "low": share - 0.02, "high": share + 0.02, "median_half_days": 11.0}
            for place, (name, share) in enumerate(zip(quarters, (0.113, 0.162, 0.118, 0.115, 0.121), strict=True))
        ]
    )  # fmt: skip


def cut_effects() -> pd.DataFrame:
    told = {
        "proc_core": CHANGE, "cut_on": date(2017, 3, 1), "old_days": 20.0, "new_days": 15.0, "n_before": 320,
        "n_after": 410, "controls": 6, "n_control_before": 900, "n_control_after": 950, "within_before": 0.71,
        "within_after": 0.86, "control_before": 0.74, "control_after": 0.76, "effect": 0.13, "low": 0.06, "high": 0.2,
        "median_before": 9.0, "median_after": 5.5, "verdict": "FASTER",
    }  # fmt: skip
    few = told | {"proc_core": EXTRACT, "old_days": 5.0, "new_days": 3.0, "n_after": 7, "verdict": "NOT_ENOUGH"}
    return frame([told, few | dict.fromkeys(("within_before", "within_after", "effect", "low", "high"))])


def frames() -> dict[str, pd.DataFrame]:
    """Every frame about slowness by its name in the analysis."""
    return {
        "gate": gate(), "effects": effects(), "speed": speed(), "comparison": comparison(), "waiting": waiting(),
        "load": load(), "backlog": backlog(), "handovers": handovers(), "throughput": throughput(),
        "integrity": integrity(), "curves": curves(), "limit_curves": limit_curves(), "trends": trends(),
        "series": series(), "cut_effects": cut_effects(),
    }  # fmt: skip


NAMES = ("gate", "effects", "speed", "comparison", "waiting", "load", "backlog", "handovers", "throughput",
         "integrity", "curves", "limit_curves", "trends", "series", "cut_effects")  # fmt: skip
