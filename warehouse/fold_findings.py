"""What the fold tells: rows it sets aside, and what a unit should know of rows that count. No personal data."""

import json
from typing import Any

import pandas as pd

from domain.ids import stable_id
from warehouse.frames import empty
from warehouse.identity import ASIDE, DOUBTED, END_GONE, OTHER_UNIT, TWO_UNITS, USED_AGAIN
from warehouse.lists import TWO_FIT
from warehouse.tables import FOLD_FINDING, QUARANTINE

_SHOWN = ("proc_code", "received_at", "due_at", "status", "finished_at", "returned_at", "refused_at")
_ASIDE_VI = {
    OTHER_UNIT: "Mã hồ sơ này là của một hồ sơ khác (khác thủ tục hoặc ngày tiếp nhận) do đơn vị [{other}] nộp "
    "trước; bản ghi chưa được tính. Đề nghị hai đơn vị đối chiếu mã; nếu mỗi đơn vị tự đánh số, quản trị khai báo "
    "key: [unit, dossier_code] ở nguồn.",
    USED_AGAIN: "Mã hồ sơ này đã dùng cho một hồ sơ khác của đơn vị (khác thủ tục hoặc ngày tiếp nhận); bản ghi chưa "
    "được tính. Đề nghị kiểm tra mã; nếu số bắt đầu lại mỗi năm hoặc theo thủ tục, quản trị khai báo thêm year hoặc "
    "proc_code vào key của nguồn; nếu là một hồ sơ và nay mới ghi đúng, xác nhận bằng lệnh "
    "tinhgon quarantine confirm.",
    END_GONE: "Hồ sơ đã được báo là có kết quả, nay bản ghi không còn ngày kết thúc; trạng thái đã báo được giữ, "
    "bản ghi chưa được tính. Đề nghị đơn vị kiểm tra và nộp lại với ngày kết thúc đúng; nếu kết quả đã bị hủy, "
    "quản trị xác nhận bằng lệnh tinhgon quarantine confirm.",
}
_TOLD_VI = {
    TWO_UNITS: "Hồ sơ [{code}] do hai đơn vị [{units}] cùng nộp (cùng mã, thủ tục); chỉ tính một lần, theo bản ghi "
    "có diễn biến sau cùng. Đề nghị hai đơn vị thống nhất bên nào theo dõi hồ sơ.",
    TWO_FIT: "Có hai hồ sơ cùng mã [{code}] đang giải quyết; bước xử lý hoặc lần tạm dừng chỉ ghi mã nên được "
    "tính cho hồ sơ tiếp nhận sau. Đề nghị đơn vị ghi mã không trùng.",
}


def set_aside(versions: pd.DataFrame) -> pd.DataFrame:
    """The quarantine rows of versions that do not count: a number used again, an end taken away."""
    rows = versions[versions["standing"].isin([ASIDE, DOUBTED])]
    names = [column.name for column in QUARANTINE.columns]
    if not len(rows):
        return empty(names)
    rules = rows["rule_id"].where(rows["standing"] == ASIDE, END_GONE)
    keys = zip(rows["unit_code"], rows["night"], rows["dossier_key"], strict=True)
    made = rows[["unit_code", "night", "file_name", "line_no", "dossier_code", "dossier_key"]].assign(
        quarantine_id=[stable_id("merge", *key) for key in keys],
        table_name="dossier",
        rule_id=rules,
        severity="critical",
        message=[_ASIDE_VI[rule].format(other=other) for rule, other in zip(rules, rows["other_unit"], strict=True)],
        raw_record=[_record(row) for row in rows.to_dict("records")],
        stage="merge",
        state="OPEN",
    )
    return made[names]


def of_two_units(versions: pd.DataFrame) -> pd.DataFrame:
    """To both units: a dossier that two handed in, none of which takes over from the other."""
    rows = versions[(versions["rule_id"] == TWO_UNITS) & (versions["unit_code"] != versions["other_unit"])]
    parts = []
    for mine, other in (("unit_code", "other_unit"), ("other_unit", "unit_code")):
        told = rows.assign(unit_code=rows[mine], _other=rows[other])
        three = zip(told["dossier_code"], told["unit_code"], told["_other"], strict=True)
        said = [_TOLD_VI[TWO_UNITS].format(code=code, units=", ".join(sorted(pair))) for code, *pair in three]
        parts.append(told.assign(message=said))
    return _findings(pd.concat(parts, ignore_index=True), TWO_UNITS)


def of_two_dossiers(rows: pd.DataFrame) -> pd.DataFrame:
    """To the unit: steps or stops that fit two dossiers of one number. `rows`: settled rows with their rule_id."""
    some = rows[rows["rule_id"] == TWO_FIT]
    said = [_TOLD_VI[TWO_FIT].format(code=code) for code in some["dossier_code"]]
    return _findings(some.assign(message=said), TWO_FIT)


def _findings(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    names = [column.name for column in FOLD_FINDING.columns]
    made = rows.assign(rule_id=rule, severity="warning")
    key = [column.name for column in FOLD_FINDING.primary_key.columns]
    return made.reindex(columns=names).drop_duplicates(key, ignore_index=True)


def _record(row: dict[Any, Any]) -> str:
    said = {name: str(row[name]) for name in _SHOWN if pd.notna(row[name])}
    return json.dumps(said, ensure_ascii=False)
