"""A training site with five batches that went five ways, made once through the real commands; its file is copied where a
test changes something."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import Fate, Lab
from inkt_mfg.demo.people import ADMINISTRATOR, Staff, hire
from inkt_mfg.demo.trial import Patient, Trial, enrol
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.site import NewSite, create_site
from inkt_mfg.workflow.subjects import chain_of_identity

SITE = "YA01"
FIRST_TAE = date(2026, 4, 1)
# fold and ending of the batches for infusions 1, 2, …
FATES = {
    "infused": Fate(14),
    "above": Fate(24),
    "exceptional": Fate(5.5, "exceptional"),
    "rejected": Fate(14, "rejected"),
    "stopped": Fate(0.4, "stops_growing"),
}
PATIENT = Patient("YA-001", "王小明", "H1000123", date(1969, 5, 4), "male", "inkt", FIRST_TAE, 168, 62.5)


@dataclass
class Finished:
    """The site when all stories have been told, and the batch of each fate."""

    store: Store
    clock: SimulatedClock
    staff: Staff
    batches: dict[str, str]
    database: Path

    def __getitem__(self, fate: str) -> str:
        return self.batches[fate]


def _label_of_this_content(content: LabelContent) -> tuple[str, dict[str, object]]:
    from labels.produce import produce

    sheet = produce(content)
    return sheet.pdf_sha256, dict(sheet.proof.as_json())


def _tell(trial: Trial) -> dict[str, str]:
    """Every story on one clock; fate → batch."""
    stories = {}
    for number, (name, fate) in enumerate(FATES.items(), start=1):
        day = FIRST_TAE + timedelta(days=7 + 14 * (number - 1))
        stories[name] = BatchStory(
            trial.lab, Random(number), PATIENT.number, chain_of_identity(SITE, PATIENT.number), PATIENT.patient_id,
            number, day, fate, PATIENT.weight, PATIENT.height,
        )  # fmt: skip
        trial.let(stories[name].tell())
    trial.run_until(datetime(2026, 8, 1, tzinfo=UTC))
    return {name: story.code for name, story in stories.items()}


@pytest.fixture(scope="session")
def finished(sqlite_template: Path, tmp_path_factory) -> Iterator[Finished]:
    """Read it, do not change it."""
    database = tmp_path_factory.mktemp("reports") / "site.db"
    shutil.copy(sqlite_template, database)
    clock = SimulatedClock(datetime(2026, 3, 1, tzinfo=UTC))
    store = Store.open(f"sqlite:///{database}", SITE)
    store.clock = clock
    create_site(
        store,
        NewSite(SITE, "YouAn Cell Works", "1 Example Road", "Asia/Shanghai", True),
        [ADMINISTRATOR],
        "x",
    )
    staff = hire(store)
    lab = Lab(store, staff, clock, ZoneInfo("Asia/Shanghai"), _label_of_this_content)
    trial = Trial(lab, date(2026, 8, 1), subjects=2)
    enrol(lab, PATIENT, trial.prepare())
    yield Finished(store, clock, staff, _tell(trial), database)
    store.close()


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Iterator[Finished]:
    """The same site in a file of its own, to change."""
    database = tmp_path / "copied.db"
    with sqlite3.connect(finished.database) as original:
        original.execute("VACUUM INTO ?", (str(database),))
    clock = SimulatedClock(finished.clock.at + timedelta(hours=1))
    store = Store.open(f"sqlite:///{database}", SITE, clock)
    staff = Staff(
        {
            name: log_in(store, Credentials(name, "demo-password"), "bench-1")
            for name in finished.staff.benches
        }
    )
    yield Finished(store, clock, staff, finished.batches, database)
    store.close()


@pytest.fixture
def copied_empty(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A site with its administrator and nothing else."""
    database = tmp_path / "empty.db"
    shutil.copy(sqlite_template, database)
    store = Store.open(f"sqlite:///{database}", SITE)
    create_site(store, NewSite(SITE, "YouAn", "1 Example Road", "Asia/Shanghai", True), [ADMINISTRATOR], "x")
    yield store
    store.close()
