"""Catalogues broken at random: does reading one ever end in anything but tables or a KnownError?

`python bench/fuzz_catalogue.py [--mutants 2500] [--seed 1] [--kind xlsx parquet json csv]`. Each kind has a process
of its own with an address space of 3 GB; a mutant that takes longer than 10 seconds is counted as hung. Prints a
table; the exit code is 1 when anything was raised that is no KnownError, or hung.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import signal
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from domain.clean import is_clean
from domain.errors import KnownError
from pipelines.reading.catalogue_file import read_catalogue

SECONDS = 10
MEMORY = 3 << 30
PROCEDURES = 12
# What exports, hands and broken disks put in the place of a value.
ODD: list[Any] = [
    None,
    "",
    " ",
    0,
    -1,
    1.5,
    1e308,
    10**30,
    float("nan"),
    True,
    [],
    {},
    [[]],
    [None],
    {"name": None},
    "[",
    "[1",
    "{}",
    "[{}]",
    '[{"name": null}]',
    '["\\ud83d"]',
    "\ud83d",
    "a\x00b",
    "a\x01b",
    "\u202eabc",
    "\u200b",
    "1.000001",
    "²",
    "9" * 400,
    "9" * 5000,
    "[" * 50_000,
    "x" * 100_000,
    "15 ngày",
    "12,5",
    "NaN",
    "Infinity",
    "1e999",
    "=1+1",
    "2017-13-45",
    "nhiều",
]


@dataclass(kw_only=True)
class Tally:
    """What became of the mutants of one kind."""

    mutants: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def seeds() -> list[dict[str, Any]]:
    """A small catalogue as portal records (made up), lists as lists."""
    return [
        {
            "code": f"1.{number:06d}",
            "name": f"Cấp giấy phép thử nghiệm {number}",
            "field": "Thử nghiệm",
            "levels": ["xa"],
            "decision_no": "12/QĐ",
            "time_working_days_min": float(number + 1),
            "fee_kind": "amount",
            "fee_amounts_vnd": [50000],
            "legal_bases": ["Luật Thử nghiệm"],
            "results": [{"name": "Giấy phép"}],
            "documents": [
                {
                    "name": "Đơn",
                    "role": "document",
                    "case": "Cấp mới",
                    "qty_original": 1,
                    "qty_copy": 0,
                    "forms": ["M1"],
                },
                {"name": "Sơ đồ", "role": "document", "case": None, "qty_original": None, "qty_copy": 1},
            ],
            "steps": ["Tiếp nhận", "Thẩm định"],
            "methods": [{"channel": "online", "working_days": 3}],
            "target_groups": ["Công dân"],
            "conditions": "Không",
        }
        for number in range(PROCEDURES)
    ]


def answers() -> list[dict[str, Any]]:
    """The same as the portal's service answers it."""
    return [
        {
            "code": each["code"],
            "name": each["name"],
            "category": {"name": "Thử nghiệm"},
            "isWard": True,
            "executionSteps": [{"name": "Nộp"}],
            "procedureProposal": {"decision": "12/QĐ"},
            "executionMethods": [
                {
                    "submissionMethod": "ONLINE",
                    "processingTime": 3,
                    "processingTimeUnit": "WORKING_DAY",
                    "fees": [{"amount": 50000}],
                },
            ],
            "executionCases": [
                {"name": "Mới", "profileComponents": [{"code": "M", "name": "Đơn", "originalQty": 1}]}
            ],
            "departmentsExecuting": [{"name": "Sở"}],
            "legalBasisesDetails": [{"number": "01/2025"}],
        }
        for each in seeds()
    ]


def _twisted(rng: random.Random, value: Any) -> Any:
    """The value with one place in it replaced, removed, doubled or moved a level deeper."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: each for name, each in value.items() if name != key}
        return value | {key: _twisted(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        changed = [_twisted(rng, value[at])] * rng.choice((1, 1, 1, 2))
        return [*value[:at], *changed, *value[at + 1 :]]
    return rng.choice([*ODD, [value], {"name": value}])


def _bytes(rng: random.Random, data: bytes) -> bytes:
    """Some bytes changed, cut, or repeated."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 10))):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.choice((1, 2, 8, 64)))
        out[at:end] = rng.choice([rng.randbytes(end - at), b"", b"\0", b"\xff", bytes(out[at:end]) * 2])
    return bytes(out[: rng.randrange(len(out) + 1)]) if rng.random() < 0.1 else bytes(out)


def _json(rng: random.Random, folder: Path) -> Path:
    rows: Any = answers()
    for _ in range(rng.choice((1, 1, 2, 4))):
        rows = _twisted(rng, rows)
    in_lines = rng.random() < 0.3 and isinstance(rows, list)
    text = "\n".join(map(json.dumps, rows)) if in_lines else json.dumps({"data": rows})
    if rng.random() < 0.1:
        text = "[" * rng.choice((1000, 100_000)) + text
    path = folder / ("a.jsonl" if in_lines else "a.json")
    data = text.encode()
    path.write_bytes(_bytes(rng, data) if rng.random() < 0.3 else data)
    return path


