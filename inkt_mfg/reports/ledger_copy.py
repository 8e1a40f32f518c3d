"""The audit trail as CSV and JSON, written piece by piece so that a copy of a whole site needs no memory (R09).

``inkt ledger show`` calls it with pages of ``views.ledger_pages``. CSV has one line for each changed field, and one for
an entry that changed none; JSON is one document.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from inkt_mfg.views.ledger_pages import LedgerPage, ShownEntry
from inkt_mfg.workflow.titles import title_of

COLUMNS = (
    "sequence", "at", "at_utc", "full_name", "user_name", "role", "workstation", "command", "title", "on", "reason",
    "notes", "software", "hash", "act", "record", "field", "old", "new",
)  # fmt: skip


def csv_pieces(pages: Iterable[LedgerPage]) -> Iterator[str]:
    """A header, then the lines of one page after the other; RFC 4180, with line ends as Unix has them."""
    yield _lines([COLUMNS])
    for page in pages:
        yield _lines(row for entry in page.entries for row in _rows(entry))


def _lines(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _rows(entry: ShownEntry) -> Iterator[tuple[object, ...]]:
    notes = "; ".join(f"{name}: {text}" for name, text in entry.notes)
    own = (
        entry.sequence, entry.at.isoformat(), entry.at.astimezone(UTC).isoformat(), entry.full_name, entry.user_name,
        entry.role, entry.workstation, entry.command, title_of(entry.command), entry.on, entry.reason, notes,
        entry.software, entry.hash,
    )  # fmt: skip
    told = False
    for change in entry.changes:
        for shown in change.fields:
            told = True
            yield (*own, change.act, change.record, shown.field, shown.old or "", shown.new or "")
    if not told:
        yield (*own, "", "", "", "", "")


def json_pieces(pages: Iterable[LedgerPage]) -> Iterator[str]:
    """One document: the site, then its entries in the order given."""
    head, between = True, "\n"
    for page in pages:
        if head:
            about = {"site": page.site, "time_zone": page.time_zone, "training": page.training}
            yield f'{json.dumps(about, ensure_ascii=False)[:-1]}, "entries": ['
            head = False
        for entry in page.entries:
            yield between + json.dumps(as_json(entry), ensure_ascii=False)
            between = ",\n"
    yield "\n]}\n"


def as_json(entry: ShownEntry) -> dict[str, Any]:
    """One entry of ``inkt ledger show --json``."""
    return {
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "actor": {"user_name": entry.user_name, "full_name": entry.full_name, "role": entry.role},
        "workstation": entry.workstation,
        "command": entry.command,
        "title": title_of(entry.command),
        "on": entry.on or None,
        "reason": entry.reason or None,
        "notes": dict(entry.notes),
        "software": entry.software,
        "hash": entry.hash,
        "changes": [
            {
                "act": change.act,
                "table": change.table,
                "record": change.record,
                "fields": [{"field": f.field, "old": f.old, "new": f.new} for f in change.fields],
            }
            for change in entry.changes
        ],
    }
