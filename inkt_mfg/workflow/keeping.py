"""Keeping the site's records: what the ledger says of backups made and of a ledger put back from one.

Both commands are declared like any other and run by a ``Bench``, but stand outside the catalogue: they only make sense as
the last step of ``inkt backup``, which has proven or put back what they speak of. A job without a person is recorded too, as
the program's own act with the operating system's user beside it.
"""

import json
import platform
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa
from sqlmodel import Session, select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.moments import zone
from inkt_mfg.records.people import User
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import Meaning, SealOccasion
from inkt_mfg.refusal import Refusal, Unable, refuse, speaks
from inkt_mfg.store.bundle import Backup, open_backup, refuse_changed
from inkt_mfg.store.bundle_seal import write_seal
from inkt_mfg.store.machine import operating_system_user
from inkt_mfg.store.restoring import Loss, refuse_not_good
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.workflow.admission import may_not_sign, no_permission
from inkt_mfg.workflow.bench import Bench, Person, Receipt, log_in
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.permissions import ROLES, Permission, who_may
from inkt_mfg.workflow.signing import Credentials, sign

BACKUP = "site.backup"
BACKUP_FAILED = "site.backup_failed"
RESTORED = "ledger.restored"
REPLACED = "ledger.replaced"
_BACKUPS = sa.text(f"""
SELECT e.body FROM ledger_touch t JOIN ledger_entry e ON e.site = t.site AND e.sequence = t.sequence
WHERE t.site = :site AND t.row_key = :key AND e.command = '{BACKUP}' ORDER BY t.sequence DESC
""")  # noqa: S608 — our own name
UNATTENDED = Actor("system", "system", "inkt_mfg, unattended", "system")


def _site(session: Session, code: str) -> Site:
    return session.exec(select(Site).where(Site.code == code)).one()


def _note_backup(work: Work, backup: Backup) -> Site:
    manifest = backup.manifest
    for name, said in (
        ("backup", backup.name),
        ("folder", str(backup.folder.parent.resolve())),
        ("up_to", str(manifest.sequence)),
        ("head", manifest.head),
        ("manifest_sha256", backup.sha256),
        ("verification", "good" if manifest.good else f"{manifest.findings} findings"),
    ):
        work.note(name, said)
    # The site's own row is touched, so that its history, which is indexed, leads to its backups.
    site = _site(work.session, work.site)
    site.row_version += 1
    return site


def _keep(act: Act, *, backup: Backup) -> Done:
    return Done(_note_backup(act.work, backup), says(backup))


def says(backup: Backup) -> Phrase:
    """The outcome in one sentence."""
    if backup.manifest.good:
        return Phrase("Backup {name} is good: restored, and all {n} entries verified there.", name=backup.name,
                      n=backup.manifest.entries_verified)  # fmt: skip
    return Phrase("What was copied to {name} does not verify: {n} findings.", name=backup.name,
                  n=backup.manifest.findings)  # fmt: skip


def _declared(name: str, title: Phrase) -> Command:
    return Command(
        name, title, Permission.KEEP_SITE, _keep, None, None, None, (), None, None, asks_reason=False
    )


keep_backup = _declared(BACKUP, Phrase("back up the site"))
keep_failure = _declared(BACKUP_FAILED, Phrase("record a backup that did not verify"))
COMMANDS = (keep_backup, keep_failure)


def refuse_who_may_not(bench: Bench, permission: Permission) -> None:
    """Before the minutes a copy takes: whoever may not do this hears it now. Raises Refusal R24."""
    if not bench.may(permission):
        raise Refusal(no_permission(permission))


def record_backup(bench: Bench, backup: Backup) -> Receipt:
    """The entry that says a person made this backup."""
    # Whoever asked for it was not away while it was made, however long that took.
    return bench.going_on().run(keep_backup if backup.manifest.good else keep_failure, backup=backup)


def record_unattended_backup(store: Store, backup: Backup) -> int:
    """The entry of a backup nobody was logged in for: the program's act, under the operating system's user. Its number."""
    command = BACKUP if backup.manifest.good else BACKUP_FAILED
    with store.work(_unattended(store, command)) as work:
        _note_backup(work, backup)
    assert work.appended is not None
    return work.appended.sequence


# --- the seal of a backup


