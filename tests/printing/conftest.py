"""The released batch of the commands' tests, with proofed labels that wait to be printed, and a printer that listens."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from stage_fixtures import at, stages, standing  # noqa: F401 — fixtures by their names
from zebra import Zebra


@pytest.fixture
def zebra() -> Iterator[Zebra]:
    """A label printer on this machine that takes everything it is sent."""
    with Zebra() as printer:
        yield printer
