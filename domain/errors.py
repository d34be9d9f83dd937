"""The one exception for what was foreseen: it says what, where and how to mend.

Anything else that is raised is a bug and keeps its traceback.
"""

from collections.abc import Callable


class KnownError(Exception):
    """A foreseen error, shown to a person without a traceback.

    `code` names the kind (for example E-CALENDAR-RANGE), `message` says what and where with values in
    [brackets], `mend` says what to do about it.
    """

    def __init__(self, code: str, message: str, *, mend: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.code} {self.message}\nMend: {self.mend}"

    def __reduce__(self) -> tuple[Callable[..., "KnownError"], tuple[str, str, str]]:
        # Exceptions are rebuilt from positional arguments when they cross a process; `mend` is keyword-only.
        return _rebuild, (self.code, self.message, self.mend)


class PassingError(KnownError):
    """A foreseen error that may be over when the same is tried again: a mail server that is away."""

    def __reduce__(self) -> tuple[Callable[..., KnownError], tuple[str, str, str]]:
        return _rebuild_passing, (self.code, self.message, self.mend)


def _rebuild(code: str, message: str, mend: str) -> KnownError:
    return KnownError(code, message, mend=mend)


def _rebuild_passing(code: str, message: str, mend: str) -> KnownError:
    return PassingError(code, message, mend=mend)
