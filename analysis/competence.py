"""Who may change what in a procedure: the one place that tells whom a proposal is addressed to.

The split is the one real provincial decisions make (QĐ 878/QĐ-UBND of 23/5/2023: time limits to the provincial
committee, other rules to the ministries) under Điều 31 of NĐ 63/2010, by which a province amends what is its own and
proposes the rest. What the facts do not settle stays UNKNOWN: a person looks at the law before it is submitted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.frames import listed, text_or_none

# From this day there is no district level. FOUND in the project's domain notes (§5.5).
NO_DISTRICT_SINCE: Final = date(2025, 7, 1)
CHANGES: Final = ("PAPERS", "CONDITIONS", "FORMS", "RESULT", "FEES", "LIMIT", "STEPS", "EXISTENCE")

_LAW_CONTROL: Final = "Điều 31 Nghị định số 63/2010/NĐ-CP"  # FOUND: domain notes §4.1
_LAW_PAPERS: Final = "khoản 2 Điều 8, Điều 31 Nghị định số 63/2010/NĐ-CP"  # FOUND: domain notes §4.1
_LAW_FEES: Final = "Luật Phí và lệ phí số 97/2015/QH13"  # RECALLED(high): councils decide the fees listed as theirs
_CENTRAL: Final = re.compile(
    r"(?<!\w)(?:QH\d+|NĐ-CP|TT-\w|TTLT|QĐ-TTg|QĐ-B\w|PL-|VBHN|UBTVQH)|^luật |^bộ luật ", re.I
)
_COUNCIL: Final = re.compile(r"NQ-HĐND", re.I)
_OWN: Final = re.compile(r"(?:NQ-HĐND|QĐ-UBND)", re.I)
_PROVINCE_LEVELS: Final = frozenset({"TINH", "SO", "PROVINCE"})
_DISTRICT_LEVELS: Final = frozenset({"HUYEN", "PHONG", "DISTRICT"})
_COMMUNE_LEVELS: Final = frozenset({"XA", "COMMUNE"})
_MINISTRY_LEVELS: Final = frozenset({"BO", "MINISTRY"})


@dataclass(frozen=True, kw_only=True)
class Competence:
    """Who may decide. `who`: MINISTRY | PROVINCE | COUNCIL | DISTRICT | COMMUNE | OTHER_AGENCY | UNKNOWN."""

    who: str
    text: str
    law: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the procedure, or of the unit that does the step. All may be unknown.

    `levels`: TINH, XA, ...; `legal_basis`: numbers or names of acts; `publisher`: the agency that announced it;
    `agency`: the agency of the step when it is not the committee's own; `on`: the day asked for.
    """

    levels: Sequence[str] = ()
    legal_basis: Sequence[str] = ()
    publisher: str = ""
    agency: str = ""
    on: date | None = None

    @classmethod
    def of(cls, procedure: Mapping[Any, Any], *, on: date | None = None) -> "Facts":
        """The facts of a row of the catalogue: level, legal_basis (JSON list) and publisher, where it has them."""
        levels = text_or_none(procedure.get("level")) or ""
        return cls(
            levels=[level for level in levels.split(",") if level],
            legal_basis=[str(each) for each in listed(procedure.get("legal_basis"))],
            publisher=text_or_none(procedure.get("publisher")) or "",
            on=on,
        )


