"""One slice of a verification: a range of entries to hash, and a range of row keys to replay and compare.

``work`` gives what it finds as it goes; ``verify`` calls it in this process, or in several at once by ``python -c`` and
``main``. An entry may change rows of any slice: where there are several, each hands the changes that are not its own to the
one they belong to, in files of a folder they share.
"""

import marshal
import os
import pickle
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from inkt_mfg.ledger.buckets import SEQUENCE, Kept, RowId, kept_of
from inkt_mfg.ledger.chain_check import COLUMNS, GENESIS, ChainCheck
from inkt_mfg.ledger.findings import Finding, FindingKind
from inkt_mfg.ledger.rebuild import Actual, Found, Rebuilding, merged
from inkt_mfg.ledger.scratch import Scratch
from inkt_mfg.ledger.signed_content import TABLE as SIGNATURES
from inkt_mfg.ledger.signed_content import ask_for
from inkt_mfg.ledger.source import ANY_TEXT, Plan, Source
from inkt_mfg.ledger.touches import TouchCheck

_STEP = 2000
_FRAGMENTS = 200
_HANDED_OVER = 2000  # changes
_LOOK_SECONDS = 0.005
Message = tuple[Any, ...]
READ, ROWS, FOUND, CHAIN, REPLAYED = "read", "rows", "found", "chain", "replayed"
TOUCHES = "touches"
FRAGMENTS, END, FAILED = "fragments", "end", "failed"


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part: entries after a number up to a number, rows from a key to before a key; None: no bound there.

    ``ends`` are the keys where one slice's rows end and the next one's begin; this slice is the ``number``-th between them, and
    ``shared`` is the folder where they hand over changes.
    """

    plan: Plan
    replay: bool
    after: int | None = None
    until: int | None = None
    number: int = 0
    ends: tuple[str, ...] = ()
    shared: str | None = None

    @property
    def first_key(self) -> str | None:
        return self.ends[self.number - 1] if self.number else None

    @property
    def end_key(self) -> str | None:
        return self.ends[self.number] if self.number < len(self.ends) else None

    @property
    def others(self) -> list[int]:
        """The other slices' numbers."""
        return [number for number in range(len(self.ends) + 1) if number != self.number]

    def mine(self, key: str) -> bool:
        """Whether a row is of this slice."""
        return bisect_right(self.ends, key) == self.number


def work(source: Source, part: Slice) -> Iterator[Message]:
    """How far it is (``READ``, ``ROWS``), each finding with its stage, the end of the chain, then what was signed."""
    found: list[Message] = []

    def report(stage: str) -> Callable[[Finding], None]:
        return lambda finding: found.append((FOUND, stage, finding))

    walk = ChainCheck(part.plan.site, report(CHAIN), _before(source, part))
    with Scratch() as scratch:
        for step in _read_entries(source, part, walk, scratch, report(TOUCHES)):
            yield step
            yield from _taken(found)
        yield (CHAIN, walk.entries, walk.head)
        if part.replay:
            _take_over(part, scratch)
            for step in _replay(source, part, scratch, report(ROWS)):
                yield step
                yield from _taken(found)
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


def _read_entries(
    source: Source, part: Slice, walk: ChainCheck, scratch: Scratch, report: Callable[[Finding], None]
) -> Iterator[Message]:
    site, whole = part.plan.site, part.replay
    indexed = whole and part.plan.touches
    touches = TouchCheck(source, site, part.after, part.until, report) if indexed else None
    with _HandingOver(part, scratch.changes.put) as handing:
        put = handing.put if part.others else scratch.changes.put
        read = 0
        for row in source.entries(
            site, part.after, part.until, f"{COLUMNS}, {source.body}, {source.body_is_text}"
        ):
            changes = walk.take(row, whole=whole)
            if touches is not None:
                touches.take(row[0], changes)
            for change in changes:  # none where nothing is replayed
                put(kept_of(row[0], change))
            read += 1
            if read % _STEP == 0:
                yield (READ, read)
        if touches is not None:
            touches.finish()
    yield (READ, read)


# --- changes of other slices' rows


class _HandingOver:
    """Files for the other slices, each given its name when it is whole. ``own`` takes what stays."""

    def __init__(self, part: Slice, own: Callable[[Kept], None]) -> None:
        self._part, self._own = part, own
        self._files: dict[int, IO[bytes]] = {}
        self._waiting: dict[int, list[Kept]] = {}

    def __enter__(self) -> Self:
        if self._part.replay and self._part.shared is not None:
            for number in self._part.others:
                self._files[number] = _handed(self._part.shared, self._part.number, number, ".part").open(
                    "wb"
                )
                self._waiting[number] = []
        return self

    def put(self, kept: Kept) -> None:
        """To whom its row belongs."""
        number = bisect_right(self._part.ends, kept[1])
        if number == self._part.number:
            self._own(kept)
            return
        waiting = self._waiting[number]
        waiting.append(kept)
        if len(waiting) >= _HANDED_OVER:
            self._write(number)

    def _write(self, number: int) -> None:
        marshal.dump(self._waiting[number], self._files[number])
        self._waiting[number].clear()

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        for number, file in self._files.items():
            if kind is None:
                self._write(number)
            file.close()
            if kind is None:
                assert self._part.shared is not None
                whole = _handed(self._part.shared, self._part.number, number)
                whole.with_name(f"{whole.name}.part").rename(whole)


def _handed(shared: str, by: int, to: int, ending: str = "") -> Path:
    return Path(shared) / f"{by}-{to}{ending}"


def _take_over(part: Slice, scratch: Scratch) -> None:
    """What the other slices read of this one's rows, as soon as each is done reading."""
    if part.shared is None:
        return
    started_by = os.getppid()
    for number in part.others:
        handed = _handed(part.shared, number, part.number)
        while not handed.exists():
            if os.getppid() != started_by:
                raise RuntimeError("whoever started this is gone")
            time.sleep(_LOOK_SECONDS)
        with handed.open("rb") as file:
            while batch := _next(file):
                for kept in batch:
                    scratch.changes.put(kept)
        handed.unlink()


def _next(file: IO[bytes]) -> list[Kept]:
    try:
        batch: list[Kept] = marshal.load(file)  # noqa: S302 — from a process of this same verification
    except EOFError:
        return []
    return batch


# --- rows


def _replay(
    source: Source, part: Slice, scratch: Scratch, report: Callable[[Finding], None]
) -> Iterator[Message]:
    judged = part.plan.signatures
    fields = ask_for(source, part.plan.site, scratch, part.mine) if judged else []
    rebuilding = Rebuilding(source, part.plan.site, report, scratch, fields)
    asked = merged(scratch.changes.by_row(), scratch.wanted())
    ours = ((row, (changes, wanted)) for row, changes, wanted in asked)
    done = 0
    for row, known, found in merged(ours, _actual_rows(source, part, report)):
        changes, wanted = known or (None, None)
        rebuilding.take(row, changes, wanted, found)
        if judged and found is not None and row[0] == SIGNATURES and changes:
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
    connection.text_factory = ANY_TEXT
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
