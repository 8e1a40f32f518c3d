"""Makes a backup that proves itself: copied, restored into a scratch place, verified there, and only then called good (R60).

``inkt backup create`` and ``inkt upgrade`` call it. A backup gets its name by one rename, when it is proven; a kill at any
moment before leaves a folder that ends in ``.making`` and is no backup. Refuses nothing; what does not verify is kept apart.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL

from inkt_mfg import __version__
from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.refusal import Unable
from inkt_mfg.store.bundle import (
    MAKING,
    MANIFEST,
    NOT_GOOD,
    Backup,
    Manifest,
    backups_in,
    is_as_listed,
    listed,
    open_backup,
)
from inkt_mfg.store.copying import POSTGRESQL_FILE, PRIVATE, SQLITE_FILE, Progress, copy_database, settle
from inkt_mfg.store.damage import LAST_GOOD, remember_good
from inkt_mfg.store.engine import database_url
from inkt_mfg.store.folder import DATABASE_FILE, Place
from inkt_mfg.store.schema import newest_revision
from inkt_mfg.store.scratch_site import Proven, prove
from inkt_mfg.store.seal_key import is_secret

BACKUPS = "backups"  # in the site's folder, when nobody names another place
SEAL_FILE = "seal.txt"
SITE_FILES = "site"  # in a backup: what the site's folder held beside the database
_DEAD_AFTER_SECONDS = 24 * 3600


def default_folder(place: Place) -> Path:
    """Where the backups of a site go. Raises Unable for a site without a folder."""
    if place.folder is None:
        raise Unable(
            Phrase("A site without a folder has no place for backups."),
            Phrase("Say where with --to, or name the site's folder with --site."),
        )
    return place.folder / BACKUPS


def make_backup(
    place: Place,
    to: Path,
    now: datetime,
    tell: Progress,
    *,
    server: str | None = None,
    with_secret_key: bool = False,
) -> Backup:
    """A proven backup in the folder ``to``, or one named not good. Raises Unable; then nothing is left.

    ``server`` is the address that makes the scratch database of a PostgreSQL site (by default the site's own).
    """
    try:
        return _make(place, to, now, tell, server, with_secret_key=with_secret_key)
    except OSError as wrong:
        raise Unable(
            Phrase(
                "The backup could not be written in {folder}: {why}.", folder=to, why=wrong.strerror or wrong
            ),
            Phrase(
                "Nothing of it was left. Put that right, or name another folder with --to, then do it again."
            ),
        ) from wrong


def _make(
    place: Place, to: Path, now: datetime, tell: Progress, server: str | None, *, with_secret_key: bool
) -> Backup:
    url = database_url(place.address)
    to.mkdir(parents=True, exist_ok=True)
    _sweep(to)
    name = _free_name(to, f"{place.code}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    making = to / f"{name}{MAKING}"
    making.mkdir(0o700)  # what lay beside the database names patients, too
    try:
        copy = copy_database(url, making, tell)
        _copy_site_files(place, making, with_secret_key=with_secret_key)
        proven = prove(copy, making, database_url(server) if server else url, tell)
        _write_seal(making, proven.seals.get(place.code))
        _write_manifest(making, _manifest(place.code, url, now, making, proven))
        final = to / (name if proven.findings == 0 else f"{name}{NOT_GOOD}")
        making.rename(final)
        settle(to)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    if place.folder is not None and proven.findings == 0:
        remember_good(place.folder, final)
    return open_backup(final)


def _free_name(to: Path, wanted: str) -> str:
    taken = {p.name.removesuffix(MAKING).removesuffix(NOT_GOOD) for p in to.iterdir()}
    names = [wanted, *(f"{wanted}-{n}" for n in range(2, 1000))]
    return next(name for name in names if name not in taken)


def _sweep(to: Path) -> None:
    """Takes away what killed backups left; one that another program is making is younger than a day."""
    for left in to.glob(f"*{MAKING}"):
        if time.time() - left.stat().st_mtime > _DEAD_AFTER_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _manifest(site: str, url: URL, now: datetime, folder: Path, proven: Proven) -> Manifest:
    training, time_zone = proven.sites[site]
    return Manifest(
        site,
        training,
        now.astimezone(zone(time_zone)),
        proven.schema,
        __version__,
        url.get_backend_name(),
        proven.ledgers,
        listed(folder, proven.read),
        proven.entries,
        proven.findings,
        newest_revision(),
    )


def _write_seal(folder: Path, seal: tuple[str, str] | None) -> None:
    """The newest seal as two files that stock ``minisign -Vm`` checks with the site's ``seal.pub``."""
    for name, text in zip((SEAL_FILE, f"{SEAL_FILE}.minisig"), seal or (), strict=False):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        settle(folder / name)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    path = folder / MANIFEST
    path.touch(PRIVATE)
    path.write_text(manifest.text(), encoding="utf-8", newline="\n")
    settle(path)
    settle(folder)


# --- what the site's folder holds beside the database


def _copy_site_files(place: Place, making: Path, *, with_secret_key: bool) -> None:
    if place.folder is None:
        return
    for file in _site_files(place.folder, with_secret_key=with_secret_key):
        target = making / SITE_FILES / file.relative_to(place.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        if is_secret(file.name):
            target.chmod(0o600)
        settle(target)


def _site_files(folder: Path, *, with_secret_key: bool) -> Iterator[Path]:
    """Every file but the database, backups wherever they lie, databases kept aside, and what is hidden or half written."""
    left_out = {BACKUPS, LAST_GOOD, DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"}
    for top in sorted(folder.iterdir()):
        if top.name in left_out or top.name.startswith((".", "replaced-")):
            continue
        for file in _outside_backups(top) if top.is_dir() else [top]:
            if file.is_file() and (with_secret_key or not is_secret(file.name)):
                yield file


def _outside_backups(folder: Path) -> Iterator[Path]:
    """Every file below a folder, but none of a backup: somebody may keep them in the site's folder under any name."""
    for where, below, files in os.walk(folder):
        if _holds_backup(Path(where), files):
            below.clear()
            continue
        below.sort()
        yield from (Path(where) / name for name in sorted(files))


def _holds_backup(folder: Path, files: Sequence[str]) -> bool:
    """Also one that is not finished, not good, or not readable any more."""
    return folder.name.endswith(MAKING) or (
        MANIFEST in files and not {SQLITE_FILE, POSTGRESQL_FILE}.isdisjoint(files)
    )


# --- retention


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, and what superseded nothing because its files are no longer those that were proven."""

    gone: list[Backup]
    ruined: list[Backup]


def prune(to: Path, site: str, keep: int, broken: Callable[[Backup], bool] = lambda _backup: False) -> Pruned:
    """Delete the good backups of this site that ``keep`` newer good ones supersede, each of them read again first.

    What did not verify, what is no longer what was proven or sealed (``broken``), and what belongs to another site is never
    deleted.
    """
    assert keep > 0, "at least the newest stays"
    good = [b for b in backups_in(to, site) if b.manifest.good]
    if len(good) <= keep:
        return Pruned([], [])  # nothing would be deleted: nothing has to be read
    ruined = [b for b in good if broken(b) or not is_as_listed(b)]
    whole = [b for b in good if b not in ruined]
    newer, old = whole[:keep], whole[keep:]
    gone = [b for b in old if all(b.manifest.sequence <= n.manifest.sequence for n in newer)]
    for backup in gone:
        doomed = backup.folder.with_name(f"{backup.name}{MAKING}")
        backup.folder.rename(doomed)  # a kill in the middle leaves no half backup under a good name
        shutil.rmtree(doomed)
    if os.name != "nt":
        settle(to)
    return Pruned(gone, ruined)
