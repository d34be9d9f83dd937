"""A person's word (act): who decided what and when, on what they were shown. A second thought is a new word.

Acts are never altered and never deleted; where a matter stands is folded from them. A demonstration never stands in
the way of a real word.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

PROPOSAL: Final = "proposal"
QUARTER: Final = "quarter"
QUARANTINE: Final = "quarantine"
DOSSIER: Final = "dossier"
LANDED: Final = "landed"
REPLAY: Final = "replay"

# What a person may answer on one proposal (phương án), in the order a form offers it.
CHOICE_VI: Final = {
    "ACCEPT": "Đồng ý",
    "ACCEPT_CHANGED": "Đồng ý, có sửa đổi",
    "DEFER": "Để lại xem xét sau",
    "REFUSE": "Không đồng ý",
    "SEND_BACK": "Trả lại để làm rõ",
}
UNDECIDED_VI: Final = "Chưa quyết định"
ACCEPTED: Final = ("ACCEPT", "ACCEPT_CHANGED")
SIGN: Final = "SIGN"
REOPEN: Final = "REOPEN"
# Of a row set aside: "bỏ, không xử lý", and the word that takes it back.
DISCARD: Final = "DISCARD"
KEEP: Final = "KEEP"
# Of rows of a rule, a unit and a night: they passed when they were judged again after a correction.
REPLAYED: Final = "REPLAYED"
# Of a file in landing: it does not count for its night.
WITHDRAW: Final = "WITHDRAW"
# Of a row the fold set aside, or a file of old bytes: it is right as it is (xác nhận); the word that takes that back.
CONFIRM: Final = "CONFIRM"
LEAVE: Final = "LEAVE"


@dataclass(frozen=True, kw_only=True)
class Act:
    """One word of one person on one matter.

    `edition` and `fingerprint` say what was shown to them; `said_at` is a naive moment in the site's zone; `content`
    holds what the kind needs besides (the wording a proposal was accepted with; the hashes of the papers signed).
    """

    subject_kind: str
    subject_id: str
    kind: str
    said_at: datetime
    actor: str
    role: str = ""
    reason: str = ""
    is_demo: bool = False
    edition: str = ""
    fingerprint: str = ""
    content: str = "{}"

    @property
    def act_id(self) -> str:
        """Its identity: the hash of all it says."""
        said = json.dumps(asdict(self) | {"said_at": self.said_at.isoformat()}, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def said(self) -> dict[str, Any]:
        """`content`, read."""
        found: dict[str, Any] = json.loads(self.content)
        return found


def standing(acts: Iterable[Act]) -> dict[str, Act]:
    """Which act stands for each subject: the last real one, else the last demonstration.

    Needs: acts of one kind of subject on one edition, in any order.
    """
    found: dict[str, Act] = {}
    for act in sorted(acts, key=lambda act: (not act.is_demo, act.said_at, act.act_id)):
        found[act.subject_id] = act
    return found
