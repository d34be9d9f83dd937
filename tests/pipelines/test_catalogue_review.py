"""The book of a catalogue alone: what an official reads there, from a made-up catalogue of a dozen procedures."""

import html
import json
import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.cli import app


def procedure(code: str, name: str, days: int, papers: list[str], result: str, **more: object) -> dict[str, object]:
    return {
        "code": code,
        "name": name,
        "category": {"name": "Lĩnh vực thử"},
        "isWard": True,
        "executionSteps": [{"name": f"{text} hồ sơ {result}"} for text in ("Tiếp nhận", "Thẩm định", "Trả kết quả")],
        "executionMethods": [
            {"submissionMethod": "DIRECT", "processingTime": days, "processingTimeUnit": "WORKING_DAY", "fees": []}
        ],
        "executionCases": [{"name": "", "profileComponents": [{"name": each, "originalQty": 1} for each in papers]}],
        "departmentsExecuting": [{"name": "Ủy ban nhân dân cấp xã"}],
        "legalBasisesDetails": [{"number": "01/2025/NĐ-CP"}],
        "resultsDetails": [{"name": result}],
        **more,
    }


SHARED = ["Đơn đề nghị cấp giấy phép nuôi ong", "Căn cước công dân", "Sơ đồ vị trí trại ong"]
CATALOGUE = [
    procedure("1.000001", "Cấp giấy phép nuôi ong lấy mật", 10, SHARED, "Giấy phép nuôi ong lấy mật"),
    procedure("1.000002", "Cấp giấy phép nuôi ong lấy mật (cấp tỉnh)", 7, SHARED, "Giấy phép nuôi ong lấy mật",
              isWard=False, isProvince=True),
    procedure("1.000003", "Thu hồi giấy phép nuôi ong lấy mật", 5, ["Biên bản kiểm tra"], "Quyết định thu hồi"),
    procedure("1.000004", "Đăng ký bán mật ong tại chợ", 3,
              ["Giấy phép nuôi ong lấy mật", "Căn cước công dân"], "Giấy đăng ký bán hàng"),
    procedure("1.000005", "Hỗ trợ tiền điện cho hộ nghèo", 5, ["Giấy chứng nhận hộ nghèo"], "Quyết định hỗ trợ"),
    procedure("1.000006", "Công nhận nghệ nhân dệt vải", 30, ["Bản khai thành tích", "CCCD"], "Bằng công nhận"),
    procedure("1.000007", "Xác nhận trồng rừng ven suối", 8, ["Bản đồ rừng trồng"], "Giấy xác nhận",
              departmentsExecuting=[{"name": "Ủy ban nhân dân cấp huyện"}]),
    procedure("1.000008", "Mở lớp dạy đan lát <b>", 4, [], "Văn bản đồng ý"),
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    place = folder / "tthc.json"
    place.write_text(json.dumps(CATALOGUE, ensure_ascii=False), encoding="utf-8")
    ran = CliRunner().invoke(app, ["catalogue", "review", str(place), "--out", str(folder), "--on", "2026-01-05"])
    assert ran.exit_code == 0, ran.output
    return folder


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_book_tells_the_family_and_never_the_opposite(made: Path) -> None:
    page = (made / "ra_soat_danh_muc.html").read_text(encoding="utf-8")
    text = plain(page)
    assert "8 thủ tục được rà soát; 1 nhóm (2 thủ tục)" in text
    family = page[page.index('class="family"') : page.index("</article>")]
    assert "1.000001" in family
    assert "1.000002" in family
    assert "1.000003" not in page[page.index('id="nhom"') : page.index('id="chuoi"')]  # T29: taking away is no twin
    assert "dài hơn 3 ngày" in plain(family)  # 10 days against the 7 of the other level
    assert "(ngắn nhất)" in plain(family)
    assert "Đây là dấu hiệu để xem xét, không phải kết luận." in plain(family)
    assert "UBND tỉnh" in plain(family)  # who may decide is said


def test_the_book_tells_what_leads_to_what_and_who_holds_a_paper(made: Path) -> None:
    text = plain((made / "ra_soat_danh_muc.html").read_text(encoding="utf-8"))
    assert "Cấp giấy phép nuôi ong lấy mật 1.000001 → Đăng ký bán mật ong tại chợ 1.000004" in text
    assert "Cơ sở dữ liệu quốc gia về dân cư" in text
    assert "Ủy ban nhân dân cấp huyện" in text  # no longer there since 1 July 2025


def test_the_page_stands_alone_and_escapes(made: Path) -> None:
    page = (made / "ra_soat_danh_muc.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "đan lát <b>" not in page


def test_the_workbook_holds_every_row(made: Path) -> None:
    book = CalamineWorkbook.from_path(made / "ra_soat_danh_muc.xlsx")
    assert book.sheet_names == [
        "Nhóm thủ tục", "Cặp thủ tục", "Giấy tờ", "Chuỗi liên thông", "Yêu cầu cao", "Nội dung công bố",
    ]  # fmt: skip
    families = book.get_sheet_by_name("Nhóm thủ tục").to_python()
    assert families[1][4] == "1.000001; 1.000002"
    papers = {row[0]: row[2] for row in book.get_sheet_by_name("Giấy tờ").to_python()[1:]}
    assert papers["Thẻ căn cước, thẻ căn cước công dân, chứng minh nhân dân"] == 4  # under two wordings


def test_the_same_catalogue_gives_the_same_page(made: Path, tmp_path: Path) -> None:  # T33
    place = tmp_path / "tthc.json"
    place.write_text(json.dumps(CATALOGUE[::-1], ensure_ascii=False), encoding="utf-8")
    CliRunner().invoke(app, ["catalogue", "review", str(place), "--out", str(tmp_path), "--on", "2026-01-05"])
    name = "ra_soat_danh_muc.html"
    assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["catalogue", "review", str(tmp_path / "gone.xlsx")])
    assert ran.exit_code == 1
    assert "E-CATALOGUE" in ran.output
    ran = CliRunner().invoke(app, ["catalogue", "review", str(tmp_path), "--on", "hôm nay"])
    assert "E-NIGHT" in ran.output
