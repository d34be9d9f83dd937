"""One bad thing stops nobody: the one guard around what concerns a single unit, letter, page or mail.

What went wrong is kept as a `Fault`, to become a row that somebody reads. What is nobody's fault (a full disk, a
locked warehouse, a lost connection, a site that cannot be read) goes through: it concerns everybody, and trying
again mends it.
"""

import errno
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from domain.clean import clean
from domain.errors import KnownError
from warehouse import DRIVER_ERRORS

log = logging.getLogger(__name__)

# Of the system's errors, those that one file or one name causes.
_OF_THE_THING = {None, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ENOENT, errno.EISDIR, errno.ENOTDIR}
# Foreseen errors that concern everybody; of the warehouse's, only those about values concern one.
_OF_EVERYBODY = ("E-SITE", "E-SECRET", "E-CATALOGUE", "E-NOT-STAGED", "E-NOT-JUDGED")
_OF_VALUES = ("E-WH-REFUSED", "E-WH-TYPE", "E-WH-KEY")
_OURS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What went wrong with one thing. `subject` is a dossier code, a file or an office's address, never a citizen."""

    subject: str
    message: str
    unit_code: str = ""


@dataclass
class Faults:
    """What went wrong so far, in the order it did."""

    found: list[Fault] = field(default_factory=list)

    @contextmanager
    def around(self, subject: str, *, saying: str, unit_code: str = "") -> Iterator[None]:
        """Keep an error of the block as a fault that begins with `saying` (Vietnamese), unless it is nobody's."""
        try:
            yield
        except Exception as error:
            if is_nobodys_fault(error):
                raise
            said = reference(error)
            log.error("%s [%s] %s: %s", unit_code, clean(subject)[:200], saying, said)
            self.found.append(
                Fault(subject=clean(subject), message=clean(f"{saying} ({said})."), unit_code=unit_code)
            )


def is_nobodys_fault(error: Exception) -> bool:
    """Whether the thing at hand did not cause the error, so that no unit, letter or mail is to blame."""
    if isinstance(error, KnownError):
        code = error.code
        return code.startswith(_OF_EVERYBODY) or (code.startswith("E-WH-") and code not in _OF_VALUES)
    if isinstance(error, OSError):
        return error.errno not in _OF_THE_THING
    return isinstance(error, (MemoryError, *DRIVER_ERRORS))


def reference(error: Exception) -> str:
    """What a programmer needs to find the place; of an unforeseen error not its words, which may quote a citizen."""
    if isinstance(error, KnownError):
        return f"{error.code}: {error.message.rstrip('.')}"
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OURS in Path(frame.filename).parents and ".venv" not in frame.filename]
    if not frames:
        return type(error).__name__
    last = (ours or frames)[-1]
    return f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
