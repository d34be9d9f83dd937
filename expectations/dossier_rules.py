"""Rules of dossiers about codes, procedures, statuses and values (families ID, DU, PR, ST, VL)."""

from typing import Any

import numpy as np
import pandas as pd

from domain.status import STATUS_VI, Status, is_allowed_transition
from expectations.context import JudgeContext
from expectations.dossier_facts import DossierFacts
from expectations.facts import Series, safe_code, safe_text, verdicts
from expectations.rule import Rule, at_most, holds, not_null

_NUMBERS = ("channel", "subject_type", "fee_vnd")


def _any_grammar(context: JudgeContext) -> str | None:
    return "đơn vị dùng mã hồ sơ riêng, không theo mẫu quốc gia" if context.dossier_grammar == "any" else None


def _no_catalogue(context: JudgeContext) -> str | None:
    return "chưa có danh mục thủ tục hành chính" if context.procedures.empty else None


def _no_identifiers(context: JudgeContext) -> str | None:
    if context.units.empty or "identifier" not in context.units or context.units["identifier"].isna().all():
        return "chưa khai báo mã định danh của đơn vị"
    return _any_grammar(context)


def _no_previous(context: JudgeContext) -> str | None:
    return None if context.previous is not None else "chưa có trạng thái của đêm trước"


def _code_reads(facts: DossierFacts) -> Series:
    return verdicts(facts.code["unit"].notna(), facts.seen["dossier_code"].notna(), facts.index)


def _code_dated(facts: DossierFacts) -> Series:
    received, submitted, day = facts.seen["received_on"], facts.day("submitted_at"), facts.code["day"]
    # An online dossier takes its number when it is handed in, so the day of submission is right as well.
    online = (facts.seen["channel"] == 2) & (submitted == day)
    return verdicts((received == day) | online, received.notna() & day.notna(), facts.index)


def _suffix_plain(facts: DossierFacts) -> Series:
    return verdicts(~facts.code["is_recoded"], facts.code["regime"] == "OLD", facts.index)


def _procedure_known(facts: DossierFacts) -> Series:
    given = facts.seen["proc_code"].notna()
    if facts.context.procedures.empty:
        return verdicts(given, True | given, facts.index)
    return verdicts(facts.procedure["known"], True | given, facts.index)


def _procedure_in_force(facts: DossierFacts) -> Series:
    known = facts.procedure["known"] & facts.seen["received_on"].notna()
    posted = facts.posted.fillna(True).astype(bool)
    return verdicts(facts.procedure["in_force"] & posted, known, facts.index)


def _why_not_in_force(facts: DossierFacts) -> Series:
    words = np.where(
        facts.procedure["in_force"], "không niêm yết tại đơn vị", "không còn hoặc chưa có hiệu lực"
    )
    return pd.Series(words, index=facts.index)


def _transition_legal(facts: DossierFacts) -> Series:
    moves = pd.DataFrame({"old": facts.previous["status"], "new": facts.seen["status"]})
    concerns = moves.notna().all(axis=1)
    pairs = moves[concerns].drop_duplicates()
    legal = {
        (old, new) for old, new in pairs.itertuples(index=False) if is_allowed_transition(int(old), int(new))
    }
    found = [pair in legal for pair in moves.itertuples(index=False, name=None)]
    return verdicts(found, concerns, facts.index)


def _refusal_reasoned(facts: DossierFacts) -> Series:
    refused = facts.seen["status"] == Status.NOT_ACCEPTED
    told = facts.seen["refusal_reason"].notna() & facts.seen["refused_at"].notna()
    return verdicts(told, refused, facts.index)


def _supplement_known(facts: DossierFacts) -> Series:
    waiting = facts.seen["status"] == Status.SUPPLEMENT
    return verdicts(facts.supplement_count > 0, waiting, facts.index)


def _status_in_table(facts: DossierFacts) -> Series:
    status = facts.seen["status"]
    unread = (
        facts.unparsed["status"].notna()
        if "status" in facts.unparsed
        else pd.Series(False, index=facts.index)
    )
    return verdicts(status.isin(list(STATUS_VI)) & ~unread, status.notna() | unread, facts.index)


def _status_text(facts: DossierFacts) -> Series:
    shown = facts.seen["status"].map(lambda value: "" if value != value else str(value).removesuffix(".0"))  # noqa: PLR0124
    if "status" not in facts.unparsed:
        return shown
    raw = facts.unparsed["status"]
    return shown.where(raw.isna(), raw.map(lambda value: safe_text(str(value)), na_action="ignore"))


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


