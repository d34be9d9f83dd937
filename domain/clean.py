"""Text from outside, made safe once: what cannot be stored, printed or seen is taken out, what is readable stays.

No later place (a database, a Word file, a page, a mail, a file name) needs to know of these characters again.
Text of ours is kept as it is: `clean` of clean text is the same object.
"""

import re
import unicodedata
from typing import Final

# Half an emoji (a surrogate alone) cannot be written as UTF-8 at all: it is shown as the mark for "unreadable".
_HALVES: Final = re.compile("[\ud800-\udfff]")
# Controls that XML, PostgreSQL or a terminal refuse, and the two code points that are no characters. Tab and
# line ends stay: they are white space and are folded where a value is read.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Marks that turn the direction of what follows: a name could read as another name.
_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DIRTY: Final = re.compile(f"{_HALVES.pattern}|{_CONTROLS.pattern}|{_DIRECTIONS.pattern}")
UNREADABLE: Final = "\ufffd"


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


def clean_code(text: str) -> str:
    """A code without anything nobody sees: `clean`, and without format characters (zero width, soft hyphen).

    >>> clean_code("HS" + chr(0x200B) + "-1")
    'HS-1'
    """
    text = clean(text)
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


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
