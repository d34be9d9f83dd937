"""What a procedure's title says: the act, the level of government, and the object that is left."""

import re
from dataclasses import dataclass

from domain.text import expand_abbreviations

# Kind of act -> how titles say it. Longer phrases win, so that "xóa đăng ký" is not read as "đăng ký".
ACTS: dict[str, tuple[str, ...]] = {
    "END": (
        "xóa đăng ký", "xóa ghi nợ", "xóa nợ", "xóa", "thu hồi", "chấm dứt", "hủy bỏ", "hủy", "đình chỉ", "giải thể",
        "tạm ngừng", "trả lại", "thôi", "rút", "bãi bỏ", "miễn nhiệm", "ngừng",
    ),
    "AGAIN": ("cấp lại", "đăng ký lại", "công bố lại", "cấp đổi", "đổi", "cấp thay thế", "phục hồi", "chuyển đổi"),
    "CHANGE": (
        "đăng ký thay đổi", "thay đổi", "điều chỉnh", "cấp điều chỉnh", "sửa đổi, bổ sung", "sửa đổi", "bổ sung",
        "cải chính", "đính chính", "cập nhật", "chuyển nhượng",
    ),
    "EXTEND": ("gia hạn", "cấp gia hạn", "kéo dài"),
    "COPY": ("cấp bản sao", "trích lục", "sao lục", "cung cấp thông tin"),
    "CHECK": ("thẩm định", "kiểm tra", "thẩm tra", "giám định", "kiểm định", "đánh giá"),
    "COMPLAINT": ("giải quyết khiếu nại", "khiếu nại"),
    "DENOUNCE": ("giải quyết tố cáo", "tố cáo"),
    "SUPPORT": ("trợ cấp", "hỗ trợ", "hưởng", "giải quyết chế độ", "thực hiện chế độ"),
    "REPORT": ("thông báo", "báo cáo", "trình báo", "khai báo", "công bố"),
    "NEW": (
        "đăng ký, cấp", "đăng ký biến động", "đăng ký", "cấp mới", "cấp", "thành lập", "công nhận",
        "phê duyệt", "chấp thuận",
        "xác nhận", "chứng thực", "giao", "bổ nhiệm", "cho phép", "quyết định", "xét",
    ),
}  # fmt: skip
OPPOSITES = (
    ("nhập cảnh", "xuất cảnh"), ("đăng ký tạm trú", "xóa đăng ký tạm trú"), ("thành lập", "giải thể"),
    ("bổ nhiệm", "miễn nhiệm"), ("thế chấp", "xóa thế chấp"), ("lắp đặt", "tháo dỡ"), ("mở", "đóng"),
    ("vào", "ra khỏi"),
)  # fmt: skip
_BY_LENGTH = sorted(
    ((phrase, kind) for kind, all_ in ACTS.items() for phrase in all_), key=lambda x: (-len(x[0]), x[0])
)
_ACT = re.compile(r"(?<!\w)(" + "|".join(re.escape(phrase) for phrase, _ in _BY_LENGTH) + r")(?!\w)")
_KIND = dict(_BY_LENGTH)

_TIER = r"(?:trung ương|tw|bộ|tỉnh|huyện|xã|sư đoàn|trung đoàn|quân đoàn)"
_OFFICE = r"(?:chủ tịch )?(?:ủy ban nhân dân|công an|sở|bộ|cục|ban quản lý|tổng cục|thủ tướng|chi cục|phòng)"
_LEVEL = re.compile(
    rf"\(?(?:thực hiện |giải quyết )?(?:tại |ở |của )?(?:{_OFFICE} )?cấp {_TIER}(?:\s*,\s*(?:cấp )?{_TIER})*(?!\w)\)?"
    rf"|thuộc (?:phạm vi )?thẩm quyền.*?(?={_OFFICE}){_OFFICE}[^,;()]*(?:, {_OFFICE}[^,;()]*)*"
    rf"|tại {_OFFICE}[^,;()]*|\((?:tại|của) {_OFFICE}[^()]*\)"
)
_TIERS = {
    "trung ương": "TRUNG_UONG", "tw": "TRUNG_UONG", "bộ": "TRUNG_UONG", "cục": "TRUNG_UONG",
    "tỉnh": "TINH", "sở": "TINH", "huyện": "HUYEN", "xã": "XA",
}  # fmt: skip
_TIER_WORD = re.compile(r"(?:cấp |, |^|\W)(trung ương|tw|bộ|tỉnh|huyện|xã|cục|sở)(?!\w)")
_LEAD = re.compile(r"^(?:thủ tục(?: hành chính)?\s*:?\s*)?(?:giải quyết )?(?:đề nghị |thực hiện )?(?:thủ tục )?")
_NOT_WORD = re.compile(r"[^\w]+")
_ACT_REACH = 90  # letters: acts after that belong to the cases a title lists, not to the title


@dataclass(frozen=True, kw_only=True)
class Title:
    """A title taken apart: `act` its kind of act, `verb` the words, `object` what is left, `level` as written."""

    text: str
    act: str
    verb: str
    object: str
    core: str
    levels: tuple[str, ...]
    acts: frozenset[str]


def parsed_title(name: str) -> Title:
    """Take a Vietnamese procedure title apart. Never fails: an unread act is "" and the object is the title.

    Same words in another encoding, tone placement or letter case give the same Title.
    """
    text = expand_abbreviations(name).lower()
    phrases = [match.group(0) for match in _LEVEL.finditer(text)]
    levels = sorted({_TIERS[word] for phrase in phrases for word in _TIER_WORD.findall(phrase)})
    core = _LEAD.sub("", _words(_LEVEL.sub(" ", text), keep=","))
    found = [match for match in _ACT.finditer(core) if match.start() <= _ACT_REACH]
    verb = found[0].group(1) if found and found[0].start() <= 12 else ""
    rest = core.replace(verb, " ", 1) if verb else core
    return Title(
        text=_words(text),
        act=_KIND.get(verb, ""),
        verb=verb,
        object=_words(rest),
        core=_words(core),
        levels=tuple(levels),
        acts=frozenset(_KIND[match.group(1)] for match in found),
    )


def are_opposite(one: Title, other: Title) -> bool:
    """True when one title undoes what the other gives: exactly one ends something, or the words are antonyms.

    A change or a copy is no opposite of an end: "điều chỉnh" and "chấm dứt" are two cases of one object.
    """
    if ("END" in one.acts) != ("END" in other.acts) and {one.act, other.act}.isdisjoint({"CHANGE", "COPY", "EXTEND"}):
        return True
    for left, right in OPPOSITES:
        in_one, in_other = (left in one.core, right in one.core), (left in other.core, right in other.core)
        if in_one in {(True, False), (False, True)} and in_other == in_one[::-1]:
            return True
    return False


def _words(text: str, *, keep: str = "") -> str:
    if keep:
        return " ".join(re.sub(rf"[^\w{re.escape(keep)}]+", " ", text).split())
    return " ".join(_NOT_WORD.sub(" ", text).split())
