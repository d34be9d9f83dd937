"""What a paper is by its name: a form, an identity paper, a certificate ..., who issues it, who holds its data."""

import re
from dataclasses import dataclass

KIND_VI = {
    "FORM": "Đơn, tờ khai",
    "IDENTITY": "Giấy tờ tùy thân",
    "CIVIL_STATUS": "Giấy tờ hộ tịch, cư trú",
    "REGISTRATION": "Giấy chứng nhận đăng ký",
    "LAND": "Giấy tờ đất đai",
    "LICENCE": "Giấy phép",
    "CERTIFICATE": "Giấy chứng nhận, chứng chỉ, văn bằng",
    "AUTHORISATION": "Văn bản ủy quyền, giới thiệu",
    "CONTRACT": "Hợp đồng, thỏa thuận",
    "DECISION": "Quyết định, văn bản của cơ quan",
    "REPORT": "Báo cáo, thuyết minh",
    "DRAWING": "Bản vẽ, bản đồ",
    "MINUTES": "Biên bản",
    "LIST": "Danh sách, bảng kê",
    "RECEIPT": "Hóa đơn, chứng từ",
    "PLAN": "Phương án, dự án, điều lệ",
    "PHOTO": "Ảnh",
    "OTHER": "Giấy tờ khác",
}


@dataclass(frozen=True, kw_only=True)
class KnownPaper:
    """A paper the state issues, under whatever wording: its one name, its issuer, the register that holds its data.

    `held_in` "" means that no register is known to hold it whole. `source` is the law; what is not said to be FOUND
    in the project's legal notes is RECALLED and to be checked by whoever signs.
    """

    name: str
    kind: str
    pattern: str
    issuer: str = ""
    held_in: str = ""
    source: str = ""


_POPULATION = "Cơ sở dữ liệu quốc gia về dân cư"
_CIVIL = "Cơ sở dữ liệu hộ tịch điện tử"
_BUSINESS = "Cơ sở dữ liệu quốc gia về đăng ký doanh nghiệp"
_REPLACED = (
    "Nghị quyết 66.7/2025/NQ-CP"  # FOUND: papers of 786 procedures replaced by data; the list is not kept here
)
_COMMUNE = "Ủy ban nhân dân cấp xã"
_POLICE = "Cơ quan Công an"

