"""A made-up catalogue with one family, one pair outside it, and something in every other part of a review."""

import json
from datetime import date
from typing import Any

import pandas as pd

from analysis.pair_features import FEATURES
from pipelines.publish.catalogue_view import CatalogueReview

NAMES = {
    "1.000001": "Cấp thẻ mẫu (cấp tỉnh)",
    "1.000002": "Cấp thẻ mẫu (cấp xã)",
    "1.000003": "Cấp lại thẻ mẫu (cấp xã)",
    "1.000004": "Đăng ký bảng mẫu",
    "1.000005": "Đăng ký lại bảng mẫu",
}
LIMITS = {"1.000001": 10.0, "1.000002": 7.0, "1.000003": 7.0, "1.000004": 5.0, "1.000005": 3.0}
ASKED = {
    "1.000001": ["đơn mẫu", "ảnh"],
    "1.000002": ["đơn mẫu", "ảnh"],
    "1.000003": ["đơn mẫu", "thẻ cũ"],
    "1.000004": ["tờ khai"],
    "1.000005": [],
}


def json_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def procedures() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "proc_core": core,
                "name": name,
                "field_name": "Lĩnh vực một" if core < "1.000004" else None,
                "level": "TINH" if core == "1.000001" else "XA",
                "limit_quantity": LIMITS[core],
                "limit_unit": "WORKING_DAY",
                "fee_vnd": {"1.000001": 20000.0, "1.000002": 0.0}.get(core),
                "legal_basis": json_of(["12/2024/NĐ-CP", "13/2024/TT-BNV"]),
            }
            for core, name in NAMES.items()
        ]
    )


