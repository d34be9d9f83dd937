"""Apology letters of a night: who gets one, and the drafts.

A dossier that is past its date, or due on the next working day, and not finished gets one letter, once. The
appointment proposed is what the procedure's remaining steps are planned to take; the signer may change it.
Which dossiers got a letter, and when, rests in the warehouse; names are read from landing when the draft is
written and go nowhere else.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from domain.calendar import WorkCalendar
from pipelines.contain import Faults
from pipelines.morning import night_folder
from pipelines.people import Person, people_of
from pipelines.publish.inputs import LetterCase, LetterOffice
from pipelines.publish.late_list import FILE_NAME as LIST
from pipelines.publish.late_list import write_late_list
from pipelines.publish.letter_texts import letter_text_on
from pipelines.publish.letters import FOLDER, letter_file_name, write_letter
from pipelines.settings import Settings
from warehouse import Warehouse

# When the procedure's own steps do not say how long the rest takes.
DEFAULT_EXTRA_DAYS = 3
# Beside the reasons the model gives: a unit that has ended signs nothing.
UNIT_ENDED: Final = "UNIT_ENDED"
LETTER_MODELS: Final = ("late_list", "dossier_known")
LETTER_COLUMNS: Final = [
    "dossier_id", "dossier_code", "night", "unit_code", "letter_no", "old_due_on", "new_due_on", "reason", "kind",
    "file_name", "template_version",
]  # fmt: skip

Row = Mapping[Any, Any]


def write_night_letters(settings: Settings, warehouse: Warehouse, night: str, faults: Faults) -> dict[str, object]:
    """Record the letters of a night, write their drafts and the signer's list."""
    late = record_night_letters(settings, warehouse, night, faults)
    mine = late[late["night"] == night]
    origins = warehouse.read_table("dossier_known").set_index("dossier_id")[
        ["processing_unit", "night", "file_name", "line_no"]
    ]
    folder = night_folder(settings, night)
    written = 0
    for unit_code, rows in mine.groupby("unit_code", sort=True):
        # a draft that is there stays as it is: the signer may have written the reason into it
        there = [os.path.exists(folder / FOLDER / str(name)) for name in rows["file_name"]]
        missing = rows[[not each for each in there]]
        with faults.around(str(unit_code), unit_code=str(unit_code), saying="Chưa soạn được thư xin lỗi của đơn vị"):
            written += _write_unit(settings, missing, origins, folder, faults)
    _remove_strays(folder, {str(name) for name in mine["file_name"]})
    with faults.around(LIST, saying="Chưa viết được danh sách hồ sơ trễ hạn"):
        write_late_list(
            late,
            folder,
            night=night,
            site_name=settings.site.name,
            unit_names={unit.code: unit.name for unit in settings.site.units},
            office_names={
                (unit.code, code): name for unit in settings.site.units for code, name in unit.offices.items()
            },
        )
    return {"late": len(late), "letters": written, "held": int((late["held"] != "").sum())}


def record_night_letters(settings: Settings, warehouse: Warehouse, night: str, faults: Faults) -> pd.DataFrame:
    """Give each late dossier without a letter its number and new date, in the warehouse; once per dossier.

    Returns the night's late list with the letter's columns (letter_no, new_due_on, night, file_name, ...),
    empty where the dossier has none.
    """
    warehouse.show_models(LETTER_MODELS, as_of=date.fromisoformat(night), known=night)
    late = warehouse.read_table("late_list")
    issued = warehouse.read_table("apology")
    # Who has no letter yet for a reason stays on the list with it, until somebody answers.
    writing = set(settings.site.units_on(date.fromisoformat(night)))
    late = late.assign(held=late["held"].mask(~late["unit_code"].isin(writing), UNIT_ENDED))
    fresh = late[(late["held"] == "") & ~late["dossier_id"].isin(issued["dossier_id"])]
    fresh = fresh.sort_values(["unit_code", "dossier_id"])
    if len(fresh):
        before = issued[issued["night"] == night].groupby("unit_code").size().to_dict()
        warehouse.insert_missing("apology", _letters(_Given.of(settings, warehouse, night), fresh, before, faults))
        issued = warehouse.read_table("apology")
    columns = ["dossier_id", "night", "letter_no", "old_due_on", "new_due_on", "reason", "file_name"]
    known = issued.loc[issued["night"] <= night, columns]
    return late.merge(known, on="dossier_id", how="left", validate="1:1")


@dataclass(frozen=True, kw_only=True)
class _Given:
    """What every letter of a night is numbered and dated by."""

    night: str
    day: date
    calendar: WorkCalendar
    steps: dict[str, pd.DataFrame]

    @classmethod
    def of(cls, settings: Settings, warehouse: Warehouse, night: str) -> "_Given":
        steps = warehouse.read_table("procedure_step")
        return cls(
            night=night,
            day=date.fromisoformat(night),
            calendar=settings.site.work_calendar(settings.site_folder),
            steps={
                str(core): group.sort_values("step_no")
                for core, group in steps[~steps["is_paused"].astype(bool)].groupby("proc_core")
            },
        )


