"""Making the place of a new site: its folder, its database with schema, roles and triggers. ``inkt init`` and the demo call it.

It refuses a folder that holds a site, and leaves nothing behind when making it fails. A kill leaves ``site.making`` in the
folder: no other command opens such a place, and ``inkt init`` takes it up again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.refusal import refuse
from inkt_mfg.store.clock import Clock
from inkt_mfg.store.copying import PRIVATE
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import DATABASE_FILE, MAKING_FILE, SITE_FILE, new_place, refuse_occupied
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.roles import Roles, grant, make_roles
from inkt_mfg.store.schema import newest_revision, revision_of
from inkt_mfg.store.seal_key import KEY_FILE, PUBLIC_FILE
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store

_MADE = (
    SITE_FILE,
    DATABASE_FILE,
    f"{DATABASE_FILE}-wal",
    f"{DATABASE_FILE}-shm",
    KEY_FILE,
    PUBLIC_FILE,
    MAKING_FILE,
)


@dataclass(frozen=True, slots=True)
class Making:
    """A place under way. ``begun``: the site's first entry stands already, and a kill came before anybody saw the passwords."""

    store: Store
    roles: Roles | None
    begun: bool


@contextmanager
def make_site_database(
    folder: Path | None, code: str, address: str | None, clock: Clock | None = None
) -> Iterator[Store]:
    """The store of a site that has no rows yet; the caller writes them before leaving, or the place is taken away again."""
    with making_site(folder, code, address, clock) as making:
        yield making.store


@contextmanager
def making_site(
    folder: Path | None, code: str, address: str | None, clock: Clock | None = None
) -> Iterator[Making]:
    """As ``make_site_database``, with what a server's roles are and whether an earlier attempt was taken up."""
    if folder is None:
        raise refuse(
            "site.folder",
            Phrase("no folder is named for the new site"),
            expected=Phrase("--site DIR or INKT_SITE"),
            field="site",
        )
    taken_up = _take_up(folder)
    refuse_occupied(folder)
    was_there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MAKING_FILE).write_text(f"{code}\n", encoding="utf-8")
        with saying_what_the_machine_cannot(str(folder)):
            yield from _made(folder, code, address, clock, taken_up=taken_up)
        (folder / MAKING_FILE).unlink()
    except BaseException:
        _take_away(folder, whole=not was_there)
        raise


def _made(
    folder: Path, code: str, address: str | None, clock: Clock | None, *, taken_up: bool
) -> Iterator[Making]:
    url = None if address is None else database_url(address)
    on_server = url is not None and url.get_backend_name() == "postgresql"
    roles = prepare_server(url) if url is not None and on_server else None
    if roles is not None and url is not None:
        new_place(folder, code, url.set(username=roles.application, password=None).render_as_string())
        engine = open_engine(url, roles.application)
    else:
        place = new_place(folder, code, address)
        _touch_private(database_url(place.address))
        _schema(database_url(place.address), None)
        engine = open_engine(database_url(place.address))
    try:
        yield Making(Store(engine, code, clock), roles, taken_up and _has_begun(engine, code))
    finally:
        engine.dispose()


def _touch_private(url: URL) -> None:
    """The file of a new database, for its owner alone; SQLite's own would be everybody's to read. Its logs follow it."""
    if url.get_backend_name() == "sqlite" and url.database and Path(url.database).parent.is_dir():
        Path(url.database).touch(PRIVATE)


def prepare_server(url: URL) -> Roles | None:
    """A database ready for a site: schema, and roles where this address may make them. None when it may not."""
    roles = make_roles(url)
    _schema(url, None if roles is None else roles.owner)
    if roles is not None:
        _grant(url, roles)
    return roles


def _schema(url: URL, owner: str | None) -> None:
    engine = open_engine(url, owner)
    try:
        if revision_of(engine) != newest_revision():
            create_schema(engine)
    finally:
        engine.dispose()


def _grant(url: URL, roles: Roles) -> None:
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            grant(connection, roles.application)
    finally:
        engine.dispose()


def _has_begun(engine: Engine, code: str) -> bool:
    """One entry and no more: the site was made, and its making was cut off before its passwords were shown."""
    with engine.connect() as connection:
        known = connection.execute(sa.text("SELECT 1 FROM site WHERE code = :code"), {"code": code}).scalar()
        return known is not None and end_of_chain(connection, code).sequence == 1


# --- what a kill or a failure left


def _take_up(folder: Path) -> bool:
    """Clear what a killed making left, and say whether there was any. Raises Refusal when work was done there since: it is not ours to throw away."""
    if not (folder / MAKING_FILE).exists():
        return False
    entries = _entries_in(folder / DATABASE_FILE)
    if entries > 1:
        raise refuse(
            "site.exists",
            Phrase("the making of a site in this folder was cut off after {n} entries", n=entries),
            expected=Phrase("another folder; if nothing in this one is wanted, delete it"),
            field="site",
            typed=str(folder),
        )
    _take_away(folder, whole=False)
    return True


def _entries_in(database: Path) -> int:
    if not database.exists():
        return 0
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as half_made:
        return int(half_made.execute("SELECT count(*) FROM ledger_entry").fetchone()[0])
    return 0


def _take_away(folder: Path, *, whole: bool) -> None:
    # The error that brought us here is the one to be told, not what cannot be tidied up after it.
    for name in _MADE:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    if whole:
        with suppress(OSError):
            folder.rmdir()
