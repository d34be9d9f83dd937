"""Where the editions of a quarter and its papers are."""

from pathlib import Path

from pipelines.edition import Edition, numbers_in, read_edition
from pipelines.settings import Settings


def editions_folder(settings: Settings, quarter: str) -> Path:
    """Where the editions of a quarter are."""
    return settings.var / "editions" / "quarters" / quarter


def papers_folder(settings: Settings, quarter: str) -> Path:
    """Where the papers of a quarter are: of the edition that stands; of an older one, in a folder below."""
    return settings.var / "out" / "quarters" / quarter


def quarters_in(settings: Settings) -> list[str]:
    """The quarters that have an edition."""
    folder = settings.var / "editions" / "quarters"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []
    return [name for name in names if numbers_of(settings, name)]


def numbers_of(settings: Settings, quarter: str) -> list[int]:
    """Numbers of the editions of a quarter."""
    return numbers_in(editions_folder(settings, quarter))


def read(settings: Settings, quarter: str, number: int | None = None) -> Edition:
    """An edition of a quarter, the last one when none is named."""
    return read_edition(editions_folder(settings, quarter), quarter, number)
