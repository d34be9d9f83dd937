"""Hashes of owners and stable ids. All people here are made up."""

import pytest

from domain.errors import KnownError
from domain.ids import owner_hash, stable_id

KEY = b"khoa-thu-nghiem"


def test_one_owner_is_one_hash_however_written():
    same = {
        owner_hash(KEY, "067301234561", "Nguyễn Văn Thử", "0912 345 678"),
        owner_hash(KEY, "0673 0123 4561", "NGUYEN VAN THU", None),
        owner_hash(KEY, " 067301234561 ", None, ""),
    }
    assert len(same) == 1
    assert all(value is not None and len(value) == 16 and int(value, 16) >= 0 for value in same)


def test_without_a_number_name_and_phone_together():
    by_phone = owner_hash(KEY, None, "Nguyễn Hoà Thử", "0912.345.678")
    assert by_phone == owner_hash(KEY, "", "NGUYỄN HÒA  THỬ", "+84 912 345 678")
    assert by_phone != owner_hash(KEY, None, "Nguyễn Hoa Thử", "0912345678")
    assert by_phone != owner_hash(KEY, None, "Nguyễn Hoà Thử", "0912345679")


@pytest.mark.parametrize(
    ("id_no", "name", "phone"),
    [
        (None, None, None),
        ("", "Nguyễn Văn Thử", ""),
        (None, None, "0912345678"),
        ("000000000", "Nguyễn Văn Thử", None),
        ("123456789", "Nguyễn Văn Thử", "0000000000"),
        ("0123456789", None, None),
        ("x", "Nguyễn Văn Thử", "123"),
    ],
)
def test_no_hash_where_strangers_would_meet(id_no, name, phone):
    assert owner_hash(KEY, id_no, name, phone) is None


def test_key_matters_and_must_be_there():
    assert owner_hash(KEY, "067301234561", None, None) != owner_hash(b"khac", "067301234561", None, None)
    with pytest.raises(KnownError, match="E-HASH-KEY"):
        owner_hash(b"", "067301234561", None, None)


def test_stable_id():
    assert stable_id("a", 1, None) == "3bf23a4afe2e5f9c"  # sha256sum of 1:a, 1:1 and -, parted by \\x1f
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", None), ("abc", "")]
    assert len({stable_id(*some) for some in parts}) == 5
