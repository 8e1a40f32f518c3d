"""Checks a site's whole ledger: every hash and link, then a replay against every row of every table, and every
signature against what it was given for (R04, R05, R23).

Called by the store, on one snapshot of the database. It changes nothing, raises nothing for what is wrong with the
ledger, and names each fault. What it cannot see without a copy kept outside: a tail cut off together with its rows,
and a whole chain written anew; seals are for that.
"""

from collections.abc import Callable, Iterator
from itertools import chain as joined

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.ledger import slices
from inkt_mfg.ledger.chain_check import GENESIS
from inkt_mfg.ledger.findings import Finding, FindingKind, Verification
from inkt_mfg.ledger.parallel import Failed, Workers, slices_of
from inkt_mfg.ledger.replay import (
    Standing,
    errors_as_sqlalchemys,
    plan_of,
    reach_of,
    reading_any_text,
    source_of,
    standing,
)
from inkt_mfg.ledger.signed_content import Fragment, judge
from inkt_mfg.ledger.slices import Message, Slice
from inkt_mfg.ledger.source import Plan, Source
from inkt_mfg.ledger.strays import strays

Progress = Callable[[str, int, int], None]  # what is being done, how many done, of how many
# Below this a second process takes longer to start than it saves.
WORTH_MORE_PROCESSES = 20_000


def verify_site(
    connection: Connection, site: str, progress: Progress | None = None, *, processes: int = 1
) -> Verification:
    """Chain, replay and signatures of one site. The connection holds one snapshot for as long as this takes.

    With more ``processes`` the others read by connections of their own: only for a database nobody has open for writing
    through ``connection``, since they see what is committed.
    """
    there = standing(connection)
    found = _Found(progress)
    if not there.has("ledger_entry"):  # nothing is known of any row
        return Verification(0, GENESIS, tuple(there.findings))
    plan = plan_of(connection, site, there)
    with errors_as_sqlalchemys(connection), reading_any_text(connection):
        _run(connection, source_of(connection), plan, found, replay=True, processes=processes)
        elsewhere = list(strays(connection, site, there))
        nowhere = list(_no_such_site(connection, site, there))
    rows = sorted(found.findings(slices.ROWS), key=lambda finding: (finding.table, finding.key))
    findings = [
        *found.findings(slices.CHAIN),
        *there.findings,
        *(one for one in nowhere if not any((row.kind, row.table) == (one.kind, one.table) for row in rows)),
        *rows,
        *sorted(found.findings(slices.TOUCHES), key=lambda finding: finding.key),
        *found.signatures,
        *elsewhere,
    ]
    return Verification(found.entries, found.head, tuple(findings))


def _no_such_site(connection: Connection, site: str, there: Standing) -> Iterator[Finding]:
    """A site nobody made has no entry that could be wrong and no row that could be missing: that it is there is asked first."""
    if there.has("site", "code"):
        question = sa.text("SELECT 1 FROM site WHERE site = :site AND code = :site")
        if connection.execute(question, {"site": site}).first() is None:
            yield Finding(FindingKind.MISSING, "site", site, "code", site, None)


def verify_chain(connection: Connection, site: str, *, processes: int = 1) -> Verification:
    """The chain alone, without replay: what can be said from the entries by themselves."""
    found = _Found(None)
    plan = plan_of(connection, site, standing(connection))
    with errors_as_sqlalchemys(connection), reading_any_text(connection):
        _run(connection, source_of(connection), plan, found, replay=False, processes=processes)
    return Verification(found.entries, found.head, tuple(found.findings(slices.CHAIN)))


class _Found:
    """What the slices say: how far they are, what they found, where the chain ends."""

    def __init__(self, progress: Progress | None) -> None:
        self._tell = progress or (lambda _what, _done, _of: None)
        self.begin(0, 1)

    def begin(self, total: int, parts: int) -> None:
        """Anew, for this many entries in this many slices."""
        self._total = total
        self._done: dict[str, list[int]] = {slices.READ: [0] * parts, slices.ROWS: [0] * parts}
        self._findings: dict[str, list[list[Finding]]] = {}
        self._ends: list[tuple[int, str]] = [(0, GENESIS)] * parts
        self.signatures: list[Finding] = []

    def take(self, number: int, message: Message) -> None:
        """One message of one slice."""
        kind = message[0]
        if kind == slices.FOUND:
            stages = self._findings.setdefault(message[1], [[] for _ in self._ends])
            stages[number].append(message[2])
        elif kind == slices.CHAIN:
            self._ends[number] = message[1], message[2]
        elif kind == slices.READ:
            self._done[kind][number] = message[1]
            self._tell("chain", sum(self._done[kind]), self._total)
        elif kind == slices.ROWS:
            self._done[kind][number] = message[2]
            self._tell(f"rows of {message[1]}" if message[1] else "rows", sum(self._done[kind]), 0)

    def findings(self, stage: str) -> Iterator[Finding]:
        """One stage's findings, slice after slice."""
        return joined.from_iterable(self._findings.get(stage, ()))

    @property
    def entries(self) -> int:
        return sum(entries for entries, _head in self._ends)

    @property
    def head(self) -> str:
        """The computed hash of the last entry; of the last slice that had any."""
        return next((head for entries, head in reversed(self._ends) if entries), GENESIS)


def _run(
    connection: Connection, source: Source, plan: Plan, found: _Found, *, replay: bool, processes: int
) -> None:
    """In several processes where that is worth it and possible; in this one when not, or when one of them fails."""
    last = source.last(plan.site)
    number = last[0] if last is not None and isinstance(last[0], int) else 0
    reach = reach_of(connection, last) if processes > 1 and number >= WORTH_MORE_PROCESSES else None
    if reach is not None:
        parts = slices_of(plan, number, processes, replay=replay)
        try:
            with Workers(parts, reach) as workers:
                found.begin(number, processes)
                workers.run(found.take)
                _judge(source, plan, workers.fragments(), found, replayed=replay)
                return
        except (Failed, OSError):
            pass  # a busy site, or a machine that starts no process: the same work, in this one
    found.begin(number, 1)
    messages = slices.work(source, Slice(plan, replay))
    for message in messages:
        if message[0] == slices.REPLAYED:
            break
        found.take(0, message)
    _judge(source, plan, _fragments(messages), found, replayed=replay)


def _fragments(messages: Iterator[Message]) -> Iterator[Fragment]:
    for message in messages:
        if message[0] == slices.FRAGMENTS:
            yield from message[1]


def _judge(
    source: Source, plan: Plan, fragments: Iterator[Fragment], found: _Found, *, replayed: bool
) -> None:
    judged = replayed and plan.signatures
    found.signatures = list(judge(source, plan.site, fragments)) if judged else []
    for _left in fragments:
        pass  # a slice ends when all it has is taken
