"""A Word document in the layout of Vietnamese administrative papers: A4, Times New Roman, two-column heading.

Margins (top and bottom 20 mm, left 30 mm, right 18 mm) and sizes (13 to 14 points) are inside what Circular
01/2011/TT-BNV and Decree 30/2020/NĐ-CP both allow.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from domain.clean import clean
from pipelines.publish.files import without_clock, write_whole

CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
RIGHT = WD_ALIGN_PARAGRAPH.RIGHT
FONT = "Times New Roman"
BODY_WIDTH_MM = 162
_TITLE_LETTERS = 255  # what a core property of an office document holds


def office_document(*, title: str, dated: datetime, size: float = 13.5) -> Any:
    """An empty document with the office's page, font and core properties fixed by `dated` (no clock)."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(18)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.get_or_add_rPr().append(language)
    style.paragraph_format.space_after = Pt(6)
    style.paragraph_format.line_spacing = 1.1
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by, facts.language = "", "Tinh Gọn", "Tinh Gọn", "vi-VN"
    facts.title = clean(title)[:_TITLE_LETTERS]
    facts.comments, facts.keywords, facts.subject = "", "", ""
    facts.created = facts.modified = dated
    facts.revision = 1
    return document


def save(document: Any, path: Path) -> Path:
    """Write the document; the same content gives the same bytes."""
    raw = io.BytesIO()
    document.save(raw)
    return write_whole(path, without_clock(raw.getvalue()))


def paragraph(  # noqa: PLR0913 - the properties of a paragraph, all by keyword
    place: Any,
    *runs: str | tuple[str, str],
    align: Any = JUSTIFY,
    indent: bool = False,
    after: float = 6,
    size: float | None = None,
    keep: bool = False,
) -> Any:
    """A paragraph of runs; a run is text or (text, style letters 'b' bold, 'i' italic, 'u' underlined)."""
    added = place.add_paragraph()
    added.alignment = align
    added.paragraph_format.space_after = Pt(after)
    added.paragraph_format.keep_with_next = keep
    if indent:
        added.paragraph_format.first_line_indent = Mm(10)
    for each in runs:
        content, letters = each if isinstance(each, tuple) else (each, "")
        run = added.add_run(clean(content))
        run.bold, run.italic, run.underline = "b" in letters, "i" in letters, "u" in letters
        if size:
            run.font.size = Pt(size)
    return added


