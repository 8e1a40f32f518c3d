"""Rebuilds rows from their changes and compares them with the rows of the tables (R05).

Used by ``slices``. A row that was written once and never changed is compared by digest alone; every other is rebuilt
from its entries, a few hundred rows at a time.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from inkt_mfg.ledger.buckets import ACT, HOW, INSERT, NEW, OLD, SEQUENCE, UNNUMBERED, Kept, RowId
from inkt_mfg.ledger.chain_check import encode, read_whole
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.scratch import Scratch, Wanted
from inkt_mfg.ledger.source import SECRET, YES_NO, Source, Table, Values, selected, writers, written

Row = dict[str, Any]
_TOGETHER = 200  # rows rebuilt at once, so that the entries they need are asked for in few questions
_LONGEST = 2000  # changes of one row taken at once
_Value = TypeVar("_Value")
_WIDEST = 50  # columns; a function of SQLite takes about a hundred arguments
_NAMED = '"{name}"'
_AS_YES_NO = "CASE \"{name}\" WHEN 1 THEN json('true') WHEN 0 THEN json('false') ELSE \"{name}\" END"
_encode = msgspec.json.Encoder().encode
Report = Callable[[Finding], None]


_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def _decode(text: bytes) -> Any:
    """JSON. What is no text or no number of ours reads as Python can read it, else as nothing: it differs from any row."""
    try:
        return msgspec.json.decode(text)
    except _UNREADABLE:
        pass
    try:
        return json.loads(text.decode(errors="surrogateescape"))
    except _UNREADABLE:
        return None  # the entry it stands in is named by the chain's own check


def merged(
    ours: Iterable[tuple[Any, _Value]], theirs: Iterable[tuple[Any, Any]]
) -> Iterator[tuple[Any, _Value | None, Any]]:
    """Two sorted sequences side by side; None where one of them has nothing for that place."""
    left, right = iter(ours), iter(theirs)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[0], a[1], None
            a = next(left, None)
        elif a is None or b[0] < a[0]:
            yield b[0], None, b[1]
            b = next(right, None)
        else:
            yield a[0], a[1], b[1]
            a, b = next(left, None), next(right, None)


class Found:
    """One row of a table: its digest at once, the row itself only where that is not enough."""

    __slots__ = ("_actual", "_values")

    def __init__(self, actual: "Actual", values: Values) -> None:
        self._actual, self._values = actual, values

    def digest(self) -> bytes | None:
        """SHA-256 of the row's canonical text; None where it holds what no entry ever says, and must be looked at."""
        if self._actual.as_text:
            text = self._values[1]
            return None if text is None else sha256(text).digest()
        row = self.row()
        if {bytes, float} & {*map(type, row.values())}:
            return None
        try:
            return sha256(_encode(row)).digest()  # the columns were asked for in the order of their names
        except (TypeError, ValueError, msgspec.MsgspecError):
            return None

    def row(self) -> Row:
        """The row by column, as the ledger would write it."""
        return self._actual.row(self._values)


class Actual:
    """How a table's rows are asked for. SQLite writes them as canonical text itself, where no column is a secret."""

    def __init__(self, source: Source, table: Table) -> None:
        self.table = table
        self.as_text = (
            source.dialect == "sqlite" and SECRET not in table.kinds and len(table.columns) <= _WIDEST
        )
        self._source = source
        self._writers = writers(table, source.dialect)
        self._key = table.columns.index("key")

    @property
    def columns(self) -> str:
        """What is selected: key and text, or every column."""
        return f'"key", {self._text}' if self.as_text else selected(self.table, self._source.dialect)

    @property
    def _text(self) -> str:
        """The row's text by SQLite's own JSON functions; NULL where a column holds bytes, which JSON cannot."""
        pairs = ", ".join(
            f"'{name}', {_AS_YES_NO.format(name=name) if kind == YES_NO else _NAMED.format(name=name)}"
            for name, kind in zip(self.table.columns, self.table.kinds, strict=True)
        )
        types = " OR ".join(f"typeof(\"{name}\") = 'blob'" for name in self.table.columns)
        return f"CASE WHEN {types} THEN NULL ELSE CAST(json_object({pairs}) AS BLOB) END"

    def key(self, values: Values) -> Any:
        return values[0 if self.as_text else self._key]

    def read(self, values: Values) -> Found:
        return Found(self, values)

    def row(self, values: Values) -> Row:
        """The row by column, as the ledger would write it."""
        if not self.as_text:
            return self._written(values)
        try:
            told: Row = msgspec.json.decode(values[1] or b"")
        except _UNREADABLE:  # bytes, or a number JSON has none for: the columns themselves say it
            return self._written(self._columns_of(values[0]))
        return told

    def _columns_of(self, key: str) -> Values:
        plain = selected(self.table, self._source.dialect)
        question = f'SELECT {plain} FROM "{self.table.name}" WHERE "key" = CAST(? AS TEXT)'  # noqa: S608 — our own names
        return next(self._source.rows(question, key.encode("utf-8", "surrogateescape")))

    def _written(self, values: Values) -> Row:
        told = list(values)
        for place, write in self._writers:
            if told[place] is not None:
                told[place] = write(told[place])
        return dict(zip(self.table.columns, told, strict=True))


