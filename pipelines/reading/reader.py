"""The reader as the rest sees it: give it a file, get a report. A file that kills or stalls it is a report too.

One process a run reads all its files; it is started when first needed and again after it died, and it ends with us.
"""

import atexit
import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pipelines.reading.child import HEAD, report_of
from pipelines.reading.task import JoinTask, ReadReport, ReadTask

_ROOT = Path(__file__).resolve().parents[2]
# Threads of the libraries would each reserve memory, and the night's own processes need the cores.
_CALM = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "ARROW_IO_THREADS": "1"}
_JOIN_SECONDS = 600
# A process that only just began still imports its libraries: that is not the file's time.
_START_SECONDS = 60


class Reader:
    """One reading process, kept from file to file."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def read(self, task: ReadTask) -> ReadReport:
        """Read one file. Raises OSError for what is no file's fault (a full disk)."""
        answer = self._ask(task, task.limits.seconds)
        if "report" in answer:
            return report_of(answer)
        return ReadReport(status="FAILED", fault=_fault(task, answer))

    def join(self, task: JoinTask) -> ReadReport:
        """Put pieces together. Raises OSError for a full disk, RuntimeError when our own files cannot be read."""
        answer = self._ask(task, _JOIN_SECONDS)
        if "report" in answer:
            return report_of(answer)
        raise RuntimeError(f"joining the pieces below {task.out} ended with {answer}")

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        _shut(process)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, task: ReadTask | JoinTask, seconds: float) -> dict[str, Any]:
        with self._lock:
            is_fresh = self._process is None
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            data = pickle.dumps(task)
            try:
                process.stdin.write(HEAD.pack(len(data)) + data)
                process.stdin.flush()
                patience = seconds + (_START_SECONDS if is_fresh else 0)
                answer = _received(process.stdout.fileno(), time.monotonic() + patience)
            except BrokenPipeError:
                answer = None
            except TimeoutError:
                self._end(at_once=True)
                return {"time": seconds}
            except BaseException:
                self._end(at_once=True)  # an interrupted wait must not leave an answer for the next file
                raise
            if answer is None:
                code = self._end()
                return {"signal": signal.Signals(-code).name if code < 0 else f"exit {code}"}
            if "disk" in answer:
                raise OSError(answer["disk"], os.strerror(int(answer["disk"])))
            if "memory" in answer:
                self._end()
            return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """The process; a new one when there is none, it died, or we are a fork of who started it."""
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.reading.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_CALM, "PYTHONPATH": path},
            )
            self._owner = os.getpid()
        return self._process

    def _end(self, *, at_once: bool = False) -> int:
        """See the process out, or kill it; its exit code, or the signal that ended it (negative)."""
        process, self._process = self._process, None
        assert process is not None
        if not at_once:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
        process.kill()
        code = process.wait()
        _shut(process)
        return code


def _shut(process: subprocess.Popen[bytes]) -> None:
    """Close our ends of its pipes; the process ends when its input does."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _received(pipe: int, until: float) -> dict[str, Any] | None:
    """The next answer on a pipe; None when it ends first. Raises TimeoutError."""
    import json  # noqa: PLC0415 - only the answer needs it

    head = _exactly(pipe, HEAD.size, until)
    data = _exactly(pipe, HEAD.unpack(head)[0], until) if head is not None else None
    if data is None:
        return None
    answer: dict[str, Any] = json.loads(data)
    return answer


def _exactly(pipe: int, size: int, until: float) -> bytes | None:
    data = b""
    while len(data) < size:
        left = until - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        block = os.read(pipe, size - len(data))
        if not block:
            return None
        data += block
    return data


def _fault(task: ReadTask, answer: dict[str, Any]) -> str:
    """The sentence for a file that was too much for the reader."""
    others = "các tệp và đơn vị khác không bị ảnh hưởng."
    if "time" in answer:
        return (
            f"E-DOC-QUA-LAU: Tệp [{task.name}] đọc quá [{task.limits.seconds}] giây nên đã dừng. Cách khắc phục: "
            f"đề nghị đơn vị chia nhỏ hoặc xuất lại tệp, hoặc tăng mục reading.seconds trong site.yml; {others}"
        )
    if "memory" in answer or answer.get("signal") in ("SIGABRT", "SIGKILL"):
        return (
            f"E-DOC-QUA-BO-NHO: Tệp [{task.name}] cần nhiều bộ nhớ hơn mức cho phép [{task.limits.memory_mb}] MB. "
            "Cách khắc phục: đề nghị đơn vị xuất lại tệp (xóa ô, dòng, cột thừa), hoặc tăng mục reading.memory_mb "
            f"trong site.yml; {others}"
        )
    what = answer.get("error") or answer.get("signal")
    return (
        f"E-DOC-TEP: Tệp [{task.name}] làm hỏng bước đọc ({what}). "
        f"Cách khắc phục: gửi tệp gốc cho bộ phận kỹ thuật; {others}"
    )


_reader = Reader()
atexit.register(_reader.close)


def the_reader() -> Reader:
    """The one reader of this process."""
    return _reader
