"""The fixtures of the stages, and the same site on the real PostgreSQL server."""

from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest
from one_batch import BEGIN, CODE, STAGES, Site
from stage_fixtures import at, stages, standing  # noqa: F401 — fixtures by their names

from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store


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
