"""Identifiers that say nothing and never change: keyed hashes of people, stable ids of rows."""

import hashlib
import hmac
import re

from domain.errors import KnownError
from domain.text import normalise

_LENGTH = 16  # hex digits, 64 bits: no two owners of a country's dossiers meet by chance in practice
_SHORTEST_ID = 8  # the shortest identity paper in use (passport: a letter and seven digits)


def _clean_id_no(text: str | None) -> str:
    """An identity number without separators; '' for a filler such as 000000000 or 123456789."""
    compact = re.sub(r"[^0-9A-Z]", "", (text or "").upper())
    is_filler = len(set(compact)) <= 1 or "1234567890123".startswith(compact) or "012345678901".startswith(compact)
    return "" if len(compact) < _SHORTEST_ID or is_filler else compact


def _clean_phone(text: str | None) -> str:
    digits = re.sub(r"[^0-9]", "", text or "")
    local = "0" + digits[2:] if digits.startswith("84") and len(digits) >= 11 else digits
    return local if len(local) >= 9 and len(set(local)) > 2 else ""


def owner_hash(key: bytes, id_no: str | None, name: str | None, phone: str | None) -> str | None:
    """A keyed hash (HMAC-SHA256, 16 hex digits) by which one owner's dossiers can be told to be one owner's.

    The identity number alone where there is a real one, else name and phone together; None when neither is
    there, since a name alone would join strangers. An empty key is a KnownError.
    """
    if not key:
        raise KnownError("E-HASH-KEY", "the key for owner hashes is empty.", mend="set TINHGON_HASH_KEY or its file")
    clean_id, clean_phone = _clean_id_no(id_no), _clean_phone(phone)
    clean_name = normalise(name or "").casefold()
    if clean_id:
        message = f"id\x1f{clean_id}"
    elif clean_name and clean_phone:
        message = f"name\x1f{clean_name}\x1f{clean_phone}"
    else:
        return None
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def stable_id(*parts: object) -> str:
    """16 hex digits of the SHA-256 of `parts` in order: the same parts always give the same id.

    None differs from '', and ('ab', 'c') from ('a', 'bc').
    """
    texts = ["-" if part is None else f"{len(str(part))}:{part}" for part in parts]
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:_LENGTH]
