"""Rules of dossiers about statuses and values (families ST, VL)."""

import numpy as np
import pandas as pd

from domain.status import STATUS_VI, Status
from expectations.dossier_facts import DossierFacts
from expectations.facts import Series, safe_word, verdicts
from expectations.rule import Rule, at_most, holds

_NUMBERS = ("channel", "subject_type", "fee_vnd")


def _refusal_reasoned(facts: DossierFacts) -> Series:
    refused = facts.seen["status"] == Status.NOT_ACCEPTED
    told = facts.seen["refusal_reason"].notna() & facts.seen["refused_at"].notna()
    return verdicts(told, refused, facts.index)


def _supplement_known(facts: DossierFacts) -> Series:
    waiting = facts.seen["status"] == Status.SUPPLEMENT
    return verdicts(facts.supplement_count > 0, waiting, facts.index)


def _status_in_table(facts: DossierFacts) -> Series:
    status = facts.seen["status"]
    unread = facts.unparsed["status"].notna() if "status" in facts.unparsed else pd.Series(False, index=facts.index)
    return verdicts(status.isin(list(STATUS_VI)) & ~unread, status.notna() | unread, facts.index)


def _status_text(facts: DossierFacts) -> Series:
    shown = facts.seen["status"].map(lambda value: "" if value != value else str(value).removesuffix(".0"))  # noqa: PLR0124
    if "status" not in facts.unparsed:
        return shown
    raw = facts.unparsed["status"]
    return shown.where(raw.isna(), raw.map(lambda value: safe_word(str(value)), na_action="ignore"))


def _numbers_read(facts: DossierFacts) -> Series:
    unread = facts.unparsed.reindex(columns=list(_NUMBERS)).notna().any(axis=1)
    channel = facts.seen["channel"]
    return verdicts(~unread & (channel.isna() | channel.isin([1, 2, 3])), True | unread, facts.index)


def _unread_numbers(facts: DossierFacts) -> Series:
    unread = facts.unparsed.reindex(columns=list(_NUMBERS)).notna()
    odd = facts.seen["channel"].notna() & ~facts.seen["channel"].isin([1, 2, 3])
    named = {"channel": "kênh tiếp nhận", "subject_type": "loại đối tượng", "fee_vnd": "phí, lệ phí"}
    words = pd.Series("", index=facts.index)
    for column, name in named.items():
        hit = unread[column] | (odd if column == "channel" else False)
        words = words.where(~hit, words + np.where(words == "", name, ", " + name))
    return words


def _fee_right(facts: DossierFacts) -> Series:
    fee, catalogue = facts.seen["fee_vnd"], pd.to_numeric(facts.procedure["fee_vnd"]).astype("float64")
    # Half a đồng: fees are whole đồng, read through floats.
    right = (fee >= 0) & (catalogue.isna() | ((fee - catalogue).abs() < 0.5))
    return verdicts(right, fee.notna(), facts.index)


def _fee_expected(facts: DossierFacts) -> Series:
    fees = pd.to_numeric(facts.procedure["fee_vnd"]).astype("float64")
    return fees.map(lambda fee: "không nêu" if fee != fee else f"{fee:.0f}")  # noqa: PLR0124 - NaN


RULES: tuple[Rule, ...] = (
    Rule(
        id="DQ-ST-02",
        table="dossier",
        severity="warning",
        sentence="Hồ sơ không được tiếp nhận nhưng thiếu lý do hoặc ngày từ chối; đề nghị đơn vị bổ sung "
        "phiếu từ chối.",
        message="Hồ sơ không được tiếp nhận, ngày từ chối [{refused_at}], {reason}; đề nghị đơn vị bổ sung.",
        needs=("status", "refusal_reason", "refused_at"),
        expect=holds("DQ-ST-02"),
        fact=_refusal_reasoned,
        # The reason itself may name a person: only whether it is there is shown.
        show={
            "reason": lambda facts: (
                facts.seen["refusal_reason"].notna().map({True: "có lý do", False: "không có lý do"})
            )
        },
    ),
    Rule(
        id="DQ-ST-03",
        table="dossier",
        severity="warning",
        sentence="Hồ sơ đang yêu cầu bổ sung nhưng không có phiếu yêu cầu bổ sung; đề nghị đơn vị gửi kèm "
        "lần bổ sung.",
        message="Trạng thái [Yêu cầu bổ sung giấy tờ] nhưng không có lần yêu cầu bổ sung nào; đề nghị đơn vị "
        "bổ sung.",
        needs=("status", "pause"),
        expect=holds("DQ-ST-03"),
        fact=_supplement_known,
    ),
    Rule(
        id="DQ-ST-04",
        table="dossier",
        severity="warning",
        sentence="Hồ sơ bị yêu cầu bổ sung quá số lần quy định; đề nghị đơn vị rà soát hướng dẫn thành phần hồ sơ.",
        message="Hồ sơ đã bị yêu cầu bổ sung [{supplements}] lần; đề nghị đơn vị giải trình.",
        needs=("pause",),
        expect=at_most("supplements", lambda context: context.limits.supplements),
    ),
    Rule(
        id="DQ-ST-07",
        table="dossier",
        severity="critical",
        sentence="Trạng thái hồ sơ không có trong bảng trạng thái quốc gia (1-10); đề nghị đơn vị sửa, "
        "hoặc quản trị bổ sung bảng chuyển mã trong tệp đơn vị.",
        message="Trạng thái [{value}] không có trong bảng trạng thái 1-10; đề nghị đơn vị sửa và gửi lại hồ sơ.",
        needs=("status",),
        expect=holds("DQ-ST-07"),
        fact=_status_in_table,
        show={"value": _status_text},
    ),
    Rule(
        id="DQ-VL-05",
        table="dossier",
        severity="warning",
        sentence="Phí, lệ phí âm hoặc khác mức trong danh mục; đề nghị đơn vị kiểm tra số đã thu.",
        message="Phí, lệ phí [{fee_vnd}] đồng khác mức trong danh mục [{fee_expected}]; đề nghị đơn vị kiểm tra.",
        needs=("fee_vnd",),
        expect=holds("DQ-VL-05"),
        fact=_fee_right,
        show={"fee_expected": _fee_expected},
    ),
    Rule(
        id="DQ-VL-07",
        table="dossier",
        severity="warning",
        sentence="Giá trị số không đọc được hoặc ngoài bảng mã (kênh, loại đối tượng, phí); đề nghị đơn vị "
        "kiểm tra tệp.",
        message="Không đọc được hoặc ngoài bảng mã: [{fields}]; giá trị bị bỏ trống, đề nghị đơn vị kiểm tra.",
        needs=(),
        expect=holds("DQ-VL-07"),
        fact=_numbers_read,
        show={"fields": _unread_numbers},
    ),
)
