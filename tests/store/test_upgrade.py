"""A site of schema 0001 becomes one of this program's schema, or stays exactly what it was, whatever happens on the way."""

import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from killing import contents, killed_at, steps_of, worth_killing
from older_site import ENTRIES, SITE, make_older_site

from inkt_mfg.refusal import Unable
from inkt_mfg.store.bundle import backups_in
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import Place, new_place, open_site
from inkt_mfg.store.schema import newest_revision, revision_of
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.upgrading import NotVerified, upgrade_site
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R60")
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


def silent(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> Path:
    """The folder of a site of schema 0001, to be copied."""
    folder = tmp_path_factory.mktemp("older") / "site"
    make_older_site(new_place(folder, SITE).address)
    with closing(sqlite3.connect(folder / "site.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def folder(older: Path, tmp_path: Path) -> Path:
    shutil.copytree(older, tmp_path / "site")
    return tmp_path / "site"


def upgrade(folder: Path):
    place = Place(SITE, f"sqlite:///{folder / 'site.db'}", folder)
    return upgrade_site(place, folder / "backups", NOW, silent)


def schema_in(folder: Path) -> str | None:
    engine = open_engine(database_url(f"sqlite:///{folder / 'site.db'}"))
    try:
        return revision_of(engine)
    finally:
        engine.dispose()


def verified(folder: Path):
    store = open_site(folder, None)
    try:
        return verify(store)
    finally:
        store.close()


def test_an_older_site_is_not_opened_but_says_what_to_do(folder):
    with pytest.raises(Unable, match=r"older schema 0001.*inkt upgrade"):
        open_site(folder, None)


def test_an_upgrade_keeps_a_proven_copy_and_every_entry(folder):
    done = upgrade(folder)
    assert (done.before, done.now) == ("0001", newest_revision())
    checked = verified(folder)
    assert checked.ok, checked.findings
    assert checked.entries == ENTRIES + 1, "all there were, and the upgrade's own"
    (copy,) = backups_in(folder / "backups")
    assert copy.manifest.good
    assert (copy.manifest.schema, copy.manifest.sequence) == ("0001", ENTRIES)
    assert contents(copy.folder / "site.db") != contents(folder / "site.db")


def test_the_ledger_says_from_which_schema_to_which_and_with_which_copy(folder):
    done = upgrade(folder)
    store = open_site(folder, None)
    with store.reading() as session:
        body = session.connection().exec_driver_sql(
            "SELECT body FROM ledger_entry ORDER BY sequence DESC LIMIT 1").scalar_one()  # fmt: skip
    store.close()
    for said in ('"command":"site.upgrade"', '"schema_before":"0001"', f'"backup":"{done.copy.name}"'):
        assert said in body


def test_a_second_upgrade_has_nothing_to_do(folder):
    upgrade(folder)
    before = contents(folder / "site.db")
    again = upgrade(folder)
    assert not again.done
    assert contents(folder / "site.db") == before


def test_a_ledger_that_does_not_verify_is_not_upgraded(folder):
    with closing(sqlite3.connect(folder / "site.db")) as outside:
        outside.execute("UPDATE person SET full_name = 'Somebody Else' WHERE user_name = 'li.tech'")
        outside.commit()
    before = contents(folder / "site.db")
    with pytest.raises(NotVerified) as stopped:
        upgrade(folder)
    assert stopped.value.copy is not None
    assert stopped.value.copy.name.endswith(".not-good")
    assert contents(folder / "site.db") == before
    assert schema_in(folder) == "0001"


def test_what_stands_in_a_migrations_way_puts_everything_back(folder):
    with closing(sqlite3.connect(folder / "site.db")) as outside:
        outside.execute("CREATE TABLE training (in_the_way TEXT)")
        outside.commit()
    before = contents(folder / "site.db")
    with pytest.raises(Unable, match="training already exists"):
        upgrade(folder)
    assert contents(folder / "site.db") == before
    assert list((folder / "backups").iterdir()) == []


def test_a_protection_that_was_removed_is_put_back_and_said(folder):
    upgrade(folder)
    with closing(sqlite3.connect(folder / "site.db")) as outside:
        outside.execute("DROP TRIGGER ledger_entry_refuses_update")
    with pytest.raises(Unable, match="no longer protects"):
        open_site(folder, None)
    assert upgrade(folder).protections == ("ledger_entry_refuses_update",)
    assert verified(folder).ok


def _killed_or_done(older: Path, folder: Path, number: int) -> None:
    """Afterwards the old site or the new one is there, whole; and the upgrade can be done again."""
    ended = killed_at(number, lambda: upgrade(folder))
    assert ended in {-signal.SIGKILL, 0}
    if schema_in(folder) == "0001":
        assert contents(folder / "site.db") == contents(older / "site.db"), number
        assert upgrade(folder).done
    checked = verified(folder)
    assert checked.ok, (number, checked.findings)
    assert checked.entries == ENTRIES + 1, number
    kept = backups_in(folder / "backups")
    assert kept, "none is upgraded without a backup"
    assert all(b.manifest.good for b in kept)


@pytest.mark.slow
def test_a_kill_early_midway_and_late_leaves_the_old_site_or_the_new_one(older, folder, tmp_path):
    shutil.copytree(older, tmp_path / "counted")
    steps = len(steps_of(lambda: upgrade(tmp_path / "counted")))
    assert steps > 100
    for number in (steps * 2 // 3, steps - 1):
        shutil.rmtree(folder)
        shutil.copytree(older, folder)
        _killed_or_done(older, folder, number)


@pytest.mark.slow
def test_a_kill_at_every_step_leaves_the_old_site_or_the_new_one(older, folder, tmp_path):
    shutil.copytree(older, tmp_path / "counted")
    for number in worth_killing(steps_of(lambda: upgrade(tmp_path / "counted"))):
        shutil.rmtree(folder)
        shutil.copytree(older, folder)
        _killed_or_done(older, folder, number)


@pytest.mark.slow
def test_the_same_on_a_server(postgresql_server, worker_id, on_path):
    name = f"older_{worker_id}"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        address = postgresql_server(name)
        try:
            make_older_site(address)
            _upgraded_on_server(address, on_path)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _upgraded_on_server(address: str, to: Path) -> None:
    assert upgrade_site(Place(SITE, address), to, NOW, silent).done
    store = Store.open(address, SITE)
    checked = verify(store)
    store.close()
    assert checked.ok, checked.findings
    assert checked.entries == ENTRIES + 1
    (copy,) = backups_in(to)
    assert (copy.manifest.good, copy.manifest.schema, copy.manifest.database) == (True, "0001", "postgresql")
    with sa.create_engine(database_url(address)).connect() as connection:
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'inkt_scratch_%%'"
        )
        assert left.scalar_one() == 0
