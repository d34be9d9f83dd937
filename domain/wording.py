"""The one way to make two titles or two paper names comparable: what is only wording goes, the meaning stays.

Every comparison of Vietnamese names (titles, papers, results, steps) starts from `comparable`. What it takes off
are list marks, counts of copies, references to law and to form numbers, and the level of government; what it
writes alike are letters, tone marks, abbreviations and letter case. Accents stay: they carry meaning.
"""

import re
from functools import lru_cache
from typing import Final

from domain.text import ABBREVIATIONS, expand_abbreviations

_TIER: Final = (
    r"(?:trung ương|tw|bộ(?! (?:hồ sơ|đội|phận|luật|máy))|tỉnh|huyện|xã(?! hội)|phường|sư đoàn"
    r"|trung đoàn|quân đoàn)"
)
_OFFICE: Final = (
    r"(?:(?:bộ|chủ tịch|giám đốc|văn phòng|trung tâm phục vụ hành chính công) )?"
    r"(?:ủy ban nhân dân|hội đồng nhân dân|công an|sở(?! hữu)|bộ(?! (?:hồ sơ|đội|luật|máy))|tổng cục|chi cục|cục"
    r"|ban quản lý|thủ tướng(?: chính phủ)?|phòng(?! (?:khám|bệnh|thí|xét|kiểm|thử|họp|học|cháy|chống|vệ)))"
)
# A phrase that names an office ends where another part of the sentence begins.
_REST: Final = r"(?:(?! (?:để|do|khi|trong|đối với|về|theo|cho|và|hoặc|từ|mà|sang|với)(?!\w))[^,;:().]){0,80}"
_CAP: Final = rf"(?<!trợ )(?<!cung )cấp {_TIER}(?!\w)(?:\s*(?:,|và|hoặc)\s*(?:cấp )?{_TIER}(?!\w))*"
_OFFICES: Final = rf"{_OFFICE}(?!\w){_REST}(?:, {_OFFICE}(?!\w){_REST})*"
_DOES: Final = r"(?:thực hiện |giải quyết )?"
_LEVEL: Final = re.compile(
    rf"\({_DOES}(?:tại|của|ở) {_OFFICE}[^()]*\)"
    rf"|(?<!\w)thuộc phạm vi (?:chức năng )?quản lý (?:nhà nước )?của (?:các )?{_OFFICES}"
    rf"|(?<!\w)thuộc (?:phạm vi )?thẩm quyền[^,;()]{{0,60}}?(?<!\w){_OFFICES}"
    rf"|(?<!\w)(?:thuộc (?:phạm vi )?thẩm quyền (?:giải quyết )?)?{_DOES}(?:tại |ở |của )?(?:{_OFFICE} )?{_CAP}"
    rf"|(?<!\w){_DOES}tại {_OFFICE}(?!\w){_REST}"
)

