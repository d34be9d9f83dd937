"""WAREHOUSE_URL: nonsense is told as nonsense, and no password is told at all."""

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import KnownError
from warehouse import Warehouse
from warehouse.address import Address, read_address
from warehouse.faults import cannot_open

SECRET = "Pl4ntedS3cret"
NONSENSE = [
    f"postgres://u:{SECRET}@127.0.0.1:1/db",
    f"postgresql://u:{SECRET}@127.0.0.1:1/db",
    f"postgresql+psycopg2://u:{SECRET}@127.0.0.1:1/db",
    f"mysql://u:{SECRET}@127.0.0.1:1/db",
    f"sqlite:///{SECRET}",
    f"u:{SECRET}@127.0.0.1/db",
    f"://u:{SECRET}@127.0.0.1/db",
    f"postgresql+psycopg://u:{SECRET}@127.0.0.1:port/db",
    f"postgresql+psycopg://u:{SECRET}@127.0.0.1:99999/db",
    f"postgresql+psycopg://u:{SECRET}",
    f"postgresql+psycopg://u:a@{SECRET}@127.0.0.1:1/db",
    f"postgresql+psycopg://u/{SECRET}@127.0.0.1:1/db",
    f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1",
    f"postgresql+psycopg://u:{SECRET}@/db",
    f"postgresql+psycopg://u@127.0.0.1:1/db?password={SECRET}",
    f"postgresql+psycopg://u@127.0.0.1:1/db?Password={SECRET}",
    f"duckdb://u:{SECRET}@127.0.0.1/db",
    f"duckdb:///u:{SECRET}@127.0.0.1/db",
    f"duckdb:///warehouse.duckdb?password={SECRET}",
    f"duckdb://var/{SECRET}.duckdb",
    "duckdb://",
    "duckdb:///",
    "",
    " ",
    SECRET,
]
REACHED = [  # understood, and nobody answers
    f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/db",
    f"postgresql+psycopg://u:{SECRET}%40@127.0.0.1:1/db",
    f"postgresql+psycopg://u:a:{SECRET}#/?@127.0.0.1:1/db",
    f"postgresql+psycopg://u@127.0.0.1:1/db?sslpassword={SECRET}",
    f"postgresql+psycopg://u@127.0.0.1:1/db?nonsense={SECRET}",
    f"postgresql+psycopg://u@127.0.0.1:1/db?{SECRET}=1",
]


def all_of(error: BaseException) -> str:
    """Whatever a log, a debugger or a collector of errors could show of an exception."""
    told, at = [], error
    while at is not None:
        told += [str(at), repr(at), repr(at.args), repr(vars(at))]
        at = at.__cause__ or at.__context__
    return "\n".join([*told, *traceback.format_exception(error)])


@pytest.mark.parametrize("url", NONSENSE)
def test_nonsense_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(KnownError) as error:
        Warehouse.open(url, wait=0)
    assert error.value.code == "E-WH-URL"
    assert "postgresql+psycopg://<user>:<password>@<host>:<port>/<database>" in error.value.mend
    assert SECRET not in all_of(error.value)


@pytest.mark.parametrize("url", REACHED)
def test_nobody_answers_and_no_password_is_told(url: str) -> None:
    with pytest.raises(KnownError) as error:
        Warehouse.open(url, wait=0)
    assert error.value.code == "E-WH-OPEN"
    assert "[postgresql+psycopg://***@127.0.0.1/db]" in error.value.message
    assert SECRET not in all_of(error.value)


def test_what_is_understood() -> None:
    file = read_address("duckdb:////srv/x/warehouse.duckdb")
    assert (str(file.file), file.shown) == ("/srv/x/warehouse.duckdb", "duckdb:////srv/x/warehouse.duckdb")
    assert str(file.log_file) == "/srv/x/warehouse.duckdb.wal"
    server = read_address("postgresql+psycopg://tinhgon:p%40ss@db.example:5432/kho")
    assert (server.url.password, server.url.host, server.url.port, server.file) == ("p@ss", "db.example", 5432, None)
    assert server.shown == "postgresql+psycopg://***@db.example/kho"
    assert server.hide('"p@ss" "p%40ss" db.example') == '"***" "***" db.example'
    assert read_address("postgresql+psycopg:///kho?host=/run/postgresql").url.query == {"host": "/run/postgresql"}


PIECES = st.lists(
    st.sampled_from(["@", ":", "/", "?", "#", "%", "&", "=", " ", "[", "]", "a", "%40", "\n"]), max_size=3
)
GLUE = PIECES.map("".join)


@given(
    scheme=st.sampled_from(
        ["postgresql+psycopg://", "postgres://", "duckdb://", "duckdb:///", "mysql://", "//", "", "x:"]
    ),
    around=st.tuples(GLUE, GLUE, GLUE, GLUE, GLUE),
    tail=st.sampled_from(
        ["@127.0.0.1:1/db", "@h/db", "@h", "/db", "", "@h:port/db", "@h/db?password=x", "@[::1]/db"]
    ),
)
@settings(max_examples=600)
def test_no_address_tells_its_password(scheme: str, around: tuple[str, ...], tail: str) -> None:
    """The password stands after `user:`, with anything an operator may mistype before, in and after it."""
    before, user, first, last, end = around
    url = f"{scheme}{before}u{user}:{first}{SECRET}{last}{tail}{end}"
    if url.startswith("duckdb:///") and "@" not in url:
        return  # a path, and a file may be called what it likes
    if url.count("@") == 1 and "@" in first:
        return  # the one @ ends a password before ours, which is then the name of the host
    refused, address = understood(url)
    if address is None:
        assert refused is not None
        assert refused.code == "E-WH-URL"
        assert SECRET not in all_of(refused)
        return
    assert SECRET not in f"{address!r} {address.shown}"
    for said in (
        f"cannot use {url}",
        f"no host {address.url.host}",
        f"user {address.url.username} {address.url.query}",
    ):
        assert SECRET not in all_of(cannot_open(said, address))


def understood(url: str) -> tuple[KnownError | None, Address | None]:
    try:
        return None, read_address(url)
    except KnownError as error:
        return error, None