def seal_backup(bench: Bench, backup: Backup) -> Backup:
    """Seal a backup somebody made before: its files are read again, and the ledger is asked for it. Raises Refusal, Unable."""
    refuse_not_good(backup)
    refuse_changed(backup)
    with bench.store.reading() as session:
        here = backup.manifest.site == bench.store.site
        if not here or not _stands_in_ledger(session, bench.store.site, backup):
            raise refuse(
                "R60",
                Phrase("the ledger does not know the manifest of {name}", name=backup.name),
                expected=Phrase("a backup of this site whose manifest is the one the ledger names"),
                resolve_by=Phrase("you, with another backup: `inkt backup list` names them; ask who changed this one"),
                field="backup",
                typed=str(backup.folder),
            )  # fmt: skip
    return seal_new_backup(bench, backup)


def seal_new_backup(bench: Bench, backup: Backup) -> Backup:
    """Sign the manifest of a backup just made, with the key unlocked at this bench; then the ledger is sealed, too."""
    key = bench.sealing.key
    assert key is not None, "it was unlocked before the backup was begun"
    write_seal(backup, key)
    bench.sealing.follow(SealOccasion.BACKUP)
    return open_backup(backup.folder)


def _stands_in_ledger(session: Session, site: str, backup: Backup) -> bool:
    """Whether an entry of this site says this very manifest was good."""
    row = _site(session, site)
    told = session.connection().execute(_BACKUPS, {"site": site, "key": row.key}).scalars()
    notes = (json.loads(body).get("notes", {}) for body in told)
    return any(note.get("manifest_sha256") == backup.sha256 for note in notes)


# --- a ledger put back


def record_restore(store: Store, backup: Backup) -> int:
    """The first entry of a restored ledger that lost nothing anybody knows of. Its number."""
    with store.work(_unattended(store, RESTORED)) as work:
        _note_backup(work, backup)
    assert work.appended is not None
    return work.appended.sequence


def who_replaces(present: Store | None, restored: Store, given: Credentials) -> Bench:
    """The person who answers for a newer ledger being replaced. Raises Refusal for a wrong password or permission.

    Asked of the present ledger, which records the attempt; where that cannot be read or written, of the restored one.
    """
    bench = None
    if present is not None:
        with suppress(Unable):
            bench = log_in(present, given, platform.node() or "command line")
    if bench is None:
        bench = log_in(restored, given, platform.node() or "command line")
    refuse_who_may_not(bench, Permission.REPLACE_LEDGER)
    with bench.store.reading() as session:
        user = session.exec(select(User).where(User.key == bench.person.key)).one()
        if waiting := may_not_sign(session, user):
            raise Refusal(*waiting)
    return bench


def record_replacement(store: Store, person: Person, backup: Backup, loss: Loss, reason: str | None) -> int:
    """The first entry of a ledger that takes a newer one's place: who, why, and what was lost, signed. Its number."""
    if not speaks(reason):
        raise refuse_without_reason(loss)
    role = min(r for r in person.roles if Permission.REPLACE_LEDGER in ROLES[r])
    actor = Actor(person.key, person.user_name, person.full_name, role.value)
    intent = replace(_unattended(store, REPLACED, reason), actor=actor)
    with store.work(intent) as work:
        user = work.session.exec(select(User).where(User.key == person.key)).first()
        if user is None:
            raise refuse(
                "R60",
                Phrase("{name} is not known to the ledger of this backup", name=person.full_name),
                expected=Phrase("a person whom the backup knows too"),
                resolve_by=who_may(Permission.REPLACE_LEDGER),
                field="user_name",
                typed=person.user_name,
            )
        site = _note_backup(work, backup)
        work.note("lost", loss.says().english)
        work.note("lost_head", loss.head or "unknown")
        sign(Act(work, user, intent.at), site, [site], Meaning.APPROVAL, role, REPLACED)
    assert work.appended is not None
    return work.appended.sequence


def refuse_without_reason(loss: Loss) -> Refusal:
    """A newer ledger is only replaced with a reason, and with the signature of somebody who may."""
    return refuse(
        "R60",
        Phrase("this backup would take the place of what it does not hold: {lost}", lost=loss.says()),
        expected=Phrase("--reason WHY, and --as NAME with the password of the person who answers for it"),
        resolve_by=who_may(Permission.REPLACE_LEDGER),
        field="reason",
    )


def _unattended(store: Store, command: str, reason: str | None = None) -> Intent:
    with store.reading() as session:
        local = zone(_site(session, store.site).time_zone)
    at = store.clock.now().astimezone(local)
    about = {"operating_system_user": operating_system_user()}
    return Intent(store.site, command, UNATTENDED, platform.node() or "unattended", at, reason, about)
