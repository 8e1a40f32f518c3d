"""Puts a backup back: into a new folder, or in the place of a site's present database, which is kept aside.

``inkt backup restore`` alone calls it. The restored database is staged in a hidden folder, proven there, given its first entry by
the workflow, and only then put in place by one rename. Refuses a backup that is not good, one whose files were changed,
another site's folder, and a database that somebody still has open.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain, holds
from inkt_mfg.refusal import Refusal, Unable, refuse
from inkt_mfg.store.backup import SITE_FILES
from inkt_mfg.store.bundle import MANIFEST, Backup, damaged, refuse_changed
from inkt_mfg.store.bundle_seal import SealOfBackup, keys_beside, keys_of, keys_within, refuse_broken_seal
from inkt_mfg.store.clock import Clock, ShiftedClock
from inkt_mfg.store.copying import POSTGRESQL_FILE, PRIVATE, SQLITE_FILE, Progress, settle, speaking_sqlite
from inkt_mfg.store.engine import database_url, open_engine, place_of
from inkt_mfg.store.folder import DATABASE_FILE, SITE_FILE, find_place, open_site, site_text
from inkt_mfg.store.roles import Roles, grant, make_roles
from inkt_mfg.store.schema import revision_of
from inkt_mfg.store.scratch_site import restore_sqlite
from inkt_mfg.store.tools import run_tool
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

STAGE = ".restoring"
_BEGUN = (
    ".restoring.txt"  # which backup is being restored into which database of a server, until it is in place
)
_REPLACING = ".replacing-"
REPLACED = "replaced-"


@dataclass(frozen=True, slots=True)
class Loss:
    """What would no longer be in the site's ledger: entries ``first`` to ``last`` of the present one, which ends in ``head``.

    ``last`` is 0 when the present database cannot be read: nobody knows what it held.
    """

    first: int
    last: int
    head: str

    @property
    def known(self) -> bool:
        return self.last > 0

    def says(self) -> Phrase:
        if not self.known:
            return Phrase("the present database cannot be read: what it held after the backup is not known")
        return Phrase("entries {first} to {last} of the present ledger", first=self.first, last=self.last)


@dataclass(slots=True)
class Staged:
    """A restored site that is not in place yet. ``store`` is open on it; write its first entry, then ``put_in_place``."""

    backup: Backup
    folder: Path
    store: Store
    address: URL
    seal: SealOfBackup
    roles: Roles | None = None  # of the server's database, with the passwords of those just made

    def loss(self, present: Store | None) -> Loss | None:
        """What the present ledger holds and the backup does not; None when the backup continues it or there is none."""
        if not there_already(self.folder):
            return None
        kept = self.backup.manifest.sequence
        try:
            if present is None:
                return Loss(kept + 1, 0, "")
            with present.reading() as session:
                there = end_of_chain(session.connection(), present.site)
        except Unable:
            return Loss(kept + 1, 0, "")
        with self.store.reading() as session:
            ours = session.connection()
            if there.sequence == 0 or holds(ours, self.store.site, there.sequence, there.hash):
                return None
        return Loss(self._fork(present) + 1, there.sequence, there.hash)

    def _fork(self, present: Store) -> int:
        """The last entry both have. Hashes chain, so what agrees at one entry agrees before it, and halving finds it."""
        low, high = 0, self.backup.manifest.sequence
        with present.reading() as theirs, self.store.reading() as ours:
            while low < high:
                middle = (low + high + 1) // 2
                digest = ours.connection().execute(_HASH, {"site": self.store.site, "n": middle}).scalar()
                if digest and holds(theirs.connection(), self.store.site, middle, digest):
                    low = middle
                else:
                    high = middle - 1
        return low

    def put_in_place(self, now: datetime) -> Path | None:
        """Give the site its restored database; where the one before it lies, if there was one. Raises Unable, Refusal."""
        self.store.close()
        mark = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        _put_files(self.backup, self.folder)  # first: once the database is in place nobody would do it again
        if self.address.get_backend_name() == "sqlite":
            aside = _put_sqlite_in_place(self.folder, Path(str(self.address.database)), mark)
        else:
            aside = _point_to(self.folder, self.backup.manifest.site, self.address, mark)
        _put_site_file(self.backup, self.folder)
        if not (self.folder / SITE_FILE).exists():  # the backup of a site that had no folder
            (self.folder / SITE_FILE).write_text(site_text(self.store.site, None), encoding="utf-8")
        (self.folder / _BEGUN).unlink(missing_ok=True)
        return aside


_NOTHING_ELSE = "this backup"
_OF_A_RESTORE = {"ledger.restored", "ledger.replaced", "person.log_in"}
_SINCE = sa.text("SELECT DISTINCT command FROM ledger_entry WHERE site = :site AND sequence > :n")
_HASH = sa.text("SELECT hash FROM ledger_entry WHERE site = :site AND sequence = :n")


def there_already(folder: Path) -> bool:
    """Whether there is a site's database in this folder, or a file that names one."""
    return (folder / DATABASE_FILE).exists() or (folder / SITE_FILE).exists()


