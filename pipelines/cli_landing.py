"""The commands of `tinhgon landing`: files taken in are listed, withdrawn, confirmed."""

from typing import Annotated

import typer

from pipelines.say import By, Role, Say, telling

landing_app = typer.Typer(
    help="Files taken in: how each stands on its night; withdraw one, or confirm one whose bytes are old.",
    no_args_is_help=True,
)
NightArgument = Annotated[str, typer.Argument(metavar="NIGHT", help="The night: 2017-12-31 or 31/12/2017.")]
UnitArgument = Annotated[str, typer.Argument(metavar="UNIT", help="The unit's code.")]
FileArgument = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Its name, or 8 or more characters of its SHA-256, as `list` shows them."),
]
Reason = Annotated[str, typer.Option(help="Why, in that person's words.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the word back.")]


@landing_app.command("list")
@telling
def landing_list(
    say: Say,
    night: Annotated[str | None, typer.Option(help="Only this night.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
) -> None:
    """Files with how they stand: counts, replaced, withdrawn, the same twice, seen before, old register."""
    from pipelines import landed_files  # noqa: PLC0415

    rows = list(landed_files.list_landed(night=night, unit=unit))
    say.document |= {"count": len(rows), "files": rows}
    say.result(*landed_files.landed_lines(rows), f"{len(rows)} files")


@landing_app.command("withdraw")
@telling
def landing_withdraw(  # noqa: PLR0913 - a word is who says what of which file, and why
    say: Say,
    night: NightArgument,
    unit: UnitArgument,
    file: FileArgument,
    *,
    by: By,
    role: Role = "",
    reason: Reason,
    undo: Undo = False,
) -> None:
    """Withdraw a file (rút tệp): it does not count for its night; its bytes stay."""
    from pipelines import acts, landed_files  # noqa: PLC0415

    meant = landed_files.Meant(night=night, unit_code=unit, file=file)
    say.document |= (
        result := landed_files.withdraw(meant, acts.Saying(name=by, role=role, reason=reason, undo=undo))
    )
    say.result(*landed_files.said_lines(result))


@landing_app.command("confirm")
@telling
def landing_confirm(  # noqa: PLR0913 - a word is who says what of which file, and why
    say: Say,
    night: NightArgument,
    unit: UnitArgument,
    file: FileArgument,
    *,
    by: By,
    role: Role = "",
    reason: Reason,
    undo: Undo = False,
) -> None:
    """Confirm a file whose bytes are old (xác nhận): it counts for its night all the same."""
    from pipelines import acts, landed_files  # noqa: PLC0415

    meant = landed_files.Meant(night=night, unit_code=unit, file=file)
    say.document |= (result := landed_files.confirm(meant, acts.Saying(name=by, role=role, reason=reason, undo=undo)))
    say.result(*landed_files.said_lines(result))
