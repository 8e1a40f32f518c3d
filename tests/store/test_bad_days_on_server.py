"""Connections cut at every statement, restarts and a lost primary: retried, refused cleanly, never half done."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from bench_worker import one_lot
from own_server import OwnServer
from small_sites import MADE, lots_of, make_small_site
from sqlalchemy.engine import Engine

from inkt_mfg.refusal import Unable
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

WORKER = Path(__file__).with_name("bench_worker.py")


def cut_before(engine: Engine, number: int, admin: psycopg.Connection) -> dict[str, int]:
    """From now on: the connection is ended from outside just before the n-th statement sent on this engine."""
    sent = {"statements": 0}

    class Cutting(psycopg.Cursor):
        """Beneath SQLAlchemy, because the ledger speaks to the driver itself."""

        def execute(self, *args: object, **more: object) -> psycopg.Cursor:
            sent["statements"] += 1
            if sent["statements"] == number:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (self.connection.info.backend_pid,))
            return super().execute(*args, **more)

    @sa.event.listens_for(engine, "checkout")
    def cut(driver: psycopg.Connection, *_more: object) -> None:
        driver.cursor_factory = Cutting

    return sent


def _cut(address: str, store: Store, admin: psycopg.Connection, number: int) -> int:
    """One command cut at one statement: refused or done, never half; gives how many statements were sent."""
    before, counted = lots_of(store)
    cutting = Store.open(address, store.site)
    sent = cut_before(cutting.engine, number, admin)
    done = _done_or_refused(cutting, 1000 + number)
    one_lot(cutting, 2000 + number)  # the next command finds a connection that works
    cutting.close()
    after, now = lots_of(store)
    assert len(after) - len(before) == now - counted == done + 1
    return sent["statements"]


def _done_or_refused(store: Store, number: int) -> int:
    try:
        one_lot(store, number)
    except Unable as said:
        if "Nothing was recorded" not in said.remedy.english:
            raise
        return 0
    return 1


@pytest.mark.slow
def test_a_connection_cut_before_any_statement_leaves_nothing_half_done(postgresql_address):
    store = make_small_site(postgresql_address, "AA")
    with closing(psycopg.connect(postgresql_address, autocommit=True)) as admin:
        # Two commands, and none is cut; the first asks where the chain ends, the second remembers it.
        statements = _cut(postgresql_address, store, admin, 0) // 2 + 1
        assert statements > 5
        for number in range(1, statements + 1):
            _cut(postgresql_address, store, admin, number)
    checked = verify(store)
    store.close()
    assert checked.ok, checked.findings


# --- a server that goes away


@pytest.fixture
def primary() -> Iterator[OwnServer]:
    """A server of its own with the schema in its database."""
    server = OwnServer.made()
    engine = open_engine(database_url(server.address()))
    create_schema(engine)
    engine.dispose()
    yield server
    server.remove()


def _bench(address: str, first: int, number: int) -> subprocess.Popen:
    command = [sys.executable, str(WORKER), "stubborn", address, "AA", str(first), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_restarts_under_four_benches_loses_nothing_and_halves_nothing(primary, mode):
    store = make_small_site(primary.address(), "AA")
    benches = [_bench(primary.address(), 1 + 1000 * n, 60) for n in range(4)]
    for done in (10, 60, 110):
        _until_recorded(store, done)
        primary.stop(mode)
        primary.start()
    for process in benches:
        out, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        assert out.endswith("done stubborn\n")
    codes, counted = lots_of(store)
    assert codes == {f"L-{n}" for first in (1, 1001, 2001, 3001) for n in range(first, first + 60)}
    assert counted == len(codes)
    checked = verify(store)
    store.close()
    assert checked.ok, checked.findings
    assert checked.entries == MADE + len(codes), "each once"


@pytest.mark.slow
def test_a_server_that_is_down_is_said_and_the_same_store_works_when_it_is_back(primary):
    store = make_small_site(primary.address(), "AA")
    primary.stop()
    with pytest.raises(Unable, match="does not answer"):
        one_lot(store, 1)
    primary.start()
    one_lot(store, 1)
    assert lots_of(store) == ({"L-1"}, 1)
    store.close()


# --- docs/postgresql.md, "A second server": performed


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_primary_dies(primary):
    store = make_small_site(primary.address(), "AA")
    standby = primary.standby()
    try:
        with closing(psycopg.connect(primary.address(), autocommit=True)) as admin:
            for setting in ("synchronous_standby_names = 'standby'", "synchronous_commit = remote_apply"):
                admin.execute(f"ALTER SYSTEM SET {setting}")
            admin.execute("SELECT pg_reload_conf()")
            _until(admin, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
        benches = [_bench(primary.address(), 1 + 1000 * n, 10_000) for n in range(3)]
        _until_recorded(store, 60)
        primary.kill()
        time.sleep(0.3)
        for process in benches:
            process.kill()
        acknowledged = {f"L-{n}" for process in benches for n in process.communicate(timeout=60)[0].split()}
        with pytest.raises(Unable, match="read-only"):
            one_lot(Store.open(standby.address(), "AA"), 1)
        standby.promote()
        _what_was_acknowledged_is_there(standby, acknowledged)
    finally:
        store.close()
        standby.remove()


def _until_recorded(store: Store, lots: int) -> None:
    """The benches are at work: starting a process takes as long as the machine has others to do."""
    for _ in range(1200):
        if lots_of(store)[1] >= lots:
            return
        time.sleep(0.05)
    raise AssertionError(lots_of(store))


def _until(connection: psycopg.Connection, question: str) -> None:
    for _ in range(200):
        if connection.execute(question).fetchone() != (0,):
            return
        time.sleep(0.05)
    raise AssertionError(question)


def _what_was_acknowledged_is_there(server: OwnServer, acknowledged: set[str]) -> None:
    store = Store.open(server.address(), "AA")
    codes, counted = lots_of(store)
    assert len(acknowledged) > 20
    assert acknowledged <= codes
    assert counted == len(codes)
    checked = verify(store)
    assert checked.ok, checked.findings
    one_lot(store, 99_999)
    store.close()
