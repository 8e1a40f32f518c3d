"""A rehearsal of the bad day: the newest backup restored into a scratch place, verified, and compared with the live ledger.

``inkt backup drill`` prints what it gives. It changes nothing and raises nothing for what is wrong: that is its answer.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inkt_mfg import __version__
from inkt_mfg.ledger.chain import end_of_chain, holds
from inkt_mfg.store.bundle import Backup, is_as_listed
from inkt_mfg.store.bundle_seal import Sealed, SealOfBackup, keys_of, seal_of
from inkt_mfg.store.copying import POSTGRESQL_FILE, SQLITE_FILE, Progress
from inkt_mfg.store.engine import database_url
from inkt_mfg.store.scratch_site import Proven, prove
from inkt_mfg.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class Drill:
    """What the rehearsal showed. ``live`` is (sequence, head) of the ledger now; ``continues`` whether it holds the backup's head."""

    backup: Backup
    at: datetime
    seconds: float
    files_as_listed: bool
    proven: Proven
    live: tuple[int, str]
    continues: bool
    seal: SealOfBackup

    @property
    def restored_as_listed(self) -> bool:
        manifest = self.backup.manifest
        return (self.proven.ledgers, self.proven.schema) == (manifest.ledgers, manifest.schema)

    @property
    def ok(self) -> bool:
        verified = self.proven.findings == 0
        as_made = self.files_as_listed and self.restored_as_listed and self.seal.sealed is not Sealed.BROKEN
        return as_made and verified and self.continues

    def as_json(self) -> dict[str, Any]:
        """The answer of ``inkt backup drill --json``."""
        return {
            "ok": self.ok,
            "backup": self.backup.as_json(),
            "at": self.at.isoformat(timespec="seconds"),
            "seconds": f"{self.seconds:.1f}",
            "software": __version__,
            **self.seal.as_json(),
            "files_as_listed": self.files_as_listed,
            "restored_as_listed": self.restored_as_listed,
            "entries_verified": self.proven.entries,
            "findings": self.proven.findings,
            "live": {"sequence": self.live[0], "head": self.live[1]},
            "live_continues_backup": self.continues,
            "entries_since": self.live[0] - self.backup.manifest.sequence,
        }


def rehearse(backup: Backup, live: Store, scratch: Path, server: str, tell: Progress) -> Drill:
    """Restore into the folder ``scratch``, verify and compare. Raises Unable when it cannot be restored at all."""
    started = live.clock.now()
    copy = backup.folder / (SQLITE_FILE if backup.manifest.database == "sqlite" else POSTGRESQL_FILE)
    proven = prove(copy, scratch, database_url(server), tell)
    as_listed = is_as_listed(backup, proven.read)
    with live.reading() as session:
        connection = session.connection()
        end = end_of_chain(connection, live.site)
        continues = holds(connection, live.site, backup.manifest.sequence, backup.manifest.head)
    seal = seal_of(backup, keys_of(live))
    ended = live.clock.now()
    took = (ended - started).total_seconds()
    return Drill(backup, ended, took, as_listed, proven, (end.sequence, end.hash), continues, seal)
