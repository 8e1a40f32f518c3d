"""The changes of a replay, sorted by table and key: put in as they are read, taken out row by row.

Used by ``scratch``. They lie in buckets by table and the beginning of the key, in memory until there are many, then in a file of
their own that has no name; so each is sorted by itself, and a million entries in a few dozen megabytes.
"""

import marshal
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from math import inf
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Any

from inkt_mfg.ledger.chain_check import RowChange

_IN_MEMORY = 50_000  # changes
_BEGINNING = 2  # characters of a key, which is hexadecimal: 256 buckets of a table

RowId = tuple[str, str]  # table, key
INSERT, OTHER = 0, 1
# One change as it is kept: table, key, sequence, how, act, old, new. Of a plain insert ``new`` is the digest of its text, and
# ``how`` is INSERT: most rows are never changed again, and a digest tells whether the table still holds what was written.
Kept = tuple[Any, ...]
TABLE, KEY, SEQUENCE, HOW, ACT, OLD, NEW = range(7)
_place = itemgetter(KEY, SEQUENCE)
UNNUMBERED = inf  # an entry whose number somebody made no number: it comes last, and is not asked for again


class Buckets:
    """Changes by table and beginning of the key. ``close`` it when done."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[Kept]] = {}
        self._left = _IN_MEMORY
        self._file: IO[bytes] | None = None
        self._written: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def close(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        if self._file is not None:
            self._file.close()

    def put(self, kept: Kept) -> None:
        """Remember one change."""
        bucket = kept[0], kept[1][:_BEGINNING]
        found = self._waiting.get(bucket)
        if found is None:
            found = self._waiting[bucket] = []
        found.append(kept)
        self._left -= 1
        if not self._left:
            self._spill()

    def _spill(self) -> None:
        file = self._file = self._file or TemporaryFile()  # noqa: SIM115 — closed with the rest
        place = file.seek(0, 2)
        for bucket, kept in self._waiting.items():
            text = marshal.dumps(kept)
            file.write(text)
            self._written.setdefault(bucket, []).append((place, len(text)))
            place += len(text)
        self._waiting.clear()
        self._left = _IN_MEMORY

    def by_row(self) -> Iterator[tuple[RowId, list[Kept]]]:
        """Every row's changes in the order they were made, rows by table and key."""
        for bucket in sorted({*self._waiting, *self._written}):
            for key, changes in groupby(self._sorted(bucket), key=itemgetter(KEY)):
                yield (bucket[0], key), list(changes)

    def _sorted(self, bucket: tuple[str, str]) -> list[Kept]:
        kept: list[Kept] = []
        for place, length in self._written.get(bucket, ()):
            assert self._file is not None
            self._file.seek(place)
            kept += marshal.loads(self._file.read(length))  # noqa: S302 — what this process wrote
        kept += self._waiting.get(bucket, ())
        kept.sort(key=_place)
        return kept


def kept_of(sequence: Any, change: RowChange) -> Kept:
    """A change of an entry as it is kept."""
    act, new, old = change.act, change.new, change.old
    number = sequence if isinstance(sequence, int) else UNNUMBERED
    if act == "insert" and not old and number is not UNNUMBERED:
        return change.table, change.key, number, INSERT, act, None, sha256(new).digest()
    return change.table, change.key, number, OTHER, act, bytes(old) or None, bytes(new) or None
