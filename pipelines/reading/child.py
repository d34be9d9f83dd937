"""The reader's process: takes tasks from standard input, answers on standard output, until its parent is gone.

Nothing it prints or dies of reaches anybody but as the outcome of the file under way. Not run by hand.
"""

import ctypes
import json
import os
import pickle
import resource
import signal
import struct
import sys
from dataclasses import asdict
from typing import BinaryIO

from pipelines.reading.task import JoinTask, ReadReport, ReadTask

HEAD = struct.Struct("!Q")
_DIE_WITH_PARENT = 1  # prctl PR_SET_PDEATHSIG


def main() -> None:
    """Answer tasks until standard input ends."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not an answer
    _die_with_parent()
    while head := requests.read(HEAD.size):
        task = pickle.loads(requests.read(HEAD.unpack(head)[0]))
        answer = _answer(task)
        _send(replies, answer)
        if "memory" in answer:
            return  # what is left of the heap is not worth keeping: the next file gets a fresh process


def _send(replies: BinaryIO, answer: dict[str, object]) -> None:
    data = json.dumps(answer).encode()
    replies.write(HEAD.pack(len(data)) + data)
    replies.flush()


def _answer(task: ReadTask | JoinTask) -> dict[str, object]:
    """`report`, or what went wrong: `memory`, `disk` (errno: not the file's fault), `error` (its kind only).

    The text of an error may hold a citizen's data, so it stays here.
    """
    from pipelines.reading import work  # noqa: PLC0415 - pandas and pyarrow, once a process

    try:
        if isinstance(task, JoinTask):
            report = work.join(task)
        else:
            _bound_memory(task.limits.memory_mb)
            report = work.read_file(task)
    except MemoryError:
        return {"memory": True}
    except OSError as error:
        return {"disk": error.errno or 0}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of a native library is no Exception
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_name}, line {where.tb_lineno}" if where else "?"
        return {"error": type(error).__name__, "where": place}
    finally:
        _bound_memory(None)
    return {"report": asdict(report)}


def _bound_memory(megabytes: int | None) -> None:
    """Let this process take so much more than it has now; None takes the bound away. Only where the system can."""
    if not os.path.exists("/proc/self/statm"):
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = hard
    if megabytes is not None:
        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        soft = now + megabytes * 1024 * 1024
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _die_with_parent() -> None:
    """A killed parent cannot close our input while we are busy: the system tells us. Only where it can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to answer
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def report_of(answer: dict[str, object]) -> ReadReport:
    """The report in an answer."""
    found = dict(answer["report"])  # type: ignore[call-overload]
    return ReadReport(**found | {"notes": tuple(found["notes"]), "filled": tuple(found["filled"])})


if __name__ == "__main__":
    main()