_MINISTRY: Final = Competence(
    who="MINISTRY",
    text="Kiến nghị Bộ, ngành quản lý (thành phần hồ sơ, mẫu đơn, điều kiện, kết quả, phí, lệ phí do văn bản của "
    "trung ương quy định)",
    law=_LAW_PAPERS,
)
_PROVINCE: Final = Competence(
    who="PROVINCE", text="UBND tỉnh (thời hạn giải quyết, quy trình nội bộ)", law=_LAW_CONTROL
)
_PROVINCE_OWN: Final = Competence(
    who="PROVINCE", text="UBND tỉnh (thủ tục chỉ do văn bản của tỉnh quy định)", law=_LAW_CONTROL
)
_COUNCIL_OWN: Final = Competence(
    who="COUNCIL",
    text="HĐND tỉnh, theo đề nghị của UBND tỉnh (nội dung do nghị quyết của HĐND tỉnh quy định)",
    law=_LAW_CONTROL,
)
_COUNCIL_FEES: Final = Competence(
    who="COUNCIL",
    text="HĐND tỉnh, theo đề nghị của UBND tỉnh (phí, lệ phí thuộc thẩm quyền của HĐND tỉnh)",
    law=_LAW_FEES,
)
_DISTRICT: Final = Competence(
    who="DISTRICT", text="UBND huyện (tổ chức thực hiện các bước trong nội bộ huyện)", law=_LAW_CONTROL
)
_COMMUNE: Final = Competence(
    who="COMMUNE", text="UBND cấp xã (tổ chức thực hiện các bước trong nội bộ cấp xã)", law=_LAW_CONTROL
)
UNKNOWN: Final = Competence(
    who="UNKNOWN",
    text="Chưa xác định thẩm quyền: cần đối chiếu văn bản quy định thủ tục trước khi trình",
)


def of_change(change: str, facts: Facts | None = None) -> Competence:
    """Who may make a change (one of CHANGES) to the procedure or step the facts tell of.

    PAPERS, CONDITIONS, FORMS, RESULT: the ministry, or the province when only acts of the province are its basis.
    FEES: the provincial council when a resolution of a council is among its basis, else the ministry.
    LIMIT: the province, which may promise less than the law; the ministry when no one below it does the work.
    STEPS: who does the step. EXISTENCE: as PAPERS, but only where the basis is known.
    """
    if change not in CHANGES:
        raise ValueError(f"change [{change}] is not one of {', '.join(CHANGES)}")
    known = facts or Facts()
    if change == "STEPS":
        return _of_step(known)
    if change == "LIMIT":
        own = {level.upper() for level in known.levels if level}
        return _MINISTRY if own and own <= _MINISTRY_LEVELS else _PROVINCE
    if change == "FEES" and any(_COUNCIL.search(act) for act in known.legal_basis):
        return _COUNCIL_FEES
    return _of_rule(change, known)


def joined(*parts: Competence) -> str:
    """The texts of several competences, each once, in the order given: one change touches what two may decide."""
    return "; ".join(dict.fromkeys(part.text for part in parts))


def _of_rule(change: str, facts: Facts) -> Competence:
    """Who set the rule may change it: told by the acts the procedure rests on."""
    acts = [act for act in facts.legal_basis if act]
    if acts and not any(_CENTRAL.search(act) for act in acts) and any(_OWN.search(act) for act in acts):
        return _COUNCIL_OWN if any(_COUNCIL.search(act) for act in acts) else _PROVINCE_OWN
    if change != "EXISTENCE" or any(_CENTRAL.search(act) for act in acts):
        return _addressed(facts.publisher)
    return UNKNOWN


def _addressed(publisher: str) -> Competence:
    """The ministry by name when it announced the procedure itself."""
    name = publisher.strip()
    if not re.match(r"(?:bộ|ngân hàng nhà nước|thanh tra chính phủ|bảo hiểm xã hội việt nam)(?!\w)", name, re.I):
        return _MINISTRY
    return Competence(
        who="MINISTRY", text=_MINISTRY.text.replace("quản lý", f"quản lý: {name}", 1), law=_MINISTRY.law
    )


def _of_step(facts: Facts) -> Competence:
    if facts.agency:
        text = f"{facts.agency} và cơ quan chủ quản (đơn vị ngoài UBND: chỉ kiến nghị, phối hợp)"
        return Competence(who="OTHER_AGENCY", text=text, law=_LAW_CONTROL)
    own = {level.upper() for level in facts.levels if level}
    if own & _PROVINCE_LEVELS:
        return _PROVINCE
    before = facts.on is None or facts.on < NO_DISTRICT_SINCE
    if before and own & (_DISTRICT_LEVELS | _COMMUNE_LEVELS):
        # The district organised the steps of its communes while it was there.
        return _DISTRICT
    if own & _COMMUNE_LEVELS:
        return _COMMUNE
    return _MINISTRY if own and own <= _MINISTRY_LEVELS else UNKNOWN
