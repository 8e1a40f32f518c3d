"""Checks a site's whole ledger: every hash and link, then a replay against every row of every table (R04, R05).

Called by the store, on one snapshot of the database. It changes nothing, raises nothing for what is wrong with the
ledger, and names each fault. What it cannot see without a copy kept outside: a tail cut off together with its rows,
and a whole chain written anew; seals are for that.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from inkt_mfg.ledger.canonical import GENESIS
from inkt_mfg.ledger.findings import Finding, FindingKind, Verification
from inkt_mfg.ledger.replay import (
    Row,
    RowId,
    actual_rows,
    compare,
    expected_rows,
    merged,
    missing_tables,
    rows_of_no_ledger,
    streamed,
)
from inkt_mfg.ledger.scratch import Scratch

Progress = Callable[[str, int, int], None]  # what is being done, how many done, of how many
Touch = tuple[str, int]  # row key, entry
_STEP = 2000
_ENTRY_COLUMNS = ("sequence", "recorded_at", "actor", "command", "hash", "body")
_decode = json.JSONDecoder().raw_decode


def verify_site(connection: Connection, site: str, progress: Progress | None = None) -> Verification:
    """Chain and replay of one site. The connection holds one snapshot for as long as this takes."""
    tell = progress or (lambda _what, _done, _of: None)
    findings: list[Finding] = []
    with Scratch() as scratch:
        chain = ChainCheck(site, scratch, findings.append)
        total = _count(connection, "ledger_entry", site)
        for done, row in enumerate(_entries(connection, site), start=1):
            chain.take(row)
            if done % _STEP == 0:
                tell("chain", done, total)
        tell("chain", chain.entries, total)
        gone = missing_tables(connection)
        findings += (Finding(FindingKind.TABLE, name, "") for name in sorted(gone))
        rows = actual_rows(connection, site, gone)
        _replay(rows, scratch, findings, tell)
        findings += _touches(connection, site, scratch)
        findings += rows_of_no_ledger(connection, gone)
    return Verification(chain.entries, chain.head, tuple(findings))


def verify_chain(connection: Connection, site: str) -> Verification:
    """The chain alone, without replay: what can be said from the entries by themselves."""
    findings: list[Finding] = []
    chain = ChainCheck(site, None, findings.append)
    for row in _entries(connection, site):
        chain.take(row)
    return Verification(chain.entries, chain.head, tuple(findings))


def _entries(connection: Connection, site: str) -> Iterator[Any]:
    columns: Any = sa.select(*map(sa.column, _ENTRY_COLUMNS)).select_from(sa.table("ledger_entry"))
    return streamed(connection, columns.where(sa.column("site") == site).order_by(sa.column("sequence")))


def _count(connection: Connection, table: str, site: str) -> int:
    counted = sa.select(sa.func.count()).select_from(sa.table(table)).where(sa.column("site") == site)
    return int(connection.execute(counted).scalar_one())


class ChainCheck:
    """Walks the entries in order and reports what does not fit."""

    def __init__(self, site: str, scratch: Scratch | None, report: Callable[[Finding], None]) -> None:
        self.site = site
        self.scratch = scratch
        self.report = report
        self.entries = 0
        self.sequence = 0
        self.head = GENESIS

    def take(self, row: tuple[int, str, str, str, str, str]) -> None:
        """One entry, as its row in ``ledger_entry`` says."""
        sequence, recorded_at, actor, command, stored_hash, text = row
        self.entries += 1
        unbroken = self._in_sequence(sequence)
        digest = sha256(text.encode()).hexdigest()
        if digest != stored_hash:
            self._found(FindingKind.HASH, sequence, "hash", digest, stored_hash)
        body = self._read(sequence, text)
        if body is not None:
            if unbroken and body.get("previous") != self.head:
                self._found(FindingKind.LINK, sequence, "previous", self.head, str(body.get("previous")))
            columns = (self.site, sequence, recorded_at, actor, command)
            if _repeated(body) != columns:
                self._name_columns(sequence, body, columns)
            self._keep(sequence, body)
        self.sequence, self.head = sequence, digest

    def _in_sequence(self, sequence: int) -> bool:
        unbroken = sequence == self.sequence + 1
        if not unbroken:
            last = sequence - 1
            first = self.sequence + 1
            missing = str(first) if first == last else f"{first}–{last}"
            self._found(FindingKind.GAP, sequence, "sequence", f"entry {missing} before this one", "none")
        return unbroken

    def _read(self, sequence: int, text: str) -> dict[str, Any] | None:
        try:
            body, end = _decode(text)
        except ValueError as wrong:
            self._found(FindingKind.BODY, sequence, "body", "JSON", str(wrong))
            return None
        if end != len(text) or not isinstance(body, dict):
            self._found(FindingKind.BODY, sequence, "body", "one JSON object", text[:80])
            return None
        return body

    def _name_columns(self, sequence: int, body: dict[str, Any], columns: tuple[Any, ...]) -> None:
        names = ("site", "sequence", "recorded_at", "actor", "command")
        for name, said, column in zip(names, _repeated(body), columns, strict=True):
            if said != column:
                self._found(FindingKind.COLUMN, sequence, name, said, column)

    def _keep(self, sequence: int, body: dict[str, Any]) -> None:
        if self.scratch is None:
            return
        try:
            self.scratch.put(sequence, body["changes"])
        except (KeyError, TypeError, AttributeError) as wrong:
            self._found(FindingKind.BODY, sequence, "changes", "a list of row changes", repr(wrong))

    def _found(self, kind: FindingKind, sequence: int, field: str, expected: Any, found: Any) -> None:
        self.report(Finding(kind, "ledger_entry", str(sequence), field, expected, found))


def _repeated(body: dict[str, Any]) -> tuple[Any, ...]:
    actor = body.get("actor")
    user_name = actor.get("user_name") if isinstance(actor, dict) else None
    return (body.get("site"), body.get("sequence"), body.get("at"), user_name, body.get("command"))


def _replay(
    actual: Iterable[tuple[RowId, Row]], scratch: Scratch, findings: list[Finding], tell: Progress
) -> None:
    expected = expected_rows(scratch, findings.append)
    for done, (row, ours, theirs) in enumerate(merged(expected, actual), start=1):
        if ours != theirs:
            findings += compare(row, ours, theirs)
        if done % _STEP == 0:
            tell(f"rows of {row[0]}", done, 0)


def _touches(connection: Connection, site: str, scratch: Scratch) -> Iterator[Finding]:
    """The index of each row's history against the entries themselves."""
    key: Any = sa.column("row_key")
    ordered = sa.collate(key, "C") if connection.dialect.name == "postgresql" else key
    stored = (
        sa.select(key, sa.column("sequence"), sa.column("row_table"))
        .select_from(sa.table("ledger_touch"))
        .where(sa.column("site") == site)
        .order_by(ordered, sa.column("sequence"))
    )
    implied: Iterator[tuple[Touch, Any]] = (((k, s), t) for k, s, t in scratch.touches())
    kept: Iterator[tuple[Touch, Any]] = (((k, s), t) for k, s, t in streamed(connection, stored))
    for (row_key, sequence), ours, theirs in merged(implied, kept):
        if ours != theirs:
            kind = FindingKind.TOUCH_UNKNOWN if ours is None else FindingKind.TOUCH_MISSING
            yield Finding(kind, "ledger_touch", row_key, f"entry {sequence}", ours, theirs)
