"""``inkt upgrade``: a proven copy first, then migration, verification and the entry that says so in one transaction.

The copy's own proof is the rehearsal: it is migrated and verified in a scratch place before the site itself is touched. A
kill at any moment leaves the old database or the new one. Refuses a newer database, and a ledger that does not verify.
"""

import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlmodel import Session

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.append import append_entry
from inkt_mfg.ledger.capture import begin_capture
from inkt_mfg.ledger.findings import Finding
from inkt_mfg.ledger.intent import SYSTEM, Intent
from inkt_mfg.ledger.verify import verify_site
from inkt_mfg.moments import zone
from inkt_mfg.refusal import Unable
from inkt_mfg.store.backup import make_backup
from inkt_mfg.store.bundle import Backup
from inkt_mfg.store.copying import Progress
from inkt_mfg.store.engine import database_url, lock_site, open_engine, place_of, refuse_absent_file
from inkt_mfg.store.folder import Place
from inkt_mfg.store.machine import operating_system_user
from inkt_mfg.store.migrate import upgrade
from inkt_mfg.store.roles import grant_again, owner_of
from inkt_mfg.store.schema import newest_revision, refuse_newer_schema, revision_of
from inkt_mfg.store.triggers import missing_triggers
from inkt_mfg.store.unable import saying_what_the_machine_cannot

COMMAND = "site.upgrade"


class NotVerified(Exception):
    """The ledger does not verify: nothing was upgraded. ``findings`` says what is wrong, ``copy`` where it was copied."""

    def __init__(self, findings: tuple[Finding, ...], copy: Backup | None) -> None:
        self.findings = findings
        self.copy = copy
        super().__init__(f"{len(findings)} findings")


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was done: the schema before and now, the copy made before, the protections put back. Equal schemas: none due.

    ``findings``: what is wrong with the ledger even so, where protections were all that was put back.
    """

    before: str
    now: str
    copy: Backup | None
    protections: tuple[str, ...]
    findings: int = 0

    @property
    def done(self) -> bool:
        return self.before != self.now or bool(self.protections)


def upgrade_site(
    place: Place, to: Path, now: datetime, tell: Progress, server: str | None = None
) -> Upgraded:
    """Bring the site's database to this program's schema. Raises NotVerified, Unable or OSError; then it is as it was."""
    url = database_url(place.address)
    refuse_absent_file(url)
    engine = open_engine(url)
    try:
        engine = _as_owner(engine, url)
        before, missing = _state(engine)
        if before == newest_revision() and not missing:
            return Upgraded(before, before, None, ())
        copy = make_backup(place, to, now, tell, server=server)
        if not copy.manifest.good and before != newest_revision():
            raise NotVerified((), copy)
        findings = _upgrade(engine, before, missing, copy, now, tell)
        return Upgraded(before, newest_revision(), copy, missing, findings)
    finally:
        engine.dispose()


def _as_owner(engine: Engine, url: URL) -> Engine:
    """New tables belong to who owns the old ones, whoever upgrades."""
    owner = owner_of(engine)
    if owner is None:
        return engine
    engine.dispose()
    return open_engine(url, owner)


def _state(engine: Engine) -> tuple[str, tuple[str, ...]]:
    with saying_what_the_machine_cannot(place_of(engine.url)):
        refuse_newer_schema(engine)
        before = revision_of(engine)
        if before is None:
            raise Unable(Phrase("There is no site in this database."), Phrase("Make one with `inkt init`."))
        if before != newest_revision():
            return before, ()  # its protections are those of another schema, and are all made anew
        with engine.connect() as connection:
            return before, tuple(t.name for t in missing_triggers(connection))


def _upgrade(
    engine: Engine, before: str, missing: tuple[str, ...], copy: Backup, now: datetime, tell: Progress
) -> int:
    found = 0
    notes = {
        "schema_before": before,
        "schema": newest_revision(),
        "backup": copy.name,
        "manifest_sha256": copy.sha256,
    }
    if missing:
        notes["protections_put_back"] = ", ".join(missing)

    def finish(connection: Connection) -> None:
        nonlocal found
        rows = connection.execute(sa.text("SELECT code, time_zone FROM site ORDER BY code")).all()
        for site, time_zone in rows:
            lock_site(connection, site)
            checked = verify_site(connection, site, tell)
            if not checked.ok and before != newest_revision():
                raise NotVerified(checked.findings, copy)
            # Protections are put back even so: without them the site cannot be opened to find out more.
            found += len(checked.findings)
            told = notes | ({} if checked.ok else {"findings": str(len(checked.findings))})
            _record(connection, str(site), now.astimezone(zone(str(time_zone))), told)
        grant_again(connection)

    upgrade(engine, finish)
    return found


def _record(connection: Connection, site: str, at: datetime, notes: dict[str, str]) -> None:
    """The upgrade's own entry, in the transaction that migrates."""
    about = {"operating_system_user": operating_system_user()}
    intent = Intent(site, COMMAND, SYSTEM, platform.node() or "command line", at, None, about)
    with Session(connection, join_transaction_mode="rollback_only") as session:
        capture = begin_capture(session, intent)
        capture.notes.update(notes)
        append_entry(session, capture, at)
