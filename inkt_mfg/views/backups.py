"""The last good backup of a site, as its own ledger tells it. Read by the day board and ``inkt backup list``; changes nothing."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from inkt_mfg.ledger.entry import LedgerEntry, LedgerTouch
from inkt_mfg.records.site import Site

_RECORDED = "site.backup"
OVERDUE = timedelta(hours=26)  # a daily backup that is two hours late


@dataclass(frozen=True, slots=True)
class LastBackup:
    """A backup that was proven good: its name and folder, when that was recorded, and the last entry it holds."""

    name: str
    folder: str
    at: datetime
    up_to: int

    def overdue(self, now: datetime) -> bool:
        return now - self.at > OVERDUE


def last_good_backup(session: Session, site: str) -> LastBackup | None:
    """The newest entry that says a backup was proven; None when there is none. The site's own row leads to it."""
    found = session.exec(
        select(LedgerEntry.body)
        .join(
            LedgerTouch,
            (col(LedgerTouch.site) == col(LedgerEntry.site))
            & (col(LedgerTouch.sequence) == col(LedgerEntry.sequence)),
        )
        .join(Site, col(Site.key) == col(LedgerTouch.row_key))
        .where(Site.code == site, LedgerTouch.site == site, LedgerEntry.command == _RECORDED)
        .order_by(col(LedgerTouch.sequence).desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    told = json.loads(found)
    notes = told["notes"]
    return LastBackup(
        notes["backup"], notes["folder"], datetime.fromisoformat(told["at"]), int(notes["up_to"])
    )
