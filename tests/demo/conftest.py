"""One small demo for the whole run, made by ``inkt demo`` in a process of its own."""

import json
from pathlib import Path

import fasteners
import pytest
from headless import Ran, demo


@pytest.fixture(scope="session")
def small(common_folder: Path) -> Ran:
    """Eight subjects, four of them in the dosed arm. Read it, do not change it."""
    kept = common_folder / "small-demo.json"
    with fasteners.InterProcessLock(common_folder / "small-demo.lock"):
        if not kept.exists():
            ran = demo(common_folder / "small-demo", "--subjects", 8)
            kept.write_text(json.dumps([ran.code, ran.out, ran.err, ran.seconds]))
    return Ran(common_folder / "small-demo", *json.loads(kept.read_text()))