def dotted_line(place: Any, words: str, *, indent: bool = False) -> None:
    """Words followed by dots to the right margin, to be written on by hand."""
    line = paragraph(place, f"{words}\t", align=LEFT, indent=indent, after=4)
    line.paragraph_format.tab_stops.add_tab_stop(Mm(BODY_WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def rule_below(place: Any, *, width_mm: float, around_mm: float) -> None:
    """The thin line an office draws below its name or the motto: an empty paragraph with a top border."""
    line = place.add_paragraph()
    line.paragraph_format.space_after = Pt(2)
    line.paragraph_format.line_spacing = Pt(4)
    side = Mm(max((around_mm - width_mm) / 2, 0))
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = side
    border = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    border.append(top)
    line._p.get_or_add_pPr().insert_element_before(border, *_AFTER_BORDER)


_AFTER_BORDER = (
    "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct", "w:topLinePunct",
    "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind",
    "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
    "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange",
)  # fmt: skip


def columns(document: Any, widths_mm: Sequence[float]) -> list[Any]:
    """One borderless table row of fixed columns; gives the cells, each with no paragraph of its own to see."""
    table = document.add_table(rows=1, cols=len(widths_mm))
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    whole = OxmlElement("w:cantSplit")  # a signature never starts on one page and ends on the next
    table.rows[0]._tr.get_or_add_trPr().append(whole)
    cells = []
    for cell, column, width in zip(table.rows[0].cells, table.columns, widths_mm, strict=True):
        column.width = cell.width = Mm(width)
        first = cell.paragraphs[0]
        first._p.getparent().remove(first._p)
        cells.append(cell)
    return cells


def heading(document: Any, *, parent: str, unit: str, number: str, place_and_day: str) -> None:
    """Quốc hiệu, tiêu ngữ on the right; the office, its superior and the number on the left."""
    left, right = columns(document, (70, 97))
    if parent:
        paragraph(left, parent.upper(), align=CENTER, after=0, size=12)
    paragraph(left, (unit.upper(), "b"), align=CENTER, after=0, size=12)
    rule_below(left, width_mm=24, around_mm=66)
    paragraph(left, number, align=CENTER, after=0, size=13)
    paragraph(right, ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "b"), align=CENTER, after=0, size=12)
    paragraph(right, ("Độc lập - Tự do - Hạnh phúc", "b"), align=CENTER, after=0, size=13)
    rule_below(right, width_mm=56, around_mm=93)
    paragraph(right, (place_and_day, "i"), align=CENTER, after=0, size=13)


def draft_mark(document: Any, words: str) -> None:
    """'DỰ THẢO' at the top right of every page: the machine drafts, a person signs (and takes the mark off)."""
    header = document.sections[0].header
    header.is_linked_to_previous = False
    line = header.paragraphs[0]
    line.alignment = RIGHT
    strong = line.add_run("DỰ THẢO")
    strong.bold, strong.font.size = True, Pt(12)
    soft = line.add_run(f" – {clean(words)}")
    soft.italic, soft.font.size = True, Pt(10)


def footer_note(document: Any, words: str) -> None:
    """A small line at the foot of every page."""
    line = document.sections[0].footer.paragraphs[0]
    line.alignment = CENTER
    run = line.add_run(clean(words))
    run.italic, run.font.size = True, Pt(9)


def page_numbers(document: Any) -> None:
    """The page number at the foot of every page, as a field the word processor fills in."""
    line = document.sections[0].footer.paragraphs[0]
    line.alignment = CENTER
    for kind, code in (("begin", None), (None, "PAGE"), ("end", None)):
        run = line.add_run()
        run.font.size = Pt(11)
        mark = OxmlElement("w:instrText" if code else "w:fldChar")
        if code:
            mark.text = code
        else:
            mark.set(qn("w:fldCharType"), str(kind))
        run._r.append(mark)


def signature(document: Any, *, receivers: Sequence[str], title: str, name: str | None) -> None:
    """Nơi nhận on the left, the signer on the right with room for signature and seal."""
    left, right = columns(document, (78, 89))
    paragraph(left, ("Nơi nhận:", "bi"), align=LEFT, after=0, size=12)
    for receiver in receivers:
        paragraph(left, f"- {receiver}", align=LEFT, after=0, size=11)
    for line in title.split(" - ", 1) if title.startswith(("KT.", "TM.", "TL.", "TUQ.")) else [title]:
        paragraph(right, (line.upper(), "b"), align=CENTER, after=0)
    paragraph(right, ("(Ký, ghi rõ họ tên, đóng dấu)", "i"), align=CENTER, after=44, size=12)
    paragraph(right, (name or "……………………………", "b"), align=CENTER, after=0)


def grid(document: Any, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, words: int = 1) -> None:
    """A bordered table: `words` columns of words, then figures; the first row is the heading of every page."""
    table = document.add_table(rows=len(rows), cols=len(widths_mm))
    table.style = "Table Grid"
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for place, row in enumerate(rows):
        table.rows[place]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for at, (cell, content, width) in enumerate(zip(table.rows[place].cells, row, widths_mm, strict=True)):
            cell.width = Mm(width)
            line = cell.paragraphs[0]
            line.paragraph_format.space_after = Pt(1)
            line.alignment = CENTER if place == 0 else LEFT if at < words else RIGHT
            run = line.add_run(clean(content))
            run.bold, run.font.size = place == 0, Pt(11.5)
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)
    paragraph(document, "", after=2)
