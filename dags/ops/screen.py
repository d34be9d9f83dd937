"""What the main job shows: a moving line on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.status import Status


@dataclass
class Step:
    """One step under way; `update` says what it is doing."""

    name: str
    status: Status | None = None

    @property
    def is_seen(self) -> bool:
        """True on a terminal."""
        return self.status is not None

    def update(self, doing: str) -> None:
        """Show what the step is doing (on a terminal only)."""
        if self.status:
            self.status.update(f"{self.name}: {doing}")


@dataclass
class Screen:
    """Where the lines go."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True, markup=False))

    def line(self, text: str) -> None:
        """One line, at once."""
        self.console.print(text)
        sys.stdout.flush()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step with a beginning and an end; its line at the end says how long it took."""
        start = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(f"{name}: …") as status:
                yield Step(name, status)
        else:
            yield Step(name)
        self.line(f"{name}: done in {time.monotonic() - start:.1f} s")