_NUMBER: Final = (
    r"(?:số\s*:?\s*)?\d+[a-z]?\s?/\s?(?:\d{4}\s?/\s?[a-zđ]+"
    r"|[a-zđ]+-[a-zđ])[a-zđ0-9]*(?:\s?-\s?[a-zđ0-9]+)*"
)
_DATE: Final = r"ngày \d{1,2}(?:[/.-]| tháng )\d{1,2}(?:[/.-]| năm )\d{4}"
_ACT_KIND: Final = (
    r"(?:bộ luật|luật|pháp lệnh|nghị định|nghị quyết|thông tư(?: liên tịch)?|quyết định"
    r"|văn bản hợp nhất)"
)
_ISSUER: Final = (
    r"(?: của (?:thủ tướng chính phủ|chính phủ|quốc hội|ủy ban thường vụ quốc hội|bộ trưởng bộ [^,;"
    r"()]{2,40}))"
)
_CLAUSE: Final = (
    r"(?:điểm [a-zđ]\d?(?!\w)(?:(?:, | và |, điểm )[a-zđ]\d?(?!\w))*|khoản \d+[a-z]?(?:(?:, | và )\d+[a-z]?(?!\w))*"
    r"|điều \d+[a-z]?(?!\w)|chương [ivx]+(?!\w)|(?:tiểu )?mục (?:\d+|[ivx]+)(?!\w)"
    r"|phụ lục (?:số )?(?:\d+|[ivx]+)[a-z]?(?:[.-]\w{1,3})*(?!\w))"
)
_BEFORE_LAW: Final = r"(?:theo |được |đã )*(?:(?:quy định|nêu|hướng dẫn|ban hành) )?(?:kèm )?(?:tại|theo) "
_LAW: Final = re.compile(
    rf"(?<!\w)(?:{_BEFORE_LAW})?(?:{_ACT_KIND} )?{_NUMBER}(?: {_DATE})?{_ISSUER}?(?!\w)"
    rf"|(?<!\w)(?:{_BEFORE_LAW})?{_CLAUSE}(?:,? (?:và )?{_CLAUSE})*"
    rf"|(?<!\w){_ACT_KIND} này(?!\w)"
)
# What is left around a reference that has gone, and what says nothing by itself.
_AROUND_LAW: Final = re.compile(
    r"(?<!\w)(?:được )?ban hành (?:kèm )?theo(?: (?:nghị định|thông tư|quyết định))?(?: số)?(?: \d+)?(?!\w)"
    r"|(?:(?<= )|^)(?:(?:được )?(?:quy định|nêu) tại|(?:kèm )?theo|tại|của)(?: của (?:luật|nghị định"
    r"|thông tư)[^,;()]*)?\W*$"
    rf"|(?<!\w)(?:theo |được )?(?:quy định|hướng dẫn|nêu) tại (?=(?:{_ACT_KIND} |của |này )?[^\w]*$)"
    r"|(?<!\w)(?:theo (?:đúng )?)(?:quy định"
    r"|hướng dẫn)(?: hiện hành)?(?: của pháp luật(?: hiện hành)?)?(?= tại|[^\w]*$|\s*[,;)])"
)
_STOP: Final = (
    r"(?! (?:đối với|trong trường hợp|và|hoặc|cho|có|do người)(?!\w)| của (?!chính phủ|bộ|thủ tướng|tổng cục|ủy ban)"
    r"|(?<!ban hành) kèm)"
)
_FORM: Final = re.compile(
    rf"(?<!\w)(?:(?:được )(?:lập |thực hiện |viết ))?(?:theo"
    rf"|tại) (?:đúng )?(?:biểu )?mẫu(?!\w)(?:{_STOP}[^;()]){{0,300}}"
    r"|(?<!\w)(?:biểu )?mẫu (?:đơn )?(?:số:?\s*)?(?:\d[\w./-]*|[ivx]+\.[\w./-]*|[a-zđ]{1,4}[.-]?\d[\w./-]*)"
    r"|(?<!\w)(?:mau|phu ?luc|bieu ?mau|tk|pl|mus)(?!\w{3})[\s\d_.ivx-][^;()]*$"  # what is left of a form's file name
    r"|(?<=[.;:,)])[^.;:,()]{1,60}\.(?:docx?|pdf|xlsx?)$"
)
_GLUED: Final = re.compile(  # a form's file name without a space after the paper's
    r"(?<=[a-zà-ỹđ])(?=(?:Biểu )?(?:Mẫu|Mau|Phụ lục|Phu luc|Bieu mau|PL|TK)(?:[ _.-]|\d))|(?<=NĐ-CP)(?=\w)"
)
_KIND_OF_COPY: Final = (
    r"(?:bản|bán) (?:chính|gốc|sao(?: (?:y|lục|chụp|điện tử))?|chụp|photo(?:copy)?|phô tô|scan|in"
    r"|điện tử|giấy|cứng|mềm)"
)
_ATTESTED: Final = (
    r"(?:(?:có |được |đã )*(?:chứng thực|công chứng|đóng dấu|xác nhận)(?: (?:điện tử|hợp lệ|sao y))?"
    r"|hợp lệ|từ bản chính|(?:được cấp )?từ sổ gốc|kèm (?:theo )?bản chính|(?:và )?xuất trình bản chính|để đối chiếu)"
)
_COPY: Final = rf"(?:\d{{1,2}}\s*(?:\([\w ]{{2,5}}\) )?)?{_KIND_OF_COPY}(?:[ ,]*{_ATTESTED})*"
_COPIES: Final = rf"{_COPY}(?:(?:\s*[,/;+]\s*|\s+)(?:(?:hoặc|và|kèm|kèm theo|cùng) )?{_COPY})*"
_COUNT: Final = (
    r"(?:số lượng:?\s*)?\d{1,2}\s*(?:\(\w+\)\s*)?(?:bản|bộ|tờ|ảnh|chiếc|tấm|quyển|cuốn)(?! (?:vẽ|đồ"
    r"|quyền))(?!\w)"
)
_LIST_MARK: Final = re.compile(
    r"^\s*(?:[-+*•●–.,;:/_]+|\(?\d{1,2}(?:\.\d{1,2})*[a-zđ]?\s?[.)/:](?!\d)"
    r"|\(?[a-zđ]\d?(?:\.\d+)*[.)](?= |\w{2})|\(?[ivx]{1,4}[.)])\s*"
)
_LEAD: Final = re.compile(
    rf"^(?:{_COPIES}(?:\s*(?:của|các|:|-))*|{_COUNT}(?:\s*(?:của|:|-))*)(?=\W|$)\s*"
    r"|^thủ tục(?: hành chính)?(?! hải quan)\s*:?\s*(?=\w)"
    r"|^(?:một trong (?:các|những) (?:loại )?(?:giấy tờ|văn bản)(?: sau(?: đây)?)?|trong đó|bao gồm"
    r"|gồm có|gồm)\s*:?\s*(?=\w)"
)
_BRACKET: Final = re.compile(
    r"\(\s*(?:(?:nếu|khi) (?:có|cần)[^()]*|theo mẫu[^()]*|mẫu [^()]*"
    rf"|[^()]*(?:{_KIND_OF_COPY}|{_COUNT}|đối chiếu|chứng thực|điện tử hóa)[^()]*|\s*)\)"
)
_TAIL: Final = re.compile(
    rf"(?:(?:[ ,;:.–-]+|^)(?:(?:nếu|khi) (?:có|cần)|{_COUNT}|{_ATTESTED})|[,;:.–-] ?{_COPIES})[\s.,;:]*$"
)
_NOT_WORD: Final = re.compile(r"[\W_]+")
# Abbreviations are written in small letters and without marks as often as in capitals.
_SHORT: Final = {key.lower(): value.lower() for key, value in ABBREVIATIONS.items()} | {
    "gcn qsdđ": "giấy chứng nhận quyền sử dụng đất",
    "gcnqsd đất": "giấy chứng nhận quyền sử dụng đất",
    "gcnqsdd": "giấy chứng nhận quyền sử dụng đất",
    "cmtnd": "chứng minh nhân dân",
    "gplx": "giấy phép lái xe",
    "gpkd": "giấy phép kinh doanh",
    "đkdn": "đăng ký doanh nghiệp",
    "pccc": "phòng cháy và chữa cháy",
    "phòng cháy, chữa cháy": "phòng cháy và chữa cháy",
    "phòng cháy chữa cháy": "phòng cháy và chữa cháy",
    "đtm": "đánh giá tác động môi trường",
    "dn": "doanh nghiệp",
    "hđ": "hợp đồng",
    "hđlđ": "hợp đồng lao động",
    "nhnn": "ngân hàng nhà nước",
}
_SHORT_WORD: Final = re.compile(
    r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, _SHORT), key=lambda k: (-len(k), k))) + r")(?!\w)"
)


