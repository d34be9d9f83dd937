"""Where a run finds its site, its files and its secrets. Everything comes from the environment.

TINHGON_SITE (default sites/dak_glong, where that is at hand), TINHGON_VAR (default var/<site code>),
TINHGON_INBOX (default <var>/inbox), WAREHOUSE_URL (default duckdb:///<var>/warehouse.duckdb), TINHGON_HASH_KEY or
TINHGON_HASH_KEY_FILE (else <var>/secret/hash_key, made on first use and readable by its owner only),
TINHGON_SMTP_URL or TINHGON_SMTP_URL_FILE (without either, mail goes to the outbox folder).
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import KnownError
from pipelines.access import shut
from pipelines.site import Site, load_site

_LEAST_KEY = 16


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run. Secrets do not show when it is printed."""

    site: Site
    site_folder: Path
    inbox: Path
    var: Path
    warehouse_url: str = field(repr=False)
    hash_key: bytes = field(repr=False)
    smtp_url: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from the environment. Raises KnownError for a site or a secret that cannot be read.

        The door of every run: `var` is made and shut, and so is all this process makes from here on.
        """
        env = os.environ if env is None else env
        folder = Path(env.get("TINHGON_SITE") or _default_site()).absolute()
        site = load_site(folder)
        var = Path(env.get("TINHGON_VAR") or Path("var") / site.code).absolute()
        shut(var, readers=site.access.readers)
        return cls(
            site=site,
            site_folder=folder,
            inbox=Path(env.get("TINHGON_INBOX") or var / "inbox").absolute(),
            var=var,
            warehouse_url=env.get("WAREHOUSE_URL") or f"duckdb:///{var / 'warehouse.duckdb'}",
            hash_key=_hash_key(env, var),
            smtp_url=_secret(env, "TINHGON_SMTP_URL"),
        )


def _default_site() -> Path:
    """The shipped site, below this folder or in the checkout; an installed package has none and asks for a name."""
    shipped = Path("sites/dak_glong")
    for place in (shipped, Path(__file__).resolve().parent.parent / shipped):
        if place.exists():
            return place
    raise KnownError(
        "E-NO-SITE",
        "no site is named, and the shipped one [sites/dak_glong] is not here.",
        mend="name its folder in the environment: TINHGON_SITE=/path/to/site; a new one is made by: "
        "tinhgon site new FOLDER --name NAME",
    )


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """A secret given as a value or by the name of a file that holds it; None when neither is set."""
    value, file = env.get(name), env.get(f"{name}_FILE")
    if value and file:
        raise KnownError("E-SECRET", f"both [{name}] and [{name}_FILE] are set.", mend="set only one of them")
    if not file:
        return value or None
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(
            "E-SECRET",
            f"the file named by [{name}_FILE] cannot be read: {type(error).__name__}.",
            mend="name a readable text file",
        ) from None
    if not text:
        raise KnownError("E-SECRET", f"the file named by [{name}_FILE] is empty.", mend="write the secret into it")
    return text


def _hash_key(env: Mapping[str, str], var: Path) -> bytes:
    given = _secret(env, "TINHGON_HASH_KEY")
    key = given.encode() if given else _own_key(var / "secret" / "hash_key")
    if len(key) < _LEAST_KEY:
        raise KnownError(
            "E-SECRET",
            f"the key for owner hashes has [{len(key)}] bytes, fewer than [{_LEAST_KEY}].",
            mend="use a longer random text in TINHGON_HASH_KEY",
        )
    return key


def _own_key(path: Path) -> bytes:
    """The site's own key, made once. Two processes that meet here agree on the one that came first."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = path.with_name(f"{path.name}.{os.getpid()}.new")
        own.unlink(missing_ok=True)
        handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(own, path)  # fails when another process was first: then its key is the key
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text(encoding="ascii").strip().encode()
