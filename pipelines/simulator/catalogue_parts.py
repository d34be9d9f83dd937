"""Papers, steps and law of an illustrated procedure, written by rule from the word bank.

Nothing here is an official text: the rules give each procedure plausible, distinct parts, the same on
every run (choices hang on a hash of the procedure's code, never on chance).
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
Template = tuple[tuple[float | None, str, str, str], ...]

# (share of the limit, role, task, office key); the office key "S" is the specialist office of the field.
_GENERAL_H: Template = (
    (0.05, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (0.60, "Chuyên viên", "Thẩm định hồ sơ: {topic}", "S"),
    (0.10, "Trưởng phòng", "Duyệt kết quả thẩm định: {topic}", "S"),
    (0.10, "Chuyên viên Văn phòng", "Kiểm tra thể thức, trình ký", "VP"),
    (0.12, "Lãnh đạo UBND huyện", "Ký duyệt", "LD"),
    (0.03, "Công chức một cửa", "Trả kết quả", "MC"),
)
_SHORT_H: Template = (
    (0.15, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (0.60, "Chuyên viên", "Thẩm định, dự thảo kết quả: {topic}", "S"),
    (0.20, "Trưởng phòng", "Ký duyệt: {topic}", "S"),
    (0.05, "Công chức một cửa", "Trả kết quả", "MC"),
)
_GENERAL_X: Template = (
    (0.10, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (0.65, "Công chức chuyên môn", "Xác minh, dự thảo kết quả: {topic}", "S"),
    (0.20, "Lãnh đạo UBND xã", "Ký duyệt", "LDX"),
    (0.05, "Công chức một cửa", "Trả kết quả", "MC"),
)
_LAND: Template = (
    (0.06, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (0.46, "Viên chức VPĐKĐĐ", "Thẩm tra, trích lục: {topic}", "VPDK"),
    (0.26, "Chuyên viên", "Thẩm định, trình: {topic}", "TNMT"),
    (0.08, "Lãnh đạo UBND huyện", "Ký duyệt", "LD"),
    (0.10, "Viên chức VPĐKĐĐ", "Cập nhật hồ sơ địa chính", "VPDK"),
    (0.04, "Công chức một cửa", "Trả kết quả", "MC"),
)
_LAND_TAX: Template = (
    (0.06, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (0.46, "Viên chức VPĐKĐĐ", "Thẩm tra, trích lục, chuyển thông tin thuế: {topic}", "VPDK"),
    (None, "Công chức thuế", "Xác định nghĩa vụ tài chính, ra thông báo", "THUE"),
    (0.26, "Chuyên viên", "Thẩm định, trình: {topic}", "TNMT"),
    (0.08, "Lãnh đạo UBND huyện", "Ký duyệt", "LD"),
    (0.10, "Viên chức VPĐKĐĐ", "Cập nhật hồ sơ địa chính", "VPDK"),
    (0.04, "Công chức một cửa", "Trả kết quả", "MC"),
)
# The real chain shared by five land procedures: days are facts of the published process (Σ 8).
_LAND10: Template = (
    (0.5, "Công chức một cửa", "Tiếp nhận, kiểm tra hồ sơ", "MC"),
    (1.5, "Viên chức VPĐKĐĐ", "Thẩm định hồ sơ biến động", "VPDK"),
    (0.5, "Lãnh đạo bộ phận VPĐKĐĐ", "Duyệt kết quả thẩm định", "VPDK"),
    (1.0, "Lãnh đạo VPĐKĐĐ", "Duyệt hồ sơ", "VPDK"),
    (0.5, "Viên chức VPĐKĐĐ", "Chuyển thông tin sang cơ quan thuế", "VPDK"),
    (None, "Công chức thuế", "Xác định nghĩa vụ tài chính, ra thông báo", "THUE"),
    (2.5, "Chuyên viên", "Thẩm định, lập tờ trình", "TNMT"),
    (0.5, "Trưởng phòng", "Trình duyệt", "TNMT"),
    (0.5, "Lãnh đạo UBND huyện", "Ký Giấy chứng nhận", "LD"),
    (0.5, "Công chức một cửa", "Trả kết quả", "MC"),
)
TAX_PLANNED_DAYS = 5.0
_AGENCIES = {"VPDK": "Chi nhánh Văn phòng Đăng ký đất đai", "THUE": "Chi cục Thuế"}


def spin(text: str, modulus: int) -> int:
    """A number in 0..modulus-1 that hangs on `text` alone."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") % modulus


