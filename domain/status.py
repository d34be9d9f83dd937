"""The ten national dossier statuses, which may follow which, and the words for outcome and timeliness.

Source: the status table of the national synchronisation message DongBoHoSoMC (TrangThaiHoSo 1-10), and the
state machine that the forms of Decree 61/2018/NĐ-CP and Decree 118/2025/NĐ-CP imply. A source's own status
codes are mapped to these in its unit file; nothing here guesses.
"""

from enum import IntEnum
from typing import Final


class Status(IntEnum):
    """Where a dossier stands, by national code."""

    NEW = 1
    ACCEPTED = 2
    NOT_ACCEPTED = 3
    PROCESSING = 4
    SUPPLEMENT = 5
    FIN_OBLIGATION = 6
    WITHDRAWN = 7
    STOPPED = 8
    DONE_PROCESSING = 9
    RETURNED = 10


STATUS_VI: Final[dict[int, str]] = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}

# The words the national portal has used since 2025. 0: in passage between systems, not synchronised.
PORTAL_STATUS: Final[dict[str, int]] = {
    "receiving": 1,
    "new": 2,
    "denied": 3,
    "processing": 4,
    "waiting": 5,
    "paying": 6,
    "cancelled": 7,
    "unresolved": 8,
    "releasing": 9,
    "done": 10,
    "interoperating": 0,
    "posting": 0,
}

TERMINAL_STATUSES: Final = frozenset({3, 7, 8, 10})
PAUSED_STATUSES: Final = frozenset({5, 6})

# What became of a dossier.
DONE: Final = "DONE"
REFUSED: Final = "REFUSED"
WITHDRAWN: Final = "WITHDRAWN"
STOPPED: Final = "STOPPED"
OPEN: Final = "OPEN"
OUTCOME_VI: Final[dict[str, str]] = {
    DONE: "Đã giải quyết",
    REFUSED: "Không đủ điều kiện",
    WITHDRAWN: "Rút hồ sơ",
    STOPPED: "Dừng giải quyết",
    OPEN: "Đang giải quyết",
}

# How a dossier stands to its due date (see domain.clock.timeliness).
EARLY: Final = "EARLY"
ON_TIME: Final = "ON_TIME"
LATE: Final = "LATE"
IN_TERM: Final = "IN_TERM"
OVERDUE: Final = "OVERDUE"
NO_DUE: Final = "NO_DUE"
PAUSED: Final = "PAUSED"
NOT_APPLICABLE: Final = "NOT_APPLICABLE"
TIMELINESS_VI: Final[dict[str, str]] = {
    EARLY: "Trước hạn",
    ON_TIME: "Đúng hạn",
    LATE: "Trễ hạn",
    IN_TERM: "Trong hạn",
    OVERDUE: "Quá hạn",
    NO_DUE: "Không có ngày hẹn trả",
    PAUSED: "Tạm dừng",
    NOT_APPLICABLE: "Không xét hạn",
}

_OUTCOME_OF: Final = {3: REFUSED, 7: WITHDRAWN, 8: STOPPED, 9: DONE, 10: DONE}

# One legal step. 4 -> 5 -> 4 and 4 -> 6 -> 4 are the two ways the clock stops and starts again.
_LEGAL_STEP: Final[dict[int, frozenset[int]]] = {
    1: frozenset({2, 3, 5}),
    2: frozenset({4, 7}),
    3: frozenset(),
    4: frozenset({5, 6, 7, 8, 9}),
    5: frozenset({4, 7}),
    6: frozenset({4, 7}),
    7: frozenset(),
    8: frozenset(),
    9: frozenset({10}),
    10: frozenset(),
}

# A supplement asked before acceptance (1 -> 5) ends in acceptance or refusal. Kept apart from the path
# above, or 4 -> 5 -> 2 would make going back from processing to acceptance look like skipping forward.
_AFTER_EARLY_SUPPLEMENT: Final = frozenset({(5, 2), (5, 3)})


def _reach() -> frozenset[tuple[int, int]]:
    reached = {(old, new) for old, news in _LEGAL_STEP.items() for new in news}
    while True:
        further = {(a, d) for a, b in reached for c, d in reached if b == c} - reached
        if not further:
            return frozenset(reached)
        reached |= further


_ALLOWED: Final = _reach() | _AFTER_EARLY_SUPPLEMENT


def is_allowed_transition(old: int, new: int) -> bool:
    """Whether a dossier seen as `old` on one night may be seen as `new` on a later one.

    Staying is always allowed; so is skipping forward along the legal path, since one night sees only the
    last of a day's steps (2 -> 9). A code outside 1-10 is never allowed.
    """
    if old not in _LEGAL_STEP or new not in _LEGAL_STEP:
        return False
    return old == new or (old, new) in _ALLOWED


def status_of_portal(word: str) -> Status | None:
    """The national status of a portal word such as 'waiting'; None for an unknown or unsynchronised one."""
    code = PORTAL_STATUS.get(word.strip().lower(), 0)
    return Status(code) if code else None


def outcome_of(status: int | None) -> str:
    """The outcome word of a status code; what is not ended (or not known) is OPEN."""
    return OPEN if status is None else _OUTCOME_OF.get(int(status), OPEN)
