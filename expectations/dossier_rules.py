"""Rules of dossiers about codes, duplicates and procedures (families ID, DU, PR)."""

from typing import Any

import numpy as np
import pandas as pd

from expectations.context import JudgeContext
from expectations.dossier_facts import DossierFacts
from expectations.facts import Series, safe_code, safe_word, verdicts
from expectations.rule import Rule, at_most, holds, not_null


def _any_grammar(context: JudgeContext) -> str | None:
    return "đơn vị dùng mã hồ sơ riêng, không theo mẫu quốc gia" if context.dossier_grammar == "any" else None


def no_catalogue(context: JudgeContext) -> str | None:
    """Why rules that compare with the catalogue do not apply, None when they do."""
    return "chưa có danh mục thủ tục hành chính" if context.procedures.empty else None


def _no_identifiers(context: JudgeContext) -> str | None:
    if context.units.empty or "identifier" not in context.units or context.units["identifier"].isna().all():
        return "chưa khai báo mã định danh của đơn vị"
    return _any_grammar(context)


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
    words = np.where(facts.procedure["in_force"], "không niêm yết tại đơn vị", "không còn hoặc chưa có hiệu lực")
    return pd.Series(words, index=facts.index)


def masked(column: str) -> Any:
    """What shows a code column in a message: the code, or a mask where it cannot be a code."""
    return lambda facts: facts.seen[column].map(lambda text: safe_code(str(text)), na_action="ignore")


def _procedure_shown(facts: DossierFacts) -> Series:
    # A catalogue may name procedures in words: who has to add one must see which.
    return facts.seen["proc_code"].map(lambda text: safe_word(str(text)), na_action="ignore")


def _no_code(facts: DossierFacts) -> Series:
    """'trống', or the number a spreadsheet rounded: no dossier can be known by it any more."""
    words = pd.Series("trống", index=facts.index, dtype="str")
    if "dossier_code" not in facts.unparsed.columns:
        return words
    rounded = facts.unparsed["dossier_code"].dropna().map(safe_code)
    words[rounded.index] = rounded + ": số đã bị bảng tính làm tròn hoặc không phải mã"
    return words


_CODE = {"code": masked("dossier_code")}

RULES: tuple[Rule, ...] = (
    Rule(
        id="DQ-ID-01",
        table="dossier",
        severity="critical",
        sentence="Hồ sơ không có mã hồ sơ, hoặc mã đã bị bảng tính làm tròn; đề nghị đơn vị bổ sung mã (cột mã ở "
        "dạng văn bản) và gửi lại.",
        message="Mã hồ sơ [{code}]; đề nghị đơn vị bổ sung mã hồ sơ và gửi lại.",
        needs=(),
        expect=not_null("dossier_code"),
        show={"code": _no_code},
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
        sentence="Một mã hồ sơ có nhiều dòng trong cùng một đêm; chỉ trạng thái sau cùng của hồ sơ tiếp nhận "
        "trước được nhận, đề nghị đơn vị bỏ dòng trùng hoặc sửa mã.",
        message="Mã hồ sơ [{code}] đã có ở dòng [{first_line}] của đơn vị trong đêm; đề nghị đơn vị kiểm tra, bỏ "
        "dòng trùng hoặc sửa mã rồi gửi lại.",
        needs=(),
        expect=at_most("copy_no", lambda _: 1),
        show=_CODE | {"first_line": lambda facts: facts.counted_line},
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
        id="DQ-ID-10",
        table="dossier",
        severity="warning",
        sentence="Hai mã hồ sơ trong đêm chỉ khác nhau ở các số 0 đứng đầu: có thể là một hồ sơ (bảng tính bỏ số 0); "
        "đề nghị đơn vị kiểm tra.",
        message="Mã hồ sơ [{code}] chỉ khác một mã khác ở các số 0 đứng đầu, có thể là một hồ sơ.",
        needs=(),
        expect=holds("DQ-ID-10"),
        fact=lambda facts: facts.alone_without_zeros,
        show=_CODE,
    ),
    Rule(
        id="DQ-DU-01",
        table="dossier",
        severity="warning",
        sentence="Hai mã hồ sơ khác nhau cùng thủ tục, cùng chủ hồ sơ, cùng ngày tiếp nhận: có thể nhập hai "
        "lần; "
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
        sentence="Mã thủ tục để trống hoặc không có trong danh mục; đề nghị đơn vị sửa mã, hoặc quản trị cập "
        "nhật danh mục.",
        message="Mã thủ tục [{proc}] không có trong danh mục; đề nghị đơn vị sửa mã thủ tục và gửi lại hồ sơ.",
        needs=(),
        expect=holds("DQ-PR-01"),
        fact=_procedure_known,
        show={"proc": _procedure_shown},
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
        show={"proc": _procedure_shown, "why": _why_not_in_force},
        idle=no_catalogue,
    ),
)
