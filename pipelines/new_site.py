"""`tinhgon site new` and `tinhgon site check`: a starting folder for a new site, and a reading of an old one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.errors import KnownError
from pipelines.access import group_id
from pipelines.catalogue import site_catalogue
from pipelines.reading.catalogue_table import aside_lines
from pipelines.site import load_site

SITE = """\
# A site is a folder; this file names it. Every key is checked: an unknown one is an error.
name: {name}
code: {code}
level: XA
province: ""
timezone: Asia/Ho_Chi_Minh
counter_unit: MC            # the unit whose totals are the headline
area_class: NORMAL          # MOUNTAIN adds the procedure's extra days
dossier_code: any           # 'national' checks the national code grammar
calendar: calendar.csv      # days off and make-up days; without rows the national calendar is used
catalogue: {{format: none}}
"""

UNIT = """\
# A unit is a file: where its records come from, its headings, its codes, its contact.
code: MC
name: Bộ phận Một cửa
level: XA
valid_from: 2017-01-01
contact: {{email: motcua@vidu.invalid}}
expects: working_days
sources:
  - id: ho_so
    table: dossier
    format: csv
    place: "{{unit}}/{{night}}/ho_so.csv"    # below the inbox folder
    extract: full
    time_formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
    columns:
      dossier_code: Mã hồ sơ
      proc_code: Mã thủ tục
      received_at: Ngày tiếp nhận
      due_at: Ngày hẹn trả
      finished_at: Ngày kết thúc xử lý
      status: Trạng thái
    codes:
      status: {{Đang xử lý: 4, Đã xử lý xong: 9, Đã trả kết quả: 10}}
    ignore: [STT]
"""


_CATALOGUE = {"procedure": "procedures", "procedure_paper": "papers", "procedure_step": "steps"}


def write_new_site(folder: Path, name: str) -> list[Path]:
    """Write a commented starting site. Never writes over a folder that holds something."""
    if folder.exists() and any(folder.iterdir()):
        raise KnownError("E-SITE-THERE", f"folder [{folder}] is not empty", mend="name a new folder")
    code = "".join(c if c.isalnum() and c.isascii() else "_" for c in folder.name.lower())
    texts = {
        "site.yml": SITE.format(name=name, code=code),
        "units/MC.yml": UNIT.format(),
        "calendar.csv": "date,kind,name_vi,source,confirmed\n",
    }
    paths = []
    for relative, text in texts.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def check_site(folder: Path) -> dict[str, Any]:
    """Read every file of a site; raises the first clear error, else gives what was understood."""
    site = load_site(folder)
    if site.access.readers is not None:
        group_id(site.access.readers)
    calendar = site.work_calendar(folder)
    catalogue = site_catalogue(site, folder)
    return {
        "name": site.name,
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "sources": [{"id": source.id, "format": source.format} for source in unit.sources],
            }
            for unit in site.units
        ],
        "calendar": {"first": str(calendar.first), "last": str(calendar.last)},
        "catalogue": {what: len(catalogue.tables[name]) for name, what in _CATALOGUE.items()},
        "aside": aside_lines(catalogue.aside),
    }


def site_lines(figures: dict[str, Any]) -> Iterator[str]:
    """The lines of what was understood."""
    yield f"{figures['name']}: {len(figures['units'])} units"
    for unit in figures["units"]:
        sources = ", ".join(f"{source['id']} ({source['format']})" for source in unit["sources"]) or "no source"
        yield f"  {unit['code']}  {unit['name']}: {sources}"
    yield f"calendar: {figures['calendar']['first']} to {figures['calendar']['last']}"
    yield "catalogue: " + ", ".join(f"{count} {what}" for what, count in figures["catalogue"].items())
    yield from figures["aside"]
