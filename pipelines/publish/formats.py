"""Figures, dates and money as a Vietnamese office writes them: 7.468; 8,3 %; 25/12/2017; 48.109.886 đồng.

Every function takes one value of a frame (None, NaN, NaT are "not known") and returns text.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

UNKNOWN = "–"
ROMAN = ("I", "II", "III", "IV")


def is_unknown(value: object) -> bool:
    """True for None, NaN, NaT and blank text."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    return bool(pd.isna(value))  # type: ignore[call-overload]


def text(value: object) -> str:
    """Any value as text, unknown as an en dash."""
    return UNKNOWN if is_unknown(value) else str(value)


def number(value: object, digits: int = 0) -> str:
    """`digits` decimals, half rounded up, dots between thousands, comma before decimals."""
    if is_unknown(value):
        return UNKNOWN
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,.{digits}f}".replace(",", "\0").replace(".", ",").replace("\0", ".")


def plain_number(value: object, digits: int = 1) -> str:
    """Up to `digits` decimals, no trailing zeros: 7,5; 8."""
    written = number(value, digits)
    return written.rstrip("0").rstrip(",") if "," in written else written


def percent(share: object, digits: int = 1) -> str:
    """A share (0..1) in per cent, with a narrow no-break space before the sign: 8,3 %."""
    if is_unknown(share):
        return UNKNOWN
    return f"{number(Decimal(str(share)) * 100, digits)}\u00a0%"


def ratio(part: object, whole: object, digits: int = 1) -> str:
    """part ÷ whole in per cent; unknown when there is no whole (never 0 %, never 100 %)."""
    if is_unknown(part) or is_unknown(whole) or not float(str(whole)):
        return UNKNOWN
    return percent(Decimal(str(part)) / Decimal(str(whole)), digits)


def money(value: object) -> str:
    """Whole đồng without the word: 48.109.886."""
    return number(value)


def as_date(value: object) -> date | None:
    """A date out of a date, an instant, a Timestamp or 'YYYY-MM-DD…' text."""
    if is_unknown(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return pd.Timestamp(str(value)).date()


def day(value: object) -> str:
    """dd/mm/yyyy."""
    found = as_date(value)
    return UNKNOWN if found is None else f"{found:%d/%m/%Y}"


def day_short(value: object) -> str:
    """dd/mm, for axes."""
    found = as_date(value)
    return UNKNOWN if found is None else f"{found:%d/%m}"


def long_day(value: object) -> str:
    """'ngày 05 tháng 12 năm 2017': days under 10 and months 1 and 2 take a zero, as office rules ask."""
    found = as_date(value)
    if found is None:
        return "ngày …… tháng …… năm ………"
    month = f"{found.month:02d}" if found.month < 3 else str(found.month)
    return f"ngày {found.day:02d} tháng {month} năm {found.year}"


def moment(value: object) -> str:
    """dd/mm/yyyy HH:MM, or the text as it is when it is no instant (a history value)."""
    if is_unknown(value):
        return "(trống)"
    try:
        found = pd.Timestamp(str(value))
    except ValueError:
        return str(value)
    return f"{found:%d/%m/%Y %H:%M}" if (found.hour or found.minute) else f"{found:%d/%m/%Y}"


def half_days(value: object) -> str:
    """Half working days as working days: 15 → 7,5."""
    return UNKNOWN if is_unknown(value) else plain_number(Decimal(str(value)) / 2)


def quarter(value: str) -> str:
    """'2017-Q4' → 'quý IV/2017'."""
    year, part = value.split("-Q")
    return f"quý {ROMAN[int(part) - 1]}/{year}"


def capital(sentence: str) -> str:
    """The sentence with its first letter capital, the rest untouched."""
    return sentence[:1].upper() + sentence[1:]


def uncapital(words: str) -> str:
    """The words with their first letter small, to stand inside a sentence."""
    return words[:1].lower() + words[1:]
