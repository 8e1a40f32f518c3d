"""The index of each row's history (``ledger_touch``) against the entries themselves, both in the order of the entries.

Used by ``slices`` while it reads its entries. It names what the index says and no entry does, and what an entry says and the
index does not.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from inkt_mfg.ledger.chain_check import RowChange
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.source import Source

Pair = tuple[Any, Any]  # key and table


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
        self._stored = source.rows(question, site, *(bound for bound in (after, until) if bound is not None))
        self._odd: dict[Any, set[Pair]] = {}  # of numbers that are none: what the entries say
        self._strange: dict[Any, set[Pair]] = {}  # and the index
        self._next: tuple[Any, ...] | None = None
        self._step()

    def _step(self) -> None:
        for row in self._stored:
            if isinstance(row[0], int):
                self._next = row
                return
            self._strange.setdefault(row[0], set()).add(row[1:])
        self._next = None

    def take(self, sequence: Any, changes: Iterable[RowChange]) -> None:
        """One entry, with what it changed."""
        ours = {(change.key, change.table) for change in changes}
        if not isinstance(sequence, int):
            self._odd.setdefault(sequence, set()).update(ours)
            return
        theirs = set()
        while (row := self._next) is not None and row[0] <= sequence:
            if row[0] == sequence:
                theirs.add(row[1:])
            else:
                self._differ(row[0], (), {row[1:]})
            self._step()
        if ours != theirs:
            self._differ(sequence, ours, theirs)

    def finish(self) -> None:
        """What the index says of entries that were not there."""
        while (row := self._next) is not None:
            self._differ(row[0], (), {row[1:]})
            self._step()
        for sequence in {**self._odd, **self._strange}:
            self._differ(sequence, self._odd.get(sequence, ()), self._strange.get(sequence, set()))

    def _differ(self, sequence: Any, ours: Collection[Pair], theirs: set[Pair]) -> None:
        unknown = {key: table for key, table in theirs if (key, table) not in ours}
        for key, table in sorted((pair for pair in ours if pair not in theirs), key=repr):
            self._found(FindingKind.TOUCH_MISSING, sequence, key, table, unknown.pop(key, None))
        for key, table in sorted(unknown.items(), key=repr):
            self._found(FindingKind.TOUCH_UNKNOWN, sequence, key, None, table)

    def _found(self, kind: FindingKind, sequence: Any, key: Any, ours: Any, theirs: Any) -> None:
        named = key if isinstance(key, str) else repr(key)
        self._report(Finding(kind, "ledger_touch", named, f"entry {sequence}", ours, theirs))
