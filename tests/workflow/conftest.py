"""A training site at every stage of one batch, built once by the real commands; each test works on a copy of the file."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import fasteners
import psycopg
import pytest
from one_batch import BEGIN, CODE, STAGES, Site

from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store


@pytest.fixture(scope="session")
def stages(sqlite_template: Path, common_folder: Path) -> Path:
    """A folder with one database per stage, and the time each of them stands at."""
    folder = common_folder / "one-batch"
    with fasteners.InterProcessLock(common_folder / "one-batch.lock"):
        if not folder.exists():
            making = common_folder / "one-batch-making"
            making.mkdir()
            _build(sqlite_template, making)
            making.rename(folder)
    return folder


def _build(template: Path, folder: Path) -> None:
    database = folder / "site.db"
    shutil.copy(template, database)
    clock = SimulatedClock(BEGIN)
    site = Site(Store(Store.open(f"sqlite:///{database}", CODE).engine, CODE, clock), clock)
    times = {}
    for name, happens in STAGES.items():
        happens(site)
        times[name] = clock.at.isoformat()
        with sqlite3.connect(database) as whole:
            whole.execute("VACUUM INTO ?", (str(folder / f"{name}.db"),))
        whole.close()
    (folder / "times.json").write_text(json.dumps(times), encoding="utf-8")
    site.store.close()


@pytest.fixture
def at(stages: Path, tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    """``at("reviewed")`` is the site at that stage, in a file of the test's own."""
    opened: list[Store] = []

    def open_at(stage: str) -> Site:
        opened.append(_copy(stages, stage, tmp_path / f"{stage}-{len(opened)}.db"))
        return Site(opened[-1], opened[-1].clock)

    yield open_at
    for store in opened:
        store.close()


def _copy(stages: Path, stage: str, to: Path) -> Store:
    shutil.copy(stages / f"{stage}.db", to)
    at = datetime.fromisoformat(json.loads((stages / "times.json").read_text(encoding="utf-8"))[stage])
    return Store.open(f"sqlite:///{to}", CODE, SimulatedClock(at))


@pytest.fixture(scope="module")
def standing(stages: Path, tmp_path_factory) -> Iterator[Callable[[str], Site]]:
    """As ``at``, one copy for a whole file of tests that change nothing."""
    opened: dict[str, Site] = {}

    def open_at(stage: str) -> Site:
        if stage not in opened:
            store = _copy(stages, stage, tmp_path_factory.mktemp("standing") / "site.db")
            opened[stage] = Site(store, store.clock)
        return opened[stage]

    yield open_at
    for site in opened.values():
        site.store.close()


@pytest.fixture(scope="session")
def postgresql_reviewed(postgresql_server: Callable[[str], str], worker_id: str) -> tuple[str, datetime]:
    """A database on the real server with the batch reviewed, to be copied by the server itself."""
    name = f"reviewed_{worker_id}"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE inkt_template")
    clock = SimulatedClock(BEGIN)
    store = Store.open(postgresql_server(name), CODE)
    store.clock = clock
    site = Site(store, clock)
    for stage, happens in STAGES.items():
        happens(site)
        if stage == "reviewed":
            break
    store.close()
    return name, clock.at


@pytest.fixture
def postgresql_site(postgresql_reviewed, postgresql_server, request) -> Iterator[Site]:
    template, stands_at = postgresql_reviewed
    name = f"{template}_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(postgresql_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        store = Store.open(postgresql_server(name), CODE, SimulatedClock(stands_at))
        yield Site(store, store.clock)
        store.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def reviewed(request) -> Site:
    """The site with its batch reviewed, on each kind of database in turn."""
    if request.param == "sqlite":
        return request.getfixturevalue("at")("reviewed")
    return request.getfixturevalue("postgresql_site")
