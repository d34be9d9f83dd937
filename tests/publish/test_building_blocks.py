"""What every paper and page is built of: files, templates, drawings, parts of Word, how to mend."""

import io
import re
import zipfile
from datetime import datetime

import pandas as pd
import pytest
from docx import Document
from jinja2 import UndefinedError

from pipelines.publish import charts, office_docx, quarter_drawings, svg
from pipelines.publish.files import safe_name, without_clock, write_whole
from pipelines.publish.mending import mend_of_file, mend_of_rule
from pipelines.publish.rows import names_of, reading, records
from pipelines.publish.templating import environment, render, write_page

DATED = datetime(2017, 12, 31)


def test_a_file_is_there_whole_or_as_it_was(tmp_path, monkeypatch) -> None:
    path = write_whole(tmp_path / "new" / "a.txt", b"one")
    monkeypatch.setattr("os.replace", lambda part, at: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one"
    assert [each.name for each in path.parent.iterdir() if not each.name.startswith(".")] == ["a.txt"]


def test_an_office_file_packed_again_has_no_clock() -> None:
    def packed(moment: tuple[int, int, int, int, int, int]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name in ("b.xml", "a.xml"):
                file.writestr(zipfile.ZipInfo(name, moment), f"<{name}/>")
        return buffer.getvalue()

    early, late = packed((2017, 12, 31, 1, 0, 0)), packed((2018, 6, 1, 9, 30, 0))
    assert early != late
    assert without_clock(early) == without_clock(late)
    with zipfile.ZipFile(io.BytesIO(without_clock(late))) as file:
        assert [(entry.filename, entry.date_time[0]) for entry in file.infolist()] == [
            ("b.xml", 1980),
            ("a.xml", 1980),
        ]
        assert file.read("a.xml") == b"<a.xml/>"


def test_a_name_that_is_safe_in_a_path() -> None:
    # what follows ~ is the start of the sha256 of the text: it tells apart what reads alike
    assert safe_name("xã Quảng Khê/../x@huyen.vn") == "x__Qu_ng_Kh__.._x@huyen.vn~5ea44697"
    assert (safe_name("...ẩn"), safe_name("..")) == ("_n~1e713b2b", "_~5ec1f7e7")


def test_how_to_mend_comes_from_the_rule_its_family_or_the_general_one() -> None:
    assert mend_of_rule("DQ-DT-02").startswith("Ngày tiếp nhận ở tương lai")
    assert mend_of_rule("DQ-DT-99") == mend_of_rule("DQ-DT") != mend_of_rule("DQ-ID-99")
    assert mend_of_rule("DQ-XX-01") == mend_of_rule("DQ")
    assert [bool(mend_of_file(status)) for status in ("MISSING", "EMPTY", "FAILED", "COLLECTED")] == [
        True, True, True, False,
    ]  # fmt: skip


def test_frames_as_rows() -> None:
    frame = pd.DataFrame({"code": ["A", "B", "A"], "name": ["cũ", "b", "mới"]})
    assert records(frame)[1] == {"code": "B", "name": "b"}
    assert names_of(frame, "code") == {"A": "mới", "B": "b"}
    assert reading(frame, ["name", "share"]).isna().all().to_dict() == {"name": False, "share": True}
    assert reading(pd.DataFrame(), ["name"]).columns.tolist() == ["name"]


def test_a_template_escapes_and_knows_all_its_names(tmp_path) -> None:
    template = environment().from_string("{{ name }} {{ share|vi_percent }} {{ n|vi_number }} {{ gone is known }}")
    assert template.render(name="<b>", share=0.083, n=7468, gone=None) == "&lt;b&gt; 8,3\u00a0% 7.468 False"
    with pytest.raises(UndefinedError):
        environment().from_string("{{ forgotten }}").render()
    names = environment().list_templates(extensions=["html"])
    assert len(names) >= 10
    for name in names:
        environment().get_template(name)  # each of them parses
    with pytest.raises(UndefinedError):
        render("chat_luong.html")
    with pytest.raises(UndefinedError):
        write_page(tmp_path / "page.html", "chat_luong.html")
    assert not (tmp_path / "page.html").exists()


def heights(drawing: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', drawing)]


def test_bars_are_as_high_as_their_figures() -> None:
    drawing = svg.bars(["1/12", "2/12", "3/12"], [10, 40, 20], title="Hồ sơ <mỗi đêm>", unit="hồ sơ")
    low, high, now = heights(drawing)
    assert high == svg.HEIGHT - svg.BOTTOM - svg.TOP
    assert (low, now) == (high / 4, high / 2)
    assert re.findall(r'class="(now|before)"', drawing) == ["before", "before", "now"]
    assert "Hồ sơ &lt;mỗi đêm&gt;" in drawing
    assert heights(svg.bars(["1/12"], [0], title="", unit="")) == [0.0]


def test_shares_of_a_lying_bar_fill_it() -> None:
    drawing = svg.shares([("đúng hạn", 30, "good"), ("trễ hạn", 10, "bad")], title="Kết quả")
    places = [(float(x), float(width)) for x, width in re.findall(r'x="([\d.]+)" y="0" width="([\d.]+)"', drawing)]
    assert places == [(0.0, 480.0), (480.0, 160.0)]
    assert 'width="0.0"' in svg.shares([("không có", 0, "good")], title="Kết quả")


def test_every_drawing_is_there_when_there_is_something_to_draw(monkeypatch) -> None:
    drawn: list[str] = []
    for name in ("stacked", "spans", "bars", "late_shares"):
        monkeypatch.setattr(charts, name, lambda *args, kind=name, **named: drawn.append(kind) or kind)
    rows = [
        {"label": f"U{n}", "is_total": n == 3, **{key: n for key, _, _ in quarter_drawings.ENDS}} for n in (0, 2, 3)
    ]
    general = quarter_drawings._general({"units": rows, "unit_shares": [], "cuts": [], "asked": []})
    assert general == {"units": "stacked", "unit_shares": None, "cuts": None, "asked": None}
    nothing = quarter_drawings._general({"units": rows[:1], "unit_shares": [], "cuts": [], "asked": []})
    assert nothing["units"] is None, "a unit without dossiers has no bar"
    assert drawn == ["stacked"]
    assert set(quarter_drawings.CAUSE_COLOURS) >= {"citizen_days", "rest_days"}
    assert len(set(quarter_drawings.CAUSE_COLOURS.values())) == 7, "seven causes, seven colours"


def test_the_parts_of_a_word_paper(tmp_path) -> None:
    document = office_docx.office_document(title="Thư", dated=DATED)
    office_docx.heading(document, parent="UBND tỉnh", unit="UBND huyện", number="Số: 1/TXL", place_and_day="Ngày")
    office_docx.paragraph(document, "Kính gửi ", ("Ông/Bà", "bi"), "\x00kẻ\x0b", indent=True)
    office_docx.dotted_line(document, "Lý do:")
    office_docx.grid(document, [["Việc", "Ngày"], ["Cấp phép", "5"]], (100, 60))
    office_docx.signature(document, receivers=["Lưu: VT."], title="KT. CHỦ TỊCH - PHÓ CHỦ TỊCH", name=None)
    office_docx.draft_mark(document, "chưa ký")
    office_docx.page_numbers(document)
    path = office_docx.save(document, tmp_path / "thu.docx")
    again = office_docx.save(document, tmp_path / "again.docx")
    assert path.read_bytes() == again.read_bytes()
    read = Document(str(path))
    section = read.sections[0]
    assert [round(side.mm) for side in (section.page_width, section.left_margin, section.right_margin)] == [
        210,
        30,
        18,
    ]
    assert read.core_properties.created.replace(tzinfo=None) == DATED
    runs = [[(run.text, run.bold, run.italic) for run in line.runs] for line in read.paragraphs]
    assert [("Kính gửi ", False, False), ("Ông/Bà", True, True), ("kẻ", False, False)] in runs
    head, grid, foot = read.tables
    assert [line.text for line in head.rows[0].cells[0].paragraphs if line.text] == [
        "UBND TỈNH",
        "UBND HUYỆN",
        "Số: 1/TXL",
    ]
    assert [[cell.text for cell in row.cells] for row in grid.rows] == [["Việc", "Ngày"], ["Cấp phép", "5"]]
    assert [line.text for line in foot.rows[0].cells[1].paragraphs][:2] == ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]
    assert "DỰ THẢO – chưa ký" in section.header.paragraphs[0].text
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
