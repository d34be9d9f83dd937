"""Letters to people whose dossiers are done, when columns of the shipped year's files go wrong.

The simulated district is run as it is, then once for each fault, put into every unit's dossier files from the third
night on. A letter is false when the dossier had ended by its night in the run without a fault.

python bench/column_faults.py [--scale 0.1] [--nights 5]
"""

import argparse
import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl

from pipelines.ending import run_and_leave
from pipelines.night_order import run_night
from pipelines.settings import Settings
from pipelines.simulator import simulate
from pipelines.unit import Source
from warehouse import Warehouse

SITE = Path(__file__).resolve().parents[1] / "sites" / "dak_glong"
Row = list[object]


def renamed(rows: list[Row], at: int) -> None:
    """The heading is another."""
    rows[0][at] = f"{rows[0][at]} (mới)"


def gone(rows: list[Row], at: int) -> None:
    """The column is gone."""
    for row in rows:
        del row[at : at + 1]


def errors(rows: list[Row], at: int) -> None:
    """Every cell holds what a spreadsheet shows for an error."""
    for row in rows[1:]:
        row[at : at + 1] = ["#N/A"]


def dashes(rows: list[Row], at: int) -> None:
    """Every cell holds a dash nobody declared."""
    for row in rows[1:]:
        row[at : at + 1] = ["-"]


def emptied(rows: list[Row], at: int) -> None:
    """Every cell is empty."""
    for row in rows[1:]:
        row[at : at + 1] = [""]


FAULTS: dict[str, Callable[[list[Row], int], None]] = {
    each.__name__: each for each in (renamed, gone, errors, dashes, emptied)
}


def spoil(path: Path, source: Source, columns: list[str], fault: Callable[[list[Row], int], None]) -> None:
    """Put a fault into these columns of a file."""
    headings = [source.mapping[name] for name in columns if name in source.mapping]
    if source.format == "json":
        _spoil_json(path, headings, fault)
        return
    if source.format == "xlsx":
        book = openpyxl.load_workbook(path)
        rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    else:
        text = path.read_text(encoding=source.encoding)
        rows = [list(row) for row in csv.reader(io.StringIO(text), delimiter=source.delimiter)]
    top = next((n for n, row in enumerate(rows) if headings[0] in row), None)
    if top is None:
        return
    table = rows[top:]
    for heading in headings:
        fault(table, table[0].index(heading))
    if source.format == "xlsx":
        sheet = openpyxl.Workbook()
        for row in [*rows[:top], *table]:
            sheet.active.append(row)
        sheet.save(path)
        return
    out = io.StringIO()
    csv.writer(out, delimiter=source.delimiter, lineterminator="\n").writerows([*rows[:top], *table])
    path.write_text(out.getvalue(), encoding=source.encoding)


def _spoil_json(path: Path, keys: list[str], fault: Callable[[list[Row], int], None]) -> None:
    loaded = json.loads(path.read_bytes().decode("utf-8-sig"))
    items = (
        loaded if isinstance(loaded, list) else next(value for value in loaded.values() if isinstance(value, list))
    )
    for item in items:
        for key in keys:
            if key in item:
                table: list[Row] = [[key], [item.pop(key)]]
                fault(table, 0)
                item |= dict(zip(map(str, table[0]), table[1], strict=True))
    path.write_text(json.dumps(loaded, ensure_ascii=False), encoding="utf-8")


def run(settings: Settings, nights: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The nights; which letters were drafted on which night, and when each dossier ended."""
    for night in nights:
        run_night(settings, night)
    with Warehouse.open(settings.warehouse_url) as warehouse:
        letters = warehouse.read_table("apology")
        warehouse.build_models(date.fromisoformat(nights[-1]))
        facts = warehouse.read_table("dossier_fact").dropna(subset=["end_on"])
    return (
        dict(zip(letters["dossier_id"], letters["night"], strict=True)),
        dict(zip(facts["dossier_id"], facts["end_on"].astype(str), strict=True)),
    )


def main() -> None:
    """Print letters and false letters by fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--nights", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        env = {"TINHGON_SITE": str(SITE), "TINHGON_HASH_KEY": "only-for-measuring-0123456789"}
        clean = Settings.from_env(env | {"TINHGON_VAR": str(place / "clean")})
        simulate(SITE, clean.inbox, place / "truth.json", scale=asked.scale)
        nights = json.loads((place / "truth.json").read_text())["nights"][: asked.nights]
        letters, ended = run(clean, nights)
        print(f"{'no fault':24}{len(letters):6} letters", flush=True)
        for columns in (["finished_at"], ["finished_at", "status"]):
            for name, fault in FAULTS.items():
                settings = Settings.from_env(env | {"TINHGON_VAR": str(place / "faulty")})
                shutil.copytree(clean.inbox, settings.inbox)
                for night in nights[2:]:
                    for unit in settings.site.units:
                        for source in unit.sources:
                            if source.table not in ("dossier", "sync"):
                                continue
                            pattern = source.place.replace("{night}", night).replace("{unit}", unit.code)
                            for path in settings.inbox.glob(pattern):
                                spoil(path, source, columns, fault)
                found, _ = run(settings, nights)
                false = [code for code, night in found.items() if ended.get(code, "9") <= night]
                what = " and ".join(columns)
                print(f"{what:24}{name:10}{len(found):6} letters, {len(false)} to finished dossiers", flush=True)
                shutil.rmtree(place / "faulty")


if __name__ == "__main__":
    run_and_leave(main)