def present_store(backup: Backup, folder: Path) -> Store | None:
    """The site that is in this folder now; None when it cannot be read, or there is none. Raises Refusal for another site's."""
    try:
        there = open_site(folder, None, inspecting=True)
    except (Unable, Refusal):
        return None
    if there.site != backup.manifest.site:
        there.close()
        raise refuse(
            "R60",
            Phrase("site {there} is in this folder", there=there.site),
            expected=Phrase("the folder of site {site}, or a new one", site=backup.manifest.site),
            field="to",
            typed=str(folder),
        )
    return there


def sure_loss(backup: Backup, folder: Path) -> Loss | None:
    """What would be lost for certain, told before anything is restored; None when only the restored chain can say."""
    if not there_already(folder):
        return None
    kept = backup.manifest.sequence
    present = present_store(backup, folder)
    if present is None:
        return Loss(kept + 1, 0, "")
    try:
        with present.reading() as session:
            end = end_of_chain(session.connection(), present.site)
    except Unable:
        return Loss(kept + 1, 0, "")
    finally:
        present.close()
    return Loss(kept + 1, end.sequence, end.hash) if end.sequence > kept else None


@contextmanager
def staged(backup: Backup, folder: Path, address: str | None, tell: Progress) -> Iterator[Staged]:
    """The backup restored beside its place, brought to this program's schema and verified. Nothing is left if not put there."""
    refuse_not_good(backup)
    seal = _seal_of(backup, folder)
    refuse_changed(backup)
    was_there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    _tidy(folder)
    stage = folder / STAGE
    stage.mkdir()
    try:
        url, roles = _restore(backup, stage, address)
        _bring_up(url, roles)
        engine = open_engine(url, None if roles is None else roles.application)
        store = Store(engine, backup.manifest.site, _clock(backup))
        if roles is not None:
            url = url.set(username=roles.application, password=None)
        try:
            _refuse_findings(store, tell)
            yield Staged(backup, folder, store, url, seal, roles)
        finally:
            store.close()
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not was_there and not any(folder.iterdir()):
            folder.rmdir()


def _seal_of(backup: Backup, folder: Path) -> SealOfBackup:
    """Asked of the site that is there; of what the backup brought along only where there is none. Raises Refusal R60."""
    if backup.signature is None:
        return refuse_broken_seal(backup, ())
    present = present_store(backup, folder) if there_already(folder) else None
    try:
        known = [] if present is None else keys_of(present)
    except Unable:
        known = []
    finally:
        if present is not None:
            present.close()
    return refuse_broken_seal(backup, known or keys_beside(folder) or keys_within(backup))


def refuse_not_good(backup: Backup) -> None:
    """Raises Refusal R60 for a copy that did not verify when it was made."""
    if not backup.manifest.good:
        raise refuse(
            "R60",
            Phrase("the backup {name} did not verify when it was made", name=backup.name),
            expected=Phrase("a good one; `inkt backup list` names them"),
            field="backup",
            typed=str(backup.folder),
        )