@dataclass(slots=True)
class Pending:
    """A row that must be rebuilt: its changes, what signatures ask of it, and what the table holds."""

    row: RowId
    changes: list[Kept]
    wanted: list[Wanted]
    found: Found | None


class Rebuilding:
    """Takes every row with its changes, and compares; what must be rebuilt waits for others to be rebuilt with it."""

    def __init__(
        self, source: Source, site: str, report: Report, scratch: Scratch, fields: list[list[str]]
    ) -> None:
        self._source, self._site, self._report = source, site, report
        self._scratch, self._fields = scratch, fields
        self._waiting: deque[Pending] = deque()
        self._asked = 0

    def take(
        self, row: RowId, changes: list[Kept] | None, wanted: list[Wanted] | None, found: Found | None
    ) -> None:
        """One row: from the ledger, from the signatures, from its table."""
        if (
            changes is not None
            and not wanted
            and found is not None
            and len(changes) == 1
            and changes[0][HOW] == INSERT
            and found.digest() == changes[0][NEW]
        ):
            return
        self._waiting.append(Pending(row, changes or [], wanted or [], found))
        self._asked += len(changes or ())
        if len(self._waiting) >= _TOGETHER or self._asked >= _LONGEST:
            self.settle()

    def settle(self) -> None:
        """Rebuild what waits."""
        inserted = self._inserted()
        while self._waiting:
            one = self._waiting.popleft()
            state = self._rebuilt(one, inserted)
            for finding in compare(one.row, state, None if one.found is None else one.found.row()):
                self._report(finding)
        self._asked = 0

    def _inserted(self) -> dict[tuple[int, str, str], deque[bytes]]:
        """The texts of the new rows that were kept as digests: entry, table and key → one text for each insert."""
        rows = {one.row for one in self._waiting}
        numbers = sorted({c[SEQUENCE] for one in self._waiting for c in one.changes if c[HOW] == INSERT})
        found: dict[tuple[int, str, str], deque[bytes]] = {}
        for sequence, body in self._source.bodies(self._site, numbers):
            for change in _changes_in(body):
                if change.act == "insert" and not change.old and (change.table, change.key) in rows:
                    found.setdefault((sequence, change.table, change.key), deque()).append(bytes(change.new))
        return found

    def _rebuilt(self, one: Pending, inserted: Mapping[tuple[int, str, str], deque[bytes]]) -> Row | None:
        state: Row | None = None
        asked = deque(one.wanted)
        for change in one.changes:
            while asked and asked[0].as_of < change[SEQUENCE]:
                self._keep(asked.popleft(), one.row, state)
            old, new = _sides(change)
            if change[HOW] == INSERT:
                texts = inserted.get((change[SEQUENCE], *one.row))
                told = _decode(texts.popleft()) if texts else None
                new = told if isinstance(told, dict) else {}
            self._judge(one.row, change, old, state)
            if change[ACT] == "delete":
                state = None
            elif state is None:
                state = new or {}
            else:
                state.update(new or {})
        while asked:
            self._keep(asked.popleft(), one.row, state)
        return state

    def _judge(self, row: RowId, change: Kept, old: Row | None, state: Row | None) -> None:
        """Whether the row stood as this change says it did."""
        if (change[ACT] == "insert") != (state is None):
            expected = "no row" if change[ACT] == "insert" else "a row"
            where = (
                "an entry without a number" if change[SEQUENCE] == UNNUMBERED else f"entry {change[SEQUENCE]}"
            )
            found = f"{change[ACT]} in {where}"
            self._report(Finding(FindingKind.ORDER, *row, None, expected, found))
        before = state or {}
        for name, value in (old or {}).items():
            if before.get(name) != value:
                self._report(Finding(FindingKind.ORDER, *row, name, before.get(name), value))

    def _keep(self, wanted: Wanted, row: RowId, state: Row | None) -> None:
        fields = self._fields[wanted.fields]
        content = None if state is None else {name: state.get(name) for name in fields}
        try:
            text = encode(content)
        except (ValueError, OverflowError):  # what no entry of ours says: nobody signed that
            text = repr(content).encode("utf-8", "backslashreplace")
        self._scratch.keep_fragment(wanted.signature, row, text)


def _changes_in(body: bytes) -> Iterable[Any]:
    try:
        return read_whole(body).changes
    except _UNREADABLE:
        return ()  # named by the chain's own check, and what it inserted counts as nothing


def _sides(change: Kept) -> tuple[Row | None, Row | None]:
    if change[HOW] == INSERT:
        return None, None
    old = _decode(change[OLD]) if change[OLD] else None
    new = _decode(change[NEW]) if change[NEW] else None
    return old if isinstance(old, dict) else None, new if isinstance(new, dict) else None


def compare(row: RowId, expected: Row | None, found: Row | None) -> Iterator[Finding]:
    """What is wrong with one row."""
    if expected == found:
        return
    if expected is None:
        yield Finding(FindingKind.UNKNOWN, *row)
    elif found is None:
        yield Finding(FindingKind.MISSING, *row)
    else:
        for name, value in found.items():
            if expected.get(name) != value:
                yield Finding(FindingKind.CHANGED, *row, name, expected.get(name), written(value))
