"""Names for letters, read from landing at print time and kept nowhere else."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from domain.columns import PERSON
from pipelines.landing import read_manifest, staged_folder
from pipelines.reading.table import heading_key, text_of

if TYPE_CHECKING:
    from pipelines.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who a letter is for; '' where the unit does not give it. Nothing of it shows when printed or logged."""

    owner_name: str = field(default="", repr=False)
    owner_id_no: str = field(default="", repr=False)
    owner_phone: str = field(default="", repr=False)
    owner_address: str = field(default="", repr=False)


def person_of(settings: "Settings", unit_code: str, night: str, file_name: str, line_no: int) -> Person:
    """The owner of the dossier on one line of one landed file; empty when landing no longer has it (purged)."""
    return people_of(settings, unit_code, night, [(file_name, line_no)]).get((file_name, line_no), Person())


def people_of(
    settings: "Settings", unit_code: str, night: str, lines: list[tuple[str, int]]
) -> dict[tuple[str, int], Person]:
    """The owners of several lines of one unit's night: landing is read once."""
    path = staged_folder(settings, night, unit_code) / "raw.parquet"
    if not path.exists() or not lines:
        return {}
    wanted = set(lines)
    raw = pd.read_parquet(path, filters=[("table_name", "==", "dossier")])
    raw = raw[raw["file_name"].isin({name for name, _ in wanted})]
    headings = _personal_headings(settings, unit_code, night)
    return {
        (str(row.file_name), int(str(row.line_no))): _person(str(row.raw_json), headings.get(str(row.file_name), {}))
        for row in raw.itertuples()
        if (row.file_name, row.line_no) in wanted
    }


def _personal_headings(settings: "Settings", unit_code: str, night: str) -> dict[str, dict[str, str]]:
    """File name -> {personal column: heading}, by the unit's file."""
    unit = settings.site.unit(unit_code)
    manifest = read_manifest(settings, night, unit_code)
    found: dict[str, dict[str, str]] = {}
    for file in manifest.files if manifest else ():
        source = unit.source(file.source_id)
        if source is not None and file.role == "data":
            mapped = {name: heading for name, heading in source.mapping.items() if name in PERSON}
            found[file.file_name] = found.get(file.file_name, {}) | mapped
    return found


def _person(raw_json: str, headings: dict[str, str]) -> Person:
    record = {heading_key(heading): value for heading, value in json.loads(raw_json).items()}
    return Person(**{name: text_of(record.get(heading_key(heading))) for name, heading in headings.items()})
