"""Made-up people. Every id begins with 000 and every phone with 09000, so that none can be anyone's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Giàng",
    "Triệu",
)
_MIDDLE = ("Văn", "Thị", "Đức", "Thị Thu", "Xuân", "Minh", "Ngọc", "Hữu", "Thị Kim", "Quốc", "Thanh", "A", "Thị Mỹ")
_GIVEN = (
    "An", "Bình", "Cường", "Dung", "Giang", "Hà", "Hạnh", "Hùng", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nga",
    "Phúc", "Quân", "Sơn", "Thảo", "Thủy", "Trang", "Tuấn", "Vân", "Yến", "Páo", "Sùng",
)  # fmt: skip
_MNONG = ("H'Lan", "H'Nga", "H'Duyên", "K'Brông", "K'Tiêng", "K'Măng", "Y Krang", "Y Thơ")
_COMMUNES = ("Quảng Khê", "Quảng Sơn", "Đắk Ha", "Đắk R'Măng", "Đắk Plao", "Đắk Som", "Quảng Hòa")


@dataclass(frozen=True, slots=True)
class Person:
    """Who handed a dossier in."""

    name: str
    id_no: str
    phone: str
    address: str


def made_up_people(rng: np.random.Generator, count: int, communes: Sequence[int], first: int = 0) -> list[Person]:
    """`count` people numbered from `first`; `communes` gives each one's commune (0..6), -1 for any."""
    draws = rng.integers(0, 1 << 30, size=(count, 5))
    people = []
    for number, (draw, commune) in enumerate(zip(draws.tolist(), communes, strict=True), first):
        family, middle, given, house, place = draw
        name = f"{_FAMILY[family % len(_FAMILY)]} {_MIDDLE[middle % len(_MIDDLE)]} {_GIVEN[given % len(_GIVEN)]}"
        if family % 6 == 0:
            name = f"{_MNONG[middle % len(_MNONG)]} {('Liêng', 'Ndu', 'Rơ Lưk')[given % 3]}"
        where = _COMMUNES[commune if commune >= 0 else place % 7]
        people.append(
            Person(
                name=name,
                id_no=f"000{170_000_000 + number:09d}",
                phone=f"09000{number % 100_000:05d}",
                address=f"Thôn {1 + house % 12}, xã {where}, huyện Đắk Glong",
            )
        )
    return people
