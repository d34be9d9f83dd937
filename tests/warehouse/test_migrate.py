"""One history of revisions makes the tables of tables.py on both databases."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from importlib.resources import files as files_of
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from domain.errors import KnownError
from warehouse import Warehouse
from warehouse.kinds import kind_of
from warehouse.tables import METADATA

REVISIONS = [
    "r0001_dimensions",
    "r0002_slices",
    "r0003_state",
    "r0004_decisions",
    "r0005_working_time",
    "r0006_catalogue_content",
    "r0007_night_fault",
    "r0008_acts",
    "r0009_identity",
    "r0010_findings",
]
KINDS = {
    "VARCHAR": "text",
    "BIGINT": "int",
    "DOUBLE": "float",
    "DOUBLE PRECISION": "float",
    "DOUBLE_PRECISION": "float",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "instant",
}


def test_the_revisions_make_exactly_the_declared_tables(new_url: Callable[[], str]) -> None:
    url = new_url()
    with Warehouse.open(url) as warehouse:
        warehouse.migrate()
        warehouse.migrate()  # a second time changes nothing
    engine = create_engine(url, poolclass=NullPool)
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {*METADATA.tables, "alembic_version"}
    for name, table in METADATA.tables.items():
        found = {c["name"]: (KINDS[str(c["type"]).split("(")[0].split(" COLL")[0]], c["nullable"])
                 for c in inspector.get_columns(name)}  # fmt: skip
        assert found == {c.name: (kind_of(c), bool(c.nullable)) for c in table.columns}, name
        key = inspector.get_pk_constraint(name)["constrained_columns"]
        assert set(key) == {c.name for c in table.primary_key.columns}, name
    engine.dispose()


def test_a_new_warehouse_is_empty_and_its_models_can_be_built(new_url: Callable[[], str]) -> None:
    with Warehouse.open(new_url()) as warehouse:
        warehouse.migrate()
        assert warehouse.nights() == []
        assert warehouse.has_slice("U1", "2017-12-31") is None
        with pytest.raises(KnownError, match="E-WH-MODEL"):
            warehouse.read_table("headline")
        warehouse.build_models(date(2017, 12, 31))
        assert len(warehouse.read_table("headline")) == 0


def test_what_was_decided_before_there_were_acts_is_one(new_url: Callable[[], str]) -> None:
    url = new_url()
    engine = create_engine(url, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(files_of("warehouse.revisions")))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007_night_fault")
        connection.execute(
            text(
                "INSERT INTO decision (quarter, proposal_id, choice, decided_by, decided_at, reason, is_demo) "
                "VALUES ('2017-Q4', '*', 'APPROVED', 'A', CAST('2018-01-05 09:30:15' AS TIMESTAMP), 'x', TRUE)"
            )
        )
    engine.dispose()
    with Warehouse.open(url) as warehouse:
        warehouse.migrate()
        [act] = warehouse.read_table("act").to_dict("records")
    assert (act["subject_kind"], act["subject_id"], act["kind"], act["actor"], act["is_demo"], act["edition"]) == (
        "quarter", "2017-Q4", "APPROVED", "A", True, "",
    )  # fmt: skip
    assert str(act["said_at"]) == "2018-01-05 09:30:15"


def test_no_table_has_a_column_for_personal_data() -> None:
    personal = {"owner_name", "owner_id_no", "owner_phone", "owner_address"}
    assert not [name for name, table in METADATA.tables.items() if personal & set(table.columns.keys())]


def test_the_revisions_follow_one_another_and_add_up_to_the_declared_tables() -> None:
    """Read one after the other without a database: what each makes and adds is all there is, and once."""
    found: dict[str, list[str]] = {}
    before = None
    for number, name in enumerate(REVISIONS, 1):
        revision = import_module(f"warehouse.revisions.versions.{name}")
        assert (revision.revision, revision.down_revision) == (name.removeprefix("r"), before)
        assert revision.revision.startswith(f"{number:04d}_")
        before = revision.revision
        for table, (key, rest) in getattr(revision, "TABLES", {}).items():
            assert table not in found, f"{table} is made twice"
            found[table] = [column.partition(":")[0] for column in (*key.split(), *rest.split())]
        for table, (key, rest, _) in getattr(revision, "REMADE", {}).items():
            found[table] = [column.partition(":")[0] for column in (*key.split(), *rest.split())]
        for table, added in getattr(revision, "ADDED", {}).items():
            found[table] += [column.partition(":")[0] for column in added.split()]
    here = files_of("warehouse.revisions.versions")
    assert {Path(str(path)).stem for path in here.iterdir() if path.name.startswith("r")} == set(REVISIONS)
    del found["decision"]  # taken away by the eighth: what it held are acts
    found["procedure_paper"].remove("paper_key")  # taken away by the sixth: papers are typed by the analysis
    assert {name: sorted(columns) for name, columns in found.items()} == {
        name: sorted(table.columns.keys()) for name, table in METADATA.tables.items()
    }