def _restore(backup: Backup, stage: Path, address: str | None) -> tuple[URL, Roles | None]:
    if backup.manifest.database == "sqlite":
        restore_sqlite(backup.folder / SQLITE_FILE, stage / SQLITE_FILE)
        copy = database_url(f"sqlite:///{(stage / SQLITE_FILE).resolve()}")
        _refuse_unlike_its_manifest(backup, copy, None)
        return copy, None
    if address is None:
        raise refuse(
            "R60",
            Phrase("this is a backup of a PostgreSQL database"),
            expected=Phrase("the address of an empty database to restore it into (--database-url)"),
            field="database_url",
        )
    url = database_url(address)
    there = _held(url, backup)
    if not _begin(stage.parent / _BEGUN, f"{backup.sha256} {place_of(url)}", there):
        raise _full(url)
    roles = make_roles(url)
    if there:
        return url, roles  # a restore that was cut off had brought all of it here; what follows is done again
    arguments = ["--no-owner", "--no-privileges", "--single-transaction"]  # wholly restored or still empty
    if roles is not None:
        arguments.append(f"--role={roles.owner}")
    run_tool("pg_restore", url, [*arguments, str(backup.folder / POSTGRESQL_FILE)])
    try:
        _refuse_unlike_its_manifest(backup, url, None if roles is None else roles.owner)
    except Refusal:
        (stage.parent / _BEGUN).unlink()  # this restore is not taken up again
        raise
    return url, roles


def _refuse_unlike_its_manifest(backup: Backup, restored: URL, role: str | None) -> None:
    """Raises Refusal R60 where the copy has another schema, other sites, or ledgers that end elsewhere than is listed."""
    engine = open_engine(restored, role)
    try:
        with saying_what_the_machine_cannot(place_of(restored)):
            schema = revision_of(engine)
            with engine.connect() as connection:
                sites = list(connection.execute(sa.text("SELECT code FROM site")).scalars())
                ends = {site: end_of_chain(connection, site) for site in sites}
    finally:
        engine.dispose()
    found = {site: (end.sequence, end.hash) for site, end in ends.items()}
    if (schema, found) != (backup.manifest.schema, backup.manifest.ledgers):
        raise damaged(backup.folder, MANIFEST)


def _held(url: URL, backup: Backup) -> str:
    """What a server's database holds: nothing, this backup with nothing done since but restoring it, or something else."""
    engine = open_engine(url)
    try:
        with saying_what_the_machine_cannot(place_of(url)):
            if revision_of(engine) is None:
                return ""
            with engine.connect() as connection:
                ledgers = backup.manifest.ledgers
                sites = set(connection.execute(sa.text("SELECT DISTINCT site FROM ledger_entry")).scalars())
                since = connection.execute(
                    _SINCE, {"site": backup.manifest.site, "n": backup.manifest.sequence}
                )
                same = sites <= ledgers.keys() and all(
                    holds(connection, s, n, h) for s, (n, h) in ledgers.items() if n
                )
                longer = [s for s, (n, _h) in ledgers.items() if end_of_chain(connection, s).sequence > n]
                untouched = set(longer) <= {backup.manifest.site} and set(since.scalars()) <= _OF_A_RESTORE
                return _NOTHING_ELSE if same and untouched else "work"
    finally:
        engine.dispose()


def _begin(note: Path, this: str, there: str) -> bool:
    """Whether this restore may go on: the database is empty, or was filled by this very restore before it was cut off."""
    if there:
        return there == _NOTHING_ELSE and note.is_file() and note.read_text(encoding="utf-8") == this
    note.write_text(this, encoding="utf-8")
    settle(note)
    settle(note.parent)
    return True


def _full(url: URL) -> Refusal:
    return refuse(
        "R60",
        Phrase("there is a site in this database already"),
        expected=Phrase("an empty database: what is there is never overwritten"),
        field="database_url",
        typed=place_of(url),
    )


def _clock(backup: Backup) -> Clock | None:
    files = backup.folder / SITE_FILES
    offset = find_place(files, None).clock_offset if (files / SITE_FILE).exists() else None
    return ShiftedClock(offset) if offset is not None else None


def _bring_up(url: URL, roles: Roles | None) -> None:
    from inkt_mfg.store.migrate import upgrade  # here: alembic takes 0.4 s to import

    engine = open_engine(url, None if roles is None else roles.owner)
    try:
        upgrade(engine, None if roles is None else lambda connection: grant(connection, roles.application))
    finally:
        engine.dispose()


def _refuse_findings(store: Store, tell: Progress) -> None:
    checked = verify(store, tell)
    if not checked.ok:
        raise Unable(
            Phrase("The restored ledger does not verify: {n} findings.", n=len(checked.findings)),
            Phrase("Nothing was put in place. Restore another backup."),
        )


# --- putting it in place


