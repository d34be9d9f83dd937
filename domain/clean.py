"""Text from outside, made safe once: what cannot be stored, printed or seen is taken out, what is readable stays.

No later place (a database, a Word file, a page, a mail, a file name) needs to know of these characters again.
Text of ours is kept as it is: `clean` of clean text is the same object.
"""

import re
import unicodedata
from typing import Final, Literal

# Half an emoji (a surrogate alone) cannot be written as UTF-8 at all: it is shown as the mark for "unreadable".
_HALVES: Final = re.compile("[\ud800-\udfff]")
# Controls that XML, PostgreSQL or a terminal refuse, and the two code points that are no characters. Tab and
# line ends stay: they are white space and are folded where a value is read.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Marks that turn the direction of what follows: a name could read as another name.
_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DIRTY: Final = re.compile(f"{_HALVES.pattern}|{_CONTROLS.pattern}|{_DIRECTIONS.pattern}")
UNREADABLE: Final = "\ufffd"
# Dashes and minus signs: what a keyboard, a word processor or a list program writes for "-".
HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
# No format characters (category Cf), yet nobody sees them: joiners, fillers, variation selectors.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# What reads the same in a code: dashes, full-width forms of an East Asian keyboard, Đ of other alphabets. Not all of
# NFKC: that would make two codes of a² and a2, or of the roman Ⅳ and IV, which a reader tells apart.
_ALIKE: Final[dict[int, int | str]] = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | str.maketrans(dict.fromkeys(HYPHENS, "-"))
    | {0xD0: "Đ", 0x189: "Đ", 0x2800: " "}
)
# How a site writes codes: by the national grammar, in capitals, or its own way, where capitals may matter.
Grammar = Literal["national", "any"]
_NATIONAL: Final = frozenset({"dossier_code", "proc_code", "proc_core", "identifier"})
_PLAIN_CODE: Final = re.compile(r"[!-~]+(?: [!-~]+)*")


def is_clean(text: str) -> bool:
    """Whether `clean` would leave the text as it is."""
    return _DIRTY.search(text) is None


def clean(text: str) -> str:
    """`text` without control characters and direction marks; half a character becomes U+FFFD.

    >>> clean("HS" + chr(1) + "-1")
    'HS-1'
    """
    if _DIRTY.search(text) is None:
        return text
    return _DIRECTIONS.sub("", _CONTROLS.sub("", _HALVES.sub(UNREADABLE, text)))


def visible(text: str) -> str:
    """`clean`, and without what nobody sees at all: format characters (zero width, soft hyphen), fillers.

    >>> visible("HS" + chr(0x200B) + "-1")
    'HS-1'
    """
    text = clean(text)
    if text.isascii():
        return text
    return _UNSEEN.sub("", "".join(char for char in text if unicodedata.category(char) != "Cf"))


def is_plain_code(text: str) -> bool:
    """Whether a text is, letter by letter, what `clean_code` makes of it: printable ASCII, single inner spaces."""
    return _PLAIN_CODE.fullmatch(text) is not None


def clean_code(text: str) -> str:
    """A code as it is compared, wherever it comes from: what reads the same is the same. Letter case stays.

    Only what is seen (`visible`), in NFC; every kind of space is one inner space, and none at the ends; every
    hyphen or dash is "-"; full-width letters and digits are plain ones.

    >>> clean_code(" IV" + chr(0x2011) + chr(0xFF11) + chr(0xA0) + " b" + chr(0xFEFF))
    'IV-1 b'
    """
    if is_plain_code(text):
        return text
    return " ".join(unicodedata.normalize("NFC", visible(text).translate(_ALIKE)).split())


def is_capital(column: str, grammar: Grammar) -> bool:
    """Whether codes of this column are written in capitals: those the national grammar speaks of."""
    return grammar == "national" and column in _NATIONAL


def code_of(column: str, text: str, grammar: Grammar) -> str:
    """A code as both sides of a join write it: cleaned, in capitals where the national grammar has it so.

    >>> code_of("dossier_code", "h36.15-20170101-0001", "national")
    'H36.15-20170101-0001'
    """
    code = clean_code(text)
    return code.upper() if is_capital(column, grammar) else code


def cut(text: str, longest: int) -> str:
    """`text`, or its first `longest` letters and a mark that says how many there were (in Vietnamese)."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… [cắt bớt, nguyên văn {len(text)} ký tự]"


def readable_name(raw: bytes, longest: int = 120) -> str:
    """A file's name as a person reads it, from the bytes the disk holds; cut in the middle when it is long.

    Names of old Windows shares are not UTF-8: what cannot be decoded shows as U+FFFD, so two such names may read
    the same; whoever needs them apart keeps the bytes.
    """
    name = " ".join(clean(raw.decode("utf-8", "replace")).split()) or UNREADABLE
    return name if len(name) <= longest else f"{name[: longest - 40]}…{name[-39:]}"


def stored_name(raw: bytes, digest: str, longest: int = 180) -> str:
    """The name under which a file's bytes are kept: its own where any disk takes it, else one made of its hash."""
    text = raw.decode("utf-8", "replace")
    if len(raw) <= longest and is_clean(text) and UNREADABLE not in text:
        return text
    ending = re.search(r"\.[A-Za-z0-9]{1,8}$", text)
    return f"tep_{digest[:12]}{ending[0].lower() if ending else ''}"
