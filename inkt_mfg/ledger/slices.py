"""One slice of a verification: a range of entries to hash, and a range of row keys to replay and compare.

``work`` gives what it finds as it goes; ``verify`` calls it in this process, or in several at once by ``python -c`` and
``main``. Each slice reads every entry once when it replays, because an entry may change rows of any slice.
"""

import pickle
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from inkt_mfg.ledger.chain_check import COLUMNS, GENESIS, ChainCheck, RowChange, read_whole
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.rebuild import Actual, Found, Rebuilding, merged
from inkt_mfg.ledger.scratch import SEQUENCE, RowId, Scratch
from inkt_mfg.ledger.signed_content import TABLE as SIGNATURES
from inkt_mfg.ledger.signed_content import ask_for
from inkt_mfg.ledger.source import Plan, Source

_STEP = 2000
_FRAGMENTS = 200
Message = tuple[Any, ...]
READ, ROWS, FOUND, CHAIN, REPLAYED = "read", "rows", "found", "chain", "replayed"
FRAGMENTS, END, FAILED = "fragments", "end", "failed"


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part: entries after a number up to a number, rows from a key to before a key; None: no bound there."""

    plan: Plan
    replay: bool
    after: int | None = None
    until: int | None = None
    first_key: str | None = None
    end_key: str | None = None

    def mine(self, key: str) -> bool:
        """Whether a row is of this slice."""
        return (self.first_key is None or key >= self.first_key) and (
            self.end_key is None or key < self.end_key
        )


def work(source: Source, part: Slice) -> Iterator[Message]:
    """How far it is (``READ``, ``ROWS``), each finding with its stage, the end of the chain, then what was signed."""
    found: list[Message] = []

    def report(stage: str) -> Callable[[Finding], None]:
        return lambda finding: found.append((FOUND, stage, finding))

    walk = ChainCheck(part.plan.site, report(CHAIN), _before(source, part))
    with Scratch() as scratch:
        for step in _read_entries(source, part, walk, scratch):
            yield step
            yield from _taken(found)
        yield (CHAIN, walk.entries, walk.head)
        if part.replay:
            for step in _replay(source, part, scratch, report(ROWS)):
                yield step
                yield from _taken(found)
            for finding in _touches(source, part, scratch):
                yield (FOUND, "touches", finding)
        yield from _taken(found)
        yield (REPLAYED,)
        waiting: list[Any] = []
        for fragment in scratch.fragments():
            waiting.append(fragment)
            if len(waiting) >= _FRAGMENTS:
                yield (FRAGMENTS, waiting)
                waiting = []
        yield (FRAGMENTS, waiting)
        yield (END,)


def _taken(found: list[Message]) -> Iterator[Message]:
    yield from found
    found.clear()


# --- entries


def _before(source: Source, part: Slice) -> tuple[int, str]:
    """Number and hash of the entry before the range, computed and not believed."""
    last = None if part.after is None else source.last(part.plan.site, part.after)
    if last is None:
        return 0, GENESIS
    from hashlib import sha256

    return last[0], next(sha256(body).hexdigest() for _n, body in source.bodies(part.plan.site, [last[0]]))


def _read_entries(source: Source, part: Slice, walk: ChainCheck, scratch: Scratch) -> Iterator[Message]:
    whole = part.replay
    mine, put = part.mine, scratch.put
    read = 0
    for own, rows in _ranges(source, part):
        for row in rows:
            changes = walk.take(row, whole=whole) if own else _changes(row[1])
            for change in changes:
                if mine(change.key):
                    put(row[0], change)
            read += 1
            if read % _STEP == 0:
                yield (READ, read)
    yield (READ, read)


def _ranges(source: Source, part: Slice) -> Iterator[tuple[bool, Iterator[Any]]]:
    """The entries before the slice's own, its own, and those after; only its own where nothing is replayed."""
    site, others = part.plan.site, f"sequence, {source.body}"
    if part.replay and part.after is not None:
        yield False, source.entries(site, None, part.after, others)
    yield True, source.entries(site, part.after, part.until, f"{COLUMNS}, {source.body}")
    if part.replay and part.until is not None:
        yield False, source.entries(site, part.until, None, others)


def _changes(text: bytes) -> list[RowChange]:
    """The changes of an entry that another slice judges."""
    try:
        return read_whole(text).changes
    except ValueError:
        silent = ChainCheck("", lambda _finding: None)
        return silent.take((0, "", "", "", "", text), whole=True)


# --- rows


def _replay(
    source: Source, part: Slice, scratch: Scratch, report: Callable[[Finding], None]
) -> Iterator[Message]:
    tables = {table.name for table in part.plan.tables}
    fields = ask_for(source, part.plan.site, scratch, part.mine) if SIGNATURES in tables else []
    rebuilding = Rebuilding(source, part.plan.site, report, scratch, fields)
    asked = merged(scratch.by_row(), scratch.wanted())
    ours = ((row, (changes, wanted)) for row, changes, wanted in asked)
    done = 0
    for row, known, found in merged(ours, _actual_rows(source, part, report)):
        changes, wanted = known or (None, None)
        rebuilding.take(row, changes, wanted, found)
        if found is not None and row[0] == SIGNATURES and changes:
            _judge_its_entry(row, changes[0][SEQUENCE], found.row(), report)
        done += 1
        if done % _STEP == 0:
            yield (ROWS, row[0], done)
    rebuilding.settle()
    yield (ROWS, "", done)


