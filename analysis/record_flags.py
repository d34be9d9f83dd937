"""Flags about how records are written: what a unit is asked to check, and what may well explain it."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.flags import FlagContext, flag_row
from analysis.frames import rows_of
from analysis.words import between_vi, number_vi, share_vi


@dataclass(frozen=True)
class _Words:
    """What was counted, what was found of it, what may explain it, and what to look at."""

    base: str
    found: str
    perhaps: str
    look: str


_WORDS = {
    "SUPPLEMENT_LAST_DAY": _Words(
        "lần yêu cầu bổ sung hồ sơ",
        "được đưa ra vào đúng ngày hẹn trả hoặc muộn hơn",
        "thành phần hồ sơ được xem kỹ ở khâu cuối, hoặc ngày yêu cầu được nhập vào phần mềm sau khi đã báo "
        "cho người dân",
        "cách ghi ngày yêu cầu bổ sung và khâu kiểm tra thành phần hồ sơ lúc tiếp nhận",
    ),
    "FINISH_EQUALS_DUE": _Words(
        "hồ sơ đã giải quyết",
        "có giờ kết thúc xử lý trùng giờ hẹn trả đến từng giây",
        "phần mềm tự lấy giờ hẹn trả khi không nhập giờ kết thúc, hoặc khi chuyển dữ liệu từ phần mềm khác",
        "cách ghi giờ kết thúc xử lý",
    ),
    "FINISH_AT_CLOSING": _Words(
        "hồ sơ đã giải quyết",
        "có giờ kết thúc xử lý ghi đúng giờ hết giờ làm việc, không lệch giây nào",
        "phần mềm chỉ cho nhập ngày rồi tự gắn giờ hết giờ làm việc, hoặc kết quả trong ngày được nhập chung một giờ",
        "cách ghi giờ kết thúc xử lý",
    ),
    "BUNCHING": _Words(
        "hồ sơ kết thúc quanh ngày hẹn trả (trước hoặc sau không quá {days} ngày làm việc)",
        "kết thúc vào đúng ngày hẹn trả",
        "đơn vị xếp việc theo ngày hẹn, hoặc chỉ cập nhật phần mềm khi người dân đến nhận kết quả",
        "cách ghi ngày kết thúc xử lý có đúng ngày giải quyết xong thực tế hay không",
    ),
    "DUE_MOVED": _Words(
        "hồ sơ được theo dõi",
        "có ngày hẹn trả thay đổi mà trong dữ liệu không thấy yêu cầu bổ sung, gia hạn hay thư xin lỗi kèm theo",
        "ngày hẹn nhập nhầm được sửa lại, hoặc văn bản gia hạn, thư xin lỗi có trên giấy nhưng chưa cập nhật "
        "vào phần mềm",
        "cách ghi lý do khi thay đổi ngày hẹn trả",
    ),
    "FINISH_MOVED_BACK": _Words(
        "hồ sơ được theo dõi",
        "có ngày kết thúc xử lý được sửa sớm hơn, hoặc được ghi bổ sung vào ngày còn trong hạn khi đã quá hạn",
        "hồ sơ giải quyết xong trên giấy nhưng cập nhật phần mềm muộn, sau đó sửa lại theo ngày thực tế",
        "việc cập nhật ngày kết thúc xử lý và giấy tờ kèm theo",
    ),
    "BATCH_CLOSING": _Words(
        "hồ sơ đã kết thúc",
        "được cùng một người (hoặc một bộ phận) kết thúc theo đợt trên {batch} hồ sơ trong một phút",
        "kết quả được ký số hoặc trả theo danh sách, nhập bù sau khi mất mạng, hoặc chuyển dữ liệu giữa hai phần mềm",
        "thời điểm cập nhật kết thúc hồ sơ có theo kịp thời điểm giải quyết xong hay không",
    ),
    "CODE_GAP": _Words(
        "số thứ tự trong mã hồ sơ",
        "bị bỏ trống giữa dãy số trong ngày",
        "hồ sơ nhập thử đã xóa, phần mềm cấp số trước khi lưu hồ sơ, hoặc dãy số dùng chung với đơn vị khác",
        "sổ theo dõi hồ sơ, đối chiếu với các số còn trống",
    ),
}


def record_flags(checks: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """RECORD_CHECK for each check integrity_checks flags; `rule` is the check.

    Needs: the columns integrity_checks gives
    value: the unit's share, limit_value: the other units'. Examples are those of the evidence frame whose kind is
    the check's name.
    """
    flags: list[dict[str, Any]] = []
    for row in rows_of(checks.loc[checks["is_flagged"].astype(bool)]):
        check, unit = str(row.check), str(row.unit_code)
        figures = (row.share, row.base_share, int(row.n), row.low, row.high)
        flag = flag_row(context, "RECORD_CHECK", check, (unit, None), figures, _sentence(row, context))
        flags.append(flag | {"evidence": context.dossiers(check, unit, None)})
    return flags


def _sentence(row: Any, context: FlagContext) -> str:
    limits, words = context.thresholds, _WORDS[str(row.check)]
    base = words.base.format(days=limits.bunching_days)
    found = words.found.format(batch=limits.batch_size)
    return (
        f"Tại {context.names.unit(str(row.unit_code))}, trong quý {context.quarter}, {number_vi(row.found, 0)} trên "
        f"{number_vi(row.n, 0)} {base} {found} ({share_vi(row.share)}, khoảng tin cậy "
        f"{between_vi(row.low, row.high)}); {_others(row)}; có thể do {words.perhaps}; đề nghị kiểm tra {words.look}."
    )


def _others(row: Any) -> str:
    if str(row.check) == "BUNCHING":
        return f"với các thủ tục ấy, ở các đơn vị khác tỷ lệ này là {share_vi(row.base_share)}"
    if not row.base_found:
        return f"ở các đơn vị khác không có trường hợp nào trên {number_vi(row.base_n, 0)}"
    return (
        f"ở các đơn vị khác tỷ lệ này là {share_vi(row.base_share)} ({number_vi(row.base_found, 0)} trên "
        f"{number_vi(row.base_n, 0)})"
    )
