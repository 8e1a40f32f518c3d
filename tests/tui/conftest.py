"""A small training site with a batch at every stage a person meets in the terminal, built once by real commands."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import fasteners
import pytest
from bench_of_keys import Keys
from who_is_there import CONTROL

from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store

DAY = date(2026, 11, 19)
CLOCK = datetime(2026, 11, 19, 2, 30, tzinfo=UTC)  # 10:30 in Beijing
DATABASE = "site.db"
# subject → where its batch stands on the day: days to its infusion, and where its story stops
STAGES = {
    "YA-001": (11, ""),  # culture day 3, fed and counted
    "YA-002": (0, "formulate"),
    "YA-003": (0, "submit"),
    "YA-004": (0, "release"),
    "YA-005": (0, "issue"),
}


@dataclass
class Site:
    """The folder of the copy a test works on, and its store."""

    folder: Path
    store: Store

    def open_store(self) -> Store:
        return self.store


@pytest.fixture(scope="session")
def site_template(common_folder: Path) -> Path:
    """The site as everybody's tests begin with it."""
    template = common_folder / "tui-site"
    with fasteners.InterProcessLock(common_folder / "tui-site.lock"):
        if not template.exists():
            making = common_folder / "tui-site-making"
            _make(making)
            making.rename(template)
    return template


@pytest.fixture
def site(site_template: Path, tmp_path: Path):
    folder = tmp_path / "site"
    shutil.copytree(site_template, folder)
    store = Store.open(f"sqlite:///{folder / DATABASE}", "YA01", SimulatedClock(CLOCK))
    yield Site(folder, store)
    store.close()


@pytest.fixture
def keys(site: Site) -> Callable[..., Keys]:
    """``async with keys("li.tech") as person`` is that person at the terminal, logged in by the keyboard."""

    def at_the_terminal(user_name: str | None = None, **more: object) -> Keys:
        return Keys(site.open_store, user_name, **more)

    return at_the_terminal


def _make(folder: Path) -> None:
    from inkt_mfg.demo.course import BatchStory
    from inkt_mfg.demo.lab import Fate
    from inkt_mfg.demo.site import demo_lab
    from inkt_mfg.demo.trial import Trial, enrol
    from inkt_mfg.workflow.subjects import chain_of_identity

    with demo_lab(folder, DAY - timedelta(days=40)) as lab:
        trial = Trial(lab, DAY)
        protocol = trial.prepare()
        patients = {p.number: p for p in trial.patients}
        for number in (*STAGES, CONTROL):
            patient = patients[number]
            ahead = STAGES.get(number, (0, ""))[0]
            patient = _starting(patient, DAY + timedelta(days=ahead - 7))
            enrol(lab, patient, protocol)
        for number, (ahead, stop) in STAGES.items():
            story = BatchStory(
                lab=lab,
                random=Random(number),
                subject=number,
                identity=chain_of_identity("YA01", number),
                patient_id=patients[number].patient_id,
                infusion=1,
                infusion_day=DAY + timedelta(days=ahead),
                fate=Fate(13, stop_after=stop),
                weight=62.5,
                height=168,
            )
            trial.let(story.tell())
        trial.run_until(CLOCK)
    # The copies of the tests take the database file alone: nothing may be left beside it.
    import sqlite3

    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _starting(patient, first_tae: date):
    from dataclasses import replace

    return replace(patient, first_tae=first_tae)