# Issuers and registers are RECALLED unless the line says otherwise.
KNOWN = (
    KnownPaper(
        name="Thẻ căn cước, thẻ căn cước công dân, chứng minh nhân dân", kind="IDENTITY",
        pattern=r"(?:thẻ )?căn cước(?: công dân)?|(?:giấy )?chứng minh nhân dân|giấy chứng nhận căn cước"
        r"|(?:số |mã )?định danh cá nhân|giấy tờ tùy thân|giấy tờ chứng minh nhân thân",
        issuer=_POLICE, held_in=_POPULATION, source=f"Luật Căn cước 2023; {_REPLACED}",
    ),
    KnownPaper(
        name="Hộ chiếu", kind="IDENTITY", pattern=r"hộ chiếu(?: phổ thông| nước ngoài)?", issuer=_POLICE,
        held_in="Cơ sở dữ liệu quốc gia về xuất nhập cảnh",
        source="Luật Xuất cảnh, nhập cảnh của công dân Việt Nam 2019",
    ),
    KnownPaper(
        name="Giấy khai sinh", kind="CIVIL_STATUS", pattern=r"(?:trích lục |bản sao )?(?:giấy )?khai sinh",
        issuer=_COMMUNE, held_in=_CIVIL, source="Nghị định 87/2020/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy chứng nhận kết hôn", kind="CIVIL_STATUS",
        pattern=r"(?:trích lục |bản sao )?(?:giấy )?(?:chứng nhận |đăng ký )+kết hôn|trích lục kết hôn",
        issuer=_COMMUNE, held_in=_CIVIL, source="Nghị định 87/2020/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy xác nhận tình trạng hôn nhân", kind="CIVIL_STATUS",
        pattern=r"giấy xác nhận (?:về )?tình trạng hôn nhân", issuer=_COMMUNE, held_in=_CIVIL,
        source="Nghị định 87/2020/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy chứng tử, trích lục khai tử", kind="CIVIL_STATUS",
        pattern=r"giấy chứng tử|(?:trích lục|giấy) khai tử", issuer=_COMMUNE, held_in=_CIVIL,
        source="Nghị định 87/2020/NĐ-CP",
    ),
    KnownPaper(
        name="Sổ hộ khẩu, giấy xác nhận thông tin về cư trú", kind="CIVIL_STATUS",
        pattern=r"sổ hộ khẩu(?: gia đình)?|sổ tạm trú|(?:giấy )?xác nhận (?:thông tin )?(?:về )?cư trú"
        r"|giấy tờ (?:chứng minh|xác nhận)(?: về)? (?:nơi )?cư trú",
        issuer=_POLICE, held_in=_POPULATION, source="Luật Cư trú 2020; Nghị định 104/2022/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy chứng nhận đăng ký doanh nghiệp", kind="REGISTRATION",
        pattern=r"(?:giấy )?(?:chứng nhận )?đăng ký (?:doanh nghiệp|kinh doanh|hoạt động doanh nghiệp)"
        r"|giấy phép kinh doanh",
        issuer="Cơ quan đăng ký kinh doanh", held_in=_BUSINESS, source=_REPLACED,
    ),
    KnownPaper(
        name="Giấy chứng nhận đăng ký hộ kinh doanh", kind="REGISTRATION",
        pattern=r"giấy chứng nhận đăng ký hộ kinh doanh", issuer=_COMMUNE,
        held_in=_BUSINESS,
        source="Nghị định 168/2025/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy chứng nhận đăng ký hợp tác xã", kind="REGISTRATION",
        pattern=r"giấy chứng nhận đăng ký (?:liên hiệp )?hợp tác xã", issuer=_COMMUNE,
        held_in="Hệ thống thông tin quốc gia về hợp tác xã", source="Luật Hợp tác xã 2023",
    ),
    KnownPaper(
        name="Giấy chứng nhận đăng ký đầu tư", kind="REGISTRATION", pattern=r"giấy chứng nhận (?:đăng ký )?đầu tư",
        issuer="Cơ quan đăng ký đầu tư", held_in="Hệ thống thông tin quốc gia về đầu tư", source="Luật Đầu tư 2020",
    ),
    KnownPaper(
        name="Giấy chứng nhận quyền sử dụng đất", kind="LAND",
        pattern=r"giấy chứng nhận(?: về)? quyền sử dụng đất(?: quyền sở hữu (?:nhà ở và )?tài sản (?:khác )?gắn liền"
        r" với đất)?|giấy chứng nhận đã cấp|giấy chứng nhận đã cấp (?:cho|của) .*",
        issuer="Cơ quan có thẩm quyền về đất đai", held_in="Cơ sở dữ liệu quốc gia về đất đai",
        source="Luật Đất đai 2024",
    ),
    KnownPaper(
        name="Phiếu lý lịch tư pháp", kind="CERTIFICATE", pattern=r"phiếu lý lịch tư pháp", issuer=_POLICE,
        held_in="Cơ sở dữ liệu lý lịch tư pháp", source="Luật Lý lịch tư pháp 2009, sửa đổi 2025",
    ),
    KnownPaper(
        name="Giấy phép lái xe", kind="LICENCE", pattern=r"giấy phép lái xe", issuer=_POLICE,
        held_in="Cơ sở dữ liệu về trật tự, an toàn giao thông đường bộ",
        source="Luật Trật tự, an toàn giao thông đường bộ 2024",
    ),
    KnownPaper(
        name="Chứng nhận đăng ký xe", kind="REGISTRATION", pattern=r"(?:giấy )?chứng nhận đăng ký xe", issuer=_POLICE,
        held_in="Cơ sở dữ liệu về đăng ký, quản lý phương tiện giao thông",
        source="Luật Trật tự, an toàn giao thông đường bộ 2024",
    ),
    KnownPaper(
        name="Thẻ bảo hiểm y tế", kind="CERTIFICATE", pattern=r"thẻ bảo hiểm y tế",
        issuer="Cơ quan bảo hiểm xã hội", held_in="Cơ sở dữ liệu quốc gia về bảo hiểm",
        source="Nghị định 43/2021/NĐ-CP",
    ),
    KnownPaper(
        name="Giấy chứng nhận hộ nghèo, hộ cận nghèo", kind="CERTIFICATE",
        pattern=r"giấy (?:chứng nhận|xác nhận) hộ (?:nghèo|cận nghèo)(?: (?:hoặc )?hộ cận nghèo)?", issuer=_COMMUNE,
    ),
    KnownPaper(name="Giấy chứng sinh", kind="CIVIL_STATUS", pattern=r"giấy chứng sinh", issuer="Cơ sở y tế"),
    KnownPaper(name="Giấy báo tử", kind="CIVIL_STATUS", pattern=r"giấy báo tử", issuer="Cơ sở y tế"),
    KnownPaper(
        name="Giấy chứng nhận sức khỏe", kind="CERTIFICATE",
        pattern=r"giấy (?:chứng nhận|khám)(?: đủ)? sức khỏe", issuer="Cơ sở khám bệnh, chữa bệnh",
    ),
    KnownPaper(
        name="Văn bản ủy quyền", kind="AUTHORISATION",
        pattern=r"(?:văn bản|giấy|hợp đồng) ủy quyền(?: (?:theo quy định|cho|của|về|nộp|thực hiện) .*)?"
        r"|văn bản về việc đại diện(?: .*)?",
    ),
    KnownPaper(name="Giấy giới thiệu", kind="AUTHORISATION", pattern=r"giấy giới thiệu(?: .*)?"),
    KnownPaper(name="Ảnh", kind="PHOTO", pattern=r"(?:ảnh(?! hưởng)|mới chụp)(?: .*)?"),
)  # fmt: skip
_HEAD = r"(?:bản sao |bản chính )?"
# Words that may follow a known paper's name without making it another paper.
_AFTER = (
    r"(?: (?:còn (?:hiệu lực|giá trị|thời hạn)(?: sử dụng)?|hợp lệ|gắn chíp|điện tử"
    r"|của (?:người|cá nhân|tổ chức|chủ|công dân|cha|mẹ|trẻ|bên|doanh nghiệp|hộ|nhà đầu tư|thành viên"
    r"|đại diện|vợ|chồng)(?: .*)?|hoặc .*|hay .*|đã cấp|đã được cấp|bản gốc))*"
)
_KNOWN = [(re.compile(rf"{_HEAD}(?:{each.pattern}){_AFTER}"), each) for each in KNOWN]

