"""Reading mutants for `fuzz.py`: each in a process that may die, and a judgement of what came back."""

import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pyarrow.compute as pc
import pyarrow.parquet as pq
from fuzz_mutants import Mutant, mutant

from domain.columns import TABLES
from pipelines.landing import digest_of
from pipelines.outcome import OutcomeStatus
from pipelines.reading import work
from pipelines.reading.limits import ReadingLimits
from pipelines.reading.task import STAGED, ReadReport, ReadTask
from pipelines.unit import Source

SECONDS = 10
_BYTES_A_SECOND = 100_000  # more of a large file: reading half a million lines is work, not a hang
MEMORY_MB = 2048
Verdict = dict[str, str]  # how: the outcome or `finding`; kind: what was found


# --- one mutant -----------------------------------------------------------------------------------------


def read_one(one: Mutant, folder: Path) -> Verdict:
    """Read one mutant in this process and judge what came back."""
    path, out = folder / "file", folder / "out"
    path.write_bytes(one.data)
    shutil.rmtree(out, ignore_errors=True)
    source = Source.model_validate(one.source)
    task = ReadTask(
        path=path, sha256=digest_of(path), name=f"ho_so.{one.kind}", source=source, corrections=(), unit_code="X1",
        night="2017-12-20", zone="Asia/Ho_Chi_Minh", grammar="any", out=out, limits=ReadingLimits(),
            hash_key=b"only-for-fuzzing-0123",
    )  # fmt: skip
    try:
        report = work.read_file(task)
    except MemoryError:
        return {"how": "finding", "kind": "memory"}
    except BaseException as error:  # what the real child would answer as `error`
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
        return {"how": "finding", "kind": f"{type(error).__name__} {place}"}
    wrong = judged(report, one, out, path)
    return {"how": "finding", "kind": wrong} if wrong else {"how": _how(report)}


def _how(report: ReadReport) -> str:
    if report.fault:
        return report.fault.partition(":")[0]
    return "rows, some set aside" if sum(report.rejects.values()) else "rows"


def judged(report: ReadReport, one: Mutant, out: Path, path: Path) -> str:
    """What is wrong with a report and its staged files, '' when nothing is."""
    wrong = _wrong_outcome(report)
    if wrong or report.status == "FAILED":
        return wrong
    pieces = {name: out / f"{name}.parquet" for name in STAGED}
    staged = {name: pq.read_table(piece) for name, piece in pieces.items() if piece.exists()}
    rows = {name: len(staged.get(name, ())) for name in STAGED}
    expected = COUNTS.get(one.kind, _uncounted)(path.read_bytes(), Source.model_validate(one.source))
    checks = {
        **{wrong: True for table in staged.values() if (wrong := _wrong_text(table))},
        "rows said are not rows staged": any(rows[name] != report.rows.get(name, 0) for name in TABLES),
        "rows set aside do not add up": rows["reject"] != sum(report.rejects.values()),
        "raw records do not add up": rows["raw"] != sum(report.rows.values()),
        f"rows lost or doubled ({one.kind})": expected is not None and expected != report.rows_in,
    }
    return next((what for what, is_so in checks.items() if is_so), "")


def _wrong_outcome(report: ReadReport) -> str:
    told = [report.fault, *report.notes]
    mends = re.match(r"E-[A-Z-]+: .+ Cách khắc phục: ", report.fault, re.DOTALL)
    checks = {
        "no outcome": report.status not in get_args(OutcomeStatus),
        "outcome without its reason": (report.status == "COLLECTED") == bool(report.fault),
        "outcome cannot be stored": any(_unfit(text) for text in told),
        "outcome is endless": max(map(len, told)) > 3000,
        "fault without its mend": bool(report.fault) and not mends,
    }
    return next((what for what, is_so in checks.items() if is_so), "")


def _unfit(text: str) -> bool:
    return "\0" in text or any(0xD800 <= ord(char) < 0xE000 for char in text)


def _wrong_text(table: Any) -> str:
    table.validate(full=True)  # UTF-8 throughout
    for name, column in zip(table.column_names, table.columns, strict=True):
        if str(column.type) in ("string", "large_string") and pc.any(pc.match_substring(column, "\0")).as_py():
            return f"NUL in staged {name}"
    return ""


