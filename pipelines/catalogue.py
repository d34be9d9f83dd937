"""The site's own facts as dimension frames: units, offices, procedures with papers and steps, postings, calendar."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from domain.clean import is_capital
from domain.codes import proc_core
from domain.errors import KnownError
from pipelines.reading.catalogue_file import read_catalogue
from pipelines.reading.catalogue_table import KEYS, TABLES, Catalogue, typed_table, typed_value

if TYPE_CHECKING:
    from domain.calendar import Sessions
    from pipelines.settings import Settings
    from pipelines.site import Site

UNIT_COLUMNS = [
    "unit_code", "valid_from", "name", "level", "parent_code", "identifier", "valid_to", "email", "expects",
    "history_from",
]  # fmt: skip


def load_dimensions(site: "Site", settings: "Settings") -> dict[str, pd.DataFrame]:
    """All dimension tables, each sorted by its key.

    Gives: unit, unit_succession, office, procedure, procedure_paper, procedure_step, procedure_posting, calendar_day.
    Raises KnownError E-CATALOGUE naming file, line and column.
    """
    return {
        "unit": _units(site),
        "unit_succession": _succession(site),
        "office": _offices(site),
        **site_catalogue(site, settings.site_folder).tables,
        "calendar_day": site.work_calendar(settings.site_folder).days(_sessions(site)),
    }


def _sessions(site: "Site") -> "Sessions":
    """The site's office hours as a morning and an afternoon; a day without a break has one of no length."""
    flat = [int(moment[:2]) * 3600 + int(moment[3:]) * 60 for pair in site.office_hours for moment in pair]
    return flat[0], flat[1], flat[-2] if len(flat) > 2 else flat[1], flat[-1]


def site_catalogue(site: "Site", folder: Path) -> Catalogue:
    """The site's catalogue, and what of it could not be read. Raises KnownError E-CATALOGUE.

    A procedure set aside is told (`tinhgon site check`, the log of the night) and stops nothing: the portal's file is
    not the office's to mend, and the night of all units does not wait for it.
    """
    found = _catalogue(site, folder)
    frames = {name: _in_capitals(name, frame, site) for name, frame in found.tables.items()}
    for column, value in site.catalogue.constants.items():
        frames["procedure"] = _with_constant(frames["procedure"], column, value)
    known = {unit.code for unit in site.units}
    strange = sorted(set(frames["procedure_posting"]["unit_code"]) - known)
    if strange:
        raise KnownError(
            "E-CATALOGUE",
            f"postings name unit [{strange[0]}], which is not in site [{site.code}].",
            mend="add the unit's file or correct postings.csv",
        )
    return Catalogue(tables=frames, aside=found.aside)


def _in_capitals(name: str, frame: pd.DataFrame, site: "Site") -> pd.DataFrame:
    """A catalogue table with the codes in capitals that the data have in capitals."""
    columns = [column for column in frame.columns if is_capital(column, site.dossier_code)]
    raised = frame.assign(**{column: frame[column].str.upper() for column in columns})
    twice = raised[raised.duplicated(KEYS[name])]
    if len(twice):
        raise KnownError(
            "E-CATALOGUE",
            f"table [{name}]: [{twice.iloc[0][KEYS[name][0]]}] is there twice, once in other letter case.",
            mend="keep one of the two, or set `dossier_code: any` in site.yml",
        )
    return raised.sort_values(KEYS[name], ignore_index=True) if columns else frame


def _catalogue(site: "Site", folder: Path) -> Catalogue:
    catalogue = site.catalogue
    if catalogue.format == "none":
        return Catalogue(tables=_listed(site))
    place = folder / str(catalogue.place)
    if not place.exists():
        raise KnownError(
            "E-CATALOGUE",
            f"catalogue place [{catalogue.place}] is not there (looked for [{place}]).",
            mend="correct `catalogue.place` in site.yml, or set `format: none`",
        )
    return read_catalogue(place)


def _listed(site: "Site") -> dict[str, pd.DataFrame]:
    """The procedures that site.yml lists, as the dimension tables; papers, steps and postings are empty."""
    rows = [
        procedure.model_dump(exclude={"code"})
        | {
            "proc_core": proc_core(procedure.code) or procedure.code,
            "proc_code": procedure.code,
            "legal_basis": json.dumps([]),
            "field_code": procedure.field_code or "",
        }
        for procedure in site.catalogue.procedures
    ]
    frames = {name: typed_table(name, ()) for name in TABLES}
    listed = ((partial(_in_site_file, row["proc_code"]), row) for row in rows)
    return frames | {"procedure": typed_table("procedure", listed)}


def _in_site_file(code: object, column: str) -> str:
    return f"[site.yml], catalogue.procedures [{code}], [{column}]"


def _with_constant(procedures: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """A value for every procedure that has none of its own."""
    if column not in TABLES["procedure"] or column in ("proc_core", "valid_from"):
        raise KnownError(
            "E-CATALOGUE",
            f"catalogue.constants names [{column}], which procedures do not have.",
            mend=f"use one of {', '.join(sorted(TABLES['procedure']))}",
        )
    own = procedures[column]
    if procedures.empty or not own.isna().any():
        return procedures
    try:
        typed = typed_value("procedure", column, value)
    except ValueError as error:
        raise KnownError(
            "E-CATALOGUE", f"catalogue.constants, [{column}]: {error}.", mend="correct the value in site.yml"
        ) from None
    return procedures.assign(**{column: own.where(own.notna(), typed)})


def _succession(site: "Site") -> pd.DataFrame:
    """Who answers for the dossiers of a unit from a day on: what the units declare, and what follows from chains."""
    declared = [
        (each.unit, each.valid_from, unit.code, core, territory)
        for unit in site.units
        for each in unit.takes_over
        for core in [proc_core(code) or code for code in each.procedures] or [""]
        for territory in each.territory or [""]
    ]
    rows = set(declared)
    while True:
        further = {
            (old, max(since, then), heir, core or later_core, territory or later_territory)
            for old, since, middle, core, territory in rows
            for unit, then, heir, later_core, later_territory in declared
            if unit == middle and _meet(core, later_core) and _meet(territory, later_territory)
        } - rows
        if not further:
            columns = ["unit_code", "valid_from", "answering_unit", "proc_core", "territory"]
            return pd.DataFrame(sorted(rows), columns=columns, dtype=object)
        rows |= further


def _meet(one: str, other: str) -> bool:
    """Whether two scopes ('' for all) have something in common."""
    return not one or not other or one == other


def _units(site: "Site") -> pd.DataFrame:
    rows = [
        {
            "unit_code": unit.code,
            "valid_from": unit.valid_from,
            "name": unit.name,
            "level": unit.level,
            "parent_code": unit.parent,
            "identifier": unit.identifier,
            "valid_to": unit.valid_to,
            "email": unit.contact.email,
            "expects": unit.expects_word if unit.sources else "never",
            "history_from": unit.history_from,
        }
        for unit in site.units
    ]
    return pd.DataFrame(rows, columns=UNIT_COLUMNS, dtype=object)


def _offices(site: "Site") -> pd.DataFrame:
    rows = [(unit.code, code, name) for unit in site.units for code, name in sorted(unit.offices.items())]
    return pd.DataFrame(rows, columns=["unit_code", "office_code", "name"], dtype="str")
