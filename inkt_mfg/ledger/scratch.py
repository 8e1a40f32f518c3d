"""Where replay keeps what it read until it is sorted: changes in ``buckets``, what signatures ask in SQLite's temporary database.

Used by ``slices`` alone. Both are in memory until they are large, and gone when closed.
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

from inkt_mfg.ledger.buckets import Buckets, RowId

_CACHE_KIB = 8 * 1024
_BATCH = 2000


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
            "wanted (row_table TEXT, row_key TEXT, as_of INTEGER, signature TEXT, fields INTEGER)",
            "fragment (signature TEXT, row_table TEXT, row_key TEXT, content BLOB)",
        ):
            self._database.execute(f"CREATE TABLE {table}")
        self.changes = Buckets()
        self._waiting: dict[str, list[tuple[Any, ...]]] = {"wanted": [], "fragment": []}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.changes.close()
        self._database.close()

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
        self._settle(table)
        return self._database.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")  # noqa: S608

    def wanted(self) -> Iterator[tuple[RowId, list[Wanted]]]:
        """What signatures ask of each row, the earliest first, rows by table and key."""
        rows = self._sorted("wanted", "*", "row_table, row_key, as_of, signature")
        for row, asked in groupby(rows, key=itemgetter(0, 1)):
            yield row, [Wanted(*one[2:]) for one in asked]

    def fragments(self) -> Iterator[tuple[str, str, str, bytes]]:
        """Signature, table, key and content, sorted by all of them."""
        return self._sorted("fragment", "*", "signature, row_table, row_key")
