"""The grammar of dossier codes, procedure codes and unit identifiers.

Sources: Circular 01/2018/TT-VPCP Art. 19 (dossier code, from 06/01/2019: identifier-YYMMDD-number) and the
form in use under Circular 03/2025/TT-VPCP (identifier-YYYYMMDD-number); QCVN 102:2016/BTTTT (unit identifier,
leaf first, 000.00.00.H36) and Decision 20/2020/QĐ-TTg (root first, H36.15). Province codes: the list of the
national portal of October 2026; names of retired codes follow the gaps of that alphabetical series.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandas as pd

Regime = Literal["OLD", "NEW"]

_OLD: Final = re.compile(
    r"(?P<unit>[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})-(?P<ymd>[0-9]{6})-(?P<seq>[0-9]{4,5})"
)
_NEW: Final = re.compile(r"(?P<unit>[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,3})-(?P<ymd>[0-9]{8})-(?P<seq>[0-9]{4,7})")
_PROC: Final = re.compile(
    r"(?P<core>[1-9]\.[0-9]{6})(?:\.(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[A-Z][0-9]{2})?(?:\.[0-9]{2})?"
)
_IDENTIFIER: Final = re.compile(
    r"(?P<old>[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.(?P<root>[A-Z][0-9]{2}))|(?P<new_root>[A-Z][0-9]{2})(?:\.[0-9]{1,3}){0,3}"
)


@dataclass(frozen=True)
class DossierCode:
    """A dossier code taken apart: unit identifier, day of receipt, running number of that day."""

    unit: str
    day: date
    seq: int
    regime: Regime
    is_recoded: bool = False  # OLD with a five-digit number: given anew when the dossier was synchronised


def parse_dossier_code(code: str) -> DossierCode | None:
    """`code` taken apart, or None if it follows neither regime or names no real day."""
    regime: Regime = "OLD"
    found = _OLD.fullmatch(code)
    if found is None:
        regime, found = "NEW", _NEW.fullmatch(code)
    if found is None:
        return None
    ymd = found["ymd"] if regime == "NEW" else "20" + found["ymd"]
    try:
        day = date(int(ymd[:4]), int(ymd[4:6]), int(ymd[6:]))
    except ValueError:
        return None
    seq = found["seq"]
    return DossierCode(found["unit"], day, int(seq), regime, regime == "OLD" and len(seq) == 5)


def parse_dossier_codes(codes: pd.Series) -> pd.DataFrame:
    """parse_dossier_code of every row, missing where a code does not parse.

    Gives: unit (text), day (datetime64[us]), seq (Int64), regime ('OLD' or 'NEW'), is_recoded (bool)
    """
    texts = codes.astype("str").reset_index(drop=True)
    parts = texts.str.extract(rf"^{_OLD.pattern}\Z")
    is_old = parts["unit"].notna()
    if not is_old.all():
        parts[~is_old] = texts[~is_old].str.extract(rf"^{_NEW.pattern}\Z")
    ymd = parts["ymd"].where(~is_old, "20" + parts["ymd"])
    day = pd.to_datetime(ymd, format="%Y%m%d", errors="coerce").astype("datetime64[us]")
    real = day.notna()
    regime = pd.Series("NEW", index=texts.index, dtype="str").mask(is_old, "OLD")
    frame = pd.DataFrame(
        {
            "unit": parts["unit"].where(real),
            "day": day,
            "seq": pd.to_numeric(parts["seq"].where(real)).astype("Int64"),
            "regime": regime.where(real),
            "is_recoded": (is_old & real & (parts["seq"].str.len() == 5)).fillna(False).astype(bool),
        }
    )
    return frame.set_axis(codes.index)


def proc_core(code: str) -> str | None:
    """The national core (d.dddddd) of a procedure code, whatever locality or case is written after it."""
    found = _PROC.fullmatch(code)
    return found["core"] if found else None


def proc_cores(codes: pd.Series) -> pd.Series:
    """proc_core of every row; each distinct code is read once."""
    known = {code: proc_core(str(code)) for code in codes.dropna().unique()}
    return codes.map(known).astype("str")


def modern_identifier(identifier: str) -> str:
    """A leaf-first identifier written root first: 000.25.15.H36 -> H36.15.25; any other is returned as it is.

    Only a change of notation: numbers were given anew after 1/7/2025, so succession is data, not arithmetic.
    """
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None or found["old"] is None:
        return identifier
    parts = identifier.split(".")[::-1]
    while len(parts) > 1 and int(parts[-1]) == 0:
        parts.pop()
    return ".".join(parts)


def province_of(identifier: str) -> str | None:
    """The name of the province a unit identifier belongs to; None for a ministry or an unknown code."""
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None:
        return None
    return PROVINCES.get(found["root"] or found["new_root"])


# Codes in use since 1/7/2025.
ACTIVE_PROVINCES: Final[dict[str, str]] = {
    "H01": "An Giang",
    "H05": "Bắc Ninh",
    "H12": "Cà Mau",
    "H13": "Cần Thơ",
    "H14": "Cao Bằng",
    "H15": "Đắk Lắk",
    "H17": "Đà Nẵng",
    "H18": "Điện Biên",
    "H19": "Đồng Nai",
    "H20": "Đồng Tháp",
    "H21": "Gia Lai",
    "H24": "Hải Phòng",
    "H26": "Hà Nội",
    "H27": "Hà Tĩnh",
    "H29": "TP. Hồ Chí Minh",
    "H31": "Hưng Yên",
    "H32": "Khánh Hòa",
    "H35": "Lai Châu",
    "H36": "Lâm Đồng",
    "H37": "Lạng Sơn",
    "H38": "Lào Cai",
    "H41": "Nghệ An",
    "H42": "Ninh Bình",
    "H44": "Phú Thọ",
    "H48": "Quảng Ngãi",
    "H49": "Quảng Ninh",
    "H50": "Quảng Trị",
    "H52": "Sơn La",
    "H53": "Tây Ninh",
    "H55": "Thái Nguyên",
    "H56": "Thanh Hóa",
    "H57": "Huế",
    "H60": "Tuyên Quang",
    "H61": "Vĩnh Long",
}
# Provinces merged into others on 1/7/2025; their codes still stand in older dossiers.
RETIRED_PROVINCES: Final[dict[str, str]] = {
    "H02": "Bắc Giang",
    "H03": "Bắc Kạn",
    "H04": "Bạc Liêu",
    "H06": "Bà Rịa - Vũng Tàu",
    "H07": "Bến Tre",
    "H08": "Bình Định",
    "H09": "Bình Dương",
    "H10": "Bình Phước",
    "H11": "Bình Thuận",
    "H16": "Đắk Nông",
    "H22": "Hà Giang",
    "H23": "Hải Dương",
    "H25": "Hà Nam",
    "H28": "Hòa Bình",
    "H30": "Hậu Giang",
    "H33": "Kiên Giang",
    "H34": "Kon Tum",
    "H39": "Long An",
    "H40": "Nam Định",
    "H43": "Ninh Thuận",
    "H45": "Phú Yên",
    "H46": "Quảng Bình",
    "H47": "Quảng Nam",
    "H51": "Sóc Trăng",
    "H54": "Thái Bình",
    "H58": "Tiền Giang",
    "H59": "Trà Vinh",
    "H62": "Vĩnh Phúc",
    "H63": "Yên Bái",
}
PROVINCES: Final[dict[str, str]] = dict(sorted({**ACTIVE_PROVINCES, **RETIRED_PROVINCES}.items()))
