"""The one normalisation: what reads the same compares the same, and what differs in meaning does not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording import comparable, level_phrases


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Hoà giải tranh chấp đất đai", "hòa giải tranh chấp đất đai"),
        ("Ðăng ký khai thuỷ lợi", "đăng ký khai thủy lợi"),
        (unicodedata.normalize("NFD", "Đăng ký khai sinh"), "đăng ký khai sinh"),
        ("GCN QSDĐ", "giấy chứng nhận quyền sử dụng đất"),
        ("gcn qsdđ", "giấy chứng nhận quyền sử dụng đất"),
        ("Đơn đề nghị gửi UBND xã", "đơn đề nghị gửi ủy ban nhân dân xã"),
        ("- 01 bản sao có chứng thực Giấy phép lái xe;", "giấy phép lái xe"),
        ("a) Bản chính hoặc bản sao được cấp từ sổ gốc Giấy khai sinh", "giấy khai sinh"),
        ("Tờ khai đăng ký khai sinh theo mẫu số 01 kèm theo Thông tư 04/2024/TT-BTP", "tờ khai đăng ký khai sinh"),
        ("Đơn xin cấp phép (nếu có)", "đơn xin cấp phép"),
        ("2. Sơ đồ vị trí khu đất (02 bản)", "sơ đồ vị trí khu đất"),
        ("Văn bản thỏa thuận quy định tại điểm b khoản 2 Điều 12 Nghị định 101/2024/NĐ-CP", "văn bản thỏa thuận"),
        ("Thủ tục cấp giấy phép thăm dò khoáng sản (cấp Tỉnh)", "cấp giấy phép thăm dò khoáng sản"),
        ("Hòa giải tranh chấp đất đai (thực hiện tại Sở Nông nghiệp)", "hòa giải tranh chấp đất đai"),
    ],
)  # fmt: skip
def test_wording_goes_and_meaning_stays(written: str, compared: str) -> None:  # T32
    assert comparable(written) == compared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đăng ký biện pháp bảo đảm", "Xóa đăng ký biện pháp bảo đảm"),
        ("Thủ tục nhập cảnh", "Thủ tục xuất cảnh"),
        ("Giấy phép sở hữu trí tuệ", "Giấy phép"),
        ("Cấp giấy phép", "Cấp lại giấy phép"),
        ("Bản vẽ thiết kế", "Bản thuyết minh thiết kế"),
        ("Bồ", "Bộ"),
    ],
)
def test_different_things_stay_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Cấp thẻ xã hội", "cấp thẻ xã hội"),  # "cấp ... xã" here is no level of government
        ("Trợ cấp xã hội hàng tháng", "trợ cấp xã hội hàng tháng"),
        ("Quyền sở hữu nhà ở", "quyền sở hữu nhà ở"),
        ("Phương án phòng cháy chữa cháy", "phương án phòng cháy và chữa cháy"),
    ],
)
def test_words_that_look_like_an_office_stay(name: str, kept: str) -> None:
    assert comparable(name) == kept


def test_level_phrases_are_told() -> None:
    assert level_phrases("Trình báo mất thẻ ABTC (thực hiện tại cấp xã)") == ("thực hiện tại cấp xã",)
    assert level_phrases("Đăng ký khai sinh") == ()


WORDS = ["cấp", "tỉnh", "xã", "bản", "sao", "01", "mẫu", "số", "(nếu có)", "theo", "Điều", "5", "GCN", "-"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_once_is_enough(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)
    assert comparable(unicodedata.normalize("NFD", text)) == comparable(unicodedata.normalize("NFC", text))