def _letters(given: _Given, fresh: pd.DataFrame, before: Mapping[Any, int], faults: Faults) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    numbers = {str(unit): int(count) for unit, count in before.items()}
    for row in fresh.to_dict("records"):
        unit = str(row["unit_code"])
        with faults.around(str(row["dossier_id"]), unit_code=unit, saying="Chưa tính được ngày hẹn lại"):
            new_due_on = _new_due(given.calendar, given.day, row, given.steps.get(str(row["proc_core"])))
            number = numbers.get(unit, 0) + 1
            rows.append(
                {
                    "dossier_id": row["dossier_id"],
                    "dossier_code": row["dossier_code"],
                    "night": given.night,
                    "unit_code": unit,
                    "letter_no": f"{given.day:%d%m}-{number:03d}",
                    "old_due_on": row["due_on"],
                    "new_due_on": new_due_on,
                    "reason": None,
                    "kind": row["kind"],
                    "file_name": letter_file_name(str(row["dossier_id"])),
                    "template_version": letter_text_on(given.day).version,
                }
            )
            numbers[unit] = number
    return pd.DataFrame(rows, columns=LETTER_COLUMNS)


def _new_due(calendar: WorkCalendar, day: date, row: Row, steps: pd.DataFrame | None) -> date:
    """The night's day plus what the steps from the current one on are planned to take, at least one working day."""
    days = float(DEFAULT_EXTRA_DAYS)
    task = row.get("current_step")
    if steps is not None and len(steps) and isinstance(task, str):
        at = steps.loc[steps["task"] == task, "step_no"]
        if len(at):
            days = float(steps.loc[steps["step_no"] >= at.iloc[0], "planned_days"].fillna(0).sum())
    start = max(day, _date(row["due_on"]))
    return calendar.add_working_days(start, max(1, math.ceil(days)))


def _people(settings: Settings, origins: pd.DataFrame) -> dict[str, Person]:
    """By dossier, who its letter is for: landing is read once a night and unit by whom it was last handed in."""
    found: dict[str, Person] = {}
    for (unit_code, night), rows in origins.groupby(["processing_unit", "night"], sort=True):
        lines = {str(row.Index): (str(row.file_name), int(str(row.line_no))) for row in rows.itertuples()}
        people = people_of(settings, str(unit_code), str(night), list(lines.values()))
        found |= {code: people.get(line, Person()) for code, line in lines.items()}
    return found


def _write_unit(settings: Settings, rows: pd.DataFrame, origins: pd.DataFrame, folder: Path, faults: Faults) -> int:
    """Write the drafts of one unit's letters; the number written."""
    if rows.empty:
        return 0
    unit_code = str(rows["unit_code"].iloc[0])
    people = _people(settings, origins.loc[rows["dossier_id"]])
    office, written = _office(settings, unit_code), 0
    for row in rows.sort_values("dossier_id").to_dict("records"):
        code = str(row["dossier_id"])
        with faults.around(code, unit_code=unit_code, saying="Chưa soạn được thư xin lỗi"):
            case = _case(settings, row, people[code])
            write_letter(case, office, folder / FOLDER / str(row["file_name"]))
            written += 1
    return written


def _case(settings: Settings, row: Row, person: Person) -> LetterCase:
    unit = settings.site.unit(str(row["unit_code"]))
    return LetterCase(
        dossier_code=str(row["dossier_code"]),
        unit_code=unit.code,
        proc_name=str(row["proc_name"]),
        received_on=_date(row["received_on"]),
        old_due_on=_date(row["old_due_on"]),
        new_due_on=_date(row["new_due_on"]),
        letter_no=str(row["letter_no"]),
        letter_on=date.fromisoformat(str(row["night"])),
        kind=str(row["kind"]),
        person=person,
        where_now=unit.offices.get(str(row.get("office_code"))),
    )


def _office(settings: Settings, unit_code: str) -> LetterOffice:
    site, unit = settings.site, settings.site.unit(unit_code)
    parent = site.unit(unit.parent).name if unit.parent else site.name
    return LetterOffice(
        parent_name=parent,
        unit_name=unit.name,
        place=site.signer.place or site.name,
        signer_title=site.signer.title or "THỦ TRƯỞNG ĐƠN VỊ",
        signer_name=site.signer.name,
    )


def _remove_strays(folder: Any, names: set[str]) -> None:
    """Drafts of an earlier, half-finished run that belong to no letter of this night."""
    for path in sorted((folder / FOLDER).glob("*.docx")):
        if path.name not in names:
            path.unlink()


def _date(value: Any) -> date:
    return pd.Timestamp(value).date()