# --- counts of our own, from nothing but the bytes ------------------------------------------------------


def _uncounted(data: bytes, source: Source) -> int | None:
    return None


def count_csv(data: bytes, source: Source) -> int | None:
    """Lines with anything in them below the heading line; None where quotes make that no question of lines."""
    text = data.decode(source.encoding, "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if '"' in text or source.table != "dossier":
        return None
    lines = [line.split(source.delimiter) for line in text.split("\n")]
    wanted = {_key(heading) for heading in source.mapping.values()}
    if isinstance(source.header_row, int):
        at = source.header_row - 1
    else:
        found = [len({_key(cell) for cell in line} & wanted) for line in lines[:40]]
        at = found.index(max(found))
    return sum(any(cell.strip() for cell in line) for line in lines[at + 1 :])


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text.replace("\ufeff", "")).split()).casefold()


class _Twice(dict[str, Any]):
    """An object with a key more than once."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs) if len(dict(pairs)) == len(pairs) else _Twice(pairs)


def _json(data: bytes) -> Any:
    text = data.decode("utf-8-sig")
    return json.loads(text, object_pairs_hook=_object, parse_int=str) if text.strip() else []


def _list_of(loaded: Any) -> list[Any] | None:
    """The list of records where there is no doubt which it is."""
    if isinstance(loaded, list):
        return loaded
    lists = [value for value in loaded.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 and "MaHoSo" not in loaded else None


def count_json(data: bytes, source: Source) -> int | None:
    """Items of the list."""
    records = _list_of(_json(data))
    return None if records is None or source.table != "dossier" else len(records)


def count_sync(data: bytes, source: Source) -> int | None:
    """Dossiers, and all that stands in their lists of supplements and steps."""
    loaded = _json(data)
    if isinstance(loaded, dict) and "DongBoHoSoMC" in loaded:
        records = loaded["DongBoHoSoMC"]
        others = [k for k, v in loaded.items() if isinstance(v, list) and k not in (*_NESTED, "DongBoHoSoMC")]
        if others or not isinstance(records, list):
            return None
        whole = [loaded]
    elif isinstance(loaded, dict) and "MaHoSo" in loaded:
        if any(isinstance(value, list) and key not in _NESTED for key, value in loaded.items()):
            return None
        records, whole = [loaded], []
    elif isinstance(loaded, list):
        records, whole = loaded, []
    else:
        return None
    dossiers = [one for one in records if isinstance(one, dict) and not isinstance(one, _Twice)]
    return len(records) + sum(_inside(one, key) for one in [*dossiers, *whole] for key in _NESTED)


_NESTED = ("DanhSachHoSoBoSung", "TienDo", "DanhSachTienDo", "CapNhatTienDoHoSoMC")


def _inside(one: dict[str, Any], key: str) -> int:
    value = one.get(key)
    return 0 if value in (None, "", {}) else len(value) if isinstance(value, list) else 1


COUNTS: dict[str, Callable[[bytes, Source], int | None]] = {"csv": count_csv, "json": count_json, "sync": count_sync}


# --- many mutants ---------------------------------------------------------------------------------------


def read_many(kind: str, numbers: range, seed: int) -> list[tuple[str, int, Verdict]]:
    """Read the mutants of these numbers in child processes; one that dies or hangs is a verdict, the rest go on."""
    verdicts: list[tuple[str, int, Verdict]] = []
    with tempfile.TemporaryDirectory() as folder:
        left = numbers
        while left:
            done, status = _in_child(kind, left, seed, Path(folder))
            verdicts += [(kind, left[place], verdict) for place, verdict in enumerate(done)]
            left = left[len(done) :]
            if not done and not status:
                raise RuntimeError(f"the fuzzer itself failed at {kind} {left[0]}, seed {seed}")
            if left and status:
                name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {status}"
                found = "hang" if name in ("SIGALRM", "SIGPROF") else name
                verdicts.append((kind, left[0], {"how": "finding", "kind": found}))
                left = left[1:]
    return verdicts


def _in_child(kind: str, numbers: range, seed: int, folder: Path) -> tuple[list[Verdict], int]:
    """The verdicts a child gave before it ended, and how it ended."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(inlet)
            _in_this(kind, numbers, seed, (folder, outlet))
        finally:
            os._exit(0)
    os.close(outlet)
    with os.fdopen(inlet) as answers:
        done = [json.loads(line) for line in answers]
    return done, os.waitpid(child, 0)[1]