def _parquet(rng: random.Random, folder: Path) -> Path:
    frame = pd.DataFrame(seeds()).astype(object)
    lists = [name for name in frame if isinstance(frame[name].iloc[0], list)]
    rows = frame.to_dict("records")
    for _ in range(rng.choice((0, 1, 2, 4))):
        at = rng.randrange(len(rows))
        changed = _twisted(rng, rows[at])
        rows[at] = changed if isinstance(changed, dict) else rows[at]
    for row in rows:
        for name in lists:
            row[name] = json.dumps(row.get(name)) if rng.random() < 0.98 else rng.choice(ODD)
    frame = pd.DataFrame(rows, dtype=object)
    for name in list(frame):
        if rng.random() < 0.03:
            frame = frame.drop(columns=name)
        elif rng.random() < 0.05:
            frame[name] = [rng.choice([1, 1.5, True, b"\xff\xfe", "a", pd.Timestamp("2020-01-01"), None])] * len(
                frame
            )
    raw = io.BytesIO()
    for name in list(frame):
        kinds = {type(each) for each in frame[name] if each is not None}
        if len(kinds) > 1 or kinds & {dict, list} or any(isinstance(e, str) and "\ud83d" in e for e in frame[name]):
            told = [None if each is None else str(each).encode("utf-8", "replace").decode() for each in frame[name]]
            frame[name] = told
        elif kinds == {int} and any(abs(each) > 2**62 for each in frame[name] if each is not None):
            frame[name] = frame[name].astype(float)
    frame.to_parquet(raw)
    path = folder / "a.parquet"
    path.write_bytes(_bytes(rng, raw.getvalue()) if rng.random() < 0.5 else raw.getvalue())
    return path


def _xlsx(rng: random.Random, folder: Path) -> Path:
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True, "strings_to_numbers": False, "nan_inf_to_errors": True})
    sheets = {
        "Danh mục": [
            ["Mã TTHC", "Tên TTHC", "Lĩnh vực", "Cấp thực hiện", "Thời hạn giải quyết", "Phí", "Căn cứ pháp lý"],
            *(
                [each["code"], each["name"], "Thử", "Cấp xã", "15 ngày", "50.000 đồng", "Luật; Nghị"]
                for each in seeds()
            ),
        ],
        "Giấy tờ": [["Mã TTHC", "Thành phần hồ sơ", "Bản chính", "Bản sao"]]
        + [[each["code"], "Đơn", 1, 0] for each in seeds()],
        "Bước": [["Mã TTHC", "Trình tự", "Thời gian"], *([each["code"], "Nộp", 0.5] for each in seeds())],
    }
    cells = 0 if rng.random() < 0.4 else rng.choice((1, 2, 5))
    for _ in range(cells):
        rows = sheets[rng.choice(list(sheets))]
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = rng.choice(ODD)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                told = cell if isinstance(cell, int | float) and abs(cell) < 1e300 else str(cell)[:32_000]
                sheet.write(at, place, told.encode("utf-8", "replace").decode() if isinstance(told, str) else told)
        if rng.random() < 0.1:
            sheet.write(rng.choice((5, 500)), 16_383, " ")
    book.close()
    path = folder / "a.xlsx"
    path.write_bytes(_broken_zip(rng, raw.getvalue()))
    return path


def _broken_zip(rng: random.Random, data: bytes) -> bytes:
    """Bytes of the zip, or of a part inside it, changed; or parts lost."""
    choice = rng.random()
    if choice < 0.25:
        return data
    if choice < 0.5:
        return _bytes(rng, data)
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        hit = rng.choice(names)
        for name in names:
            part = old.read(name)
            if name == hit:
                if rng.random() < 0.1:
                    continue
                part = _words(rng, part) if rng.random() < 0.5 else _bytes(rng, part)
            new.writestr(name, part)
    return raw.getvalue()


def _words(rng: random.Random, part: bytes) -> bytes:
    """A reference or a number of a part made another: what libraries trust most."""
    swaps = [
        (b'r="A2"', b'r="ZZZZZZZZ99999999999"'),
        (b'r="2"', b'r="4294967295"'),
        (b'r="A2"', b'r="XFD1048576"'),
        (b"<v>1</v>", b"<v>99999999</v>"),
        (b"<v>1</v>", b"<v>-1</v>"),
        (b"<v>0</v>", b"<v>x</v>"),
        (b't="s"', b't="q"'),
        (b"sheet1.xml", b"sheet9.xml"),
        (b'r:id="rId1"', b'r:id="rId77"'),
        (b"worksheet", b"chartsheet"),
        (b"</row>", b""),
        (b"<sheetData>", b"<sheetData><row r='1'>" * 300),
        (b"utf-8", b"utf-16"),
        (b"UTF-8", b"x"),
        (b'numFmtId="0"', b'numFmtId="22"'),
        (b's="0"', b's="9999"'),
        (b"<t>", b"<t>_x0000__xD83D_"),
    ]
    old, new = rng.choice([swap for swap in swaps if swap[0] in part] or [(b">", b"><!-- -->")])
    return part.replace(old, new, rng.choice((1, 1, -1)))


