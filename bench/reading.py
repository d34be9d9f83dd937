"""What reading a hand-in costs: CPU and peak memory of collecting one large file, or many small units.

    python bench/reading.py [--rows 200000] [--format csv|xlsx] [--units 400]

The file is a register of dossiers as an office exports it: nine columns, two of them personal. With --units, that
many units each hand in one CSV of twenty rows instead. CPU counts the reading process too; memory is the peak of
this process and, beside it, of the largest process it started.
"""

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
import yaml

from pipelines import nightly
from pipelines.settings import Settings

NIGHT = "2017-12-20"
HEADINGS = [
    "Mã hồ sơ", "Mã thủ tục", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc", "Trạng thái", "Chủ hồ sơ", "CCCD",
    "Phòng",
]  # fmt: skip
NAMES = [
    "dossier_code", "proc_code", "received_at", "due_at", "finished_at", "status", "owner_name", "owner_id_no",
    "office_code",
]  # fmt: skip
COLUMNS = dict(zip(NAMES, HEADINGS, strict=True))
KEY = "only-for-measuring-0123456789"


def register(rows: int) -> Iterator[list[str]]:
    """Made-up dossiers; one in eight is open."""
    for n in range(rows):
        day = f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/2017"
        done = "" if n % 8 == 0 else f"{day} 09:{n % 60:02d}"
        yield [
            f"000.25.15.H36-17{n % 12 + 1:02d}{n % 28 + 1:02d}-{n:07d}", f"1.{n % 400:06d}", f"{day} 08:{n % 60:02d}",
            f"{day} 17:00", done, "4" if n % 8 == 0 else "9", f"Người thứ {n}", f"{n:012d}", f"Phòng {n % 9}",
        ]  # fmt: skip


def write(path: Path, rows: int) -> None:
    """The register as a CSV or a workbook, by the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(HEADINGS)
            csv.writer(file, lineterminator="\n").writerows(register(rows))
        return
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([HEADINGS, *register(rows)]):
            sheet.write_row(line, 0, row)


def site_of(folder: Path, units: int, ending: str) -> Settings:
    """A site of so many units, each with one source."""
    (folder / "site" / "units").mkdir(parents=True)
    site = {"name": "Huyện Đo", "code": "do", "level": "HUYEN", "dossier_code": "any"}
    (folder / "site" / "site.yml").write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    for number in range(units):
        code = f"X{number:03d}"
        source = {
            "id": "ho_so", "table": "dossier", "format": ending, "columns": COLUMNS,
            "place": f"{{night}}/{{unit}}/ho_so.{ending}", "time_formats": ["%d/%m/%Y %H:%M"],
        }  # fmt: skip
        unit = {"code": code, "name": code, "level": "XA", "valid_from": "2015-01-01", "sources": [source]}
        text = yaml.safe_dump(unit, allow_unicode=True)
        (folder / "site" / "units" / f"{code}.yml").write_text(text, encoding="utf-8")
    return Settings.from_env(
        {
            "TINHGON_SITE": str(folder / "site"),
            "TINHGON_VAR": str(folder / "var"),
            "TINHGON_HASH_KEY": "0123456789abcdef",
        }
    )


def cpu() -> float:
    """Seconds of this process and of those that ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def close_reader() -> None:
    """End the reading process, so that its time is counted."""
    try:
        from pipelines.reading.reader import the_reader  # noqa: PLC0415
    except ImportError:  # a version that reads in its own process, measured side by side
        return
    the_reader().close()


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
    parser.add_argument("--units", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = site_of(Path(folder), asked.units or 1, asked.format)
        rows = 20 if asked.units else asked.rows
        units = nightly.units_of(settings, NIGHT)
        for code in units:
            write(settings.inbox / NIGHT / code / f"ho_so.{asked.format}", rows)
        before, start = cpu(), time.perf_counter()
        outcomes = [found for chunk in nightly.plan(NIGHT, settings=settings)
                    for found in nightly.collect(NIGHT, chunk, settings=settings)]  # fmt: skip
        close_reader()
        wall, spent = time.perf_counter() - start, cpu() - before
        read = sum(int(str(each["rows_in"])) for each in outcomes)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(
            f"{len(units)} units, {read} rows, {asked.format}: {spent:.1f} s CPU, {wall:.1f} s on the clock, {own} "
            f"MB here, {child} MB in the largest other process, {spent / len(units) * 1000:.0f} ms CPU a unit"
        )


if __name__ == "__main__":
    main()