def pair(one: str, other: str, relation: str, score: float, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {name: {"value": None, "adds": 0.0} for name in FEATURES}
    told |= {"title": {"value": 0.91, "adds": 1.2}, "opposite": {"value": 0.0, "adds": 0.3}}
    told |= {"papers": {"value": 0.33, "adds": -0.8}, "law": {"value": 1.0, "adds": 0.01}}
    row = {
        "proc_core": one,
        "other_proc_core": other,
        "relation": relation,
        "score": score,
        "propose_merge": True,
        "evidence": json_of({"start": {"value": None, "adds": 0.2}} | told),
        "name": NAMES[one],
        "other_name": NAMES[other],
    }
    return row | changes


def overlaps() -> pd.DataFrame:
    return pd.DataFrame(
        [
            pair("1.000001", "1.000002", "level_twin", 0.9999),
            pair("1.000002", "1.000003", "overlap", 0.93),
            pair("1.000004", "1.000005", "overlap", 0.62),
            pair("1.000001", "1.000003", "sibling", 0.55),
            pair("1.000001", "1.000004", "unrelated", 0.1, propose_merge=False),
        ]
    )


def families() -> pd.DataFrame:
    cores = ["1.000001", "1.000002", "1.000003"]
    links = [
        {"a": one, "b": other, "relation": relation, "score": score}
        for one, other, relation, score in (
            ("1.000001", "1.000002", "level_twin", 0.9999),
            ("1.000001", "1.000003", "sibling", 0.55),
            ("1.000002", "1.000003", "overlap", 0.93),
        )
    ]
    row = {
        "family_id": "f1", "kind": "CASES", "size": 3, "proc_cores": json_of(cores),
        "names": json_of([NAMES[core] for core in cores]), "proposed_name": "Cấp thẻ mẫu",
        "cases": json_of(["", "", "lại"]), "limits": json_of([10.0, 7.0, 7.0]), "shortest_days": 7.0,
        "limit_from": "1.000002", "cuts": json_of([3.0, 0.0, 0.0]), "same_chain": False, "chain_days": None,
        "steps_common": json_of(["Tiếp nhận", "Trả kết quả"]), "steps_longest": json_of(["Tiếp nhận"]),
        "papers_all": json_of(["đơn mẫu", "ảnh", "thẻ cũ"]), "papers_common": json_of(["đơn mẫu"]),
        "paper_holders": json_of({"đơn mẫu": [0, 1, 2], "ảnh": [0, 1], "thẻ cũ": [2]}), "links": json_of(links),
        "lowest_score": 0.55, "text_vi": "3 thủ tục: một quy trình với nhiều trường hợp.",
    }  # fmt: skip
    return pd.DataFrame([row])


def paper_types() -> pd.DataFrame:
    rows = [
        ("đơn mẫu", "Đơn mẫu", "FORM", "Đơn, tờ khai", "", "", 3),
        ("ảnh", "Ảnh", "PHOTO", "Ảnh", "", "", 2),
        ("thẻ cũ", "Thẻ cũ", "IDENTITY", "Giấy tờ tùy thân", "Công an", "Cơ sở dữ liệu mẫu", 1),
    ]
    names = ["paper_type", "name", "kind", "kind_vi", "issuer", "held_in", "procedures"]
    table = pd.DataFrame(rows, columns=names)
    table["names"] = [json_of([name, f"Bản sao {name}"]) for name in table["name"]]
    return table.assign(source="Luật mẫu", mentions=table["procedures"], is_held=None)


def journeys() -> pd.DataFrame:
    links = [{"from": "1.000001", "to": "1.000004", "result": "Thẻ", "paper": "Thẻ mẫu"}]
    row = {
        "journey_id": "j1", "kind": "RESULT", "proc_cores": json_of(["1.000001", "1.000004"]),
        "names": json_of([NAMES["1.000001"], NAMES["1.000004"]]), "links": json_of(links), "cases": 0,
        "share": None, "bundle": "", "is_proposed": True, "reason": "Kết quả “Thẻ” là giấy tờ phải nộp.",
    }  # fmt: skip
    joined = row | {"journey_id": "j2", "bundle": "2.000009", "is_proposed": False, "reason": "Đã có liên thông."}
    doubtful = row | {"journey_id": "j3", "is_proposed": False, "reason": "Chuỗi không nên nêu."}
    return pd.DataFrame([row, joined, doubtful])


def cumbersome() -> pd.DataFrame:
    parts = {
        "papers": {"value": 9.0, "median": 3.0, "p75": 4.5, "is_over": True},
        "steps": {"value": 4.0, "median": 5.0, "p75": 6.0, "is_over": False},
        "supplement_rate": {"value": 0.21, "median": 0.05, "p75": 0.1, "is_over": True},
        "cost": {"value": 1250000.0, "median": 300000.0, "p75": 500000.0, "is_over": True},
        "forms": None,
    }
    row = {
        "proc_core": "1.000001", "name": NAMES["1.000001"], "field_code": "a", "level": "TINH",
        "peer_group": "thủ tục cấp tỉnh, mọi lĩnh vực", "peers": 12, "score": 91.4, "complexity_signal": 12.0,
        "parts": json_of(parts), "over": json_of(["papers", "supplement_rate", "cost"]), "is_cumbersome": True,
    }  # fmt: skip
    return pd.DataFrame([row, row | {"proc_core": "1.000002", "name": NAMES["1.000002"], "is_cumbersome": False}])


def checks() -> pd.DataFrame:
    row = {
        "proc_core": "1.000004", "name": NAMES["1.000004"], "check": "COMPLETENESS",
        "clause": "điểm đ khoản 2 Điều 8", "detail": "Danh mục chưa nêu thời hạn.", "found": "không có",
        "expected": "thời hạn giải quyết", "source": "Nghị định mẫu",
    }  # fmt: skip
    other = row | {"clause": "điểm h khoản 2 Điều 8", "expected": "kết quả thực hiện"}
    sums = [row | {"check": "STEP_SUM", "clause": "khoản 1", "expected": f"{days} ngày"} for days in range(60)]
    return pd.DataFrame([row, row | {"proc_core": "1.000005"}, other, *sums])


def frames() -> dict[str, pd.DataFrame]:
    holders = [(core, kind, kind.capitalize()) for core, kinds in ASKED.items() for kind in kinds]
    twice = {"journey_id": "j1", "paper_type": "ảnh", "name": "Ảnh 4x6", "times": 2, "proc_cores": "[]"}
    return {
        "overlaps": overlaps(),
        "families": families(),
        "checks": checks(),
        "paper_types": paper_types(),
        "paper_holders": pd.DataFrame(holders, columns=["proc_core", "paper_type", "name"]),
        "journeys": journeys(),
        "asked_twice": pd.DataFrame([twice]),
        "cumbersome": cumbersome(),
    }


def review(**changes: pd.DataFrame) -> CatalogueReview:
    steps = [(core, no, task) for core in NAMES for no, task in enumerate(["Tiếp nhận", "Trả kết quả"], start=1)]
    return CatalogueReview(
        name="Danh mục mẫu",
        on=date(2026, 11, 24),
        frames=frames() | changes,
        procedures=procedures(),
        papers=pd.DataFrame(),
        steps=pd.DataFrame(steps, columns=["proc_core", "step_no", "task"]),
    )
