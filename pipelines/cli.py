"""The command line `tinhgon`: the same nights and quarters as Airflow runs, without Airflow."""

from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from domain.night import Night
from domain.quarter import Quarter
from pipelines.cli_landing import landing_app
from pipelines.cli_quarantine import quarantine_app
from pipelines.ending import run_and_leave
from pipelines.say import By, Role, Say, Work, error_figures, telling

app = typer.Typer(
    help="Tinh Gọn: nightly consolidation, data-quality alerts and quarterly simplification proposals.",
    epilog="Exit code: 0 all done; 1 a known error, or a part that failed while the others went on; "
    "2 the command was not understood. Every command takes --json and --quiet.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
site_app = typer.Typer(help="Make and check a site folder.", no_args_is_help=True)
catalogue_app = typer.Typer(help="A catalogue of procedures on its own, without dossiers.", no_args_is_help=True)
app.add_typer(site_app, name="site")
app.add_typer(landing_app, name="landing")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(catalogue_app, name="catalogue")

NightText = Annotated[str, typer.Argument(help="The working day whose data are collected: 2017-12-31 or 31/12/2017.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from pipelines.versions import versions  # noqa: PLC0415

        for name, version in versions().items():
            typer.echo(f"{name} {version}")
        raise typer.Exit


@app.callback()
def tinhgon(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print versions and end.")
    ] = False,
) -> None:
    """Tinh Gọn: nightly consolidation, data-quality alerts and quarterly simplification proposals."""


@site_app.command("new")
@telling
def site_new(
    say: Say, folder: Path, name: Annotated[str, typer.Option(help="Name of the place, in Vietnamese.")]
) -> None:
    """Write a commented starting folder for a new site (one unit, a CSV source, an empty catalogue)."""
    from pipelines.new_site import write_new_site  # noqa: PLC0415

    paths = [str(path) for path in write_new_site(folder, name)]
    say.document["files"] = paths
    say.result(*paths)


@site_app.command("check")
@telling
def site_check(say: Say, folder: Path) -> None:
    """Read every file of a site; say what is wrong and how to mend it."""
    from pipelines.new_site import check_site, site_lines  # noqa: PLC0415

    with say.waiting("reading the site"):
        figures = check_site(folder)
    say.document |= figures
    say.result(*site_lines(figures))


@catalogue_app.command("review")
@telling
def catalogue_review(
    say: Say,
    place: Annotated[Path, typer.Argument(help="A .parquet, .json, .jsonl or .xlsx file, or a folder of them.")],
    out: Annotated[Path, typer.Option(help="Folder the book and the workbook are written to.")] = Path("ra_soat"),
    on: Annotated[
        str, typer.Option(help="The day whose versions are reviewed, 2026-11-24 or 24/11/2026; today by default.")
    ] = "",
) -> None:
    """Review a catalogue: overlaps, families, papers, journeys, cumbersome procedures, content."""
    from pipelines.catalogue_review import review_lines, write_review  # noqa: PLC0415

    with say.waiting("reviewing the catalogue"):
        figures = write_review(place, out, on=Night.parse(on).day if on else date.today())
    say.document |= figures
    say.result(*review_lines(figures))
    say.note(*figures["aside"])


@app.command()
@telling
def night(say: Say, night: NightText) -> None:
    """Run one night: collect, judge, merge, models, publish, letters, mails, release."""
    from pipelines.night_order import night_at_door, run_night  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415
    from pipelines.step_lines import step_line  # noqa: PLC0415
    from pipelines.strays import strays  # noqa: PLC0415

    settings = Settings.from_env()
    which = night_at_door(night, settings)
    say.document["night"] = str(which)
    with say.steps(step_line) as step:
        done = run_night(settings, which, around=step)
    say.document["strays"] = strange = strays(settings, [which])
    say.note(*strange)
    say.document["failed"] = {name: error_figures(error) for name, error in done.failed.items()}
    for name, error in done.failed.items():
        say.failed(name, error)


QuarterText = Annotated[str, typer.Argument(help="The quarter: 2017-Q4 or quý IV/2017.")]
EditionNumber = Annotated[int | None, typer.Option(help="Of this edition; the last one when none is named.")]


@app.command()
@telling
def quarter(
    say: Say,
    quarter: QuarterText,
    *,
    force: Annotated[bool, typer.Option(help="Release it although units are missing.")] = False,
    edition: Annotated[
        int | None, typer.Option(help="Analyse nothing: print the papers of this edition as decided, as signed.")
    ] = None,
) -> None:
    """Analyse a released quarter into an edition and write its book, draft proposals and table II.06a."""
    from pipelines import nightly, quarterly  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415
    from pipelines.step_lines import step_line  # noqa: PLC0415

    settings, period = Settings.from_env(), str(Quarter.parse(quarter))
    say.document["quarter"] = period
    steps: list[tuple[str, Work]] = [
        ("release", partial(quarterly.released, period, settings=settings)),
        ("analyse", partial(quarterly.analyse, period, settings=settings)),
        ("propose", partial(quarterly.propose, period, settings=settings)),
    ]
    if edition is not None:
        steps = [("publish", partial(quarterly.publish, period, edition=edition, settings=settings))]
    elif force:
        nightly.force_quarter(period, settings=settings)
    with say.steps(step_line) as step:
        for name, work in steps:
            step(name, work)


@app.command()
@telling
def decide(  # noqa: PLR0913 - a decision is who says what of which items
    say: Say,
    quarter: QuarterText,
    *,
    accept: Annotated[str, typer.Option(help="Items accepted (Đồng ý): PA-01,PA-02 or all.")] = "",
    refuse: Annotated[str, typer.Option(help="Items refused (Không đồng ý).")] = "",
    defer: Annotated[str, typer.Option(help="Items left for later (Để lại xem xét sau).")] = "",
    send_back: Annotated[str, typer.Option(help="Items sent back to be made clear (Trả lại để làm rõ).")] = "",
    change: Annotated[str, typer.Option(help="The wording one accepted item is accepted with.")] = "",
    by: By = "",
    role: Role = "",
    reason: Annotated[str, typer.Option(help="Why, in the decider's words.")] = "",
    edition: EditionNumber = None,
    again: Annotated[bool, typer.Option(help="Say it although somebody decided the item before.")] = False,
    demo: Annotated[bool, typer.Option(help="A demonstration: marked, and never in the way of a real word.")] = False,
) -> None:
    """Decide on the items of a quarter's edition, or list how they stand when nothing is decided."""
    from pipelines import quarterly  # noqa: PLC0415
    from pipelines.quarter import words  # noqa: PLC0415
    from pipelines.quarter.decide import Decider, decisions_on, items_of  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    settings, period = Settings.from_env(), str(Quarter.parse(quarter))
    shown, acts = quarterly.edition_and_acts(settings, period, edition)
    choices = {"ACCEPT": accept, "REFUSE": refuse, "DEFER": defer, "SEND_BACK": send_back}
    said = words.words_of(
        {choice: text for choice, text in choices.items() if text},
        list(items_of(shown)),
        reason=reason,
        change=change,
    )
    if not said:
        say.document |= {"quarter": period, "edition": shown.number, "fingerprint": shown.fingerprint}
        say.result(*words.stand_lines(shown, decisions_on(acts, shown)))
        return
    who = Decider(name=by, role=role, is_demo=demo, again=again)
    with say.waiting("keeping the decisions and writing the papers"):
        result = quarterly.decide(
            period, said, who, edition=edition, fingerprint=shown.fingerprint, settings=settings
        )
        result |= {"files": quarterly.publish(period, edition=result["edition"], settings=settings)["files"]}
    say.document |= result
    say.result(*words.decided_lines(result), *result["files"])
    for item, why in result["refused"].items():
        say.fault(f"{item} not kept: {why}")


@app.command()
@telling
def sign(  # noqa: PLR0913 - a signature is who, in which role, of what
    say: Say,
    quarter: QuarterText,
    *,
    by: By,
    role: Role = "",
    edition: EditionNumber = None,
    reopen: Annotated[
        bool, typer.Option(help="Take the signature back, so that items can be decided again.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")] = "",
) -> None:
    """Sign a quarter whose every item is decided: its papers are kept as they are, for ever."""
    from pipelines import quarterly  # noqa: PLC0415
    from pipelines.quarter.decide import Decider  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    settings, period = Settings.from_env(), str(Quarter.parse(quarter))
    who = Decider(name=by, role=role)
    with say.waiting("writing the papers"):
        if reopen:
            done = quarterly.reopen(period, who, reason, edition=edition, settings=settings)
        else:
            done = quarterly.sign(period, who, edition=edition, settings=settings)
    say.document |= done
    say.result(f"edition {done['edition']} {'reopened' if reopen else 'signed'} by {by}", *map(str, done["files"]))  # type: ignore[call-overload]


@app.command()
@telling
def status(say: Say) -> None:
    """The headline table of the site and where its papers are."""
    from pipelines.report import status_figures, status_lines  # noqa: PLC0415

    say.document |= (figures := status_figures())
    say.result(*status_lines(figures))


@app.command()
@telling
def rebuild(say: Say) -> None:
    """Make the warehouse again from landing alone; the same tables come out."""
    from pipelines import replay  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    notes = replay.rebuild_notes(settings)
    nights: list[dict[str, object]] = []
    say.document |= {"nights": nights, "notes": notes}
    say.note(*notes)
    try:
        for one in say.each("making nights again", replay.rebuild(settings=settings)):
            nights.append(asdict(one))
            say.result(str(one))
            say.note(*(f"{one.night}: {fault}" for fault in one.faults))
    finally:
        say.result(f"{len(nights)} nights rebuilt from landing")


@app.command()
@telling
def migrate(say: Say) -> None:
    """Bring the warehouse to the newest revision (made when it is not there)."""
    from pipelines import nightly  # noqa: PLC0415
    from pipelines.settings import Settings  # noqa: PLC0415

    settings = Settings.from_env()
    with say.waiting("bringing the warehouse up to date"), nightly.open_warehouse(settings) as warehouse:
        nightly.refresh_dimensions(settings, warehouse)
    say.document["site"] = settings.site.name
    say.result(f"warehouse ready: {settings.site.name}")


def main() -> None:
    """The command `tinhgon`."""
    run_and_leave(app)


if __name__ == "__main__":
    main()
