"""Where replay keeps what it read until it is sorted: SQLite's own temporary database, in memory until it is large.

Used by ``verify`` alone. A million entries are sorted by row without holding their rows in memory.
"""

import marshal
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

_CACHE_KIB = 64 * 1024
_BATCH = 1000

Change = tuple[int, str, dict[str, Any] | None, dict[str, Any] | None]  # sequence, act, old, new


class Scratch:
    """The row changes of a whole ledger, put in as the chain is read, taken out by table and key."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # private, on disk only when the cache is full, gone when closed
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}", "temp_store=FILE"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(
            "CREATE TABLE change (row_table TEXT, row_key TEXT, sequence INTEGER, change BLOB)"
        )
        self._waiting: list[tuple[str, str, int, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._database.close()

    def put(self, sequence: int, changes: list[dict[str, Any]]) -> None:
        """Remember one entry's changes. Raises KeyError or TypeError when one of them is not a change."""
        waiting = self._waiting
        for change in changes:
            kept = marshal.dumps((change["act"], change.get("old"), change.get("new")))
            waiting.append((change["table"], change["key"], sequence, kept))
        if len(waiting) > _BATCH:
            self._settle()

    def _settle(self) -> None:
        self._database.executemany("INSERT INTO change VALUES (?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def by_row(self) -> Iterator[tuple[tuple[str, str], list[Change]]]:
        """Every row's changes in the order they were made, rows by table and key."""
        self._settle()
        question = (
            "SELECT row_table, row_key, sequence, change FROM change ORDER BY row_table, row_key, rowid"
        )
        for row, changes in groupby(self._database.execute(question), key=itemgetter(0, 1)):
            # Written by put() of this very object a moment ago: marshal reads nobody else's bytes here.
            yield row, [(c[2], *marshal.loads(c[3])) for c in changes]  # noqa: S302

    def touches(self) -> Iterator[tuple[str, int, str]]:
        """Row key, entry and table of every touch the ledger implies, by key and entry."""
        self._settle()
        question = "SELECT DISTINCT row_key, sequence, row_table FROM change ORDER BY row_key, sequence"
        yield from self._database.execute(question)
