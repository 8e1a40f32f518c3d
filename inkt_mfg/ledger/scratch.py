"""Where replay keeps what it read until it is sorted: SQLite's own temporary database, in memory until it is large.

Used by ``slices`` alone. Of a new row it keeps the digest only: most rows are never changed again, and a digest tells
whether the table still holds what was written. So a million entries are sorted by row in a few dozen megabytes.
"""

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

from inkt_mfg.ledger.chain_check import RowChange
from inkt_mfg.ledger.source import AT_ONCE

_CACHE_KIB = 8 * 1024
_BATCH = 2000
RowId = tuple[str, str]  # table, key
INSERT, OTHER = 0, 1


# One change as it was kept: sequence, how, act, old, new. Of a plain insert ``new`` is the digest of its text, and
# ``how`` is INSERT.
Kept = list[Any]
SEQUENCE, HOW, ACT, OLD, NEW = range(5)


class Wanted(NamedTuple):
    """A row a signature covers: as of which entry, for which signature, with which of its lists of fields."""

    as_of: int
    signature: str
    fields: int


class Scratch:
    """Row changes and what signatures ask of rows, put in as they are read, taken out by table and key."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # private, on disk only when the cache is full, gone when closed
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "temp_store=FILE"):
            self._database.execute(f"PRAGMA {pragma}")
        for table in (
            "change (row_table TEXT, row_key TEXT, sequence INTEGER, how INTEGER, act TEXT, old BLOB, new BLOB)",
            "wanted (row_table TEXT, row_key TEXT, as_of INTEGER, signature TEXT, fields INTEGER)",
            "fragment (signature TEXT, row_table TEXT, row_key TEXT, content BLOB)",
        ):
            self._database.execute(f"CREATE TABLE {table}")
        self._changes: list[tuple[Any, ...]] = []
        self._waiting: dict[str, list[tuple[Any, ...]]] = {
            "change": self._changes,
            "wanted": [],
            "fragment": [],
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._database.close()

    def put(self, sequence: int, change: RowChange) -> None:
        """Remember one change of one entry."""
        act, new, old = change.act, change.new, change.old
        kept: tuple[Any, ...]
        if act == "insert" and not old:
            kept = (change.table, change.key, sequence, INSERT, act, None, sha256(new).digest())
        else:
            kept = (change.table, change.key, sequence, OTHER, act, bytes(old) or None, bytes(new) or None)
        waiting = self._changes
        waiting.append(kept)
        if len(waiting) >= _BATCH:
            self._settle("change")

    def want(self, row: RowId, wanted: Wanted) -> None:
        """Remember that a signature covers a row."""
        self._add("wanted", (*row, *wanted))

    def keep_fragment(self, signature: str, row: RowId, content: bytes) -> None:
        """One row's part of what a signature covers."""
        self._add("fragment", (signature, *row, content))

    def _add(self, table: str, values: tuple[Any, ...]) -> None:
        waiting = self._waiting[table]
        waiting.append(values)
        if len(waiting) >= _BATCH:
            self._settle(table)

    def _settle(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            marks = ", ".join("?" * len(waiting[0]))
            self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608 — our own names
            waiting.clear()

    def _sorted(self, table: str, columns: str, order: str) -> Iterator[tuple[Any, ...]]:
        self._settle(table.split(maxsplit=1)[0])
        return self._database.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")  # noqa: S608

    def by_row(self) -> Iterator[tuple[RowId, list[Kept]]]:
        """Every row's changes in the order they were made, rows by table and key."""
        row: RowId | None = None
        changes: list[Kept] = []
        for table, key, *kept in self._sorted("change", "*", "row_table, row_key, rowid"):
            if row is None or key != row[1] or table != row[0]:
                if row is not None:
                    yield row, changes
                row, changes = (table, key), []
            changes.append(kept)
        if row is not None:
            yield row, changes

    def wanted(self) -> Iterator[tuple[RowId, list[Wanted]]]:
        """What signatures ask of each row, the earliest first, rows by table and key."""
        rows = self._sorted("wanted", "*", "row_table, row_key, as_of, signature")
        for row, asked in groupby(rows, key=itemgetter(0, 1)):
            yield row, [Wanted(*one[2:]) for one in asked]

    def fragments(self) -> Iterator[tuple[str, str, str, bytes]]:
        """Signature, table, key and content, sorted by all of them."""
        return self._sorted("fragment", "*", "signature, row_table, row_key")

    def touches(self) -> Iterator[list[tuple[str, int, str]]]:
        """Row key, entry and table of every touch the ledger implies, by key and entry, a few hundred at a time."""
        # Grouped, not DISTINCT: one sort does for both, where SQLite would build a second tree for the other.
        told = "row_key, sequence, row_table"
        rows: Any = self._sorted(f"change GROUP BY {told}", told, told)
        while portion := rows.fetchmany(AT_ONCE):
            yield portion
