"""Kills, full disks, strangers and neighbours: real processes, and afterwards the ledger is ok."""

import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from scene import SITE, intent, make_batch, make_site
from sqlmodel import select

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

WORKER = Path(__file__).with_name("bench_worker.py")
BEFORE = 3  # entries of the laboratory below


@pytest.fixture
def laboratory(store):
    make_site(store)
    make_batch(store)
    return store


@pytest.fixture
def sqlite_laboratory(sqlite_store):
    make_site(sqlite_store)
    make_batch(sqlite_store)
    return sqlite_store


def address_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def bench(mode: str, address: str, *more: object) -> subprocess.Popen:
    command = [sys.executable, str(WORKER), mode, address, *map(str, more)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def counts(store: Store) -> tuple[int, int]:
    """How many counts there are, and how many the batch says there were."""
    with store.reading() as session:
        return len(session.exec(select(CellCount)).all()), session.exec(
            select(Batch)
        ).one().infusion_number - 1


@pytest.mark.parametrize(
    ("point", "recorded"),
    [
        pytest.param("before_flush", 0, marks=pytest.mark.slow),
        pytest.param("after_flush", 0, marks=pytest.mark.slow),
        ("after_entry", 0),
        ("before_commit", 0),
        ("after_commit", 1),
    ],
)
def test_a_command_killed_anywhere_happened_wholly_or_not_at_all(laboratory, point, recorded) -> None:
    process = bench("killed", address_of(laboratory), point)
    _out, error = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, error
    checked = verify(laboratory)
    assert checked.ok, checked.findings
    assert checked.entries == BEFORE + recorded
    assert counts(laboratory) == (recorded, recorded)


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_command_records_nothing(laboratory) -> None:
    process = bench("killed", address_of(laboratory), "interrupted")
    _out, error = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in error
    assert verify(laboratory).ok
    assert counts(laboratory) == (0, 0)


@pytest.mark.slow
def test_the_next_command_after_a_kill_goes_on(laboratory) -> None:
    bench("killed", address_of(laboratory), "before_commit").communicate(timeout=60)
    process = bench("many", address_of(laboratory), 1, 1)
    assert process.communicate(timeout=60)[0] == "done many\n"
    assert verify(laboratory).ok
    assert counts(laboratory) == (1, 1)


@pytest.mark.slow
def test_two_benches_at_once_make_one_chain_and_lose_nothing(laboratory) -> None:
    """Every command of both is there, the chain has no fork, and no raised number was overwritten."""
    together = [bench("many", address_of(laboratory), first, 25) for first in (1, 1001)]
    for process in together:
        out, error = process.communicate(timeout=120)
        assert out == "done many\n", error
    checked = verify(laboratory)
    assert checked.ok, checked.findings
    assert checked.entries == BEFORE + 50
    assert counts(laboratory) == (50, 50)


@pytest.mark.slow
def test_eight_benches_at_once_make_one_chain_and_lose_nothing(laboratory) -> None:
    number = 4 if laboratory.engine.dialect.name == "sqlite" else 8
    together = [bench("many", address_of(laboratory), 1 + 1000 * n, 200) for n in range(number)]
    assert [p.communicate(timeout=900)[0] for p in together] == ["done many\n"] * number
    checked = verify(laboratory)
    assert checked.ok
    assert checked.entries == BEFORE + 200 * number
    assert counts(laboratory) == (200 * number, 200 * number)


@pytest.mark.slow
def test_a_full_disk_is_said_and_what_was_done_before_stands(sqlite_laboratory) -> None:
    process = bench("filling", address_of(sqlite_laboratory), 150_000)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 5, error
    assert "Nothing was recorded" in error
    done = len(out.split())
    assert done > 0
    assert counts(sqlite_laboratory) == (done, done)
    checked = verify(sqlite_laboratory)
    assert checked.ok
    assert checked.entries == BEFORE + done


@pytest.mark.slow
def test_a_read_only_folder_is_said(sqlite_laboratory) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with sqlite_laboratory.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(str(sqlite_laboratory.engine.url.database), folder / "site.db")
        (folder / "site.db").chmod(0o444)
        folder.chmod(0o755)
        before = (folder / "site.db").read_bytes()
        process = bench("stranger", f"sqlite:///{folder / 'site.db'}")
        _out, error = process.communicate(timeout=60)
        assert process.returncode == 5, error
        assert str(folder / "site.db") in error
        assert "Nothing was recorded" in error
        assert "Traceback" not in error
        assert (folder / "site.db").read_bytes() == before


def test_a_file_that_is_no_database_is_said(sqlite_address) -> None:
    Path(sqlite_address.removeprefix("sqlite:///")).write_bytes(b"not a database, a letter" * 400)
    with pytest.raises(Unable, match="damaged or is not a database"):
        Store.open(sqlite_address, SITE)


def test_damaged_pages_are_said(sqlite_laboratory) -> None:
    database = Path(str(sqlite_laboratory.engine.url.database))
    sqlite_laboratory.close()
    with sa.create_engine(f"sqlite:///{database}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'person'"
        ).scalar_one()
    whole = bytearray(database.read_bytes())
    whole[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    database.write_bytes(whole)
    damaged = Store.open(f"sqlite:///{database}", SITE)
    with pytest.raises(Unable, match="is damaged"):
        verify(damaged)


def test_a_missing_database_is_said_and_not_made(tmp_path) -> None:
    with pytest.raises(Unable, match="There is no database"):
        Store.open(f"sqlite:///{tmp_path / 'none.db'}", SITE)
    assert list(tmp_path.iterdir()) == []


def test_a_postgresql_server_that_is_away_is_said(tmp_path) -> None:
    with pytest.raises(Unable, match="does not answer"):
        Store.open(f"postgresql://nobody@/none?host={tmp_path}", SITE)


def test_a_connection_cut_in_the_middle_of_a_command_records_nothing(postgresql_address) -> None:
    store = Store.open(postgresql_address, SITE)
    make_site(store)
    make_batch(store)
    admin = psycopg.connect(postgresql_address, autocommit=True)
    with closing(admin), pytest.raises(Unable, match="Nothing was recorded"):
        _cut_in_the_middle(store, admin)
    assert verify(store).entries == BEFORE
    assert counts(store) == (0, 0)
    store.close()


def _cut_in_the_middle(store: Store, admin: psycopg.Connection) -> None:
    with store.work(intent()) as work:
        batch = work.session.exec(select(Batch)).one()
        own = work.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
        batch.infusion_number += 1


def test_a_lost_answer_to_commit_is_looked_up_in_the_chain(postgresql_address) -> None:
    """The server committed, the connection died before it could say so: the command is done, once."""
    store = Store.open(postgresql_address, SITE)
    make_site(store)
    with psycopg.connect(postgresql_address, autocommit=True) as admin:
        _end_the_connection_after_its_next_commit(store, admin)
        with store.work(intent("plan_batch")) as work:
            work.note("what", "nothing but this")
    assert work.appended is not None
    assert work.appended.sequence == 3
    checked = verify(store)
    assert checked.ok
    assert checked.entries == 3
    store.close()


def _end_the_connection_after_its_next_commit(store: Store, admin: psycopg.Connection) -> None:
    @sa.event.listens_for(store.engine, "commit", once=True)
    def commit_then_cut(connection: sa.Connection) -> None:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.connection.driver_connection.commit()
        connection.connection.driver_connection.execute("BEGIN")
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))


def test_a_reading_session_cannot_write_even_past_the_program(laboratory) -> None:
    """The lookalike of a bug: a statement sent through a reader's own connection."""
    with pytest.raises(Unable, match="read-only"), laboratory.reading() as session:
        session.connection().exec_driver_sql("DELETE FROM batch")
    assert counts(laboratory) == (0, 0)
    with laboratory.work(intent()) as work:  # and the connection writes again when a command has it
        work.session.exec(select(Batch)).one().infusion_number += 1
    assert verify(laboratory).ok
