"""The frames a quarter is analysed from, and why a part of the analysis cannot run on them."""

from dataclasses import dataclass
from typing import Any, TypedDict

import pandas as pd

from analysis.competence import Facts
from analysis.frames import in_force, window
from analysis.papers import is_paper
from analysis.thresholds import Thresholds
from domain.quarter import Quarter

# What each counting model gives (warehouse/models/<name>.yml); a model that is empty or was not given has no rows.
COLUMNS = {
    "duration_count": [
        "unit_code", "office_code", "proc_core", "field_code", "received_quarter", "end_quarter", "outcome",
        "timeliness", "elapsed_half_days", "limit_half_days", "entry_half_days", "due_passed", "n",
    ],
    "step_count": [
        "unit_code", "proc_core", "step_no", "task", "office_code", "end_quarter", "planned_half_days",
        "elapsed_half_days", "is_open", "mark", "n",
    ],
    "index_766_count": [
        "quarter", "unit_code", "proc_core", "n", "on_time", "more_than_one_request", "open_in_term",
        "no_due_judged",
    ],
    "due_gap_count": ["unit_code", "proc_core", "end_quarter", "gap_days", "n"],
    "integrity_count": ["unit_code", "quarter", "check", "size", "n", "found"],
    "transition_count": [
        "edge", "unit_code", "proc_core", "from_office", "from_task", "to_office", "to_task", "end_quarter",
        "is_usable", "time_bin", "n", "seconds", "seconds_squared", "least", "most", "work_seconds",
    ],
    "waiting_count": [
        "unit_code", "proc_core", "from_office", "from_task", "office_code", "task", "end_quarter", "n", "waiting_s",
        "citizen_s", "other_agency_s", "unavailable_s", "batching_s", "prioritised_s", "contention_s", "rest_s",
        "work_s",
    ],
    "desk_week": [
        "unit_code", "office_code", "week", "arrived", "finished", "backlog", "service_s", "staff", "capacity_s",
    ],
    "procedure": [
        "proc_core", "valid_from", "valid_to", "name", "field_code", "level", "limit_quantity", "limit_unit",
    ],
    "journey_count": ["proc_core", "next_proc_core", "cases", "followed", "people"],
    "supplement_count": ["proc_core", "unit_code", "received_quarter", "n", "supplemented"],
    "unit_night": ["unit_code", "night", "status", "rows_in", "rows_ok", "rows_quarantined", "control_total"],
}  # fmt: skip


