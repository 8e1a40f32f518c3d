"""Reads SQLAlchemy's own change set at every flush and writes one chained entry for the command that made it.

The store arms a session with ``begin_capture`` and closes it with ``append_entry`` just before commit; nobody else
calls either. It refuses a write without an intent, a bulk statement that would go past the change set, and a deletion
of a record kept for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, attributes

from inkt_mfg import __version__
from inkt_mfg.ledger.canonical import GENESIS, canonical_text, cell, entry_hash
from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.base import Record, moment_text

FORMAT_VERSION = 1
_CAPTURE = "inkt_capture"


class UnattributedChange(RuntimeError):
    """Our own bug: something tried to write without an actor, or past the change set the ledger reads."""


@dataclass(slots=True)
class Capture:
    """The command under way in one session and every row change seen so far."""

    intent: Intent
    changes: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a command stands in the ledger."""

    sequence: int
    hash: str


def begin_capture(session: Session, intent: Intent) -> Capture:
    """Arm a session: from here every flushed row is remembered under this intent."""
    if intent.at.tzinfo is None:
        raise UnattributedChange("an entry's time has an offset")
    if not intent.actor.key:
        raise UnattributedChange(f"{intent.command} has no actor")
    capture = Capture(intent)
    session.info[_CAPTURE] = capture
    return capture


@cache
def _columns(table_class: type[Record]) -> tuple[str, ...]:
    return tuple(c.key for c in sa.inspect(table_class).column_attrs)


def _whole(row: Record) -> dict[str, Any]:
    return {name: cell(getattr(row, name)) for name in _columns(type(row))}


def _changed(row: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in _columns(type(row)):
        history = attributes.get_history(row, name)
        if history.added and history.deleted:
            before, after = cell(history.deleted[0]), cell(history.added[0])
            if before != after:
                old[name], new[name] = before, after
        elif history.added:
            old[name], new[name] = None, cell(history.added[0])
    return old, new


@event.listens_for(Session, "before_flush")
def _remember_changes(session: Session, _context: object, _instances: object) -> None:
    capture: Capture | None = session.info.get(_CAPTURE)
    dirty = [row for row in session.dirty if session.is_modified(row)]
    if capture is None:
        if session.new or dirty or session.deleted:
            raise UnattributedChange("a change reached the database without an actor")
        return
    for row in session.new:
        _note(capture, row, "insert", {}, _whole(_ours(row)))
    for row in dirty:
        record = _ours(row)
        record.row_version += 1
        _note(capture, record, "update", *_changed(record))
    for row in session.deleted:
        _note(capture, row, "delete", _whole(_ours(row)), {})


def _ours(row: object) -> Record:
    if not isinstance(row, Record):
        raise UnattributedChange(f"{type(row).__name__} is not a record the ledger can describe")
    return row


def _note(capture: Capture, row: object, act: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    record = _ours(row)
    if record.site != capture.intent.site:
        raise UnattributedChange(f"a row of site {record.site} in a command of site {capture.intent.site}")
    change = {"act": act, "table": type(record).__tablename__, "key": record.key}
    if old:
        change["old"] = old
    if new:
        change["new"] = new
    capture.changes.append(change)


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_writes(state: ORMExecuteState) -> None:
    if not state.is_select:
        raise UnattributedChange("bulk and textual statements bypass the ledger and are refused")


def entry_body(capture: Capture, sequence: int, previous: str) -> dict[str, Any]:
    """The entry as plain JSON values, in the format ``docs/ledger-format.md`` describes."""
    intent = capture.intent
    body: dict[str, Any] = {
        "v": FORMAT_VERSION,
        "site": intent.site,
        "sequence": sequence,
        "at": moment_text(intent.at),
        "offset": intent.at.isoformat()[-6:],
        "actor": {
            "key": intent.actor.key,
            "user_name": intent.actor.user_name,
            "full_name": intent.actor.full_name,
            "role": intent.actor.role,
        },
        "workstation": intent.workstation,
        "command": intent.command,
        "about": dict(intent.about),
        "reason": intent.reason,
        "changes": capture.changes,
        "software": __version__,
        "previous": previous,
    }
    if capture.notes:
        body["notes"] = dict(capture.notes)
    return body


def last_link(session: Session, site: str) -> tuple[int, str]:
    """Sequence and hash of the site's last entry; (0, GENESIS) for a new chain."""
    newest = (
        sa.select(LedgerEntry.sequence, LedgerEntry.hash)  # type: ignore[call-overload]
        .where(LedgerEntry.site == site)
        .order_by(sa.desc(LedgerEntry.sequence))  # type: ignore[arg-type]
        .limit(1)
    )
    row = session.connection().execute(newest).first()
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def append_entry(session: Session, capture: Capture) -> Appended:
    """Flush what is left, then write the command's one entry. The caller holds the site's write lock and commits next."""
    session.flush()
    sequence, previous = last_link(session, capture.intent.site)
    body = entry_body(capture, sequence + 1, previous)
    text = canonical_text(body)
    digest = entry_hash(text)
    connection = session.connection()
    connection.execute(sa.insert(LedgerEntry), _entry_row(body, text, digest))
    touched = {(c["key"], c["table"]) for c in capture.changes}
    if touched:
        connection.execute(
            sa.insert(LedgerTouch),
            [
                {"site": body["site"], "row_key": k, "sequence": body["sequence"], "row_table": t}
                for k, t in sorted(touched)
            ],
        )
    del session.info[_CAPTURE]
    return Appended(sequence + 1, digest)


def _entry_row(body: Mapping[str, Any], text: str, digest: str) -> dict[str, Any]:
    return {
        "site": body["site"],
        "sequence": body["sequence"],
        "recorded_at": body["at"],
        "actor": body["actor"]["user_name"],
        "command": body["command"],
        "body": text,
        "hash": digest,
    }
