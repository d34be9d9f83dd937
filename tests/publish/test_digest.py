"""One message a recipient a night, only of what is new, still open or mended."""

import pandas as pd

from pipelines.publish.inputs import Recipient
from tests.publish import samples

DISTRICT = Recipient(address="van-phong@huyen.invalid")
QK = Recipient(address="qk@huyen.invalid", unit_code="DG-QK")
DM = Recipient(address="dm@huyen.invalid", unit_code="DG-DM")
DP = Recipient(address="dp@huyen.invalid", unit_code="DG-DP")


def test_each_hears_of_its_own_and_nothing_to_say_is_no_message():
    messages = {each.recipient: each for each in samples.digests(samples.night_page(), [DISTRICT, QK, DM])}
    assert sorted(messages) == ["qk@huyen.invalid", "van-phong@huyen.invalid"]
    assert "Đắk Plao" not in messages["qk@huyen.invalid"].text
    assert "Đắk Plao" in messages["van-phong@huyen.invalid"].text
    assert messages["qk@huyen.invalid"].subject == "Dữ liệu một cửa 22/12/2017 – UBND xã Quảng Khê: 1 mới, 1 còn tồn"


def test_a_unit_reads_where_and_how_to_mend():
    (message,) = samples.digests(samples.night_page(), [QK])
    assert "ho_so_2017-12-22.csv, dòng 7, hồ sơ 000.01.26.H16-171222-0007" in message.text
    assert "Cách sửa: Ngày hẹn trả trước ngày tiếp nhận" in message.text
    assert "(1 dòng; từ đêm 21/12/2017)" in message.text
    assert "MỚI TRONG ĐÊM" in message.html


def test_a_missing_file_says_how_to_send_it():
    (message,) = samples.digests(samples.night_page(), [DP])
    assert "Gửi bổ sung tệp của đêm này" in message.text


def test_district_hears_failing_units_in_one_line_until_there_are_many():
    (few,) = samples.digests(samples.night_page(), [DISTRICT])
    assert few.text.count("UBND xã Đắk Plao") == 1
    assert not few.subject.startswith("CẢNH BÁO")
    page = samples.night_page()
    outcomes = page.outcomes.assign(status="MISSING")
    (many,) = samples.digests(samples.night_page(outcomes=outcomes), [DISTRICT])
    assert many.subject.startswith("CẢNH BÁO")


def test_one_address_gets_one_message_the_wider_one():
    same = Recipient(address=DISTRICT.address, unit_code="DG-QK")
    (message,) = samples.digests(samples.night_page(), [same, DISTRICT])
    assert "Đắk Plao" in message.text


def test_one_address_for_two_units_gets_both():
    both = [Recipient(address="x@huyen.invalid", unit_code=code) for code in ("DG-QK", "DG-DP")]
    (message,) = samples.digests(samples.night_page(), both)
    assert "Quảng Khê" in message.text
    assert "Đắk Plao" in message.text


def test_hostile_text_is_escaped_and_a_subject_is_one_line():
    evil = "<b>x</b>\r\nBcc: all@example.invalid"
    page = samples.night_page(
        issues=pd.DataFrame([samples.issue("DG-QK", sentence=evil)]),
        units=pd.DataFrame([{"unit_code": "DG-QK", "name": evil}]),
    )
    (message,) = samples.digests(page, [QK])
    assert "<b>x</b>" not in message.html
    assert "\n" not in message.subject
    assert "\r" not in message.subject


def test_same_night_same_message():
    assert samples.digests(samples.night_page(), [DISTRICT, QK]) == samples.digests(
        samples.night_page(), [QK, DISTRICT]
    )
