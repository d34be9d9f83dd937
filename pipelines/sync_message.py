"""The national synchronisation message (DongBoHoSoMC, its supplements and progress log): its fields by our names."""

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
