"""``inkt site move``: a site's rows and ledger from its SQLite file into a PostgreSQL database, the chain unbroken.

Everything is copied and the whole ledger verified there in one transaction, while nobody else has the file open; only then
does the site's folder name the server, and the file is kept aside. A kill before that leaves the site where it was. Refuses a
site that is on a server already, a database that holds this site, and a ledger that does not verify.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlmodel import SQLModel

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.chain import end_of_chain
from inkt_mfg.ledger.findings import Finding
from inkt_mfg.ledger.seals import check_seals
from inkt_mfg.ledger.verify import verify_site
from inkt_mfg.refusal import refuse
from inkt_mfg.store.copying import Progress, settle
from inkt_mfg.store.engine import database_url, for_writing, lock_site, open_engine, place_of
from inkt_mfg.store.folder import DATABASE_FILE, SITE_FILE, Place, site_text
from inkt_mfg.store.making import prepare_server
from inkt_mfg.store.restoring import free_aside, to_ourselves
from inkt_mfg.store.roles import Roles
from inkt_mfg.store.unable import saying_what_the_machine_cannot

_AT_ONCE = 2_000  # rows
_MOVING = ".moving-"  # begins the name of the folder with the copy that is read


class DoesNotVerify(Exception):
    """What was copied does not verify on the server: nothing was moved. ``findings`` says what is wrong."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(f"{len(findings)} findings")


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the site is now, up to which entry, how many rows came along, and where the file is kept."""

    address: URL
    sequence: int
    head: str
    rows: int
    aside: Path
    roles: Roles | None

    @property
    def place(self) -> str:
        return place_of(self.address)


def destination(place: Place, address: str) -> str:
    """Where the site is to go, as people are told it. Raises Refusal ``site.move`` for anything but SQLite to PostgreSQL."""
    return place_of(_from_and_to(place, address)[1])


def _from_and_to(place: Place, address: str) -> tuple[Path, URL]:
    url = database_url(address)
    here = database_url(place.address)
    if place.folder is None or here.get_backend_name() != "sqlite":
        raise refuse(
            "site.move",
            Phrase("the site lies at {place}", place=place_of(here)),
            expected=Phrase("the folder of a site whose database is a SQLite file (--site)"),
            field="site",
            typed=place_of(here),
        )
    if url.get_backend_name() != "postgresql":
        raise refuse(
            "site.move",
            Phrase("{address} is not the address of a PostgreSQL database", address=place_of(url)),
            expected=Phrase("postgresql://USER@HOST/DATABASE"),
            field="to",
            typed=place_of(url),
        )
    return place.folder, url


def move_site(place: Place, address: str, now: datetime, tell: Progress) -> Moved:
    """Move it. Raises Refusal, Unable or DoesNotVerify; then the site is where it was."""
    folder, url = _from_and_to(place, address)
    present = Path(str(database_url(place.address).database))
    roles = prepare_server(url)
    with to_ourselves(present):
        _sweep(folder)
        with _copy_of(present, folder) as source:
            sequence, head, rows = _into(url, roles, source, place.code, tell)
        # The copy is gone before the folder names the server: nobody moves such a site again, and sweeps what is left.
        now_at = url if roles is None else url.set(username=roles.application, password=None)
        aside = _point_to(folder, place, now_at, present, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return Moved(now_at, sequence, head, rows, aside, roles)


def _sweep(folder: Path) -> None:
    """Takes away the copies that killed moves left. None is of a move under way: that one has the database to itself."""
    for left in folder.glob(f"{_MOVING}*"):
        shutil.rmtree(left)


@contextmanager
def _copy_of(present: Path, folder: Path) -> Iterator[Engine]:
    """What is read from: the file itself is locked against everybody."""
    with TemporaryDirectory(prefix=_MOVING, dir=folder) as scratch:
        copy = Path(scratch) / DATABASE_FILE
        shutil.copyfile(present, copy)
        engine = open_engine(database_url(f"sqlite:///{copy}"))
        try:
            yield engine
        finally:
            engine.dispose()


def _into(url: URL, roles: Roles | None, source: Engine, site: str, tell: Progress) -> tuple[int, str, int]:
    engine = open_engine(url, None if roles is None else roles.application)
    try:
        with (
            saying_what_the_machine_cannot(place_of(url)),
            source.connect() as here,
            for_writing(engine).begin() as there,
        ):
            lock_site(there, site)
            _refuse_known(there, site, url)
            rows = _copy(here, there, site, tell)
            end = end_of_chain(here, site)
            _refuse_findings(there, site, tell)
            assert end == end_of_chain(there, site), "every entry was copied"
        return end.sequence, end.hash, rows
    finally:
        engine.dispose()


def _refuse_known(there: Connection, site: str, url: URL) -> None:
    if there.execute(sa.text("SELECT 1 FROM site WHERE code = :site"), {"site": site}).first() is not None:
        raise refuse(
            "site.move",
            Phrase("there is a site {site} in this database already", site=site),
            expected=Phrase("an empty database, or one of other sites only"),
            field="to",
            typed=place_of(url),
        )


def _copy(here: Connection, there: Connection, site: str, tell: Progress) -> int:
    """Every row of the site, parents before children: tables in the order of their references, rows as they were written."""
    tables = SQLModel.metadata.sorted_tables
    counted = [here.execute(sa.select(sa.func.count()).select_from(t).where(t.c.site == site)).scalar_one()
               for t in tables]  # fmt: skip
    copied, of = 0, sum(counted)
    for table in tables:
        rows = here.execute(sa.select(table).where(table.c.site == site).order_by(sa.text("rowid")))
        for part in rows.mappings().partitions(_AT_ONCE):
            there.execute(table.insert(), [dict(row) for row in part])
            copied += len(part)
            tell("moving", copied, of)
    return copied


def _refuse_findings(there: Connection, site: str, tell: Progress) -> None:
    checked = verify_site(there, site, tell)
    seals = check_seals(there, site, (), None, tell)
    if findings := (*checked.findings, *seals.findings):
        raise DoesNotVerify(findings)


def _point_to(folder: Path, place: Place, url: URL, present: Path, mark: str) -> Path:
    """From here on the folder names the server; by one rename, so that at every moment it names one of the two."""
    part = folder / f".{SITE_FILE}.part"
    part.write_text(site_text(place.code, url, place.clock_offset), encoding="utf-8")
    settle(part)
    part.replace(folder / SITE_FILE)
    settle(folder)
    aside = free_aside(folder, mark)
    aside.mkdir()
    present.replace(aside / DATABASE_FILE)
    settle(folder)
    return aside
