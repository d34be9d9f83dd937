"""The proposal file (phuong_an_don_gian_hoa.docx): a draft decision and its appendix in the usual outline.

Outline: field, procedure, what is simplified and why, who has to do what, and what it saves before and after. The
machine drafts; a person decides, and a decision that was recorded is shown with each proposal.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from docx.enum.text import WD_BREAK

from domain.codes import PROVINCES
from domain.quarter import Quarter
from pipelines.publish import formats, office_docx, quarter_view
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.office_docx import CENTER, LEFT, paragraph
from pipelines.publish.quarter_book import cost_tables

FILE_NAME = "phuong_an_don_gian_hoa.docx"
CITIES = ("Hà Nội", "Hồ Chí Minh", "Hải Phòng", "Đà Nẵng", "Cần Thơ", "Huế")
# From the first day on: the law on local government, and who receives a copy as keeper of procedure control.
# The 2015 law is FOUND (grounds of provincial decisions of 2016 and 2018); the 2025 lines are RECALLED(high, med).
SINCE = (
    (date(2025, 3, 1), "Căn cứ Luật Tổ chức chính quyền địa phương năm 2025;", "Bộ Tư pháp (để báo cáo);"),
    (
        date(2016, 1, 1),
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
        "Văn phòng Chính phủ (Cục Kiểm soát TTHC);",
    ),
    (date.min, "Căn cứ Luật Tổ chức Hội đồng nhân dân và Ủy ban nhân dân;", "Bộ Tư pháp (Cục Kiểm soát TTHC);"),
)
GROUNDS = (
    "Căn cứ Nghị định số 63/2010/NĐ-CP ngày 08 tháng 6 năm 2010 của Chính phủ về kiểm soát thủ tục hành chính; "
    "Nghị định số 48/2013/NĐ-CP ngày 14 tháng 5 năm 2013 và Nghị định số 92/2017/NĐ-CP ngày 07 tháng 8 năm 2017 "
    "sửa đổi, bổ sung một số điều của các Nghị định liên quan đến kiểm soát thủ tục hành chính;",
    "Căn cứ Thông tư số 02/2017/TT-VPCP ngày 31 tháng 10 năm 2017 của Bộ trưởng, Chủ nhiệm Văn phòng Chính phủ "
    "hướng dẫn về nghiệp vụ kiểm soát thủ tục hành chính;",
)
LEAD = {"CUT_DAYS": "Thời hạn giải quyết", "MERGE": "Thời hạn giải quyết"}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII",
         "XVIII", "XIX", "XX")  # fmt: skip

Row = dict[str, Any]


def write_proposals_docx(papers: QuarterPapers, folder: Path) -> Path:
    """Write the proposal file of a quarter; returns its path. Same proposals and decisions, same bytes."""
    last = Quarter.parse(papers.quarter).last
    document = office_docx.office_document(
        title=f"Phương án đơn giản hóa thủ tục hành chính {formats.quarter(papers.quarter)}",
        dated=datetime.combine(last, time(0, 0)),
    )
    office_docx.draft_mark(
        document,
        f"do hệ thống lập từ số liệu, bản phân tích số {papers.edition} (mã đối chiếu {papers.fingerprint[:12]}); "
        "chỉ có giá trị khi được ký ban hành",
    )
    office_docx.page_numbers(document)
    rows = quarter_view.proposals(papers)
    decided = sum(row["choice"] is not None for row in rows)
    main = [row for row in rows if row["is_accepted"]] if decided else rows
    taken = {row["item_no"] for row in main}
    rest = [row for row in rows if row["item_no"] not in taken]
    _decision(document, papers, len(main), state=_state_vi(decided, rows))
    costs = cost_tables(papers)
    _appendix(document, papers, main, costs, number="I" if rest else "")
    if rest:
        _appendix(document, papers, rest, costs, number="II")
    return office_docx.save(document, folder / FILE_NAME)


def _state_vi(decided: int, rows: Sequence[Row]) -> str:
    """How far the deciding has come, in brackets; '' when every item is decided for real."""
    if not decided:
        return " (dự thảo, chờ quyết định)" if rows else ""
    states = [f"dự thảo, đã quyết định {decided}/{len(rows)} phương án"] if decided < len(rows) else []
    states += ["quyết định minh họa"] if any(row["is_demo"] for row in rows) else []
    return f" ({'; '.join(states)})" if states else ""


def _decision(document: Any, papers: QuarterPapers, count: int, *, state: str) -> None:
    province = province_vi(papers.province_name)
    last = Quarter.parse(papers.quarter).last
    law, keeper = next((law, keeper) for since, law, keeper in SINCE if last >= since)
    office_docx.heading(
        document,
        parent="Ủy ban nhân dân",
        unit=province,
        number="Số:          /QĐ-UBND",
        place_and_day=f"{papers.place or '……………'}, {formats.long_day(None)}",
    )
    paragraph(document, "", after=2)
    paragraph(document, ("QUYẾT ĐỊNH", "b"), align=CENTER, after=0, size=14)
    paragraph(
        document,
        (
            "Về việc thông qua phương án đơn giản hóa thủ tục hành chính thuộc phạm vi giải quyết của "
            f"{papers.site_name} ({formats.quarter(papers.quarter)})",
            "b",
        ),
        align=CENTER,
        after=10,
    )
    paragraph(document, (f"CHỦ TỊCH ỦY BAN NHÂN DÂN {province.upper()}", "b"), align=CENTER, after=8)
    plan = f"Căn cứ Kế hoạch rà soát, đánh giá thủ tục hành chính năm {last.year} (số ………… ngày …………);"
    for ground in (law, *GROUNDS, plan, f"Theo đề nghị của {papers.site_name} tại Tờ trình số ………… ngày …………"):
        end = "," if ground.startswith("Theo đề nghị") else ""
        paragraph(document, (ground + end, "i"), indent=True, after=4)
    paragraph(document, ("QUYẾT ĐỊNH:", "b"), align=CENTER, after=6)
    articles = (
        (
            "Điều 1. ",
            f"Thông qua {count} phương án đơn giản hóa thủ tục hành chính{state} tại Phụ lục kèm theo "
            "Quyết định này.",
        ),
        (
            "Điều 2. ",
            "Giao các cơ quan, đơn vị liên quan dự thảo văn bản thực thi phương án thuộc thẩm quyền của Ủy ban "
            "nhân dân tỉnh; trình kiến nghị bộ, ngành trung ương đối với nội dung vượt thẩm quyền. Văn phòng Ủy ban "
            "nhân dân tỉnh kiểm tra, đôn đốc việc thực hiện.",
        ),
        (
            "Điều 3. ",
            "Quyết định này có hiệu lực kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị và cá nhân có liên quan chịu "
            "trách nhiệm thi hành Quyết định này./.",
        ),
    )
    for name, words in articles:
        paragraph(document, (name, "b"), words, indent=True)
    paragraph(document, "", after=0)
    office_docx.signature(
        document,
        receivers=("Như Điều 3;", keeper, f"{papers.site_name};", "Lưu: VT, KSTT."),
        title="CHỦ TỊCH",
        name=None,
    )


def province_vi(name: str) -> str:
    """'H16' or 'Đắk Nông' → 'tỉnh Đắk Nông'; dots to fill in when nothing is known."""
    known = PROVINCES.get(name, name)
    if not known or known.startswith(("tỉnh", "thành phố")):
        return known or "tỉnh ………………"
    plain = known.removeprefix("TP. ")
    return f"thành phố {plain}" if plain in CITIES else f"tỉnh {plain}"


def _appendix(
    document: Any, papers: QuarterPapers, rows: Sequence[Row], costs: Mapping[str, list[Row]], *, number: str
) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    is_rest = number == "II"
    title = "PHƯƠNG ÁN CHƯA ĐƯỢC THÔNG QUA" if is_rest else "PHƯƠNG ÁN ĐƠN GIẢN HÓA THỦ TỤC HÀNH CHÍNH"
    paragraph(document, (f"PHỤ LỤC {number}".strip(), "b"), align=CENTER, after=0, size=14)
    paragraph(document, (title, "b"), align=CENTER, after=0, size=14)
    note = (
        "(Lưu để theo dõi, không thuộc nội dung thông qua)"
        if is_rest
        else "(Kèm theo Quyết định số ……… ngày ……… của Chủ tịch UBND tỉnh)"
    )
    paragraph(document, (note, "i"), align=CENTER, after=10, size=12)
    if not rows:
        words = "Không có phương án nào được thông qua." if number else "Quý này không có phương án nào."
        paragraph(document, words, indent=True)
        return
    _overview(document, rows)
    for place, (field, group) in enumerate(by_field(rows)):
        roman = ROMAN[place] if place < len(ROMAN) else str(place + 1)
        paragraph(document, (f"{roman}. LĨNH VỰC {field.upper()}", "b"), align=LEFT, after=6, keep=True)
        for row in group:
            _proposal(document, row, costs.get(str(row["proposal_id"]), []))


def _overview(document: Any, rows: Sequence[Row]) -> None:
    """All proposals of an appendix on one table, so that the reader sees the whole before the parts."""
    body = [
        (
            str(row["item_no"]),
            f"{row['title']} (thông qua có sửa đổi)" if row["accepted_change"] else str(row["title"]),
            _who(row["competence"]),
            formats.money(row["saving"]) if row["has_cost"] and not row["accepted_change"] else "–",
        )
        for _, group in by_field(rows)
        for row in group
    ]
    paragraph(document, ("Tổng hợp", "b"), align=LEFT, after=4, keep=True)
    heading = ("Số", "Phương án", "Thẩm quyền", "Tiết kiệm (đồng/năm)")
    office_docx.grid(document, (heading, *body), (16, 80, 38, 28), words=3)


def _who(competence: object) -> str:
    """Who decides, without what it is they decide: the words in brackets and after a colon."""
    return re.sub(r"\s*\([^)]*\)", "", str(competence)).split(":")[0]


def by_field(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Proposals by their field, in the order they were numbered in."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["field_name"]), []).append(row)
    return list(groups.items())


def _proposal(document: Any, row: Row, costs: Sequence[Row]) -> None:
    procedures, order = row["procedures"], row["item_no"]
    if len(procedures) == 1:
        name = f"Thủ tục: {procedures[0]['name']} ({procedures[0]['proc_core']})"
    else:
        name = f"Nhóm thủ tục: {row['title']}"
    paragraph(document, (f"{order}. {name}", "b"), indent=True, keep=True)
    paragraph(document, ("Tình trạng: ", "i"), row["decision"], ".", indent=True)
    if len(procedures) > 1:
        for each in procedures:
            paragraph(document, f"- {each['name']} ({each['proc_core']});", indent=True, after=2)
    paragraph(document, (f"{order}.1. Nội dung đơn giản hóa", "b"), indent=True, keep=True)
    paragraph(document, f"a) {row['change']}", indent=True)
    if row["accepted_change"]:
        paragraph(document, ("Nội dung được chấp thuận: ", "b"), row["accepted_change"], indent=True)
    if (
        row["kind"] in LEAD
        and not row["accepted_change"]  # those days are the draft's, not what was accepted
        and not formats.is_unknown(row["days_before"])
        and not formats.is_unknown(row["days_after"])
    ):
        now, then = (formats.plain_number(row[name]) for name in ("days_before", "days_after"))
        words = f"hiện nay: {now} ngày làm việc; sau khi đơn giản hóa: {then} ngày làm việc."
        paragraph(document, f"b) {LEAD[row['kind']]} {words}", indent=True)
    paragraph(document, ("Lý do: ", "b"), row["reason"], indent=True)
    _evidence(document, row)
    paragraph(document, (f"{order}.2. Kiến nghị thực thi", "b"), indent=True, keep=True)
    paragraph(document, f"- Thẩm quyền: {row['competence']}.", indent=True, after=2)
    law = _own_law(procedures)
    paragraph(
        document,
        f"- Văn bản cần sửa đổi, bổ sung: {law or '……………………………………'} (điều, khoản do cơ quan rà soát xác định).",
        indent=True,
        after=2,
    )
    paragraph(document, f"- Căn cứ rà soát: {row['legal_basis']}.", indent=True, after=2)
    paragraph(document, "- Lộ trình thực hiện: ………………………………", indent=True)
    _benefit(document, row, costs)


def _evidence(document: Any, row: Row) -> None:
    if not row["evidence"] or row["kind"] == "REVIEW_UNUSED":  # there the list of procedures is the evidence
        return
    paragraph(document, ("Căn cứ số liệu:", "b"), indent=True, after=2, keep=True)
    for sentence in row["evidence"][:3]:
        paragraph(document, f"- {sentence}", indent=True, after=2)
    if len(row["evidence"]) > 3:
        paragraph(document, f"- và {len(row['evidence']) - 3} dấu hiệu khác, xem sổ tay quý.", indent=True, after=2)
    if row["examples"]:
        paragraph(document, (f"Hồ sơ ví dụ: {', '.join(row['examples'])}.", "i"), indent=True)


def _own_law(procedures: Sequence[Mapping[str, Any]]) -> str:
    """The legal documents that the procedures themselves name, each once."""
    named: dict[str, None] = {}
    for each in procedures:
        basis = each.get("legal_basis")
        if formats.is_unknown(basis):
            continue
        try:
            loaded = json.loads(str(basis))
        except ValueError:
            loaded = [str(basis)]
        for one in loaded if isinstance(loaded, list) else [loaded]:
            named[" ".join(str(one).split())] = None
    return "; ".join(list(named)[:4])


def _benefit(document: Any, row: Row, costs: Sequence[Row]) -> None:
    paragraph(document, (f"{row['item_no']}.3. Lợi ích phương án đơn giản hóa", "b"), indent=True, keep=True)
    if row["accepted_change"]:
        words = "- Chi phí và thời gian trong dự thảo không tính theo nội dung được chấp thuận; cần tính lại."
        paragraph(document, words, indent=True, after=10)
        return
    if not row["has_cost"]:
        paragraph(document, "- Chưa tính được chi phí tuân thủ cho phương án này.", indent=True, after=10)
        return
    lines = (
        f"- Chi phí tuân thủ TTHC trước khi đơn giản hóa: {formats.money(row['cost_before'])} đồng/năm.",
        f"- Chi phí tuân thủ TTHC sau khi đơn giản hóa: {formats.money(row['cost_after'])} đồng/năm.",
        f"- Chi phí tiết kiệm: {formats.money(row['saving'])} đồng/năm.",
        f"- Tỷ lệ cắt giảm chi phí: {row['rate']}.",
    )
    for line in lines:
        paragraph(document, line, indent=True, after=2)
    if row["kind"] == "CUT_DAYS":
        sooner = formats.plain_number(row["days_before"] - row["days_after"])
        paragraph(
            document, f"- Thời hạn giải quyết rút ngắn: {sooner} ngày làm việc mỗi hồ sơ.", indent=True, after=2
        )
    if not costs:
        paragraph(document, "", after=6)
        return
    first = costs[0]
    paragraph(
        document,
        f"Cách tính (một lần thực hiện; {formats.number(first['per_year'])} lần/năm; thu nhập bình quân một giờ "
        f"{formats.money(first['hourly_rate'])} đồng, {first['rate_source']}):",
        indent=True,
        after=4,
        keep=True,
    )
    heading = ("Công việc", "Giờ trước", "Giờ sau", "Chi khác trước (đồng)", "Chi khác sau (đồng)")
    body = [
        (
            str(line["activity"]),
            formats.plain_number(line["hours_before"], 2),
            formats.plain_number(line["hours_after"], 2),
            formats.money(line["services_before"]),
            formats.money(line["services_after"]),
        )
        for line in costs
    ]
    office_docx.grid(document, (heading, *body), (58, 22, 22, 30, 30))
