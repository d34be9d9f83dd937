"""One way to write Vietnamese text, so that what reads the same compares the same.

Convention for tone marks: the old placement of school books and law texts (hòa, thủy, khỏe, Ủy ban). With
a final letter the mark sits on the last vowel (hoàn, thuyền, khoảng), after qu- on what follows (quý).
Only what is built like a Vietnamese syllable is touched; other words keep their letters (Đắk R'Măng, café).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from domain.clean import HYPHENS

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")  # grave, acute, tilde, hook, dot below
_QUALITIES: Final = frozenset("\u0302\u0306\u031b")  # circumflex, breve, horn: they make another vowel
_VOWELS: Final = "aeiouyăâêôơư"
_ONSETS: Final = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx]|"
_SYLLABLE: Final = re.compile(rf"(?P<onset>{_ONSETS})(?P<nucleus>[{_VOWELS}]+)(?P<final>ng|nh|ch|[cmnpt]|)")
# Vowel groups of more than one letter that Vietnamese has; any other group is a foreign word.
_GROUP: Final = re.compile(
    "a[iouy]|eo|i[au]|o[aeio]|u[aiuy]|oa[ioy]|oeo|uy[au]|[iyu]ê|u[ôơâă]|oă|ư[ơaiu]|â[uy]|êu|ôi|ơi"
    "|[iyu]êu|uôi|uây|uyê|ươ[iu]|uơi"
)
_WORD: Final = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+")
_SAME_LETTER: Final = str.maketrans(
    {"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"}  # look-alikes of old typefaces and Icelandic keyboards
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\u0060", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys(HYPHENS, "-")
    | {"\u2026": "..."}
    | dict.fromkeys(map(chr, range(0xF020, 0xF100)), " ")  # bullets of a symbol font
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None)  # invisible
)
_BEFORE_STOP: Final = re.compile(r"\s+(?=[,.;:!?)\]])")
_AFTER_OPEN: Final = re.compile(r"(?<=[(\[])\s+")
ABBREVIATIONS: Final = {
    "BHTN": "bảo hiểm thất nghiệp",
    "BHXH": "bảo hiểm xã hội",
    "BHYT": "bảo hiểm y tế",
    "BTXH": "bảo trợ xã hội",
    "CCCD": "căn cước công dân",
    "CCHN": "chứng chỉ hành nghề",
    "CMND": "chứng minh nhân dân",
    "CNQSDĐ": "chứng nhận quyền sử dụng đất",
    "ĐKKD": "đăng ký kinh doanh",
    "ĐKĐĐ": "đăng ký đất đai",
    "GCN": "giấy chứng nhận",
    "GCNQSDĐ": "giấy chứng nhận quyền sử dụng đất",
    "GD&ĐT": "giáo dục và đào tạo",
    "GDĐT": "giáo dục và đào tạo",
    "GPXD": "giấy phép xây dựng",
    "GTGT": "giá trị gia tăng",
    "HĐND": "Hội đồng nhân dân",
    "HTX": "hợp tác xã",
    "KCB": "khám bệnh, chữa bệnh",
    "LĐTBXH": "lao động - thương binh và xã hội",
    "NLĐ": "người lao động",
    "NSDLĐ": "người sử dụng lao động",
    "QSD đất": "quyền sử dụng đất",
    "QSDĐ": "quyền sử dụng đất",
    "QSH": "quyền sở hữu",
    "QSHNƠ": "quyền sở hữu nhà ở",
    "SDĐ": "sử dụng đất",
    "TN&MT": "tài nguyên và môi trường",
    "TNMT": "tài nguyên và môi trường",
    "TNCN": "thu nhập cá nhân",
    "TNDN": "thu nhập doanh nghiệp",
    "TNHH": "trách nhiệm hữu hạn",
    "TSGLVĐ": "tài sản gắn liền với đất",
    "TTHC": "thủ tục hành chính",
    "UBND": "Ủy ban nhân dân",
    "VPĐK": "văn phòng đăng ký",
    "VPĐKĐĐ": "văn phòng đăng ký đất đai",
}
_ABBREVIATION: Final = re.compile(
    r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, ABBREVIATIONS), key=lambda k: (-len(k), k))) + r")(?!\w)"
)


def normalise(text: str) -> str:
    """`text` in NFC with Đ for its look-alikes, old-style tone marks, plain quotes and dashes, single spaces.

    Case and meaning are kept. Applying it twice changes nothing more, and composed or decomposed input
    gives the same result.
    """
    plain = unicodedata.normalize("NFC", text).translate(_SAME_LETTER)
    if not plain.isascii():  # no mark, nothing to place: folded text is half of what comes through here
        placed = _WORD.sub(lambda found: _place_tone(found[0]), unicodedata.normalize("NFD", plain))
        plain = unicodedata.normalize("NFC", placed)
    spaced = " ".join(plain.split())
    return _AFTER_OPEN.sub("", _BEFORE_STOP.sub("", spaced))


def fold(text: str) -> str:
    """A key to join by: normalised, lower case, without marks, đ as d ('Quảng Hoà' -> 'quang hoa')."""
    lowered = unicodedata.normalize("NFD", normalise(text).lower().replace("đ", "d"))
    return normalise("".join(char for char in lowered if unicodedata.category(char) != "Mn"))


def tokens(text: str, *, folded: bool = True) -> list[str]:
    """The words of `text` in order: folded, or (folded=False) lower case with their marks."""
    ready = fold(text) if folded else normalise(text).lower()
    return re.findall(r"[^\W_]+", ready)


def expand_abbreviations(text: str) -> str:
    """`text` normalised, with the usual office abbreviations written out (GCN QSDĐ, UBND, TTHC ...).

    Only whole words in capitals are expanded; an abbreviation with two readings is not in the list.
    """
    return _ABBREVIATION.sub(lambda found: ABBREVIATIONS[found[0]], normalise(text))


@lru_cache(maxsize=65_536)
def _place_tone(word: str) -> str:
    """A decomposed word with its one tone mark on the vowel the old style asks for."""
    letters: list[str] = []  # each base letter with its quality marks, composed
    tones: list[str] = []
    for char in word:
        if char in _TONES:
            tones.append(char)
        elif char in _QUALITIES and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
    syllable = _SYLLABLE.fullmatch("".join(letters).lower()) if len(tones) == 1 else None
    if syllable is None or len(letters) != len(syllable[0]):
        return word
    place = _tone_place(syllable["onset"], syllable["nucleus"], bool(syllable["final"]))
    if place is None:
        return word
    letters[place] += tones[0]
    return "".join(letters)


def _tone_place(onset: str, nucleus: str, has_final: bool) -> int | None:
    """The letter that carries the tone; None for a vowel group that Vietnamese does not have."""
    if len(nucleus) > 1 and not _GROUP.fullmatch(nucleus):
        return None
    marked = [i for i, vowel in enumerate(nucleus) if vowel in "ăâêôơư"]
    if marked:
        inside = marked[-1] if nucleus[:2] == "ươ" else marked[0]
    elif has_final:
        inside = len(nucleus) - 1
    else:
        inside = (len(nucleus) - 1) // 2  # one vowel: it; two: the first; three: the middle one
    return len(onset) + inside
