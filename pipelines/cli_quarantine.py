"""The commands of `tinhgon quarantine`: rows set aside are listed, discarded for good, judged again."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.say import By, Role, Say, telling

quarantine_app = typer.Typer(
    help="Rows set aside: list them, discard them for good, replay them after a correction.", no_args_is_help=True
)
Unit = Annotated[str | None, typer.Option(help="Only this unit.")]


@quarantine_app.command("list")
@telling
def quarantine_list(
    say: Say,
    unit: Unit = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule, e.g. DQ-DT-07.")] = None,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="Those that were discarded instead: by whom, when, why.")
    ] = False,
) -> None:
    """Rows set aside, with id, rule, place and reason; those discarded for good are left out."""
    from pipelines import quarantine  # noqa: PLC0415

    listed = quarantine.list_quarantine(unit=unit, rule=rule, only_discarded=discarded)
    say.document |= {"count": len(listed.rows), "rows": listed.rows}
    say.document["open" if discarded else "discarded"] = listed.others
    told = "rows discarded" if discarded else "rows in quarantine"
    more = f", {listed.others} discarded are not shown (--discarded)" if listed.others and not discarded else ""
    say.result(*quarantine.quarantine_lines(listed.rows), f"{len(listed.rows)} {told}{more}")


@quarantine_app.command("discard")
@telling
def quarantine_discard(  # noqa: PLR0913 - a word is who says what of which rows, and why
    say: Say,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of rows, as `quarantine list` shows them.")],
    *,
    by: By,
    role: Role = "",
    reason: Annotated[str, typer.Option(help="Why, in that person's words.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take it back: the rows are open again.")] = False,
) -> None:
    """Discard rows for good (bỏ, không xử lý), or take that back; the same row handed in again stays discarded."""
    from pipelines import acts, quarantine  # noqa: PLC0415

    saying = acts.Saying(name=by, role=role, reason=reason, undo=undo)
    say.document |= (result := quarantine.discard(ids, saying))
    say.result(*quarantine.discard_lines(result))


@quarantine_app.command("confirm")
@telling
def quarantine_confirm(  # noqa: PLR0913 - a word is who says what of which rows, and why
    say: Say,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of rows, as `quarantine list` shows them.")],
    *,
    by: By,
    role: Role = "",
    reason: Annotated[str, typer.Option(help="Why, in that person's words.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Confirm rows that take an end away (DQ-HX-03) or put a dossier right (DQ-ID-08): from then on they count."""
    from pipelines import acts, confirming  # noqa: PLC0415

    saying = acts.Saying(name=by, role=role, reason=reason, undo=undo)
    say.document |= (result := confirming.confirm(ids, saying))
    say.result(*confirming.confirm_lines(result))


@quarantine_app.command("replay")
@telling
def quarantine_replay(
    say: Say,
    unit: Unit = None,
    night: Annotated[str | None, typer.Option(help="Only this night.")] = None,
) -> None:
    """Judge again what was set aside, from landing, after a correction in the unit's file or the catalogue."""
    from pipelines import replay  # noqa: PLC0415

    slices: list[dict[str, object]] = []
    say.document["slices"] = slices
    for one in say.each("judging again", replay.replay_quarantine(unit=unit, night=night)):
        slices.append(asdict(one))
        say.result(str(one))
    if not slices:
        say.result("nothing in quarantine to replay")
