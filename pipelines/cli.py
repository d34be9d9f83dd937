"""The command line `tinhgon`: the same nights and quarters as Airflow runs, without Airflow."""

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import KnownError
from domain.night import Night
from domain.quarter import Quarter
from pipelines.disk import known_fault, known_faults

app = typer.Typer(
    help="Tinh Gọn: nightly consolidation, data-quality alerts and quarterly simplification proposals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
site_app = typer.Typer(help="Make and check a site folder.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows set aside: list them, replay them after a correction.", no_args_is_help=True)
catalogue_app = typer.Typer(help="A catalogue of procedures on its own, without dossiers.", no_args_is_help=True)
app.add_typer(site_app, name="site")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(catalogue_app, name="catalogue")

NightText = Annotated[str, typer.Argument(help="The working day whose data are collected: 2017-12-31 or 31/12/2017.")]
Work = Callable[[], object]


@contextmanager
def plain_errors() -> Iterator[None]:
    """A foreseen error is shown without a traceback and ends with code 1; anything else is a bug and keeps it."""
    try:
        with known_faults():
            yield
    except KnownError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None


@contextmanager
def progress() -> Iterator[Callable[[str, Work], object]]:
    """Gives what runs a named step: a moving bar when attached to a terminal, plain lines otherwise."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:

        def step(name: str, work: Work) -> object:
            task = bar.add_task(name, total=1)
            result = work()
            bar.update(task, completed=1, description=f"{name}: {result}")
            if bar.disable:
                typer.echo(f"  {name}: {result}", err=True)
            return result

        yield step


def say_failed(failed: Mapping[str, Exception]) -> None:
    """Steps that failed and stopped nobody, at the end; with code 1 when there are any."""
    for name, error in failed.items():
        known = error if isinstance(error, KnownError) else known_fault(error)
        told = [f"{known}\n"] if known else traceback.format_exception(error)
        typer.secho(f"step {name} failed, the others ran: {''.join(told)}", fg=typer.colors.RED, err=True, nl=False)
    if failed:
        raise typer.Exit(1)


@site_app.command("new")
def site_new(folder: Path, name: Annotated[str, typer.Option(help="Name of the place, in Vietnamese.")]) -> None:
    """Write a commented starting folder for a new site (one unit, a CSV source, an empty catalogue)."""
    from pipelines.new_site import write_new_site  # noqa: PLC0415

    with plain_errors():
        for path in write_new_site(folder, name):
            typer.echo(path)


@site_app.command("check")
def site_check(folder: Path) -> None:
    """Read every file of a site; say what is wrong and how to mend it."""
    from pipelines.new_site import check_site  # noqa: PLC0415

    with plain_errors():
        for line in check_site(folder):
            typer.echo(line)


@catalogue_app.command("review")
def catalogue_review(
    place: Annotated[Path, typer.Argument(help="A .parquet, .json, .jsonl or .xlsx file, or a folder of them.")],
    out: Annotated[Path, typer.Option(help="Folder the book and the workbook are written to.")] = Path("ra_soat"),
    on: Annotated[
        str, typer.Option(help="The day whose versions are reviewed, 2026-11-24 or 24/11/2026; today by default.")
    ] = "",
) -> None:
    """Review a catalogue: overlaps, families, papers, journeys, cumbersome procedures, content."""
    from pipelines.catalogue_review import reviewed, write_review  # noqa: PLC0415
    from pipelines.reading.catalogue_table import aside_lines  # noqa: PLC0415

    with plain_errors():
        review = reviewed(place, on=Night.parse(on).day if on else date.today())
        for path in write_review(review, out):
            typer.echo(path)
        for line in aside_lines(review.aside):
            typer.echo(line, err=True)


@app.command()
def night(night: NightText) -> None:
    """Run one night: collect, judge, merge, models, publish, letters, mails, release."""
    from pipelines.night_order import night_at_door, run_night  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415
    from pipelines.strays import strays  # noqa: PLC0415

    with plain_errors():
        settings = Settings.from_env()
        named = night_at_door(night, settings)
        with progress() as step:
            done = run_night(settings, named, around=step)
        for line in strays(settings, [named]):
            typer.echo(line, err=True)
        say_failed(done.failed)


@app.command()
def quarter(  # noqa: PLR0913, PLR0917 - the options of one command
    quarter: Annotated[str, typer.Argument(help="The quarter: 2017-Q4 or quý IV/2017.")],
    force: Annotated[bool, typer.Option(help="Release it although units are missing.")] = False,
    release_again: Annotated[
        bool, typer.Option("--release-again", help="Released incomplete, complete by now, not decided: release anew.")
    ] = False,
    approve: Annotated[str | None, typer.Option(help="Record an approval by this person.")] = None,
    reject: Annotated[str | None, typer.Option(help="Record a rejection by this person.")] = None,
    reason: Annotated[str, typer.Option(help="Why, in the decider's words.")] = "",
) -> None:
    """Analyse a released quarter and write its book, proposals and table II.06a."""
    from pipelines import nightly, quarterly  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    with plain_errors(), progress() as step:
        settings, period = Settings.from_env(), str(Quarter.parse(quarter))
        if force:
            step("release", lambda: nightly.force_quarter(period, settings=settings))
        if release_again:
            step("release", lambda: nightly.release_again(period, settings=settings))
        step("analyse", lambda: quarterly.analyse(period, settings=settings))
        for choice, who in (("APPROVED", approve), ("REJECTED", reject)):
            if who:
                decide = partial(quarterly.record_decision, period, choice, who, reason, False, settings=settings)
                step("decision", decide)
        step("publish", lambda: quarterly.publish(period, settings=settings))


@quarantine_app.command("list")
def quarantine_list(
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule, e.g. DQ-DT-07.")] = None,
) -> None:
    """Rows set aside and still open, with rule, place, reason and how to mend."""
    from pipelines import replay  # noqa: PLC0415

    with plain_errors():
        for line in replay.list_quarantine(unit=unit, rule=rule):
            typer.echo(line)


@quarantine_app.command("replay")
def quarantine_replay(
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    night: Annotated[str | None, typer.Option(help="Only this night.")] = None,
) -> None:
    """Judge again what was set aside, from landing, after a correction in the unit's file or the catalogue."""
    from pipelines import replay  # noqa: PLC0415

    with plain_errors():
        for line in replay.replay_quarantine(unit=unit, night=night):
            typer.echo(line)


@app.command()
def status() -> None:
    """The headline table of the site and where its papers are."""
    from pipelines.report import status_lines  # noqa: PLC0415

    with plain_errors():
        for line in status_lines():
            typer.echo(line)


@app.command()
def rebuild() -> None:
    """Make the warehouse again from landing alone; the same tables come out."""
    from pipelines import replay  # noqa: PLC0415

    with plain_errors():
        for line in replay.rebuild():
            typer.echo(line)


@app.command()
def migrate() -> None:
    """Bring the warehouse to the newest revision (made when it is not there)."""
    from pipelines import nightly  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    with plain_errors():
        settings = Settings.from_env()
        with nightly.open_warehouse(settings) as warehouse:
            nightly.refresh_dimensions(settings, warehouse)
        typer.echo(f"warehouse ready: {settings.site.name}")


if __name__ == "__main__":
    app()
