"""What a source may map: our columns by table, those it must give, and the fields of the national message."""

from domain.columns import DOSSIER, ORIGIN, PAUSE, PERSON, STEP, Column

# Columns that are worked out by us, never mapped.
_OURS = {*ORIGIN, "owner_hash", "dossier_key"}
_STEP_NAMES = [name for name in STEP if name not in {*_OURS, "dossier_code"}]
_PAUSE_NAMES = [name for name in PAUSE if name not in {*_OURS, "dossier_code"}]
_DOSSIER_NAMES = [name for name in (*DOSSIER, *PERSON) if name not in _OURS]

# What `columns` of a source may name, by its table. Nested parts of one record carry a prefix.
CANONICAL: dict[str, list[str]] = {
    "dossier": _DOSSIER_NAMES,
    "step": ["dossier_code", *_STEP_NAMES],
    "pause": ["dossier_code", *_PAUSE_NAMES],
    "event": [*_DOSSIER_NAMES, *(f"step.{name}" for name in _STEP_NAMES)],
    "sync": [
        *_DOSSIER_NAMES,
        *(f"step.{name}" for name in _STEP_NAMES),
        *(f"pause.{name}" for name in _PAUSE_NAMES),
    ],
}
# Must be mapped or constant; step_no and pause_no can be numbered by time instead.
REQUIRED: dict[str, list[str]] = {
    "dossier": ["dossier_code", "proc_code", "received_at"],
    "step": ["dossier_code"],
    "pause": ["dossier_code", "kind"],
    "event": ["dossier_code", "proc_code", "received_at"],
    "sync": ["dossier_code", "proc_code", "received_at"],
}
# The fields of the national synchronisation message (DongBoHoSoMC, its supplements and progress log).
SYNC_COLUMNS: dict[str, str] = {
    "dossier_code": "MaHoSo", "proc_code": "MaTTHC", "channel": "KenhThucHien", "subject_type": "LoaiDoiTuong",
    "owner_name": "ChuHoSo", "owner_id_no": "SoGiayToChuHoSo", "owner_phone": "SoDienThoai",
    "owner_address": "DiaChi",
    "office_code": "DonViXuLy", "submitted_at": "NgayNopHoSo", "received_at": "NgayTiepNhan", "due_at": "NgayHenTra",
    "status": "TrangThaiHoSo", "finished_at": "NgayKetThucXuLy", "returned_at": "NgayTra", "refused_at": "NgayTuChoi",
    "refusal_reason": "LyDoTuChoi",
    "pause.pause_no": "HoSoBoSungId",
    "pause.started_at": "NgayBoSung", "pause.ended_at": "NgayTiepNhanBoSung", "pause.reason": "NoiDungBoSung",
    "pause.old_due_at": "NgayHenTraTruoc", "pause.new_due_at": "NgayHenTraMoi",
    "step.arrived_at": "NgayBatDau", "step.finished_at": "ThoiDiemXuLy", "step.task": "NoiDungXuLy",
    "step.office_code": "PhongBanXuLy", "step.staff_code": "NguoiXuLy",
}  # fmt: skip
# Fields of the message that are known and not kept: no note is made of them.
SYNC_IGNORED = [
    "TenTTHC", "MaLinhVuc", "TenLinhVuc", "MaDoiTuong", "DinhDanhCHS", "Email", "Fax", "ThongTinKhac", "TrichYeuHoSo",
    "ThongTinTra", "HinhThuc", "NoiNopHoSo", "GhiChu", "HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID",
    "DuocThanhToanTrucTuyen", "DSKetNoiCSDL", "TaiLieuNop", "DanhSachLePhi", "DanhSachTepDinhKemKhac",
    "DanhSachGiayToKetQua", "TrangThaiChiTiet", "NguoiYeuCauBoSung", "NguoiTiepNhanBoSung",
    "ThongTinTiepNhan", "TrangThaiBoSung", "DanhSachGiayToBoSung", "DanhSachLePhiBoSung", "ChucDanh", "TrangThai",
    "NgayKetThucTheoQuyDinh", "MaHoSo",
]  # fmt: skip


def column_of(table: str, canonical: str) -> Column:
    """The vocabulary's column behind a canonical name of a source's table (`step.task` -> STEP's task)."""
    prefix, _, name = canonical.rpartition(".")
    words = {"step": STEP, "pause": PAUSE}.get(prefix or table, DOSSIER | PERSON)
    return words[name]