def _judge_its_entry(
    row: RowId, sequence: int, found: dict[str, Any], report: Callable[[Finding], None]
) -> None:
    """A signature says which entry it was given in: the very one that wrote it."""
    if found.get("ledger_sequence") != sequence:
        said = found.get("ledger_sequence")
        report(Finding(FindingKind.SIGNATURE, *row, "ledger_sequence", sequence, said))


def _actual_rows(
    source: Source, part: Slice, report: Callable[[Finding], None]
) -> Iterator[tuple[RowId, Found]]:
    """Every row of the slice by table and key, as the ledger would write it."""
    bounds, given = _bounds(source, part, "key")
    for table in part.plan.tables:
        actual = Actual(source, table)
        question = f'SELECT {actual.columns} FROM "{table.name}" WHERE site = ?{bounds} ORDER BY {source.ordered("key")}'  # noqa: S608 — our own names
        for values in source.rows(question, part.plan.site, *given):
            key = actual.key(values)
            if isinstance(key, str):
                yield (table.name, key), actual.read(values)
            else:
                report(Finding(FindingKind.UNKNOWN, table.name, repr(key)))


def _bounds(source: Source, part: Slice, column: str) -> tuple[str, list[str]]:
    named = source.ordered(column)
    said = [f" AND {named} >= ?"] * (part.first_key is not None) + [f" AND {named} < ?"] * (
        part.end_key is not None
    )
    return "".join(said), [key for key in (part.first_key, part.end_key) if key is not None]


def _touches(source: Source, part: Slice, scratch: Scratch) -> Iterator[Finding]:
    """The index of each row's history against the entries themselves."""
    bounds, given = _bounds(source, part, "row_key")
    question = (
        f"SELECT row_key, sequence, row_table FROM ledger_touch WHERE site = ?{bounds} "  # noqa: S608 — our own names
        f"ORDER BY {source.ordered('row_key')}, sequence"
    )
    stored = source.portions(question, part.plan.site, *given)
    for (row_key, sequence), ours, theirs in _differing(scratch.touches(), stored):
        kind = FindingKind.TOUCH_UNKNOWN if ours is None else FindingKind.TOUCH_MISSING
        yield Finding(kind, "ledger_touch", row_key, f"entry {sequence}", ours, theirs)


def _differing(implied: Iterator[list[Any]], stored: Iterator[list[Any]]) -> Iterator[tuple[Any, Any, Any]]:
    """Hundreds at a time while both sides say the same, which is nearly always; one by one from where they do not."""
    for ours in implied:
        theirs = next(stored, [])
        if ours != theirs:
            break
    else:
        ours, theirs = [], []
    left = (((key, number), table) for key, number, table in chain(ours, chain.from_iterable(implied)))
    right = (((key, number), table) for key, number, table in chain(theirs, chain.from_iterable(stored)))
    for place, table, other in merged(left, right):
        if table != other:
            yield place, table, other


# --- a process of its own


@dataclass(frozen=True, slots=True)
class Reach:
    """How a process of its own opens the database, and the snapshot it must see."""

    dialect: str
    given: dict[str, Any]
    snapshot: str | None
    last: tuple[int, str] | None


class OtherSnapshot(RuntimeError):
    """Somebody wrote between the first look and this process's own."""


def reached(reach: Reach, site: str) -> Source:
    """A connection of this process's own that sees what the first one sees. Raises OtherSnapshot when it does not."""
    source = Source(_server(reach) if reach.dialect == "postgresql" else _file(reach), reach.dialect)
    if source.last(site) != reach.last:
        raise OtherSnapshot
    return source


def _file(reach: Reach) -> Any:
    import sqlite3

    connection = sqlite3.connect(reach.given["database"], isolation_level=None)
    for statement in ("PRAGMA query_only=1", "PRAGMA trusted_schema=OFF", "BEGIN"):
        connection.execute(statement)
    return connection


def _server(reach: Reach) -> Any:
    import psycopg

    connection = psycopg.connect(**reach.given)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    connection.execute(f"SET TRANSACTION SNAPSHOT '{reach.snapshot}'".encode())
    return connection


def main() -> None:
    """Read a ``Slice`` and a ``Reach`` from stdin, write messages to stdout; a failure is the last message."""
    out = sys.stdout.buffer
    try:
        part, reach = pickle.load(sys.stdin.buffer)  # noqa: S301 — from the process that started this one
        for message in work(reached(reach, part.plan.site), part):
            pickle.dump(message, out)
            if message[0] in {READ, ROWS, CHAIN}:
                out.flush()
    except BaseException as wrong:  # noqa: BLE001 — whoever started this does the work over and meets it itself
        pickle.dump((FAILED, repr(wrong)), out)
    out.flush()
