"""A night that only says it was called. 2017-12-31 releases 2017-Q4, once; 2017-12-01 fails."""

from domain.errors import KnownError
from pipelines import called, note


def plan(night: str) -> list[list[str]]:
    note("plan", night)
    if night == "2017-12-01":
        raise KnownError("E-SITE", "unit [DG-QK] has no source", mend="write one under sources:")
    return [["DG-QK", "DG-QS"], ["DG-MC"]]


def collect(night: str, units: list[str]) -> list[dict[str, str]]:
    return [note("collect", f"{night}/{unit}") for unit in units]


def judge(night: str) -> dict[str, str]:
    return note("judge", night)


def merge(night: str) -> dict[str, str]:
    return note("merge", night)


def models(night: str) -> dict[str, str]:
    return note("models", night)


def publish(night: str) -> dict[str, str]:
    return note("publish", night)


def apology_letters(night: str) -> dict[str, str]:
    made = note("apology_letters", night)
    if night == "2017-12-02":
        raise KnownError("E-LETTER", "letter [1] could not be written", mend="mend it")
    return made


def notify(night: str) -> dict[str, str]:
    return note("notify", night)


def release(night: str) -> str | None:
    if night != "2017-12-31" or ("released", "2017-Q4") in called():
        return None
    note("released", "2017-Q4")
    return "2017-Q4"


def force(today: str) -> str | None:
    note("force", today)
    return None


def missed(night: str) -> None:
    note("missed", night)
