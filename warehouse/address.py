"""WAREHOUSE_URL: which addresses are understood, and how one is told without what is secret in it.

Only what was understood is ever shown, and of that only what cannot be a password; a driver's own words pass through
`Address.hide` first. SQLAlchemy's own masking is not enough: it knows no `?password=` and no badly written password.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.engine import URL, make_url

from domain.errors import KnownError

_PLAIN = re.compile(r"[\w.\-]+")
_HOST = re.compile(r"[A-Za-z0-9.\-]+|[0-9A-Fa-f:.]+")  # a name or a number, of four parts or of six
# Options of libpq and DuckDB whose values may be told; any other may hold a key or a password.
_OPEN_OPTIONS = {"host", "port", "user", "dbname", "sslmode", "connect_timeout", "application_name", "threads"}
_LIKELY = ("postgresql", "postgres", "mysql", "mariadb", "sqlite", "mssql", "oracle", "jdbc", "http", "https", "file")
_MEND = (
    "write duckdb:///<file> (three slashes, a fourth for a path from the root) or"
    " postgresql+psycopg://<user>:<password>@<host>:<port>/<database>, with @ : / ? % in the password"
    " written as %40 %3A %2F %3F %25; or leave WAREHOUSE_URL out"
)


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address that was understood. `file` is the DuckDB file, None for a server or for memory."""

    url: URL = field(repr=False)
    shown: str
    file: Path | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def hide(self, text: str) -> str:
        """A text of the driver without any of the address's secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    @property
    def log_file(self) -> Path | None:
        """DuckDB's log beside its file: what was committed and is not in the file yet."""
        return None if self.file is None else self.file.with_name(f"{self.file.name}.wal")


def read_address(text: str) -> Address:
    """Understand an address, or raise KnownError E-WH-URL, which repeats nothing of it that may be secret."""
    url = _parsed(text)
    wrong = "it is no address of a database" if url is None else _wrong(url, text)
    if url is None or wrong:
        # Outside any `except`: not even the hidden context of this error may hold the address.
        scheme = text.partition("://")[0].partition("+")[0].strip().lower()
        what = f"[{scheme}://...]" if scheme in (*_LIKELY, "duckdb") else "(not shown)"
        raise KnownError("E-WH-URL", f"WAREHOUSE_URL {what} cannot be used: {wrong}.", mend=_MEND)
    if url.drivername == "duckdb":
        file = None if url.database == ":memory:" else Path(str(url.database))
        return Address(url=url, shown=f"duckdb:///{url.database}", file=file, secrets=_secrets(text, url))
    host = url.host if url.host and _HOST.fullmatch(url.host) else "..."
    return Address(url=url, shown=f"{url.drivername}://***@{host}/{url.database}", secrets=_secrets(text, url))


def _parsed(text: str) -> URL | None:
    try:
        return make_url(text)
    except Exception:  # whatever it is, it tells the address
        return None


def _wrong(url: URL, text: str) -> str:
    """What is wrong with a parsed address, in words that repeat nothing of it; '' when nothing is."""
    known = ("duckdb", "postgresql+psycopg")
    faults = _faults_of_file(url, text) if url.drivername == "duckdb" else _faults_of_server(url)
    if url.drivername not in known:
        faults = {"only duckdb:/// and postgresql+psycopg:// are understood": True}
    if any(name.strip().lower() == "password" for name in url.query):
        faults = {"a password stands behind the question mark, where programs that list addresses show it": True}
    return next((words for words, is_so in faults.items() if is_so), "")


def _faults_of_file(url: URL, text: str) -> dict[str, bool]:
    database, rest = (url.database or "").strip(), text.partition("://")[2]
    login = url.host or url.port or url.username or url.password or (":" in rest and "@" in rest)
    return {
        "a file has no host and no password, and duckdb: is followed by three slashes": bool(login),
        "it names no file": not database,
    }


def _faults_of_server(url: URL) -> dict[str, bool]:
    parts = f"{url.host}{url.username}{url.database}"
    return {
        "an @ stands where none can be; one in a password must be written %40": "@" in parts,
        "a colon after the user is followed by no password": url.password == "" and bool(url.host),
        "it names no database": not _PLAIN.fullmatch(url.database or ""),
        "it names no host": not (url.host or "host" in url.query),
        "its port is no number from 1 to 65535": url.port is not None and not 0 < url.port < 65536,
    }


def _secrets(text: str, url: URL) -> tuple[str, ...]:
    """Every way the secrets of an address may turn up in a driver's words, the longest first."""
    raw = re.match(r"[^:]+://[^:/]*:([^@]*)@", text)
    found = {str(url.password or ""), unquote(raw.group(1)) if raw else "", raw.group(1) if raw else ""}
    found |= set() if _PLAIN.fullmatch(url.username or "") else {url.username or ""}
    for name, value in url.query.items():
        found |= set() if re.fullmatch("[a-z_]+", name) else {name}
        if name not in _OPEN_OPTIONS:
            found |= {value} if isinstance(value, str) else set(value)
    return tuple(sorted(found - {""}, key=len, reverse=True))
