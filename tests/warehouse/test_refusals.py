"""A value the database refuses is told apart from a lock, a full disk and a lost connection; what was there stays."""

from collections.abc import Callable
from random import Random
from string import ascii_letters

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from domain.errors import KnownError
from tests.warehouse.conftest import Given
from warehouse import DRIVER_ERRORS, Warehouse
from warehouse.compare import differences, snapshot
from warehouse.faults import refusal

SECRET = "Nguyễn Thị Thử"
LONG = "".join(Random(7).choices(ascii_letters, k=20_000))  # an index packs what repeats


def refused(warehouse: Warehouse, given: Given, code: str, **values: object) -> KnownError:
    """What writing a slice with this dossier beside a good one raises; nothing of it may stay."""
    warehouse.replace_slice(given.slice("U1", "2017-12-18", [given.dossier("OLD")]))
    before = snapshot(warehouse)
    row = given.dossier(code, **{"refusal_reason": SECRET} | values)
    with pytest.raises(KnownError) as error:
        warehouse.replace_slice(given.slice("U1", "2017-12-19", [given.dossier("GOOD"), row]))
    assert differences(before, snapshot(warehouse)) == []
    warehouse.replace_slice(given.slice("U2", "2017-12-19", [given.dossier("NEXT")]))
    assert "NEXT" in set(warehouse.read_table("dossier")["dossier_code"]), "the next slice goes in"
    assert SECRET not in str(error.value)
    return error.value


@pytest.mark.parametrize("fee", [float("inf"), float("-inf")])
def test_an_infinite_number_is_refused_by_both(warehouse: Warehouse, given: Given, fee: float) -> None:
    error = refused(warehouse, given, "D1", fee_vnd=fee)
    assert error.code == "E-WH-TYPE"
    assert "[fee_vnd]" in str(error)


def test_a_number_out_of_range_is_refused_by_both(warehouse: Warehouse, given: Given) -> None:
    assert refused(warehouse, given, "D1", channel=10**30).code == "E-WH-TYPE"


@pytest.mark.parametrize(
    "values", [("A\0B", {}), ("D1", {"proc_code": "1\0"}), (LONG, {})], ids=["key", "text", "long"]
)
def test_what_only_postgres_refuses(
    new_postgres: Callable[[], str], given: Given, values: tuple[str, dict[str, object]]
) -> None:
    with Warehouse.open(new_postgres()) as warehouse:
        warehouse.migrate()
        code, more = values
        assert refused(warehouse, given, code, **more).code == "E-WH-REFUSED"


@pytest.mark.parametrize(
    "values", [("A\0B", {}), ("D1", {"proc_code": "1\0"}), (LONG, {})], ids=["key", "text", "long"]
)
def test_the_embedded_database_takes_any_text(
    new_duckdb: Callable[[], str], given: Given, values: tuple[str, dict[str, object]]
) -> None:
    with Warehouse.open(new_duckdb()) as warehouse:
        warehouse.migrate()
        code, more = values
        warehouse.replace_slice(given.slice("U1", "2017-12-19", [given.dossier(code, **more)]))
        assert set(warehouse.read_table("dossier")["dossier_code"]) == {code}


def test_a_lost_connection_is_nobodys_fault(new_postgres: Callable[[], str], given: Given) -> None:
    url = new_postgres()
    with Warehouse.open(url) as warehouse:
        warehouse.migrate()
        pid = warehouse.read_sql("SELECT pg_backend_pid() AS pid")["pid"].iloc[0]
        address = url.replace("postgresql+psycopg://", "postgresql://").partition("&options")[0]
        with psycopg.connect(address, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [int(pid)])
        with pytest.raises(DRIVER_ERRORS) as error:
            warehouse.replace_slice(given.slice("U1", "2017-12-19", [given.dossier("D1")]))
    assert refusal(error.value) is None


@pytest.mark.parametrize("name", ["DiskFull", "TooManyConnections", "AdminShutdown", "LockNotAvailable"])
def test_what_the_server_lacks_is_nobodys_fault(name: str) -> None:
    cause = getattr(psycopg.errors, name)("x")
    assert refusal(cause) is None
    assert refusal(OperationalError("SELECT 1", {}, cause)) is None
