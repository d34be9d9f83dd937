"""Apology letters carry the wording of their day, what the record knows, and room for what it does not."""

import zipfile
from datetime import date

import pandas as pd
import pytest
from docx import Document
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from domain.errors import KnownError
from pipelines.publish.late_list import write_late_list
from pipelines.publish.letter_texts import letter_text_on, letter_texts
from pipelines.publish.letters import letter_file_name, template_version, write_letter
from tests.publish import samples


def text_of(path):
    document = Document(str(path))
    cells = [p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    edges = [p.text for part in (document.sections[0].header, document.sections[0].footer) for p in part.paragraphs]
    return "\n".join([*cells, *(p.text for p in document.paragraphs), *edges])


@pytest.fixture
def letter(tmp_path):
    return text_of(write_letter(samples.letter_case(), samples.OFFICE, tmp_path / "thu.docx"))


def test_letter_has_every_required_part(letter):
    for part in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "UBND HUYỆN ĐẮK GLONG",
        "Số: 15/TXL",
        "Đắk Glong, ngày 25 tháng 12 năm 2017",
        "THƯ XIN LỖI",
        "Kính gửi: Ông/Bà Nguyễn Thị Mẫu",
        "000.00.26.H16-171101-0007",
        "Ngày 01 tháng 11 năm 2017",
        "ngày 13 tháng 12 năm 2017",
        "Phòng Tài nguyên và Môi trường",
        "xin lỗi Ông/Bà",
        "ngày 05 tháng 01 năm 2018",
        "KT. CHỦ TỊCH",
        "PHÓ CHỦ TỊCH",
        "Nơi nhận:",
        "DỰ THẢO",
    ):
        assert part in letter


@pytest.mark.parametrize(
    ("day", "version", "decree"),
    [
        (date(2017, 12, 25), "qd09-2015", "Quyết định số 09/2015/QĐ-TTg"),
        (date(2018, 6, 20), "qd09-2015", "Quyết định số 09/2015/QĐ-TTg"),
        (date(2018, 6, 21), "nd61-2018", "Nghị định số 61/2018/NĐ-CP"),
        (date(2019, 1, 6), "tt01-2018", "Nghị định số 61/2018/NĐ-CP"),
        (date(2025, 7, 1), "nd118-2025-tt01", "Nghị định số 118/2025/NĐ-CP"),
        (date(2026, 11, 23), "tt03-2025", "Nghị định số 118/2025/NĐ-CP"),
    ],
)
def test_wording_is_that_of_the_letters_day(tmp_path, day, version, decree):
    case = samples.letter_case(letter_on=day)
    letter = text_of(write_letter(case, samples.OFFICE, tmp_path / "thu.docx"))
    assert template_version(case) == version
    assert decree in letter
    assert " ".join(letter_text_on(day).title.split()) in " ".join(letter.split())
    for other in letter_texts():
        if other.legal_basis != letter_text_on(day).legal_basis:
            assert f"Thực hiện {other.legal_basis}, UBND" not in letter


def test_wordings_follow_each_other_without_gap_and_name_where_they_come_from():
    texts = letter_texts()
    assert [one.valid_to for one in texts[:-1]] == [two.valid_from for two in texts[1:]]
    assert texts[-1].valid_to is None
    assert all(
        any(mark in value for mark in ("FOUND", "RECALLED")) for text in texts for value in text.provenance.values()
    )


def test_no_wording_is_an_error_that_says_how_to_mend():
    with pytest.raises(KnownError, match="E-LETTER-TEXT"):
        letter_text_on(date(2001, 1, 1))


def test_reason_is_left_open_unless_the_record_has_it(tmp_path, letter):
    assert "Lý do: \t" in letter
    case = samples.letter_case(reason="Chờ xác minh tại thực địa")
    assert "Lý do: Chờ xác minh tại thực địa." in text_of(write_letter(case, samples.OFFICE, tmp_path / "b.docx"))


def test_unknown_new_date_and_person_leave_room_to_write(tmp_path):
    person = samples.MadeUpPerson(owner_name="", owner_address="", owner_phone="")
    case = samples.letter_case(new_due_on=None, where_now=None, person=person)
    letter = text_of(write_letter(case, samples.OFFICE, tmp_path / "b.docx"))
    assert "ngày …… tháng …… năm ………" in letter
    assert "Kính gửi: Ông/Bà ……" in letter
    assert "None" not in letter


def test_due_tomorrow_says_cannot_keep_rather_than_could_not(tmp_path):
    letter = text_of(write_letter(samples.letter_case(kind="DUE_TOMORROW"), samples.OFFICE, tmp_path / "b.docx"))
    assert "không thể trả kết quả đúng thời gian đã hẹn" in letter
    assert "chưa trả được" not in letter


