"""A scratch place: a backup's database brought back where nobody works, brought to this program's schema, and verified.

What ``backup`` calls good, what ``inkt backup drill`` shows and what ``restoring`` puts in place was here before. Nothing of it is
left behind; on PostgreSQL it is a database of its own, for which the address used must be allowed to make one.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.findings import Verification
from inkt_mfg.refusal import Unable
from inkt_mfg.store.copying import SQLITE_FILE, Progress, copy_hashed
from inkt_mfg.store.engine import database_url, open_engine, place_of
from inkt_mfg.store.page_check import PageCheck
from inkt_mfg.store.schema import newest_revision, refuse_newer_schema, revision_of
from inkt_mfg.store.tools import run_tool
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

SCRATCH = "inkt_scratch_"
# Whoever makes one keeps a session under its name until it is gone again; the server ends that of a killed program.
_LEFT = """
SELECT datname FROM pg_database d WHERE datname ~ '^inkt_scratch_[0-9]+_[0-9a-f]+$' AND pg_has_role(current_user, datdba, 'USAGE')
AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname OR a.application_name = d.datname)
"""
_MAY_MAKE = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


@dataclass(frozen=True, slots=True)
class Proven:
    """What the scratch place showed: each site's ledger, and everything that was found wrong with any."""

    schema: str
    ledgers: dict[str, tuple[int, str]]
    sites: dict[str, tuple[bool, str]]  # whether for training, and the time zone
    verified: dict[str, Verification]
    seals: dict[
        str, tuple[str, str]
    ]  # the newest seal of a site that has one: what was signed, and its signature file
    read: dict[str, str]  # the SHA-256 of a file of the backup whose every byte was restored

    @property
    def entries(self) -> int:
        return sum(v.entries for v in self.verified.values())

    @property
    def findings(self) -> int:
        return sum(len(v.findings) for v in self.verified.values())


def prove(copy: Path, beside: Path, server: URL | None, tell: Progress) -> Proven:
    """Restore this file into a scratch place and verify every ledger in it. Raises Unable when it cannot be restored.

    ``beside`` is the folder that holds the scratch files; ``server`` makes the scratch database of a PostgreSQL dump.
    """
    with scratch_database(copy, beside, server) as restored:
        engine = open_engine(restored.address)
        try:
            with saying_what_the_machine_cannot(str(copy)):
                return _prove(engine, copy, restored, tell)
        finally:
            engine.dispose()


def _prove(engine: Engine, copy: Path, restored: "Restored", tell: Progress) -> Proven:
    refuse_newer_schema(engine)
    if restored.file is None:
        return _verified(engine, restored, None, tell)
    with PageCheck(restored.file, copy) as pages:
        return _verified(engine, restored, pages, tell)


def _verified(engine: Engine, restored: "Restored", pages: PageCheck | None, tell: Progress) -> Proven:
    schema = revision_of(engine)
    if schema is None:
        raise Unable(Phrase("There is no site in this database."), Phrase("Nothing was kept."))
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT code, training, time_zone FROM site"))
        sites = {str(code): (bool(training), str(zone)) for code, training, zone in rows}
        ends = {site: end_of_chain(connection, site) for site in sorted(sites)}
    if schema != newest_revision():
        from inkt_mfg.store.migrate import upgrade  # here: alembic takes 0.4 s to import

        if pages is not None:
            pages.wait()  # what was copied is looked at, not what becomes of it
        upgrade(engine)  # a rehearsal, too: what cannot be brought to this program's schema is found here
    verified = {site: verify(Store(engine, site), tell, pages=False) for site in ends}
    with engine.connect() as connection:
        # The oldest first, so that the newest stays.
        rows = connection.execute(sa.text("SELECT site, statement, signature FROM seal ORDER BY size, code"))
        seals = {str(site): (str(statement), str(signature)) for site, statement, signature in rows}
    heads = {site: (end.sequence, end.hash) for site, end in ends.items()}
    return Proven(schema, heads, sites, verified, seals, restored.read)


@dataclass(frozen=True, slots=True)
class Restored:
    """A database with what a backup's file holds: its address, its own file if it is one, and what was read for it."""

    address: URL
    file: Path | None
    read: dict[str, str]


@contextmanager
def scratch_database(copy: Path, beside: Path, server: URL | None) -> Iterator[Restored]:
    """The backup's file restored into a database of its own; gone when left."""
    if copy.name == SQLITE_FILE:
        with TemporaryDirectory(prefix=".scratch-", dir=beside) as folder:
            place = Path(folder) / SQLITE_FILE
            digest = copy_hashed(copy, place)
            yield Restored(database_url(f"sqlite:///{place}"), place, {copy.name: digest})
        return
    if server is None:
        raise Unable(
            Phrase("A dump of PostgreSQL is proven on a PostgreSQL server."),
            Phrase("Name one with --database-url or INKT_SCRATCH_URL."),
        )
    with _scratch_on_server(server) as address:
        how = ["--no-owner", "--no-privileges", "--exit-on-error", f"--jobs={os.cpu_count() or 1}"]
        run_tool("pg_restore", address, [*how, str(copy)])
        yield Restored(address, None, {})


def restore_sqlite(copy: Path, place: Path) -> None:
    """Put a copied database in place, whole: every page and every index is looked at. Raises Unable."""
    copy_hashed(copy, place)
    with PageCheck(place, copy):
        pass


def _sweep(connection: Connection) -> None:
    """Takes away the scratch databases of programs that were killed: nobody is in them, and nobody keeps them."""
    for name in list(connection.exec_driver_sql(_LEFT).scalars()):
        with suppress(DBAPIError):  # somebody came in meanwhile, or took it away
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")


@contextmanager
def _scratch_on_server(server: URL) -> Iterator[URL]:
    name = f"{SCRATCH}{int(time.time())}_{secrets.token_hex(4)}"
    kept = {"application_name": name}
    maker = sa.create_engine(server, isolation_level="AUTOCOMMIT", hide_parameters=True, connect_args=kept)
    try:
        with saying_what_the_machine_cannot(place_of(server)), maker.connect() as connection:
            if not connection.exec_driver_sql(_MAY_MAKE).scalar():
                raise Unable(
                    Phrase("The database user {user} may not make a scratch database.", user=server.username),
                    Phrase(
                        "Nothing was kept. Give INKT_SCRATCH_URL the address of the owner role (docs/postgresql.md)."
                    ),
                )
            _sweep(connection)
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield server.set(database=name)  # the pool holds the session meanwhile
        finally:
            with maker.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        maker.dispose()
