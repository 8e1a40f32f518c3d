"""The index of each row's history (``ledger_touch``) against the entries themselves, both in the order of the entries.

Used by ``slices`` while it reads its entries. It names what the index says and no entry does, and what an entry says and the
index does not.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from inkt_mfg.ledger.chain_check import RowChange
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.source import Source

_TOGETHER = 2000  # entries compared at once, as sets: nearly always both say the same
Touch = tuple[Any, ...]  # entry, key, table


class TouchCheck:
    """Takes the entries of a range one after the other; then ``finish`` it."""

    def __init__(
        self,
        source: Source,
        site: str,
        after: int | None,
        until: int | None,
        report: Callable[[Finding], None],
    ) -> None:
        self._report = report
        bounds = (" AND sequence > ?" if after is not None else "") + (
            # A table somebody rebuilt may hold nothing where a number belongs: the first range looks at that, too.
            (" AND (sequence <= ? OR sequence IS NULL)" if after is None else " AND sequence <= ?")
            if until is not None
            else ""
        )
        question = (
            f"SELECT sequence, row_key, row_table FROM ledger_touch WHERE site = ?{bounds} ORDER BY sequence"  # noqa: S608 — our own names
        )
        given = [bound for bound in (after, until) if bound is not None]
        self._stored = source.portions(question, site, *given)
        self._read: list[Touch] = []
        self._ours: set[Touch] = set()
        self._entries = 0

    def take(self, sequence: Any, changes: Iterable[RowChange]) -> None:
        """One entry, with what it changed."""
        for change in changes:
            self._ours.add((sequence, change.key, change.table))
        self._entries += 1
        if self._entries >= _TOGETHER and isinstance(sequence, int):
            self._compare(self._up_to(sequence))

    def finish(self) -> None:
        """The entries since, and what the index says of others that were not there."""
        for portion in self._stored:
            self._read += portion
        self._compare(self._read)

    def _up_to(self, sequence: int) -> list[Touch]:
        while not self._read or not _after(self._read[-1], sequence):
            portion = next(self._stored, None)
            if portion is None:
                break
            self._read += portion
        end = bisect_left(self._read, True, key=lambda touch: _after(touch, sequence))
        taken, self._read = self._read[:end], self._read[end:]
        return taken

    def _compare(self, theirs: list[Touch]) -> None:
        if len(theirs) != len(self._ours) or set(theirs) != self._ours:
            self._name(Counter(self._ours), Counter(theirs))
        self._ours, self._entries = set(), 0

    def _name(self, ours: "Counter[Touch]", theirs: "Counter[Touch]") -> None:
        unknown = sorted((theirs - ours).elements(), key=_in_order)
        for sequence, key, table in sorted((ours - theirs).elements(), key=_in_order):
            other = next((t for t in unknown if t[:2] == (sequence, key)), None)
            if other is not None:
                unknown.remove(other)
            found = None if other is None else other[2]
            self._found(FindingKind.TOUCH_MISSING, sequence, key, table, found)
        for sequence, key, table in unknown:
            self._found(FindingKind.TOUCH_UNKNOWN, sequence, key, None, table)

    def _found(self, kind: FindingKind, sequence: Any, key: Any, ours: Any, theirs: Any) -> None:
        named = key if isinstance(key, str) else repr(key)
        self._report(Finding(kind, "ledger_touch", named, f"entry {sequence}", ours, theirs))


def _after(touch: Touch, sequence: int) -> bool:
    """Whether the database sorts it behind this entry: what is nothing comes first, what is no number last."""
    number = touch[0]
    if number is None:
        return False
    return not isinstance(number, int | float) or number > sequence


def _in_order(touch: Touch) -> tuple[bool, Any, str]:
    number = touch[0]
    plain = isinstance(number, int)
    return not plain, number if plain else 0, repr(touch)
