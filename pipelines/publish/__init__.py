"""Publishing: pages, letters, tables and messages for people in an office, in Vietnamese.

Each writer takes typed records and frames and writes the file it names; nothing is looked up, no clock is read,
and the same content gives the same bytes. Writers are loaded when first asked for, so that a task that writes
letters does not pay for charts.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "write_quality_page": "quality_page",
    "write_digests": "digest",
    "send_mail": "mail",
    "MailReport": "mail",
    "write_letters": "letters",
    "write_letter": "letters",
    "letter_file_name": "letters",
    "template_version": "letters",
    "write_late_list": "late_list",
    "write_quarter_book": "quarter_book",
    "write_proposals_docx": "proposals_docx",
    "write_report_06a_xlsx": "report_06a",
    **dict.fromkeys(
        ("NightPage", "Recipient", "Message", "Addressee", "LetterOffice", "LetterCase", "QuarterPapers"), "inputs"
    ),
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the table above is the list


def __getattr__(name: str) -> Any:
    """Load a writer's module when the writer is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
