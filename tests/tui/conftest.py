"""A small training site with a batch at every stage a person meets in the terminal, built once by real commands."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fasteners
import pytest
from bench_of_keys import Keys
from small_site import CLOCK, DATABASE, make_site

from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store


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
            make_site(making)
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
