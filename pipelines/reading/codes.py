"""Codes as cells give them: cleaned as both sides of every join are, unread where a spreadsheet spoiled them."""

import re
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

from domain.clean import Grammar, clean_code, code_of, cut, is_capital, is_plain_code
from pipelines.reading.limits import LONGEST_CODE
from pipelines.reading.table import Door, text_of

if TYPE_CHECKING:
    from pipelines.reading.parts import Part

# 2.01712E+16, 2,01712E+16: how list programs write a number too long for its cell. 4E12 may be a code.
_EXPONENT: Final = re.compile(r"[+-]?(?:\d[.,]\d+[eE][+-]?\d{1,3}|\d[eE][+-]\d{1,3})")
# From here on a spreadsheet's number has no digits of its own; of 16 digits it keeps 15 and puts a zero.
_UNSURE: Final = 2**53
_FIFTEEN_DIGITS: Final = 10**15


def is_code(column: str) -> bool:
    """Whether a canonical column holds codes."""
    return column.endswith("_code")


def is_spoiled(cell: object, file_format: str) -> bool:
    """Whether a spreadsheet made of a code what it cannot have been: a rounded number, a fraction, a day.

    A whole number of a JSON file has all its digits; the same number in a workbook may have been rounded.
    """
    if isinstance(cell, str):
        return ("E" in cell or "e" in cell) and _EXPONENT.fullmatch(clean_code(cell)) is not None
    if isinstance(cell, bool):
        return False
    if isinstance(cell, float) and not cell.is_integer():
        return True
    if isinstance(cell, float) or (isinstance(cell, int) and file_format == "xlsx"):
        number = abs(int(cell))
        return number >= _UNSURE or (file_format == "xlsx" and number >= _FIFTEEN_DIGITS and not number % 10)
    return isinstance(cell, date | time | timedelta)


def said_code(cell: object, column: str, grammar: Grammar) -> str:
    """The code a cell or a value of a unit's file says, '' for none; whole numbers have all their digits."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return code_of(column, text_of(cell), grammar)


def clean_codes(part: "Part", door: Door, grammar: Grammar, *, file_format: str, listed: set[str]) -> None:
    """Clean every code of a part; what a spreadsheet spoiled, or is too long to be a code, is kept as unparsed.

    `listed`: columns with a code list: what they hold is a word of that list, be it a fraction.
    """
    for name in part.values:
        if is_code(name):
            _clean_column(part, name, door, grammar, "" if name in listed else file_format)


def _clean_column(part: "Part", name: str, door: Door, grammar: Grammar, file_format: str) -> None:
    """One column; without a format nothing counts as spoiled."""
    cells, upper = part.values[name], is_capital(name, grammar)
    known: dict[object, str] = {}  # codes repeat: an office, a procedure
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        if isinstance(cell, str) and cell in known:
            cells[row] = known[cell]
        elif file_format and is_spoiled(cell, file_format):
            part.unparsed.setdefault(row, {})[name] = text_of(cell)
            cells[row] = None
        elif isinstance(cell, str) and len(cell) <= LONGEST_CODE and is_plain_code(cell):
            cells[row] = cell.upper() if upper else cell
        else:
            seen = door.unseen(cell, part.lines[row])
            code = said_code(seen, name, grammar)
            if seen is cell and len(code) <= LONGEST_CODE:
                known[cell] = code
            if len(code) > LONGEST_CODE:
                part.unparsed.setdefault(row, {})[name] = cut(code, LONGEST_CODE)
            cells[row] = code if len(code) <= LONGEST_CODE else None


def same_word(value: object) -> str:
    """By what a cell is found in a code list: as codes are compared, whatever its case."""
    return clean_code(text_of(value)).casefold()