class Period(TypedDict):
    """What most analyses take beside their frames."""

    quarter: str
    thresholds: Thresholds


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The frames of a quarter at hand: dimensions as in force on its last day, nothing where nothing was given."""

    counts: dict[str, pd.DataFrame]
    quarter: Quarter
    thresholds: Thresholds

    def frame(self, name: str) -> pd.DataFrame:
        """A frame as it was given; empty, with its columns where they are known, when it was not."""
        found = self.counts.get(name)
        return pd.DataFrame(columns=COLUMNS.get(name, [])) if found is None or found.empty else found

    @property
    def name(self) -> str:
        """The quarter as its frames name it: 2017-Q4."""
        return str(self.quarter)

    @property
    def period(self) -> Period:
        """The quarter and the thresholds, to be given on by name."""
        return {"quarter": self.name, "thresholds": self.thresholds}

    def dimension(self, name: str, key: list[str]) -> pd.DataFrame:
        """The rows of a dimension in force on the last day of the quarter."""
        rows = self.frame(name)
        return rows if rows.empty else in_force(rows, self.quarter.last, key=key)

    @property
    def procedures(self) -> pd.DataFrame:
        """Procedures in force on the last day of the quarter."""
        return self.dimension("procedure", ["proc_core"])

    @property
    def versions(self) -> pd.DataFrame:
        """Every version of every procedure, for what a cut limit did."""
        return self.frame("procedure")

    @property
    def limits_listed(self) -> pd.DataFrame:
        """The procedures with their limits; without a catalogue, those of the dossiers, without a limit."""
        procedures = self.procedures
        if not procedures.empty:
            return procedures
        cores = sorted(set(self.frame("duration_count")["proc_core"].dropna()))
        return pd.DataFrame({"proc_core": cores, "limit_quantity": float("nan"), "limit_unit": None})

    @property
    def papers(self) -> pd.DataFrame:
        """Papers of those procedures."""
        return self.dimension("procedure_paper", ["proc_core", "paper_no"])

    @property
    def steps(self) -> pd.DataFrame:
        """Steps of those procedures."""
        return self.dimension("procedure_step", ["proc_core", "step_no"])

    def lacks(self, part: str) -> tuple[str, str]:
        """Why a part cannot run, and what it runs without; "" for nothing."""
        reason = self._why_off(part)
        return (reason, "") if reason else ("", self._runs_without(part))

    def _why_off(self, part: str) -> str:
        durations, steps = self.frame("duration_count"), self.frame("step_count")
        procedures, posting = self.procedures, self.frame("procedure_posting")
        no_catalogue = (procedures.empty, "chưa có danh mục thủ tục")
        no_dossiers, no_limits = durations.empty, not self.has_limits
        no_step_times = steps.empty or not steps["elapsed_half_days"].notna().any()
        no_steps = "nguồn dữ liệu không ghi từng bước, hoặc không ghi giờ của từng bước"
        one_unit = no_dossiers or durations["unit_code"].nunique() < 2
        checks = {
            "timeliness": (no_dossiers, "không có hồ sơ nào để tính thời gian giải quyết"),
            "limits": (no_limits, "hồ sơ không có ngày hẹn trả hoặc thời hạn, không so được với thời hạn"),
            "comparison": (one_unit, "chỉ một đơn vị có hồ sơ, không có đơn vị nào để so sánh"),
            "trends": (no_limits, "hồ sơ không có ngày hẹn trả, không tính được tỷ lệ trễ hạn từng quý"),
            "steps": (no_step_times, no_steps + ", nên không biết mỗi bước mất bao lâu"),
            "waiting": (self.frame("waiting_count").empty, no_steps + ", hoặc các bước bị nhập dồn cùng một lúc"),
            "workload": (self.frame("desk_week").empty, no_steps),
            "handovers": (self.frame("transition_count").empty, no_steps),
            "integrity": (self.frame("integrity_count").empty, "không có hồ sơ trong kỳ để kiểm tra"),
            "overlaps": (
                len(procedures) < 2,
                "danh mục chỉ có một thủ tục, không có cặp nào để so sánh"
                if len(procedures)
                else "chưa có danh mục thủ tục để so sánh",
            ),
            "journeys": no_catalogue,
            "cumbersome": no_catalogue,
            "checks": no_catalogue,
            "unused": (
                posting.empty or self.frame("usage_count").empty,
                "chưa có danh sách thủ tục niêm yết" if posting.empty else "chưa có hồ sơ tiếp nhận",
            ),
            "papers": (self.papers.empty, "danh mục không ghi thành phần hồ sơ"),
            "report_06a": (self.frame("report_count").empty, "không có hồ sơ trong kỳ báo cáo"),
        }
        is_off, reason = checks[part]
        return reason if is_off else ""

    def _runs_without(self, part: str) -> str:
        steps, procedures = self.frame("step_count"), self.procedures
        gaps = [("giấy tờ", self.frame("procedure_paper")), ("các bước", self.frame("procedure_step"))]
        missing = ", ".join(name for name, frame in gaps if frame.empty)
        unlimited = not self.has_limits
        no_limit_listed = len(procedures) > 0 and not procedures["limit_quantity"].notna().any()
        short = self._quarters_of_data() <= self.thresholds.window_quarters
        no_plan = not steps["planned_half_days"].notna().any()
        untimed = self._untimed()
        timing = [
            "hồ sơ không có thời hạn: chỉ tính thời gian giải quyết, không tính tỷ lệ quá hạn" if unlimited else "",
            f"{untimed} hồ sơ không tính được thời gian vì có ngày nằm ngoài lịch làm việc (calendar.csv)"
            if untimed
            else "",
        ]
        said = "; ".join(words for words in timing if words)
        checks = {
            "timeliness": (bool(said), said),
            "comparison": (unlimited, "hồ sơ không có thời hạn: chỉ so tốc độ giải quyết giữa các đơn vị"),
            "limits": (
                no_limit_listed,
                "danh mục không ghi thời hạn: chỉ so với thời hạn suy từ ngày hẹn trả của từng hồ sơ",
            ),
            "steps": (
                no_plan,
                "quy trình không ghi thời gian từng bước: chỉ tính thời gian thực tế, không tính phần vượt",
            ),
            "trends": (
                short,
                "dữ liệu chưa đủ một năm trước đó: so với quý liền trước, chưa tách được ảnh hưởng của Tết",
            ),
            "overlaps": (bool(missing), f"danh mục thiếu {missing}: chỉ so những phần còn lại"),
        }
        lacks, words = checks.get(part, (False, ""))
        return words if lacks else ""

    @property
    def has_limits(self) -> bool:
        """Whether any dossier has a limit to be compared with."""
        durations = self.frame("duration_count")
        return not durations.empty and bool(durations["limit_half_days"].notna().any())

    @property
    def day_seconds(self) -> int:
        """Office time of a working day in seconds, of the site's calendar; eight hours where it is not given."""
        days = self.frame("calendar_day")
        if days.empty or "opening_s" not in days.columns:
            return 8 * 3600
        day = days.iloc[0]
        return int(day["lunch_s"] - day["opening_s"] + day["closing_s"] - day["after_lunch_s"])

    def _untimed(self) -> int:
        durations = self.frame("duration_count")
        return int(durations.loc[durations["elapsed_half_days"].isna(), "n"].sum())

    def _quarters_of_data(self) -> int:
        quarters = self.frame("duration_count")["received_quarter"].dropna().unique()
        first = min(quarters, default=str(self.quarter))
        count, each = 1, self.quarter
        while str(each) > first:
            count, each = count + 1, each.previous()
        return count

    def yearly_dossiers(self) -> dict[str, float]:
        """Dossiers of each procedure in the four quarters."""
        usage = self.frame("usage_count")
        if usage.empty:
            return {}
        year = usage["received_quarter"].isin(window(str(self.quarter), self.thresholds.window_quarters))
        return _by_core(usage.loc[year].groupby("proc_core", sort=True)["n"].sum())

    def papers_asked(self) -> dict[str, float]:
        """How many papers each procedure asks for."""
        papers = self.papers
        if papers.empty:
            return {}
        real = papers.loc[[is_paper(str(name)) for name in papers["name"]]]
        return _by_core(real.groupby("proc_core", sort=True).size())

    def agencies(self) -> dict[str, str]:
        """Offices that are another agency, with its name."""
        steps = self.steps
        if steps.empty or not {"office_code", "agency"} <= set(steps.columns):
            return {}
        outside = steps.dropna(subset=["office_code", "agency"]).sort_values(["office_code", "agency"])
        named = zip(outside["office_code"].astype(str), outside["agency"].astype(str), strict=True)
        return {office: agency for office, agency in named if agency}

    def facts(self) -> dict[str, Facts]:
        """What tells who may change each procedure."""
        return {
            str(row["proc_core"]): Facts.of(row, on=self.quarter.last) for row in self.procedures.to_dict("records")
        }

    def fees(self) -> dict[str, float]:
        """Fee of each procedure, VND."""
        procedures = self.procedures
        if procedures.empty or "fee_vnd" not in procedures.columns:
            return {}
        return _by_core(procedures.dropna(subset=["fee_vnd"]).set_index("proc_core")["fee_vnd"])


def _by_core(values: "pd.Series[Any]") -> dict[str, float]:
    return {str(core): float(value) for core, value in values.items()}