_BY_HEAD = (
    ("PHOTO", r"ảnh(?! hưởng)|hình ảnh"),
    ("AUTHORISATION", r"(?:văn bản|giấy|hợp đồng) ủy quyền|giấy giới thiệu"),
    ("FORM", r"đơn(?! giá| vị)|tờ khai|bản khai|giấy đề nghị|giấy khai|phiếu|tờ trình|công văn|bản đăng ký"
     r"|giấy đăng ký|(?:văn bản|bản) (?:đề nghị|yêu cầu|đăng ký|thông báo|cam kết|kê khai)|thông báo"
     r"|giấy yêu cầu|thư|bản cam kết"),
    ("DECISION", r"quyết định|nghị quyết|văn bản|giấy xác nhận|ý kiến|kết luận|kết quả"),
    ("LAND", r"giấy chứng nhận quyền sử dụng đất|giấy tờ .*?quyền sử dụng đất"),
    ("REGISTRATION", r"giấy chứng nhận đăng ký|giấy đăng ký|sổ đăng ký"),
    ("LICENCE", r"giấy phép"),
    ("CERTIFICATE", r"giấy chứng nhận|chứng chỉ|chứng nhận|bằng|văn bằng|thẻ|giấy chứng|sổ"),
    ("CONTRACT", r"hợp đồng|thỏa thuận|biên bản ghi nhớ|phụ lục hợp đồng"),
    ("MINUTES", r"biên bản"),
    ("RECEIPT", r"hóa đơn|biên lai|chứng từ|giấy nộp|vận đơn|phiếu thu"),
    ("DRAWING", r"bản vẽ|bản đồ|sơ đồ|sơ họa|mảnh trích|trích đo|trích lục|bản trích|mặt bằng|thiết kế"
     r"|hồ sơ thiết kế"),
    ("LIST", r"danh sách|danh mục|bảng|bản kê|bảng kê|thống kê"),
    ("REPORT", r"báo cáo|thuyết minh|bản thuyết minh|giải trình|đánh giá|bản mô tả|tài liệu"),
    ("PLAN", r"phương án|kế hoạch|đề án|dự án|điều lệ|quy chế|quy trình|chương trình|dự thảo|đề cương|nội quy"),
    ("IDENTITY", r"sơ yếu lý lịch|lý lịch|bản khai lý lịch|giấy tờ tùy thân"),
)  # fmt: skip
_HEADS = [(kind, re.compile(rf"(?:{heads})(?!\w)")) for kind, heads in _BY_HEAD]
# A form named by its own kind alone: each procedure has its own.
_BARE = re.compile(
    r"(?:đơn|tờ khai|bản khai|giấy|văn bản|phiếu|công văn|tờ trình|bản|đơn đề nghị và)"
    r"(?: (?:đề nghị|đăng ký|yêu cầu|xin|thông báo|khai|trình|kê khai|cấp|cấp lại|cấp phép|cấp đổi|gia hạn))*"
)


def known_paper(key: str) -> KnownPaper | None:
    """The state's paper that a comparable paper name is, when it names that paper and little else."""
    return next((paper for pattern, paper in _KNOWN if pattern.fullmatch(key)), None)


def kind_of(key: str) -> str:
    """One of KIND_VI by how a comparable paper name begins."""
    return next((kind for kind, heads in _HEADS if heads.match(key)), "OTHER")


def is_bare_form(key: str) -> bool:
    """True for a form that is named "application" and no more: two procedures' are two papers."""
    return _BARE.fullmatch(key) is not None
