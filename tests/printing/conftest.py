"""The released batch of the commands' tests, with proofed labels that wait to be printed, and a printer that listens."""

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import fasteners
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from one_batch import CODE, Site, open_copy
from stage_fixtures import at, stages, standing  # noqa: F401 — fixtures by their names
from waiting import proofed
from zebra import Zebra

from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store


@pytest.fixture(scope="session")
def three_waiting(stages: Path, common_folder: Path) -> Path:  # noqa: F811 — the fixture
    """A folder with the site, three of its labels proofed and in the archive, and the time it stands at."""
    folder = common_folder / "three-waiting"
    with fasteners.InterProcessLock(common_folder / "three-waiting.lock"):
        if not folder.exists():
            making = common_folder / "three-waiting-making"
            making.mkdir()
            site = open_copy(stages, "released", making / "site.db")
            proofed(site, 3)
            (making / "time").write_text(site.clock.at.isoformat())
            site.store.close()
            making.rename(folder)
    return folder


@pytest.fixture
def waiting(three_waiting: Path, tmp_path: Path) -> Iterator[Site]:
    """The site with labels L-00001 to L-00003 of batch B-00001 proofed, in a folder of the test's own."""
    folder = tmp_path / "site"
    shutil.copytree(three_waiting, folder)
    clock = SimulatedClock(datetime.fromisoformat((folder / "time").read_text()))
    store = Store.open(f"sqlite:///{folder / 'site.db'}", CODE, clock)
    store.folder = folder
    yield Site(store, clock)
    store.close()


@pytest.fixture
def zebra() -> Iterator[Zebra]:
    """A label printer on this machine that takes everything it is sent."""
    with Zebra() as printer:
        yield printer
