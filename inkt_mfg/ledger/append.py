"""Writes a command's one entry at the end of the site's chain.

Called by the store alone, inside the command's transaction and under the site's lock. It refuses nothing: what may
not be written was refused by ``capture``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from inkt_mfg import __version__
from inkt_mfg.ledger.canonical import canonical_text, entry_hash
from inkt_mfg.ledger.capture import Capture, end_capture, writing_the_ledger
from inkt_mfg.ledger.chain import Link, end_of_chain, run, straight
from inkt_mfg.records.spelling import moment_text

FORMAT_VERSION = 1
# A clock set right by the network steps by less; so do the clocks of two benches on one server.
_STEP_NOTED = timedelta(seconds=2)

_ENTRY = "INSERT INTO ledger_entry (site, sequence, recorded_at, actor, command, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
_TOUCH = "INSERT INTO ledger_touch (site, sequence, row_key, row_table) VALUES (?, ?, ?, ?)"
# On PostgreSQL each statement is a way to the server and back: one for both.
_BOTH_AT_ONCE = (
    "WITH entry AS (" + _ENTRY + ") INSERT INTO ledger_touch (site, sequence, row_key, row_table) "  # noqa: S608
    "SELECT ?, ?, k, t FROM unnest(?::text[], ?::text[]) AS touched (k, t)"
)


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a command stands in the ledger."""

    sequence: int
    hash: str


def append_entry(session: Session, capture: Capture, now: datetime | None = None) -> Appended:
    """Flush what is left, then write the command's one entry. The caller holds the site's write lock and commits next.

    ``now`` is the clock read under the lock; a clock that stands before the last entry is noted in this one (R06).
    """
    session.flush()
    connection = session.connection()
    site = capture.intent.site
    last = end_of_chain(connection, site)
    _note_a_step_back(capture, last, now or capture.intent.at)
    sequence = last.sequence + 1
    body = entry_body(capture, sequence, last.hash)
    text = canonical_text(body)
    digest = entry_hash(text)
    row = (site, sequence, body["at"], body["actor"]["user_name"], body["command"], text, digest)
    touched = sorted({(c["key"], c["table"]) for c in capture.changes})
    with writing_the_ledger(connection):
        _write(connection, row, touched)
    end_capture(session)
    return Appended(sequence, digest)


def _write(connection: Connection, row: tuple[Any, ...], touched: list[tuple[str, str]]) -> None:
    if connection.dialect.name == "postgresql":
        keys, tables = [key for key, _ in touched], [table for _, table in touched]
        straight(connection, _BOTH_AT_ONCE, (*row, *row[:2], keys, tables))
        return
    straight(connection, _ENTRY, row)
    if touched:
        run(connection, _TOUCH, [(*row[:2], key, table) for key, table in touched])


def _note_a_step_back(capture: Capture, last: Link, now: datetime) -> None:
    if moment_text(now + _STEP_NOTED) < last.recorded_at:
        capture.notes["clock_stepped_back"] = f"clock says {moment_text(now)}, last entry {last.recorded_at}"


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
