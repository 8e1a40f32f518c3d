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
from inkt_mfg.ledger.canonical import GENESIS, canonical_text, entry_hash
from inkt_mfg.ledger.capture import Capture, end_capture, writing_the_ledger
from inkt_mfg.ledger.chain import Link, end_of_chain, run, straight
from inkt_mfg.records.spelling import moment_text

FORMAT_VERSION = 1
# A clock set right by the network steps by less; so do the clocks of two benches on one server.
_STEP_NOTED = timedelta(seconds=2)

# Only behind the entry whose hash it carries: what was remembered of the chain's end may be another bench's past.
_ENTRY = (
    "INSERT INTO ledger_entry (site, sequence, recorded_at, actor, command, body, hash) SELECT ?, ?, ?, ?, ?, ?, ? "
    "WHERE ? = coalesce((SELECT hash FROM ledger_entry WHERE site = ? ORDER BY sequence DESC LIMIT 1), ?)"
)
_TOUCH = "INSERT INTO ledger_touch (site, sequence, row_key, row_table) VALUES (?, ?, ?, ?)"
# On PostgreSQL each statement is a way to the server and back: one for both.
_BOTH_AT_ONCE = (
    "WITH entry AS (" + _ENTRY.replace("SELECT ?, ?,", "SELECT ?, ?::bigint,", 1) + " RETURNING 1), "  # noqa: S608
    "touch AS (INSERT INTO ledger_touch (site, sequence, row_key, row_table) "
    "SELECT ?, ?::bigint, k, t FROM entry, unnest(?::text[], ?::text[]) AS touched (k, t)) SELECT count(*) FROM entry"
)


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a command stands in the ledger."""

    sequence: int
    hash: str
    recorded_at: str

    @property
    def link(self) -> Link:
        """The end of the chain, as this command left it."""
        return Link(self.sequence, self.hash, self.recorded_at)


def append_entry(
    session: Session, capture: Capture, now: datetime | None = None, remembered: Link | None = None
) -> Appended:
    """Flush what is left, then write the command's one entry. The caller holds the site's write lock and commits next.

    ``now`` is the clock read under the lock; a clock that stands before the last entry is noted in this one (R06).
    ``remembered`` is where the caller last saw the chain end: where that still holds, it need not be asked for.
    """
    session.flush()
    connection = session.connection()
    now = now or capture.intent.at
    with writing_the_ledger(connection):
        done = None if remembered is None else _append(connection, capture, remembered, now)
        if done is None:  # nothing is remembered, or somebody else's command came since
            done = _append(connection, capture, end_of_chain(connection, capture.intent.site), now)
    assert done is not None, "under the lock the chain's end stays where it was read"
    end_capture(session)
    return done


def _append(connection: Connection, capture: Capture, last: Link, now: datetime) -> Appended | None:
    """The entry behind this link; None, and nothing written, when the chain does not end there."""
    _note_a_step_back(capture, last, now)
    sequence, site = last.sequence + 1, capture.intent.site
    body = entry_body(capture, sequence, last.hash)
    text = canonical_text(body)
    digest = entry_hash(text)
    row = (site, sequence, body["at"], body["actor"]["user_name"], body["command"], text, digest)
    touched = sorted({(c["key"], c["table"]) for c in capture.changes})
    written = _write(connection, (*row, last.hash, site, GENESIS), touched)
    return Appended(sequence, digest, body["at"]) if written else None


def _write(connection: Connection, row: tuple[Any, ...], touched: list[tuple[str, str]]) -> bool:
    if connection.dialect.name == "postgresql":
        keys, tables = [key for key, _ in touched], [table for _, table in touched]
        asked = straight(connection, _BOTH_AT_ONCE, (*row, *row[:2], keys, tables))
        return bool(asked.fetchone()[0])
    if straight(connection, _ENTRY, row).rowcount != 1:
        return False
    if touched:
        run(connection, _TOUCH, [(*row[:2], key, table) for key, table in touched])
    return True


def _note_a_step_back(capture: Capture, last: Link, now: datetime) -> None:
    capture.notes.pop("clock_stepped_back", None)
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
