"""A training site at every stage of one batch, built once by the real commands; each test works on a copy of the file."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import fasteners
import pytest
from one_batch import BEGIN, CODE, STAGES, Site, open_copy

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
    opened: list[Site] = []

    def open_at(stage: str) -> Site:
        opened.append(open_copy(stages, stage, tmp_path / f"{stage}-{len(opened)}.db"))
        return opened[-1]

    yield open_at
    for site in opened:
        site.store.close()


@pytest.fixture(scope="module")
def standing(stages: Path, tmp_path_factory) -> Iterator[Callable[[str], Site]]:
    """As ``at``, one copy for a whole file of tests that change nothing."""
    opened: dict[str, Site] = {}

    def open_at(stage: str) -> Site:
        if stage not in opened:
            opened[stage] = open_copy(stages, stage, tmp_path_factory.mktemp("standing") / "site.db")
        return opened[stage]

    yield open_at
    for site in opened.values():
        site.store.close()
