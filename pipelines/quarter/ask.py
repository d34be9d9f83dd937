"""What the people who decide are asked: a subject, a summary, and the items in the order of the papers.

Texts of a catalogue and of units stand in it, so nothing in them may become a table, a link or a heading: `plain`.
"""

import re
from pathlib import Path
from typing import Any, Final

import pandas as pd

from domain.act import CHOICE_VI, UNDECIDED_VI
from pipelines.edition import Edition
from pipelines.publish import formats
from pipelines.publish.rows import records

# A form longer than this is not read to its end: the other items are decided with `tinhgon decide`.
FORM_ITEMS: Final = 40
_LONGEST_TITLE: Final = 160
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~&:/@])")


def question(edition: Edition, decisions: pd.DataFrame, *, folder: Path) -> dict[str, Any]:
    """Subject, body (markdown), and the items the form shows: number, label, the choice that stands."""
    stands = {str(row["proposal_id"]): row for row in records(decisions)}
    rows = records(edition.frames["proposals"])
    shown = rows[:FORM_ITEMS]
    items = [
        {
            "item": str(row["item_no"]),
            "label": f"{row['item_no']}. {cut(str(row['title']))}",
            "stands": CHOICE_VI[str(stands[str(row["proposal_id"])]["choice"])]
            if str(row["proposal_id"]) in stands
            else UNDECIDED_VI,
        }
        for row in shown
    ]
    period = formats.quarter(edition.subject)
    return {
        "quarter": edition.subject,
        "edition": edition.number,
        "fingerprint": edition.fingerprint,
        "subject": f"Quyết định từng phương án đơn giản hóa thủ tục hành chính {period} "
        f"(bản phân tích số {edition.number})",
        "body": "\n".join(_body(edition, rows, stands, folder)),
        "items": items,
        "proposals": len(rows),
    }


def plain(text: object) -> str:
    """`text` on one line, with no meaning in markdown or HTML.

    >>> plain("a|b" + chr(10) + "[x](y)")
    'a\\\\|b \\\\[x\\\\]\\\\(y\\\\)'
    """
    marked = _MARKS.sub(r"\\\1", " ".join(str(text).split()))
    return marked.replace("<", "&lt;").replace(">", "&gt;")


def cut(title: str) -> str:
    """A title on one line, cut where a form would break it."""
    line = " ".join(title.split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"


def _body(edition: Edition, rows: list[dict[str, Any]], stands: dict[str, Any], folder: Path) -> list[str]:
    facts = edition.facts
    lines = [
        f"Hệ thống đã dự thảo **{len(rows)}** phương án từ dữ liệu {formats.quarter(edition.subject)} của "
        f"{plain(facts['site_name'])}. Đọc sổ tay quý và dự thảo phương án trước khi quyết định: `{folder}`.",
        "",
        f"Bản phân tích số {edition.number}, mã đối chiếu `{edition.fingerprint[:12]}` (in trong các văn bản). "
        f"Đã quyết định {len(stands)}/{len(rows)} phương án.",
        "",
        "| Số | Phương án | Nội dung đề xuất | Thẩm quyền | Tiết kiệm (đồng/năm) | Hiện trạng |",
        "|---|---|---|---|---:|---|",
    ]
    for row in rows[:FORM_ITEMS]:
        stand = stands.get(str(row["proposal_id"]))
        state = UNDECIDED_VI if stand is None else CHOICE_VI[str(stand["choice"])]
        demo = " (minh họa)" if stand is not None and bool(stand["is_demo"]) else ""
        cells = (row["item_no"], row["title"], row["change"], row["competence"], formats.money(row["saving"]))
        lines.append(f"| {' | '.join(map(plain, cells))} | {state}{demo} |")
    if len(rows) > FORM_ITEMS:
        lines += [
            "",
            f"Biểu này có {FORM_ITEMS} phương án đầu; {len(rows) - FORM_ITEMS} phương án còn lại xem trong dự thảo "
            f"phương án và quyết định bằng lệnh `tinhgon decide {edition.subject}`.",
        ]
    if edition.number > 1:
        lines += [
            "",
            "Các bản phân tích trước và quyết định trên từng bản được giữ nguyên, không chuyển sang bản này.",
        ]
    if not facts["is_complete"]:
        missing = ", ".join(map(plain, facts["missing"]))
        why = f"chưa đủ đơn vị nộp: {missing}" if missing else "lấy từ lần nạp ban đầu, không đối chiếu từng đêm"
        lines += ["", f"**Lưu ý:** số liệu quý {why}."]
    lines += [
        "",
        "Đây là dự thảo do máy lập; người có thẩm quyền quyết định và ký. Phương án để “Chưa quyết định” giữ nguyên "
        "hiện trạng và được hỏi lại.",
    ]
    return lines
