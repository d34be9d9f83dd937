"""The vocabulary of columns: what a staged frame holds, in the field's words.

One place defines each column once: its name, type, Vietnamese name, and whether it is personal data
(which never leaves the landing zone). Field names follow the national synchronisation message
DongBoHoSoMC (Vietnamese names in brackets in `vi`).
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "int", "float", "instant", "bool"]
# What may make a dossier one dossier (domain.identity).
KeyPart = Literal["dossier_code", "unit", "year", "proc_code"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a staged frame: `kind` is its type, `vi` its Vietnamese name."""

    name: str
    kind: Kind
    vi: str
    required: bool = False
    personal: bool = False


def _columns(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


# Where each staged row came from. Every staged frame starts with these.
ORIGIN = _columns(
    Column(name="night", kind="text", vi="Đêm tổng hợp", required=True),
    Column(name="unit_code", kind="text", vi="Đơn vị nộp dữ liệu", required=True),
    Column(name="file_name", kind="text", vi="Tệp", required=True),
    Column(name="line_no", kind="int", vi="Dòng", required=True),
)

# One row a dossier (hồ sơ) as one unit handed it in on one night.
DOSSIER = ORIGIN | _columns(
    Column(name="dossier_code", kind="text", vi="Mã hồ sơ", required=True),
    Column(name="dossier_key", kind="text", vi="Khóa nhận dạng hồ sơ (mã, và phần khác mà nguồn khai báo)"),
    Column(name="proc_code", kind="text", vi="Mã thủ tục hành chính", required=True),
    Column(name="office_code", kind="text", vi="Bộ phận, phòng xử lý"),
    Column(name="staff_code", kind="text", vi="Mã cán bộ thụ lý"),
    Column(name="territory", kind="text", vi="Địa bàn của hồ sơ"),
    Column(name="channel", kind="int", vi="Kênh tiếp nhận (1 trực tiếp, 2 trực tuyến, 3 bưu chính)"),
    Column(name="subject_type", kind="int", vi="Loại đối tượng"),
    Column(name="owner_hash", kind="text", vi="Chủ hồ sơ (mã băm có khóa)"),
    Column(name="submitted_at", kind="instant", vi="Ngày nộp"),
    Column(name="received_at", kind="instant", vi="Ngày tiếp nhận", required=True),
    Column(name="entered_at", kind="instant", vi="Ngày nhập vào phần mềm"),
    Column(name="due_at", kind="instant", vi="Ngày hẹn trả"),
    Column(name="status", kind="int", vi="Trạng thái hồ sơ (1-10)"),
    Column(name="finished_at", kind="instant", vi="Ngày kết thúc xử lý"),
    Column(name="returned_at", kind="instant", vi="Ngày trả kết quả"),
    Column(name="refused_at", kind="instant", vi="Ngày từ chối"),
    Column(name="refusal_reason", kind="text", vi="Lý do từ chối"),
    Column(name="fee_vnd", kind="float", vi="Phí, lệ phí (đồng)"),
)

# One row a step (bước xử lý) of a dossier: the electronic control slip.
STEP = ORIGIN | _columns(
    Column(name="dossier_code", kind="text", vi="Mã hồ sơ", required=True),
    Column(name="dossier_key", kind="text", vi="Khóa nhận dạng hồ sơ (mã, và phần khác mà nguồn khai báo)"),
    Column(name="step_no", kind="int", vi="Bước", required=True),
    Column(name="task", kind="text", vi="Nội dung xử lý"),
    Column(name="office_code", kind="text", vi="Bộ phận xử lý"),
    Column(name="staff_code", kind="text", vi="Mã cán bộ"),
    Column(name="arrived_at", kind="instant", vi="Nhận lúc"),
    Column(name="started_at", kind="instant", vi="Bắt đầu xử lý lúc"),
    Column(name="finished_at", kind="instant", vi="Giao lúc"),
    Column(name="planned_days", kind="float", vi="Thời gian theo quy trình (ngày làm việc)"),
)

# One row a stop of the clock (tạm dừng): a supplement request or a financial obligation.
PAUSE = ORIGIN | _columns(
    Column(name="dossier_code", kind="text", vi="Mã hồ sơ", required=True),
    Column(name="dossier_key", kind="text", vi="Khóa nhận dạng hồ sơ (mã, và phần khác mà nguồn khai báo)"),
    Column(name="pause_no", kind="int", vi="Lần", required=True),
    Column(name="kind", kind="text", vi="Loại (SUPPLEMENT bổ sung, FINANCIAL nghĩa vụ tài chính)", required=True),
    Column(name="started_at", kind="instant", vi="Yêu cầu lúc"),
    Column(name="ended_at", kind="instant", vi="Hoàn thành lúc"),
    Column(name="reason", kind="text", vi="Lý do"),
    Column(name="old_due_at", kind="instant", vi="Ngày hẹn trả trước"),
    Column(name="new_due_at", kind="instant", vi="Ngày hẹn trả mới"),
)

# What a letter needs of a person. Read from landing at print time, never stored in the warehouse.
PERSON = _columns(
    Column(name="owner_name", kind="text", vi="Chủ hồ sơ", personal=True),
    Column(name="owner_id_no", kind="text", vi="Số giấy tờ", personal=True),
    Column(name="owner_phone", kind="text", vi="Số điện thoại", personal=True),
    Column(name="owner_address", kind="text", vi="Địa chỉ", personal=True),
)

# The three staged tables by name, in the order they are judged.
TABLES: dict[str, dict[str, Column]] = {"dossier": DOSSIER, "step": STEP, "pause": PAUSE}

# Columns of what has happened: none of it can be after the extract was made.
HAPPENED: dict[str, tuple[str, ...]] = {
    "dossier": ("submitted_at", "received_at", "entered_at", "finished_at", "returned_at", "refused_at"),
    "step": ("arrived_at", "finished_at"),
    "pause": ("started_at", "ended_at"),
}
