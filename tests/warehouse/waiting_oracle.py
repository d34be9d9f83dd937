"""The causes of waiting counted one step at a time, slowly and plainly, and random desks to count on."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from domain.calendar import WorkCalendar

CAUSES = [
    "citizen_s", "other_agency_s", "unavailable_s", "batching_s", "prioritised_s", "contention_s", "rest_s",
]  # fmt: skip
DAY = 28_800
Row = dict[str, Any]


def random_desks(given: Any, seed: int, *, with_starts: bool) -> tuple[list[Row], list[Row], list[Row]]:
    """300 dossiers of four steps at seven desks from October to December 2017: (dossiers, steps, pauses).

    Some stamps are at midnight, in one second, out of hours, out of order or missing; one officer signs in
    batches, one works every day but a week.
    """
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2017-10-02", "2017-12-28")
    rows, steps, pauses = [], [], []

    def stamp(at: float) -> pd.Timestamp:
        """An instant `at` working days after the first, in or out of office hours."""
        day = days[min(int(at), len(days) - 1)]
        seconds = 7 * 3600 + int((at % 1) * 36_000)
        instant = day + pd.Timedelta(seconds=seconds)
        return instant + pd.Timedelta(days=5 - day.weekday()) if rng.random() < 0.02 else instant

    for i in range(300):
        code, at = f"R{i:03d}", float(rng.uniform(0, 55))
        rows.append(given.dossier(code, received_at=stamp(at), due_at=None, proc_core=f"1.00000{i % 2 + 1}"))
        if rng.random() < 0.3:
            stop, length = at + rng.uniform(0, 4), rng.exponential(3)
            pauses.append(given.pause(code, 1, stamp(stop), stamp(stop + length)))
        for no in range(1, 5):
            office, staff = f"P{no % 3}", ("A", "B", None)[int(rng.integers(0, 3))]
            wait, work = rng.exponential(2.5 if no == 3 else 0.8), rng.exponential(0.05)
            arrived: pd.Timestamp | None = stamp(at)
            started, finished = stamp(at + wait), stamp(at + wait + work)
            if no == 2:  # signed when a sheaf has come together
                finished = finished.floor("D") + pd.Timedelta(hours=16, seconds=int(rng.integers(0, 600)))
            chance = rng.random()
            if chance < 0.02:
                finished = finished.floor("D")
            elif chance < 0.04:
                finished = arrived
            elif chance < 0.10:
                arrived = None
            row = given.step(code, no, arrived, finished, office_code=office, staff_code=staff, task=f"Việc {no}")
            if with_starts and no in (1, 3):
                row["started_at"] = started
            steps.append(row)
            at += wait + work
            if at > len(days) - 1 or rng.random() < 0.02:
                steps[-1]["finished_at"] = pd.NaT
                break
    for day in days[:-8]:  # P1's A is there every day, so that the week she is not shows
        rows.append(given.dossier(f"N{day:%m%d}", received_at=day + pd.Timedelta(hours=7), due_at=None))
        on = day + pd.Timedelta(hours=7.5)
        if not date(2017, 11, 6) <= day.date() <= date(2017, 11, 10):
            steps.append(
                given.step(f"N{day:%m%d}", 1, on, on + pd.Timedelta(hours=1), office_code="P1", staff_code="A")
            )
    away = (pd.Timestamp("2017-11-06"), pd.Timestamp("2017-11-11"))
    kept = [s for s in steps if not (s["office_code"] == "P1" and s["staff_code"] == "A" and _within(s, away))]
    return rows, kept, pauses


def _within(step: Row, span: tuple[pd.Timestamp, pd.Timestamp]) -> bool:
    return bool(span[0] <= step["finished_at"] < span[1])


class Oracle:
    """Causes by definition, from step_time's clock values alone: every pair of steps of a desk is looked at."""

    def __init__(self, steps: pd.DataFrame, calendar: WorkCalendar, as_of: date) -> None:
        good = steps[steps["started_w"].notna() & steps["finished_w"].notna()]
        known = good[good["desk_no"] > 0].sort_values(["desk_no", "job_no"])
        self._desks = {int(desk): rows.to_dict("records") for desk, rows in known.groupby("desk_no")}
        days = calendar.days()
        working = days[days["is_working"] & (days["day"] <= as_of)]
        quarters = pd.PeriodIndex(pd.to_datetime(working["day"]), freq="Q").astype(str)
        self._quarter = dict(zip(working["work_index"], quarters, strict=True))
        self._length = pd.Series(quarters).value_counts().to_dict()

    def causes(self, step: Mapping[str, Any]) -> dict[str, int]:
        """What each cause takes of the wait, in their order."""
        left = max(int(step["started_w"]) - int(step["enabled_w"]), 0)
        others = [job for job in self._desks.get(int(step["desk_no"]), []) if job["job_no"] != step["job_no"]]
        wanted = {
            "citizen_s": int(step["pause_w"]),
            "other_agency_s": left if step["is_other_agency"] else 0,
            "unavailable_s": self._away(step),
            "batching_s": self._batch(step),
            "prioritised_s": self._preferred(step, others),
        }
        wanted["contention_s"] = max(self._busy(step, others) - wanted["prioritised_s"], 0)
        taken = {}
        for name, seconds in wanted.items():
            taken[name] = min(left, seconds)
            left -= taken[name]
        return taken | {"rest_s": left}

    def _away(self, step: Mapping[str, Any]) -> int:
        desk = self._desks.get(int(step["desk_no"]), [])
        worked = {d for job in desk for d in range(int(job["started_day"]), int(job["finished_day"]) + 1)}
        worked &= set(self._quarter)
        if not worked:
            return 0
        there = pd.Series([self._quarter[d] for d in worked]).value_counts().to_dict()
        regular = {quarter for quarter, n in there.items() if n >= 0.6 * self._length[quarter]}
        between = range(max(int(step["enabled_day"]) + 1, min(worked)), int(step["started_day"]))
        return DAY * sum(1 for d in between if d not in worked and self._quarter[d] in regular)

    def _batch(self, step: Mapping[str, Any]) -> int:
        desk = [job for job in self._desks.get(int(step["desk_no"]), []) if job["mark"] == ""]
        same = [job for job in desk if job["task"] == step["task"]]
        places = [i for i, job in enumerate(same) if job["job_no"] == step["job_no"]]
        if not places:
            return 0
        low = high = places[0]
        minute = pd.Timedelta(seconds=60)
        while low > 0 and same[low]["finished_at"] - same[low - 1]["finished_at"] <= minute:
            low -= 1
        while high + 1 < len(same) and same[high + 1]["finished_at"] - same[high]["finished_at"] <= minute:
            high += 1
        if high - low + 1 < 3:
            return 0
        ready = max(int(job["enabled_w"]) for job in same[low : high + 1])
        return max(min(ready, int(step["started_w"])) - int(step["enabled_w"]), 0)

    @staticmethod
    def _preferred(step: Mapping[str, Any], others: list[dict[str, Any]]) -> int:
        passed = [
            job
            for job in others
            if job["enabled_day"] > step["enabled_day"] and job["started_day"] < step["started_day"]
        ]
        return sum(int(job["service_s"]) for job in passed)

    @staticmethod
    def _busy(step: Mapping[str, Any], others: list[dict[str, Any]]) -> int:
        seconds = 0
        for job in others:
            begin = max(int(job["finished_w"]) - int(job["service_s"]), int(step["enabled_w"]))
            seconds += max(min(int(job["finished_w"]), int(step["started_w"])) - begin, 0)
        return seconds
