"""The one way a ledger entry is turned into bytes, so that anyone can compute its hash again.

JSON with sorted keys, no spaces, non-ASCII as itself, UTF-8; numbers are only integers, every decimal is text.
Written down byte for byte in ``docs/ledger-format.md``. It refuses a float, which has no single spelling.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType

import sqlalchemy as sa

from inkt_mfg.records.base import Record, secret_fields
from inkt_mfg.records.spelling import decimal_text, digest_text, moment_text

Cell = str | int | bool | None
GENESIS = "0" * 64

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical_text(body: object) -> str:
    """The canonical JSON text of plain dicts, lists, texts, integers, booleans and None."""
    return _encode(body)


def cell(value: object) -> Cell:
    """A column's value as the ledger writes it. Raises TypeError for a type no column of ours has."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form in the ledger")


def digest_of(value: object) -> Cell:
    """A secret column's value as the ledger writes it: enough to see that it was changed, nothing to log in with."""
    return None if value is None else digest_text(value)


@cache
def columns_of(table: type[Record]) -> tuple[str, ...]:
    """The columns of a table, by the names the ledger writes."""
    return tuple(column.key for column in sa.inspect(table).column_attrs)


@cache
def writers_of(table: type[Record]) -> MappingProxyType[str, Callable[[object], Cell]]:
    """How each column of a table is written, by name."""
    secret = secret_fields(table)
    return MappingProxyType({n: digest_of if n in secret else cell for n in columns_of(table)})


def as_written(row: Record) -> dict[str, Cell]:
    """A whole row as the ledger writes it."""
    return {name: write(getattr(row, name)) for name, write in writers_of(type(row)).items()}


def entry_hash(text: str) -> str:
    """SHA-256 of an entry's canonical text, lower-case hex. The text holds the hash of the entry before it."""
    return hashlib.sha256(text.encode()).hexdigest()