def _in_this(kind: str, numbers: range, seed: int, places: tuple[Path, int]) -> None:
    """Read mutants in this process, a line of JSON for each; ends early when its memory was used up."""
    folder, outlet = places
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what a dying library prints is not ours to tell
    _bound_memory()
    with os.fdopen(outlet, "w") as answers:
        for number in numbers:
            one = mutant(kind, number, seed)
            # Seconds of its own, for the machine may be busy; the default action, which no library can put off.
            allowed = SECONDS + len(one.data) // _BYTES_A_SECOND
            signal.setitimer(signal.ITIMER_PROF, allowed)
            signal.alarm(10 * allowed)
            start = time.process_time()
            verdict = read_one(one, folder)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
            answers.write(json.dumps(verdict | {"seconds": f"{time.process_time() - start:.2f}"}) + "\n")
            answers.flush()
            if verdict.get("kind") == "memory":
                return  # as the real one: the next file gets a fresh process


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


# --- the real way ---------------------------------------------------------------------------------------

NAMES: tuple[bytes, ...] = (
    b"ho_so_\xff\xe9", b"a" * 240, "Sổ hồ sơ tháng 12".encode(), b"ho\nso\x07",
    "\u202exslx".encode(), b"-rf", b"a;b|c",
    "hồ sơ".encode(), unicodedata.normalize("NFD", "hồ sơ").encode(), b"<script>",
    "\u200bho_so".encode(), b" ", b"'\"",
    "hо_sо".encode(), b"\xed\xa0\xbd", b"con", b"%s{0}", "👩‍👩‍👧".encode(),
)  # fmt: skip


def read_really(kinds: tuple[str, ...], number: int, seed: int) -> Iterator[tuple[str, int, Verdict]]:
    """`number` mutants of each kind under hostile file names, each a unit's hand-in taken in by `collect_unit`."""
    from fuzz_night import settings_of, write_site  # noqa: PLC0415 - it imports the whole chain

    from pipelines.collect import collect_unit  # noqa: PLC0415
    from pipelines.stage import read_staged  # noqa: PLC0415

    night = "2017-12-20"
    with tempfile.TemporaryDirectory() as folder:
        rng = random.Random(f"{seed}:names")
        ones = {f"{kind}{n}": mutant(kind, n, seed + 1) for kind in kinds for n in range(number)}
        write_site(Path(folder), {code: one.source for code, one in ones.items()})
        settings = settings_of(Path(folder))
        for code, one in ones.items():
            place = settings.inbox / night / code
            place.mkdir(parents=True)
            for _ in range(rng.choice((1, 1, 2))):
                (place / os.fsdecode(rng.choice(NAMES) + f".{one.kind}".encode())).write_bytes(one.data)
        for code, one in ones.items():
            place = int(code.removeprefix(one.kind))
            start = time.monotonic()
            try:
                outcome = collect_unit(settings, night, code)
                staged = read_staged(settings, night, [code])
            except Exception as error:
                yield one.kind, place, {"how": "finding", "kind": f"collect_unit raised {type(error).__name__}"}
                continue
            found = sum(map(len, staged.frames.values())) + len(staged.rejects)
            wrong = re.search(r"E-DON-VI|E-DOC-[A-Z-]+|E-VUNG-TIEP-NHAN", outcome.message)
            verdict = {"how": "through collect_unit"}
            if wrong or outcome.rows_in != found or time.monotonic() - start > 2 * SECONDS:
                kind = wrong[0] if wrong else "rows do not add up" if outcome.rows_in != found else "hang"
                verdict = {"how": "finding", "kind": f"{kind} in collect_unit"}
            yield one.kind, place, verdict


if __name__ == "__main__":  # one mutant by kind, number and seed, in this process, with its traceback
    which = mutant(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(which.made_by, which.source, len(which.data))
    with tempfile.TemporaryDirectory() as here:
        print(read_one(which, Path(here)))
