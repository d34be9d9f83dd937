"""Draft apology letters (DOCX), one a late dossier, in the wording in force on the letter's day.

The machine fills in what it knows; the reason stays open for the signer when the data do not say it. Names and
addresses come with each case and are written nowhere but into the letter.
"""

from datetime import datetime, time
from pathlib import Path
from typing import Any

from pipelines.publish import formats, office_docx
from pipelines.publish.files import safe_name
from pipelines.publish.inputs import LetterCase, LetterOffice
from pipelines.publish.letter_texts import LetterText, letter_text_on
from pipelines.publish.office_docx import CENTER, paragraph

FOLDER = "thu_xin_loi"
BLANK = "……………………………………"


def letter_file_name(dossier_id: str) -> str:
    """The file name of a dossier's letter, from its identity (which names no one): one dossier, one name."""
    return f"{safe_name(dossier_id)}.docx"


def template_version(case: LetterCase) -> str:
    """The version of the wording this letter is written in, to be kept with the letter."""
    return letter_text_on(case.letter_on).version


def write_letter(case: LetterCase, office: LetterOffice, path: Path, *, draft: bool = True) -> Path:
    """Write one letter. Same case, same bytes."""
    text = letter_text_on(case.letter_on)
    document = office_docx.office_document(
        title=f"{' '.join(text.title.split())} – {case.dossier_code}",
        dated=datetime.combine(case.letter_on, time(0, 0)),
    )
    if draft:
        office_docx.draft_mark(document, "chưa có giá trị khi người có thẩm quyền chưa ký")
        office_docx.footer_note(document, f"Hồ sơ {case.dossier_code} – {text.form}")
    office_docx.heading(
        document,
        parent=office.parent_name,
        unit=office.unit_name,
        number=f"Số: {case.letter_no or '……'}/{office.letter_code or text.code}",
        place_and_day=f"{office.place}, {formats.long_day(case.letter_on)}",
    )
    _title(document, text)
    _addressee(document, case)
    _body(document, case, office, text)
    office_docx.signature(
        document,
        receivers=("Như trên;", f"{text.counter_name} (để trả công dân);", "Lưu: VT, hồ sơ."),
        title=office.signer_title,
        name=office.signer_name,
    )
    return office_docx.save(document, path)


def _title(document: Any, text: LetterText) -> None:
    paragraph(document, "", after=0)
    paragraph(document, (text.title, "b"), align=CENTER, after=0 if text.subtitle else 8, size=14)
    if text.subtitle:
        paragraph(document, (text.subtitle, "b"), align=CENTER, after=8)


def _addressee(document: Any, case: LetterCase) -> None:
    paragraph(document, f"Kính gửi: Ông/Bà {case.person.owner_name or BLANK}", align=CENTER, after=2)
    reach = [f"Địa chỉ: {case.person.owner_address}"] if case.person.owner_address else []
    reach += [f"Số điện thoại: {case.person.owner_phone}"] if case.person.owner_phone else []
    paragraph(document, ". ".join(reach) if reach else "", align=CENTER, after=8)


def _body(document: Any, case: LetterCase, office: LetterOffice, text: LetterText) -> None:
    unit = office.unit_name
    paragraph(document, f"Thực hiện {text.legal_basis}, {unit} thông báo đến Ông/Bà như sau:", indent=True)
    paragraph(
        document,
        f"{formats.capital(formats.long_day(case.received_on))}, {unit} tiếp nhận hồ sơ đề nghị giải quyết thủ tục "
        "hành chính “",
        case.proc_name,
        "” của Ông/Bà; mã hồ sơ: ",
        (case.dossier_code, "b"),
        ".",
        indent=True,
    )
    paragraph(
        document,
        f"Thời gian hẹn trả kết quả ghi trên {text.receipt_name}: ",
        (formats.long_day(case.old_due_on), "b"),
        ".",
        indent=True,
    )
    paragraph(document, _why_now(case, unit), indent=True)
    _line(document, "Hồ sơ hiện đang được xử lý tại: ", case.where_now)
    _line(document, "Lý do: ", case.reason)
    paragraph(
        document,
        "Sự chậm trễ này đã gây phiền hà, tốn kém thời gian, công sức của Ông/Bà. ",
        (f"{unit} chân thành xin lỗi Ông/Bà", "b"),
        " và hẹn trả kết quả vào ",
        (formats.long_day(case.new_due_on), "b"),
        f", tại {text.counter_name}.",
        indent=True,
    )
    if text.extension_rule:
        paragraph(document, text.extension_rule, indent=True)
    paragraph(document, "Mong nhận được sự thông cảm của Ông/Bà./.", indent=True, after=8)


def _line(document: Any, words: str, content: str | None) -> None:
    """Words and their content, or a dotted line to write on (with a second line, so that a reason fits)."""
    if content:
        paragraph(document, words, content, "" if content.endswith(".") else ".", indent=True)
        return
    office_docx.dotted_line(document, words, indent=True)
    office_docx.dotted_line(document, "")


def _why_now(case: LetterCase, unit: str) -> str:
    if case.kind == "DUE_TOMORROW":
        return f"Đến nay hồ sơ chưa giải quyết xong và {unit} không thể trả kết quả đúng thời gian đã hẹn."
    return f"Tuy nhiên, đến nay {unit} chưa trả được kết quả giải quyết hồ sơ của Ông/Bà đúng thời gian đã hẹn."
