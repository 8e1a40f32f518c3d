"""What the schema is not any more, and what an index says that its table does not: each part is named (R05)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from scene import LI, NOW, SITE, intent, make_batch, make_site

from inkt_mfg.ledger.findings import FindingKind
from inkt_mfg.records.batch import Hold
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

pytestmark = pytest.mark.requirement("R03", "R05")
# The statement, the part named, and how it is taken back.
ON_SQLITE: dict[str, tuple[str, str]] = {
    "an index gone": ("DROP INDEX ix_hold_batch", "hold ix_hold_batch"),
    "an index of nothing": (
        "DROP INDEX ix_hold_batch; CREATE INDEX ix_hold_batch ON hold (batch) WHERE 0",
        "hold ix_hold_batch",
    ),
    "a table more": ("CREATE TABLE evil (a)", "evil evil"),
    "a column more": ("ALTER TABLE batch ADD COLUMN evil TEXT DEFAULT 'x'", "batch evil"),
    "an index more": ("CREATE UNIQUE INDEX evil ON batch (state)", "batch evil"),
    "a column of an empty table gone": (
        "ALTER TABLE deviation DROP COLUMN description",
        "deviation description",
    ),
    "a column renamed": ("ALTER TABLE deviation RENAME COLUMN description TO descr", "deviation descr"),
}
CHECK_GONE = "ALTER TABLE batch DROP CONSTRAINT ck_batch_state"
ON_POSTGRESQL: dict[str, tuple[str, str, str]] = {
    "a UNIQUE gone": (
        "ALTER TABLE batch DROP CONSTRAINT uq_batch_site_code",
        "batch uq_batch_site_code",
        "ALTER TABLE batch ADD CONSTRAINT uq_batch_site_code UNIQUE (site, code)",
    ),
    "an event trigger": (
        """CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION ev()""",
        "database evil",
        "DROP EVENT TRIGGER evil; DROP FUNCTION ev",
    ),
    "a table more": ("CREATE TABLE evil (a int)", "evil evil", "DROP TABLE evil"),
    "a search path for the function that refuses": (
        "ALTER FUNCTION inkt_refuses_change() SET search_path = public",
        "database inkt_refuses_change",
        "ALTER FUNCTION inkt_refuses_change() RESET ALL",
    ),
    "an index that is not valid": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_hold_batch'::regclass",
        "hold ix_hold_batch",
        "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'ix_hold_batch'::regclass",
    ),
    "an index of nothing": (
        "DROP INDEX ix_hold_batch; CREATE INDEX ix_hold_batch ON hold (batch) WHERE false",
        "hold ix_hold_batch",
        "DROP INDEX ix_hold_batch; CREATE INDEX ix_hold_batch ON hold (batch)",
    ),
    "a default": (
        "ALTER TABLE batch ALTER code SET DEFAULT 'x'",
        "batch code",
        "ALTER TABLE batch ALTER code DROP DEFAULT",
    ),
    "a list of words with one more": (
        f"{CHECK_GONE}; ALTER TABLE batch ADD CONSTRAINT ck_batch_state CHECK (state IN ('planned', 'evil'))",
        "batch ck_batch_state",
        "",
    ),
    "a CHECK gone": (CHECK_GONE, "batch ck_batch_state", ""),
    "a column of another type": (
        "ALTER TABLE deviation ALTER description TYPE varchar(400)",
        "deviation description",
        "ALTER TABLE deviation ALTER description TYPE text",
    ),
    "a column gone": ("ALTER TABLE deviation DROP COLUMN description", "deviation description", ""),
}


def parts(store: Store) -> set[str]:
    return {f"{f.table} {f.key}" for f in verify(store).findings if f.kind is FindingKind.SCHEMA}


@pytest.mark.parametrize("name", ON_SQLITE)
def test_a_part_of_the_schema_that_is_not_ours_is_named(sqlite_store, name) -> None:
    make_site(sqlite_store)
    statement, part = ON_SQLITE[name]
    with closing(sqlite3.connect(sqlite_store.engine.url.database)) as shell:
        shell.executescript(statement)
    assert part in parts(sqlite_store)


@pytest.mark.slow
def test_a_part_of_the_schema_that_is_not_ours_is_named_on_postgresql(postgresql_address) -> None:
    """One after the other in one database; most are taken back, and then nothing is named any more."""
    store = Store.open(postgresql_address, SITE)
    make_site(store)
    assert verify(store).ok
    address = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as shell:
        for name, (statement, part, back) in ON_POSTGRESQL.items():
            shell.execute(statement)
            assert part in parts(store), name
            if back:
                shell.execute(back)
                assert part not in parts(store), name


@pytest.fixture
def held(sqlite_store) -> Store:
    """A batch on hold."""
    make_site(sqlite_store)
    batch = make_batch(sqlite_store)
    with sqlite_store.work(intent("hold")) as work:
        work.add(Hold(site=SITE, batch=batch.key, reason="a deviation", placed_by=LI.key, placed_at=NOW))
    assert verify(sqlite_store).ok
    return sqlite_store


def hollow(store: Store) -> None:
    """The index of holds by batch under its own text and with nothing in it: no bench finds a hold."""
    with closing(sqlite3.connect(store.engine.url.database, isolation_level=None)) as shell:
        (text,) = shell.execute("SELECT sql FROM sqlite_master WHERE name = 'ix_hold_batch'").fetchone()
        shell.execute("DROP INDEX ix_hold_batch")
        shell.execute(f"{text} WHERE 0")
        shell.execute("PRAGMA writable_schema = 1")
        shell.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'ix_hold_batch'", (text,))
        shell.execute("PRAGMA writable_schema = RESET")


def flip(store: Store) -> None:
    """One bit of the batch's key in that index."""
    file = store.engine.url.database
    with closing(sqlite3.connect(file)) as shell:
        shell.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        question = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_hold_batch'"
        (page,) = shell.execute(question).fetchone()
        (key,) = shell.execute("SELECT batch FROM hold").fetchone()
    with Path(file).open("r+b") as database:
        content = database.read()
        place = content.index(key.encode(), (page - 1) * 4096)
        assert place < page * 4096
        database.seek(place)
        database.write(bytes([content[place] ^ 1]))


@pytest.mark.parametrize("hide", [hollow, flip])
def test_an_index_that_hides_a_hold_is_named(held, hide: Callable[[Store], None]) -> None:
    held.engine.dispose()
    hide(held)
    with held.reading() as session:
        (key,) = session.connection().exec_driver_sql("SELECT batch FROM hold NOT INDEXED").one()
        asked = "SELECT count(*) FROM hold INDEXED BY ix_hold_batch WHERE batch = ?"
        assert session.connection().exec_driver_sql(asked, (key,)).scalar() == 0, "a bench finds none"
    found = [(f.kind.value, f.table, f.key, f.expected) for f in verify(held).findings]
    assert found == [("file.damaged", "hold", "ix_hold_batch", "ok")]
