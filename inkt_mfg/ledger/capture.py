"""Reads SQLAlchemy's own change set at every flush, so that no author of a command writes audit code.

The store arms a session with ``begin_capture`` and closes it with ``append_entry`` (in ``append``) just before commit;
nobody else calls either. It refuses a write without an intent, a bulk, textual or Core statement that would go past
the change set, a savepoint (what it undoes could not be unremembered) and a commit in the middle of a command.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, PassiveFlag, Session, SessionTransaction, attributes

from inkt_mfg.ledger.canonical import as_written, writers_of
from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.base import Record

_CAPTURE = "inkt_capture"
_SEEN = "inkt_seen"  # on the database connection: the statements now sent are described in the ledger
# One statement and no more: PostgreSQL would take a second one behind a semicolon.
_READS = re.compile(r"SELECT\b[^;]*|BEGIN( IMMEDIATE)?|PRAGMA query_only=[01]", re.IGNORECASE)


class UnattributedChange(RuntimeError):
    """Our own bug: something tried to write without an actor, or past the change set the ledger reads."""


@dataclass(slots=True)
class Capture:
    """The command under way in one session and every row change seen so far."""

    intent: Intent
    changes: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


def begin_capture(session: Session, intent: Intent) -> Capture:
    """Arm a session: from here every flushed row is remembered under this intent."""
    if intent.at.tzinfo is None:
        raise UnattributedChange("an entry's time has an offset")
    if not intent.actor.key:
        raise UnattributedChange(f"{intent.command} has no actor")
    capture = Capture(intent)
    session.info[_CAPTURE] = capture
    session.connection().info[_SEEN] = False
    return capture


def end_capture(session: Session) -> None:
    """The entry is written: what is left to do is the commit."""
    del session.info[_CAPTURE]


@event.listens_for(Session, "before_flush")
def remember_changes(session: Session, _context: object, _instances: object) -> None:
    """What this flush will insert, change and delete, read before it does."""
    capture: Capture | None = session.info.get(_CAPTURE)
    dirty = [row for row in session.dirty if session.is_modified(row)]
    if capture is None:
        if session.new or dirty or session.deleted:
            raise UnattributedChange("a change reached the database without an actor")
        return
    for row in session.new:
        _note(capture, _ours(row), "insert", None, as_written(_ours(row)))
    for row in dirty:
        record = _ours(row)
        record.row_version += 1
        _note(capture, record, "update", *_changed(record))
    for row in session.deleted:
        _note(capture, _ours(row), "delete", as_written(row), None)
    if session.new or dirty or session.deleted:
        session.connection().info[_SEEN] = True


@event.listens_for(Session, "after_flush")
def _end_of_flush(session: Session, _context: object) -> None:
    if _CAPTURE in session.info:
        session.connection().info[_SEEN] = False


def _ours(row: object) -> Record:
    if not isinstance(row, Record):
        raise UnattributedChange(f"{type(row).__name__} is not a record the ledger can describe")
    return row


def _changed(row: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name, write in writers_of(type(row)).items():
        # Without SQL: an expired attribute's old value was loaded when it was set (active_history in records.base).
        history = attributes.get_history(row, name, PassiveFlag.PASSIVE_NO_INITIALIZE)
        if history.added:
            before = write(history.deleted[0]) if history.deleted else None
            after = write(history.added[0])
            if before != after:
                old[name], new[name] = before, after
    return old, new


def _note(
    capture: Capture, record: Record, act: str, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    if record.site != capture.intent.site:
        raise UnattributedChange(f"a row of site {record.site} in a command of site {capture.intent.site}")
    change: dict[str, Any] = {"act": act, "table": type(record).__tablename__, "key": record.key}
    if old is not None:
        change["old"] = old
    if new is not None:
        change["new"] = new
    capture.changes.append(change)


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_writes(state: ORMExecuteState) -> None:
    if not state.is_select:
        raise UnattributedChange("bulk and textual statements bypass the ledger and are refused")


@event.listens_for(Session, "after_transaction_create")
def _refuse_savepoints(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested and _CAPTURE in session.info:
        raise UnattributedChange("a command is one transaction: it has no savepoints")


@event.listens_for(Session, "before_commit")
def _refuse_early_commits(session: Session) -> None:
    if _CAPTURE in session.info:
        raise UnattributedChange("a command commits once, after its ledger entry is written")


def refuse_unseen_writes(connection: Connection, statement: str) -> None:
    """Called by the store before each statement of a command: only a flush and the ledger itself may write."""
    if not _READS.fullmatch(statement) and not connection.info.get(_SEEN):
        raise UnattributedChange("a Core statement bypasses the ledger and is refused")


class writing_the_ledger:  # noqa: N801 — used as a context, read as a phrase
    """While it lasts, the statements on this connection are the ledger's own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.info[_SEEN] = True

    def __exit__(self, *_error: object) -> None:
        # A connection the server ended has nothing to reset, and asking it would hide what the server said.
        if not self.connection.invalidated:
            self.connection.info[_SEEN] = False
