"""What a procedure's title says: the act, the level of government, and the object that is left."""

import re
from dataclasses import dataclass

from domain.text import tokens
from domain.wording import comparable, level_phrases

# Kind of act -> how titles say it. Longer phrases win, so that "xóa đăng ký" is not read as "đăng ký".
ACTS: dict[str, tuple[str, ...]] = {
    "END": (
        "xóa đăng ký", "xóa ghi nợ", "xóa nợ", "xóa", "thu hồi", "chấm dứt", "hủy bỏ", "hủy", "đình chỉ", "giải thể",
        "tạm ngừng", "trả lại", "thôi", "rút", "bãi bỏ", "miễn nhiệm", "ngừng",
    ),
    "AGAIN": ("cấp lại", "đăng ký lại", "công bố lại", "cấp đổi", "đổi", "cấp thay thế", "phục hồi", "chuyển đổi"),
    "CHANGE": (
        "đăng ký thay đổi", "thay đổi", "điều chỉnh", "cấp điều chỉnh", "sửa đổi bổ sung", "sửa đổi", "bổ sung",
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
        "đăng ký cấp", "đăng ký biến động", "đăng ký", "cấp mới", "cấp", "thành lập", "công nhận",
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

_TIERS = {
    "trung ương": "TRUNG_UONG", "tw": "TRUNG_UONG", "bộ": "TRUNG_UONG", "cục": "TRUNG_UONG",
    "tỉnh": "TINH", "sở": "TINH", "huyện": "HUYEN", "xã": "XA",
}  # fmt: skip
_TIER_WORD = re.compile(r"(?:cấp |, |^|\W)(trung ương|tw|bộ|tỉnh|huyện|xã|cục|sở)(?!\w)")
_LEAD = re.compile(r"^(?:thủ tục )?(?:giải quyết )?(?:đề nghị |thực hiện )?(?:thủ tục )?")
# "Đăng ký biến động đối với trường hợp xóa đăng ký ..." is the un-registering itself, however it is filed.
_FRAME = re.compile(rf"^đăng ký biến động (?:đối với|trong) (?:các |những )?trường hợp (?={_ACT.pattern})")
_ACT_REACH = 90  # letters: acts after that belong to the cases a title lists, not to the title


@dataclass(frozen=True, kw_only=True)
class Title:
    """A title taken apart: `act` its kind of act, `verb` the words, `object` what is left, `level` as written."""

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
    levels = sorted({_TIERS[word] for phrase in level_phrases(name) for word in _TIER_WORD.findall(phrase)})
    core = _LEAD.sub("", comparable(name)) or comparable(name) or " ".join(tokens(name, folded=False))
    core = _FRAME.sub("", core)
    found = [match for match in _ACT.finditer(core) if match.start() <= _ACT_REACH]
    verb = found[0].group(1) if found and found[0].start() <= 12 else ""
    rest = core.replace(verb, " ", 1) if verb else core
    return Title(
        act=_KIND.get(verb, ""),
        verb=verb,
        object=" ".join(rest.split()),
        core=core,
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