@lru_cache(maxsize=131_072)  # catalogues name the same things over and over
def comparable(text: str) -> str:
    """`text` as it is compared: lower case words with their accents, single spaces, "" when nothing is left.

    NFC, Đ for its look-alikes, one tone placement, abbreviations written out; off go list marks, kinds and counts
    of copies, "(nếu có)", form numbers, references to law, and the level of government.
    Applying it twice changes nothing more.
    """
    now = _once(text)
    while (again := _once(now)) != now:  # a part that goes may bring two words together; each round only shortens
        now = again
    return now


def level_phrases(text: str) -> tuple[str, ...]:
    """The phrases of `text` that tell the level or the office, as `comparable` takes them off, in lower case."""
    return tuple(found[0].strip() for found in _LEVEL.finditer(_plain(text)))


def _plain(text: str) -> str:
    spaced = _GLUED.sub(" ", text)
    return _SHORT_WORD.sub(lambda found: _SHORT[found[0]], expand_abbreviations(spaced).lower())


def _once(text: str) -> str:
    words = _LIST_MARK.sub("", _LIST_MARK.sub("", _plain(text)))
    words = _BRACKET.sub(" ", words)
    for part in (_LEAD, _LIST_MARK, _FORM, _LAW, _AROUND_LAW, _LEVEL):
        words = part.sub(" ", words).strip()
    words = _TAIL.sub("", " ".join(words.split()))
    return _NOT_WORD.sub(" ", words).strip()