def _put_sqlite_in_place(folder: Path, restored: Path, mark: str) -> Path | None:
    with speaking_sqlite(str(restored)), closing(sqlite3.connect(restored)) as database:
        database.execute(
            "PRAGMA journal_mode=DELETE"
        )  # one file: no log of another database may lie beside it
    settle(restored)
    present = folder / DATABASE_FILE
    if present.exists():  # a group that may use the present one may use this one
        restored.chmod(PRIVATE | (present.stat().st_mode & 0o060))
    if not present.exists():
        restored.replace(present)
        settle(folder)
        return None
    aside = folder / f"{_REPLACING}{mark}"
    aside.mkdir()
    with to_ourselves(present):
        _keep(present, aside / DATABASE_FILE)
        for ending in ("-wal", "-shm"):
            log = folder / f"{DATABASE_FILE}{ending}"
            if log.exists():  # only of a database too damaged to fold its log in
                log.replace(aside / log.name)
        restored.replace(present)  # one rename: at every moment there is a whole database here
    settle(folder)
    return aside.rename(free_aside(folder, mark))


@contextmanager
def to_ourselves(present: Path) -> Iterator[None]:
    """Nobody else has the database open, and what was in its log is in the file. Raises Unable when somebody has."""
    database = sqlite3.connect(present, isolation_level=None, timeout=1)
    try:
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as wrong:
            if "locked" in str(wrong):
                raise Unable(
                    Phrase("{place} is open in another program.", place=present),
                    Phrase("Nothing was changed. Close inkt at every bench, then do it again."),
                ) from wrong
        except sqlite3.DatabaseError:
            pass  # damaged: nobody can work with it, and it is kept as it is
        if os.name == "nt":
            database.close()  # Windows renames no open file
        yield
    finally:
        database.close()


def _keep(present: Path, aside: Path) -> None:
    try:
        os.link(present, aside)
    except OSError:  # a file system without links
        aside.touch(PRIVATE)
        shutil.copyfile(present, aside)
        settle(aside)


def free_aside(folder: Path, mark: str) -> Path:
    """Where a replaced database goes: two in one second get a number."""
    names = (f"{REPLACED}{mark}", *(f"{REPLACED}{mark}-{n}" for n in range(2, 1000)))
    return next(folder / name for name in names if not (folder / name).exists())


def _tidy(folder: Path) -> None:
    """What a killed restore left: its stage goes; a database it had just replaced gets the name it was to have."""
    shutil.rmtree(folder / STAGE, ignore_errors=True)
    for left in folder.glob(f"{_REPLACING}*"):
        kept, present = left / DATABASE_FILE, folder / DATABASE_FILE
        if not kept.exists() or (present.exists() and kept.samefile(present)):
            shutil.rmtree(left)
        else:
            left.rename(free_aside(folder, left.name.removeprefix(_REPLACING)))


def _point_to(folder: Path, site: str, url: URL, mark: str) -> Path | None:
    """On a server nothing is overwritten: the site's folder names the other database from now on."""
    file = folder / SITE_FILE
    aside = None
    if file.exists():
        aside = free_aside(folder, mark)
        aside.mkdir()
        shutil.copyfile(file, aside / SITE_FILE)
    part = folder / f".{SITE_FILE}.part"
    part.write_text(site_text(site, url), encoding="utf-8")
    settle(part)
    part.replace(file)
    settle(folder)
    return aside


def _put_files(backup: Backup, folder: Path) -> None:
    """What the site's folder held beside the database, where it is not there; what is there stays.

    Only what the manifest lists: ``refuse_changed`` has held each of these paths to a file that lies in the backup.
    """
    source = backup.folder / SITE_FILES
    inside = [backup.folder / f.path for f in backup.manifest.files]
    for file in sorted(p for p in inside if p.is_relative_to(source) and p != source / SITE_FILE):
        _put(file, folder / file.relative_to(source))
    settle(folder)


def _put_site_file(backup: Backup, folder: Path) -> None:
    """``site.toml`` comes last, where a server's database has not brought its own: it says that there is a site."""
    if any(f.path == f"{SITE_FILES}/{SITE_FILE}" for f in backup.manifest.files):
        _put(backup.folder / SITE_FILES / SITE_FILE, folder / SITE_FILE)
        settle(folder)


def _put(file: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        part.touch(0o600 if file.stat().st_mode & 0o077 == 0 else 0o666)
        shutil.copyfile(file, part)
        settle(part)
        part.replace(target)
