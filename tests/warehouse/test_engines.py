"""The same statements on DuckDB and PostgreSQL: every model and query, row by row and type by type."""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal

from warehouse import Slice, Warehouse
from warehouse.build import MODELS, PARAMETER, models
from warehouse.compare import differences, snapshot
from warehouse.store import QUERIES

# Letters that could not be made: of a dossier that is late still, and of one that is not.
FAULTS = pd.DataFrame(
    {
        "fault_id": ["F1", "F2"],
        "night": "2017-12-11",
        "step": "apology_letters",
        "unit_code": "U1",
        "subject": ["E001", "no such dossier"],
        "message": 'Chưa viết được thư: "lỗi"',
    }
)

# What was said of the row of U1 of 4/12, the day after.
ACTS = pd.DataFrame(
    {
        "act_id": ["a1"],
        "subject_kind": "quarantine",
        "subject_id": "U1/dossier/DQ-DT-07/D9",
        "kind": "DISCARD",
        "said_at": pd.Timestamp("2017-12-05 08:00"),
        "actor": "Nguyễn Văn Thử",
        "is_demo": False,
        "fingerprint": hashlib.md5(b'{"owner_name": "[che]"}').hexdigest(),
    }
)


@pytest.fixture
def engines(
    new_duckdb: Callable[[], str], new_postgres: Callable[[], str], given: Any, slices: list[Slice]
) -> Iterator[tuple[Warehouse, Warehouse]]:
    rows, steps, pauses = [], [], []
    for i in range(300):
        received = pd.Timestamp("2017-06-01 07:30") + pd.Timedelta(hours=17 * i)
        end = received + pd.Timedelta(hours=(i * 53) % 900)
        code, status = f"E{i:03d}", (9, 4, 10, 3, 5, 7, 8, None)[i % 8]
        values = {"status": status, "due_at": received + pd.Timedelta(days=i % 25) if i % 9 else None}
        values |= {"finished_at": end if status in (9, 10, 3, None) else None, "channel": i % 4 or None}
        values |= {
            "proc_core": f"1.00000{i % 4 + 1}",
            "office_code": ["TNMT", None, "Tư pháp"][i % 3],
            "fee_vnd": i / 3,
            "owner_hash": f"P{i % 11}" if i % 10 else None,
        }
        rows.append(given.dossier(code, received_at=received, **values))
        steps.append(given.step(code, 1, received, end if i % 5 else None, planned_days=[0.25, None, 1.5][i % 3]))
        if i % 3 == 0:
            later = received + pd.Timedelta(hours=30)
            pauses += [given.pause(code, 1, received, later), given.pause(code, 2, received + pd.Timedelta(hours=9))]
    odd = given.held("DQ-DT-01", None, message='Giá trị “31/02/2017”, dấu phẩy, "nháy"\nvà xuống dòng', line_no=None)
    many = given.slice(
        "U1", "2017-12-12", rows, steps=steps, pauses=pauses, quarantine=[odd, given.held("R", "", line_no=3)]
    )
    # a whole register that loses a dossier, a delivery with a note, a dossier of two units
    register = [
        given.slice("U3", night, [given.dossier(code) for code in codes])
        for night, codes in (("2017-12-11", ("G1", "G2")), ("2017-12-12", ("G1",)))
    ]
    for each in register:
        each.outcome.update(
            {"control_total": 3, "dossiers_in": 2, "is_full": True, "message": "Tệp có cột chưa khai báo."}
        )
    register[0].outcome["rows_in"] = 30  # and then two: a register that shrinks
    register.append(given.slice("U4", "2017-12-12", [given.dossier("G1")]))
    # a unit that hands in twelve dossiers a Tuesday, and then one
    for week, night in enumerate(("2017-11-07", "2017-11-14", "2017-11-21", "2017-12-05", "2017-12-12")):
        codes = [f"V{week}/{each}" for each in range(12 if week < 4 else 1)]
        register.append(given.slice("U5", night, [given.dossier(code) for code in codes]))
    with Warehouse.open(new_duckdb()) as duckdb, Warehouse.open(new_postgres()) as postgres:
        for warehouse in (duckdb, postgres):
            warehouse.migrate()
            warehouse.replace_dimensions(given.dimensions)
            for new in (*slices, many, *register):
                warehouse.replace_slice(new)
            warehouse.insert_missing("act", ACTS)
            warehouse.build_models(date(2017, 12, 12))
            warehouse.replace_rows("night_fault", FAULTS, where={"step": "apology_letters"})
        yield duckdb, postgres


def test_both_databases_say_the_same(engines: tuple[Warehouse, Warehouse]) -> None:
    duckdb, postgres = engines
    one, other = snapshot(duckdb), snapshot(postgres)
    assert differences(one, other) == []
    for name, frame in one.items():
        assert_frame_equal(frame, other[name], obj=name)
    assert [name for name in models() if not len(one[name])] == []  # nothing is the same by being empty
    night, last = "2017-12-12", date(2017, 12, 31)
    parameters: dict[str, dict[str, Any]] = {
        "coverage": {"last_day": last, "known": night},
        "faults_open": {"night": night},
        "quarantine_list": {"night": night},
        "outcomes_of_night": {"night": night},
        "rule_results_of_night": {"night": "2017-12-04"},
    }
    for name in sorted(query.stem for query in QUERIES.glob("*.sql")):
        answer = duckdb.read(name, **parameters.get(name, {}))
        assert len(answer), name
        if name == "faults_open":
            assert answer["subject"].tolist() == ["E001"], "an earlier letter whose dossier is late still"
        assert_frame_equal(answer, postgres.read(name, **parameters.get(name, {})), obj=name)


def test_temporary_models_hide_and_go(engines: tuple[Warehouse, Warehouse]) -> None:
    for warehouse in engines:
        before = warehouse.read_table("headline")
        warehouse.build_models(date(2017, 6, 30), temporary=True)
        assert warehouse.read_table("headline")["received"].sum() < before["received"].sum()
        warehouse.build_models(date(2017, 12, 12))
        assert_frame_equal(warehouse.read_table("headline"), before)


def test_every_model_is_described_and_portable() -> None:
    described = {path.stem for path in MODELS.glob("*.yml")}
    assert {path.stem for path in MODELS.glob("*.sql")} == described - {PARAMETER}
    vendor = re.compile(
        r"::|\b(date_trunc|date_part|datediff|strftime|to_char|interval|quantile|percentile_cont|median|qualify|"
        r"generate_series|current_date|now|random|ilike|regexp_matches|string_agg|array_agg|filter)\b",
        re.IGNORECASE,
    )
    for name, model in models().items():
        about = yaml.safe_load((MODELS / f"{name}.yml").read_text(encoding="utf-8"))
        assert about["row"]
        assert set(model.key) <= set(model.columns)
        if name == PARAMETER:
            continue
        code = re.sub(r"--[^\n]*", "", model.sql)
        assert ";" not in code, name
        assert vendor.search(code) is None, (name, vendor.search(code))
        named = set(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", code)) & set(models())
        assert named == set(model.reads), name