def bare_title(title: str) -> str:
    """The title without the word "Thủ tục" and without the closing stop, first letter small unless a name."""
    text = title.strip().rstrip(".").removeprefix("Thủ tục ").removeprefix("thủ tục ")
    return text[:1].lower() + text[1:]


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Writes the parts of one procedure. `days` is the limit in working days."""

    code: str
    title: str
    level: str
    field: dict[str, Any]
    days: float
    rank: int

    def papers(self) -> list[tuple[str, int, int]]:
        """(name, originals, copies): the form, papers of the field, what the verb asks for, identity."""
        topic = bare_title(self.title)
        form = "Tờ khai " if topic.startswith(("đăng ký", "chứng thực", "xác nhận")) else "Đơn đề nghị "
        papers = [(_short(form + topic, 150), 1, 0)]
        pool: list[str] = self.field["papers"]
        wanted = min(len(pool), 2 + spin(self.code + "papers", 3))
        start, stride = self.rank * 2 + spin(self.code, len(pool)), 1 + spin(self.code + "stride", len(pool) - 1)
        while math.gcd(stride, len(pool)) != 1:
            stride -= 1
        papers += [
            (pool[(start + i * stride) % len(pool)], (start + i) % 2, 1 - (start + i) % 2) for i in range(wanted)
        ]
        papers += self._verb_papers(topic)
        if spin(self.code + "id", 10) < 4:
            papers.append(("Bản sao giấy chứng minh nhân dân hoặc căn cước công dân", 0, 1))
        return papers

    def _verb_papers(self, topic: str) -> list[tuple[str, int, int]]:
        verbs = (
            (("cấp lại",), "Giấy tờ bị hư hỏng hoặc bản cam kết về việc bị mất"),
            (("gia hạn",), "Giấy phép sắp hết hạn (bản chính)"),
            (("cấp sửa đổi", "sửa đổi", "thay đổi", "điều chỉnh"), "Tài liệu chứng minh nội dung thay đổi"),
            (("xóa", "thu hồi", "chấm dứt", "giải thể", "thôi"), "Văn bản thông báo chấm dứt kèm giấy tờ đã cấp"),
        )
        papers = [(paper, 1, 0) for starts, paper in verbs if topic.startswith(starts)]
        if spin(self.code + "own", 10) < 7:
            papers.append((_short("Bản thuyết minh về việc " + topic, 150), 1, 0))
        return papers

    def law(self) -> list[str]:
        """The field's law and decree, and one or two of the rest by the code."""
        laws: list[str] = self.field["laws"]
        kept = [law for i, law in enumerate(laws[1:]) if i == 0 or spin(self.code + law, 2)]
        return [laws[0], *kept]

    def steps(self, chain: str | None = None, stretch: float = 1.0) -> list[Step]:
        """The step chain; planned days add up to `days` x `stretch`, paused steps apart."""
        if chain == "land10":
            return self._chain(_LAND10, [row[0] for row in _LAND10])
        rows = self._template(chain)
        total = self.days * stretch
        grain = 0.25 if total >= 3 else 0.0625
        planned = [None if r[0] is None else max(grain, round(r[0] * total / grain) * grain) for r in rows]
        biggest = max(range(len(rows)), key=lambda i: rows[i][0] or 0)
        rest = sum(p for i, p in enumerate(planned) if p is not None and i != biggest)
        planned[biggest] = max(grain, total - rest)
        return self._chain(rows, planned)

    def _template(self, chain: str | None) -> Template:
        if chain == "land" or (chain is None and self.field["code"] in {"LV-DD", "LV-BPBD"}):
            taxed = ("chuyển nhượng", "chuyển mục đích", "cấp giấy chứng nhận", "giao đất", "thừa kế", "lần đầu")
            return _LAND_TAX if any(w in self.title.lower() for w in taxed) else _LAND
        if self.level == "XA":
            return _GENERAL_X
        return _GENERAL_H if self.days >= 4 else _SHORT_H

    def _chain(self, rows: Template, planned: list[float | None]) -> list[Step]:
        topic = _short(bare_title(self.title), 60)
        steps: list[Step] = []
        phase = 1
        for no, ((_, role, task, key), days) in enumerate(zip(rows, planned, strict=True), 1):
            own = self.field["office"][1 if self.level == "XA" else 0]
            steps.append(
                {
                    "step_no": no,
                    "phase": phase,
                    "role": role,
                    "task": task.format(topic=topic),
                    "office_code": own if key == "S" else key,
                    "planned_days": TAX_PLANNED_DAYS if days is None else days,
                    "is_paused": days is None,
                    "agency": _AGENCIES.get(key, ""),
                }
            )
            phase = 2 if days is None else phase
        return steps


def _short(text: str, limit: int) -> str:
    """Cut at a word so that the text has at most `limit` characters."""
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0]
