"""How a command tells what it does: lines for people, one JSON document for programs, a bar on a terminal.

A command is made by `telling`: it gets a `Say` first, and with it the options --json and --quiet. Results go to
standard output; the bar, strange things met and what went wrong to standard error.
"""

import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer

from domain.errors import KnownError
from pipelines.disk import known_fault, known_faults

Work = Callable[[], object]
# How a step is run: given its name and its work, gives what the work gives.
Around = Callable[[str, Work], object]
Thing = TypeVar("Thing")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")]
By = Annotated[str, typer.Option(help="Who speaks, by name.")]
Role = Annotated[str, typer.Option(help="In which role, e.g. 'Chủ tịch UBND huyện'.")]

MOST_NAMED = 5


def named(names: Sequence[str], *, most: int = MOST_NAMED) -> str:
    """Names in a line: all of a few, the first of many and how many more."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


@dataclass
class Say:
    """What one run of a command tells. `document` is what --json prints at its end."""

    as_json: bool = False
    quiet: bool = False
    document: dict[str, object] = field(default_factory=dict)
    has_failed: bool = False

    def result(self, *lines: str) -> None:
        """Lines of the answer."""
        for line in () if self.as_json or self.quiet else lines:
            typer.echo(line)

    def note(self, *lines: str) -> None:
        """Lines beside the answer: something strange that was met."""
        for line in () if self.quiet else lines:
            typer.echo(line, err=True)

    def fault(self, text: str) -> None:
        """What went wrong: always told, and the command ends with code 1."""
        self.has_failed = True
        typer.secho(text, fg=typer.colors.RED, err=True)

    def failed(self, name: str, error: Exception) -> None:
        """A step that failed and stopped nobody."""
        known = error if isinstance(error, KnownError) else known_fault(error)
        told = str(known) if known else "".join(traceback.format_exception(error)).rstrip()
        self.fault(f"step {name} failed, the others ran: {told}")

    @contextmanager
    def steps(self, told: Callable[[str, object], str]) -> Iterator[Around]:
        """Gives what runs a named step; the line `told` makes of its result is said when it ends."""
        gathered = self.document.setdefault("steps", {})
        assert isinstance(gathered, dict)
        with self._moving() as begin:

            def step(name: str, work: Work) -> object:
                begin(name)
                gathered[name] = result = work()
                self.result(f"  {name:<16} {told(name, result)}")
                return result

            yield step

    def each(self, name: str, things: Iterable[Thing]) -> Iterator[Thing]:
        """Things that come slowly, one by one."""
        with self._moving() as begin:
            begin(name)
            for number, thing in enumerate(things, 1):
                yield thing
                begin(f"{name}: {number} done")

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """One piece of work that takes a while."""
        with self._moving() as begin:
            begin(name)
            yield

    @contextmanager
    def _moving(self) -> Iterator[Callable[[str], None]]:
        """A moving bar on a terminal, nothing otherwise; gives what names the work under way."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda name: None
            return
        from rich.console import Console  # noqa: PLC0415 - only where somebody looks
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
        # standard output is left alone where it is a file: the bar must not swallow the answer
        with Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
        ) as bar:
            task = bar.add_task("", total=None)
            yield lambda name: bar.reset(task, description=name)


def telling(command: Callable[..., object]) -> Callable[..., None]:
    """Make a command of a function whose first argument is a `Say`; adds --json and --quiet.

    A foreseen error is shown without a traceback and ends with code 1; anything else is a bug and keeps it.
    """

    @wraps(command)
    def run(*, as_json: bool, quiet: bool, **arguments: Any) -> None:
        say = Say(as_json=as_json, quiet=quiet)
        try:
            with known_faults():
                command(say, **arguments)
        except KnownError as error:
            say.document["error"] = error_figures(error)
            say.fault(str(error))
        except Exception as error:
            say.document["error"] = error_figures(error)
            raise
        finally:
            if as_json:
                typer.echo(json.dumps(say.document, ensure_ascii=False, indent=2, default=str))
        if say.has_failed:
            raise typer.Exit(1)

    signature = inspect.signature(command, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
        for name, option in (("as_json", JsonOption), ("quiet", QuietOption))
    ]
    parameters = [*list(signature.parameters.values())[1:], *more]
    del run.__wrapped__  # or the arguments would be read from the function inside
    run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def error_figures(error: Exception) -> dict[str, str]:
    """An error for --json. Of a bug its kind only: its text may hold a citizen's data."""
    known = error if isinstance(error, KnownError) else known_fault(error)
    if known:
        return {"code": known.code, "message": known.message, "mend": known.mend}
    return {"code": type(error).__name__}