def _csv(rng: random.Random, folder: Path) -> Path:
    texts = {
        "procedures.csv": "proc_core,valid_from,proc_code,name,limit_quantity,limit_unit,legal_basis,channels,"
        "no_due\n"
        + "".join(
            f'{each["code"]},2016-01-01,{each["code"]},"Tên, hai",15,DAY,A; B,"[{{}}]",true\n' for each in seeds()
        ),
        "papers.csv": "proc_core,valid_from,paper_no,name,originals\n1.000001,2016-01-01,1,Đơn,1\n",
        "steps.csv": "proc_core,valid_from,step_no,task,planned_days\n1.000001,2016-01-01,1,Nộp,0.5\n",
        "postings.csv": "proc_core,unit_code,valid_from\n1.000001,X1,2016-01-01\n",
    }
    hit = rng.choice(list(texts))
    lines = [line.split(",") for line in texts[hit].splitlines()]
    for _ in range(rng.choice((0, 1, 2))):
        row = rng.choice(lines)
        row[rng.randrange(len(row))] = str(rng.choice(ODD))
    texts[hit] = "\n".join(",".join(row) for row in lines) + rng.choice(("\n", "", "\r", "\n\n", ',"'))
    for name, text in texts.items():
        encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")) if name == hit else "utf-8"
        data = text.encode(encoding, "surrogatepass")
        (folder / name).write_bytes(_bytes(rng, data) if name == hit and rng.random() < 0.5 else data)
    return folder


KINDS: dict[str, Callable[[random.Random, Path], Path]] = {
    "xlsx": _xlsx,
    "parquet": _parquet,
    "json": _json,
    "csv": _csv,
}


def _hung(_signal: int, _frame: object) -> None:
    raise TimeoutError


def fuzz(kind: str, mutants: int, seed: int, folder: Path) -> Tally:
    """Read `mutants` broken catalogues of a kind; what was read must be clean too."""
    tally = Tally(mutants=mutants)
    signal.signal(signal.SIGALRM, _hung)
    for number in range(mutants):
        rng = random.Random(f"{seed} {kind} {number}")
        place = folder / f"{kind}{number}"
        place.mkdir()
        path = KINDS[kind](rng, place)
        signal.alarm(SECONDS)
        try:
            end = _end(path)
        except TimeoutError:
            end = "HUNG"
        except KnownError as error:
            end = "refused" if error.code == "E-CATALOGUE" and error.mend else f"RAISED {error.code}"
        except BaseException as error:  # this is what is looked for
            end = f"RAISED {type(error).__name__}"
        signal.alarm(0)
        tally.ends[end.split(" ")[0]] += 1
        if end[0].isupper():
            tally.faults.append(f"{kind} {number}: {end}")
        for file in place.iterdir():
            file.unlink()
        place.rmdir()
    return tally


def _end(path: Path) -> str:
    found = read_catalogue(path)
    tables = getattr(found, "tables", found)
    dirty = [text for text in _texts(tables) if not is_clean(text)]
    if dirty:
        return f"UNCLEAN {dirty[0]!r:.80}"
    return "set_aside" if getattr(found, "aside", ()) else "read"


def _texts(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    for frame in tables.values():
        for column in frame:
            yield from (each for each in frame[column] if isinstance(each, str))


def _in_process(kind: str, mutants: int, seed: int, folder: str) -> Tally:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return fuzz(kind, mutants, seed, Path(folder))


def main() -> int:
    """Fuzz every kind asked for and print what became of the mutants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", nargs="*", default=list(KINDS))
    asked = parser.parse_args()
    print("| kind | mutants | read | set aside | refused | raised | unclean | hung |\n|---|" + "---:|" * 7)
    bad: list[str] = []
    for kind in asked.kind:
        with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
            tally = pool.apply(_in_process, (kind, asked.mutants, asked.seed, folder))
        ends = (tally.ends[end] for end in ("read", "set_aside", "refused", "RAISED", "UNCLEAN", "HUNG"))
        print(f"| {kind} | {tally.mutants} | " + " | ".join(map(str, ends)) + " |", flush=True)
        bad += tally.faults
    print("\n".join(bad[:40]))
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
