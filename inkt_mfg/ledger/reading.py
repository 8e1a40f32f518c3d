"""Reading the ledger: the history of a record, and entries by their numbers.

Views and guards call it inside their own session. It trusts nothing it reads: ``first_that_does_not_hold``
recomputes each hash.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from inkt_mfg.ledger.canonical import as_written, entry_hash
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.ledger.rebuild import compare
from inkt_mfg.ledger.sealing import PEAKS
from inkt_mfg.records.base import Record

_AT_ONCE = 500  # keys per question, below SQLite's limit on bound parameters


@dataclass(frozen=True, slots=True)
class Change:
    """One row of one entry: what was done to it, each field old and new as the ledger writes them."""

    act: str
    table: str
    key: str
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command as a history shows it."""

    sequence: int
    at: str
    offset: str
    user_name: str
    full_name: str
    role: str
    workstation: str
    command: str
    about: dict[str, str]
    reason: str | None
    changes: tuple[Change, ...]
    hash: str
    notes: dict[str, str] = field(default_factory=dict)
    software: str = ""


def last_link(session: Session, site: str) -> tuple[int, str]:
    """Sequence and hash of the site's last entry; (0, GENESIS) for a new chain."""
    last = end_of_chain(session.connection(), site)
    return last.sequence, last.hash


def _bodies(session: Session, site: str, keys: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    for start in range(0, len(keys), _AT_ONCE):
        touched = (
            select(LedgerTouch.sequence)
            .where(LedgerTouch.site == site, col(LedgerTouch.row_key).in_(keys[start : start + _AT_ONCE]))
            .distinct()
        )
        yield from session.exec(
            select(LedgerEntry.sequence, LedgerEntry.body, LedgerEntry.hash)
            .where(LedgerEntry.site == site, col(LedgerEntry.sequence).in_(touched))
            .order_by(col(LedgerEntry.sequence))
        ).all()


def first_that_does_not_hold(session: Session, site: str, rows: Sequence[Record]) -> str | None:
    """The first of these rows that is not what its ledger entries left, or entry that is not its own hash.

    The whole site is ``verify``'s to check; this is what stands between a record and its release. None: all hold.
    """
    left: dict[str, dict[str, Any]] = {}
    # One entry may touch rows of several questions: each is taken once, and in the order of the chain.
    touching = {found[0]: found for found in _bodies(session, site, [row.key for row in rows])}
    for sequence, body, digest in (touching[number] for number in sorted(touching)):
        if entry_hash(body) != digest:
            return f"entry {sequence}"
        for change in json.loads(body)["changes"]:
            left.setdefault(change["key"], {}).update(change.get("new", {}))
    for row in rows:
        table = str(row.__tablename__)
        if next(compare((table, row.key), left.get(row.key), as_written(row)), None) is not None:
            return f"{table} {getattr(row, 'code', row.key)}"
    return None


def history_of(session: Session, site: str, keys: Sequence[str]) -> list[Entry]:
    """Every entry about these rows, oldest first."""
    found = {sequence: _entry(body, digest) for sequence, body, digest in _bodies(session, site, keys)}
    return [found[sequence] for sequence in sorted(found)]


def who_first_wrote(session: Session, site: str, key: str) -> str | None:
    """The user name of who gave the command that wrote this row first."""
    return session.exec(
        select(LedgerEntry.actor)
        .join(
            LedgerTouch,
            (col(LedgerTouch.site) == col(LedgerEntry.site))
            & (col(LedgerTouch.sequence) == col(LedgerEntry.sequence)),
        )
        .where(LedgerTouch.site == site, LedgerTouch.row_key == key)
        .order_by(col(LedgerTouch.sequence))
        .limit(1)
    ).first()


def numbered(session: Session, site: str, sequences: Sequence[int]) -> list[Entry]:
    """The entries of these numbers, in the order asked for."""
    found: dict[int, Entry] = {}
    for start in range(0, len(sequences), _AT_ONCE):
        wanted = col(LedgerEntry.sequence).in_(sequences[start : start + _AT_ONCE])
        question = select(LedgerEntry.body, LedgerEntry.hash).where(LedgerEntry.site == site, wanted)
        found |= {e.sequence: e for e in (_entry(body, digest) for body, digest in session.exec(question))}
    return [found[sequence] for sequence in sequences if sequence in found]


def _told(notes: dict[str, str]) -> dict[str, str]:
    """The notes a person reads; the subtree hashes a seal leaves for the next one are not among them."""
    return {name: text for name, text in notes.items() if name != PEAKS}


def _entry(body: str, digest: str) -> Entry:
    told = json.loads(body)
    return Entry(
        told["sequence"],
        told["at"],
        told["offset"],
        told["actor"]["user_name"],
        told["actor"]["full_name"],
        told["actor"]["role"],
        told["workstation"],
        told["command"],
        {**told["about"], **_told(told.get("notes", {}))},
        told["reason"],
        tuple(_change(c) for c in told["changes"]),
        digest,
        _told(told.get("notes", {})),
        told["software"],
    )


def _change(told: dict[str, Any]) -> Change:
    old, new = told.get("old", {}), told.get("new", {})
    names = sorted({*old, *new})
    return Change(told["act"], told["table"], told["key"], tuple((n, old.get(n), new.get(n)) for n in names))
