"""What makes a dossier one dossier: the key its source declares, as one text.

Most offices number dossiers nationally: the code is the key. Where numbers begin again each year, or each counter
numbers for itself, the source says what else belongs to the number; the key then carries it, tagged:

>>> key_of("12", unit="HALL", year="2018")
'12~unit=HALL~year=2018'
"""

import re
from typing import Final

import pandas as pd

from domain.codes import proc_cores
from domain.columns import KeyPart

# The order in which a key names its parts, whatever the order a source lists them in.
PARTS: Final = ("unit", "year", "proc_code")
# In a key "~" stands only between parts; inside one it is doubled.
_TEXT: Final = "(?:[^~]|~~)*"
_UNIT: Final = re.compile(f"(?P<before>{_TEXT})~unit=(?P<unit>{_TEXT})(?P<after>.*)", re.DOTALL)


def escaped(text: str) -> str:
    """A part of a key that cannot be taken for the mark between parts."""
    return text.replace("~", "~~")


def key_of(code: str, **parts: str) -> str:
    """The key of one dossier: its code, then each declared part under its name."""
    return "".join([escaped(code), *(f"~{name}={escaped(parts[name])}" for name in PARTS if name in parts)])


def dossier_keys(
    codes: pd.Series, parts: list[KeyPart], *, unit_code: str, received: pd.Series, proc_codes: pd.Series
) -> pd.Series:
    """The key of every row of one unit, missing where the code or a declared part is.

    Needs: codes, proc_codes (text), received (instants), one index.
    """
    keys = codes.astype("str").str.replace("~", "~~", regex=False)
    for name in PARTS:
        if name not in parts:
            continue
        if name == "unit":
            said: pd.Series = pd.Series(unit_code, index=codes.index, dtype="str")
        elif name == "year":
            said = pd.to_datetime(received).dt.year.astype("Int64").astype("string").astype("str")
        else:
            said = proc_keys(proc_codes)
        keys = keys + f"~{name}=" + said.str.replace("~", "~~", regex=False)
    return keys


def proc_keys(proc_codes: pd.Series) -> pd.Series:
    """The join key of procedures: the national core d.dddddd, or the code itself where it is not national."""
    codes = proc_codes.astype("str").str.strip()
    return proc_cores(codes).fillna(codes)


def without_unit(key: str) -> tuple[str, str | None]:
    """A key apart from the unit it names: the rest of it, and the unit (None where the number is no unit's own).

    >>> without_unit("12~unit=HALL~year=2018")
    ('12~year=2018', 'HALL')
    """
    found = _UNIT.fullmatch(key)
    if found is None:
        return key, None
    return found["before"] + found["after"], found["unit"].replace("~~", "~")