def test_signed_letter_carries_no_draft_mark(tmp_path):
    assert "DỰ THẢO" not in text_of(
        write_letter(samples.letter_case(), samples.OFFICE, tmp_path / "b.docx", draft=False)
    )


def test_hostile_and_control_characters_stay_text(tmp_path):
    person = samples.MadeUpPerson(owner_name="<w:p/>&\x07\x00 Trần")
    letter = text_of(write_letter(samples.letter_case(person=person), samples.OFFICE, tmp_path / "b.docx"))
    assert "<w:p/>& Trần" in letter


def test_same_case_same_bytes_and_no_clock_inside(tmp_path):
    one, two = (write_letter(samples.letter_case(), samples.OFFICE, tmp_path / name) for name in ("a.docx", "b.docx"))
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert Document(str(one)).core_properties.modified.isoformat()[:10] == "2017-12-25"


@pytest.mark.parametrize(
    "code",
    ["a/../b", "..", "", "H\x01S\x00", "\ud83d", "x" * 300, "Đ" * 300, "~", "a\nb", "%00", "CON", "-rf", "🗂" * 90],
)
def test_any_code_gives_a_letter_in_a_file_of_its_own_that_stays_in_the_folder(tmp_path, code):
    folder = tmp_path / "thu"
    path = write_letter(samples.letter_case(dossier_code=code), samples.OFFICE, folder / letter_file_name(code))
    assert path.parent == folder
    assert list(folder.iterdir()) == [path]
    assert "hẹn trả kết quả" in text_of(path)
    title = Document(str(path)).core_properties.title
    assert title.startswith("THƯ XIN LỖI")
    assert len(title) <= 255


@given(st.lists(st.text(max_size=400), unique=True, max_size=6))
@example(["12/2017", "12_2017", "12 2017"])
@example(["A/1", "A_1", "a_1", "A_1~" + "0" * 8])
@example(["x" * 200, "x" * 201, "x" * 202])
def test_two_codes_never_have_one_file_name_and_names_are_short(codes):
    names = [letter_file_name(code) for code in codes]
    assert len(set(names)) == len(codes)
    for name in names:
        assert len(name.encode()) < 240
        assert name.isascii()
        assert "/" not in name


def test_an_ordinary_code_is_its_own_file_name():
    assert letter_file_name("000.00.26.H16-171101-0007") == "000.00.26.H16-171101-0007.docx"


def test_no_row_of_the_signers_list_costs_the_others(tmp_path):
    late = samples.night_page().late.astype(object)
    hostile = late.iloc[0].to_dict() | {
        "dossier_code": "H\x01\x00S" + "x" * 40_000,
        "proc_name": "=cmd|' /C calc'!A0",
        "days_late": float("inf"),
        "due_on": date(1850, 1, 1),
        "received_on": date(9999, 12, 31),
    }
    every = pd.concat([late, pd.DataFrame([hostile])], ignore_index=True)
    path = write_late_list(every, tmp_path, night=samples.NIGHT, site_name="Huyện", unit_names=samples.UNITS)
    rows = list(load_workbook(path).active.iter_rows(min_row=5, values_only=True))
    assert len(rows) == len(late) + 1
    (strange,) = [row for row in rows if str(row[1]).startswith("HSx")]
    assert len(strange[1]) == 32_767
    assert strange[2] == "=cmd|' /C calc'!A0"
    assert strange[6] == "1850-01-01"
    assert {row[1] for row in rows} - {strange[1]} == set(late["dossier_code"])


def test_signers_list_has_one_row_a_dossier_and_no_names(tmp_path):
    late = samples.night_page().late.assign(letter_no=["15", "16", None], new_due_on=[date(2018, 1, 5), None, None])
    path = write_late_list(
        late,
        tmp_path,
        night=samples.NIGHT,
        site_name="UBND huyện Đắk Glong",
        unit_names=samples.UNITS,
        office_names={("DG-MC", "TNMT"): "Phòng Tài nguyên và Môi trường"},
    )
    sheet = load_workbook(path).active
    rows = list(sheet.iter_rows(min_row=5, values_only=True))
    assert [row[7] for row in rows] == [7, 3, 0]
    assert [row[8] for row in rows] == ["Quá hạn", "Quá hạn", "Đến hạn ngày làm việc tới"]
    assert rows[0][4] == "Phòng Tài nguyên và Môi trường: Thẩm tra hồ sơ, xác minh thực địa"
    assert rows[0][9] == "15"
    assert rows[0][10].date() == date(2018, 1, 5)
    assert sheet.page_setup.orientation == "landscape"
    again = write_late_list(
        late, tmp_path / "b", night=samples.NIGHT, site_name="UBND huyện Đắk Glong", unit_names=samples.UNITS,
        office_names={("DG-MC", "TNMT"): "Phòng Tài nguyên và Môi trường"},
    )  # fmt: skip
    assert path.read_bytes() == again.read_bytes()