def masked(column: str) -> Any:
    """What shows a code column in a message: the code, or a mask where it cannot be a code."""
    return lambda facts: facts.seen[column].map(lambda text: safe_code(str(text)), na_action="ignore")


def _previous_status(facts: DossierFacts) -> Series:
    return facts.previous["status"].map(
        lambda value: STATUS_VI.get(int(value), str(value)), na_action="ignore"
    )


def _this_status(facts: DossierFacts) -> Series:
    return facts.seen["status"].map(lambda value: STATUS_VI.get(int(value), str(value)), na_action="ignore")


_CODE = {"code": masked("dossier_code")}

RULES: tuple[Rule, ...] = (
    Rule(
        id="DQ-ID-01",
        table="dossier",
        severity="critical",
        sentence="Hồ sơ không có mã hồ sơ; đề nghị đơn vị bổ sung mã và gửi lại.",
        message="Mã hồ sơ [{dossier_code}]; đề nghị đơn vị bổ sung mã hồ sơ và gửi lại.",
        needs=(),
        expect=not_null("dossier_code"),
    ),
    Rule(
        id="DQ-ID-02",
        table="dossier",
        severity="warning",
        sentence="Mã hồ sơ không đúng mẫu quy định; đề nghị đơn vị kiểm tra cách sinh mã của phần mềm.",
        message="Mã hồ sơ [{code}] không đúng mẫu quy định; đề nghị đơn vị kiểm tra cách sinh mã.",
        needs=(),
        expect=holds("DQ-ID-02"),
        fact=_code_reads,
        show=_CODE,
        idle=_any_grammar,
    ),
    Rule(
        id="DQ-ID-03",
        table="dossier",
        severity="warning",
        sentence="Ngày ghi trong mã hồ sơ khác ngày tiếp nhận; đề nghị đơn vị kiểm tra ngày tiếp nhận.",
        message="Ngày trong mã hồ sơ [{code_day}] khác ngày tiếp nhận [{received_on}]; đề nghị đơn vị kiểm tra.",
        needs=(),
        expect=holds("DQ-ID-03"),
        fact=_code_dated,
        show={"code_day": lambda facts: facts.code["day"]},
        idle=_any_grammar,
    ),
    Rule(
        id="DQ-ID-04",
        table="dossier",
        severity="critical",
        sentence="Mã định danh đơn vị trong mã hồ sơ không có hoặc không còn hiệu lực vào ngày ghi trong mã; "
        "đề nghị đơn vị kiểm tra mã hồ sơ, hoặc quản trị bổ sung mã định danh vào tệp đơn vị.",
        message="Mã định danh [{unit_part}] trong mã hồ sơ không có hiệu lực vào ngày [{code_day}]; "
        "đề nghị đơn vị kiểm tra mã hồ sơ và gửi lại.",
        needs=(),
        expect=holds("DQ-ID-04"),
        fact=lambda facts: facts.identifier_known,
        show={"unit_part": lambda facts: facts.code["unit"], "code_day": lambda facts: facts.code["day"]},
        idle=_no_identifiers,
    ),
    Rule(
        id="DQ-ID-05",
        table="dossier",
        severity="critical",
        sentence="Mã hồ sơ gửi trùng trong cùng một đêm; chỉ dòng đầu được nhận, đề nghị đơn vị bỏ dòng trùng.",
        message="Mã hồ sơ [{code}] đã có ở dòng [{first_line}] của đơn vị trong đêm; đề nghị đơn vị kiểm tra, "
        "bỏ dòng trùng hoặc sửa mã rồi gửi lại.",
        needs=(),
        expect=at_most("copy_no", lambda _: 1),
        show=_CODE | {"first_line": lambda facts: facts.first_line("unit_code", "dossier_code")},
    ),
    Rule(
        id="DQ-ID-06",
        table="dossier",
        severity="info",
        sentence="Số thứ tự trong mã hồ sơ có 5 chữ số: mã có thể do phần mềm đồng bộ sinh lại; để biết.",
        message="Mã hồ sơ [{code}] có số thứ tự 5 chữ số, có thể do phần mềm đồng bộ sinh lại.",
        needs=(),
        expect=holds("DQ-ID-06"),
        fact=_suffix_plain,
        show=_CODE,
        idle=_any_grammar,
    ),
    Rule(
        id="DQ-ID-07",
        table="dossier",
        severity="info",
        sentence="Số thứ tự mã hồ sơ cấp trong ngày bị ngắt quãng: có thể thiếu hồ sơ; đề nghị đơn vị đối chiếu sổ.",
        message="Trước mã hồ sơ [{code}] có số thứ tự bị bỏ trống; đề nghị đơn vị đối chiếu sổ theo dõi.",
        needs=(),
        expect=holds("DQ-ID-07"),
        fact=lambda facts: facts.numbers_in_sequence,
        show=_CODE,
        idle=_any_grammar,
    ),
    Rule(
        id="DQ-DU-01",
        table="dossier",
        severity="warning",
        sentence="Hai mã hồ sơ khác nhau cùng thủ tục, cùng chủ hồ sơ, cùng ngày tiếp nhận: có thể nhập hai lần; "
        "đề nghị đơn vị kiểm tra.",
        message="Hồ sơ [{code}] có thể trùng với hồ sơ [{twin}] (cùng thủ tục, chủ hồ sơ, ngày tiếp nhận).",
        needs=("owner_hash",),
        expect=holds("DQ-DU-01"),
        fact=lambda facts: facts.twins,
        show=_CODE | {"twin": lambda facts: facts.twin_codes.map(safe_code, na_action="ignore")},
    ),
    Rule(
        id="DQ-PR-01",
        table="dossier",
        severity="critical",
        sentence="Mã thủ tục để trống hoặc không có trong danh mục; đề nghị đơn vị sửa mã, hoặc quản trị cập nhật danh mục.",
        message="Mã thủ tục [{proc}] không có trong danh mục; đề nghị đơn vị sửa mã thủ tục và gửi lại hồ sơ.",
        needs=(),
        expect=holds("DQ-PR-01"),
        fact=_procedure_known,
        show={"proc": masked("proc_code")},
    ),
    Rule(
        id="DQ-PR-02",
        table="dossier",
        severity="warning",
        sentence="Thủ tục không có hiệu lực hoặc không niêm yết tại đơn vị vào ngày tiếp nhận; "
        "đề nghị đơn vị kiểm tra mã thủ tục và danh mục niêm yết.",
        message="Thủ tục [{proc}] {why} vào ngày tiếp nhận [{received_on}]; đề nghị đơn vị kiểm tra.",
        needs=(),
        expect=holds("DQ-PR-02"),
        fact=_procedure_in_force,
        show={"proc": masked("proc_code"), "why": _why_not_in_force},
        idle=_no_catalogue,
    ),
    Rule(
        id="DQ-ST-01",
        table="dossier",
        severity="warning",
        sentence="Trạng thái chuyển không đúng quy trình so với lần gửi trước; đề nghị đơn vị kiểm tra thao tác.",
        message="Trạng thái chuyển từ [{old}] sang [{new}] không đúng quy trình; đề nghị đơn vị kiểm tra.",
        needs=("status",),
        expect=holds("DQ-ST-01"),
        fact=_transition_legal,
        show={"old": _previous_status, "new": _this_status},
        idle=_no_previous,
    ),
    Rule(
        id="DQ-ST-02",
        table="dossier",
        severity="warning",
        sentence="Hồ sơ không được tiếp nhận nhưng thiếu lý do hoặc ngày từ chối; đề nghị đơn vị bổ sung phiếu từ chối.",
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
        sentence="Hồ sơ đang yêu cầu bổ sung nhưng không có phiếu yêu cầu bổ sung; đề nghị đơn vị gửi kèm lần bổ sung.",
        message="Trạng thái [Yêu cầu bổ sung giấy tờ] nhưng không có lần yêu cầu bổ sung nào; đề nghị đơn vị bổ sung.",
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
        sentence="Giá trị số không đọc được hoặc ngoài bảng mã (kênh, loại đối tượng, phí); đề nghị đơn vị kiểm tra tệp.",
        message="Không đọc được hoặc ngoài bảng mã: [{fields}]; giá trị bị bỏ trống, đề nghị đơn vị kiểm tra.",
        needs=(),
        expect=holds("DQ-VL-07"),
        fact=_numbers_read,
        show={"fields": _unread_numbers},
    ),
)
