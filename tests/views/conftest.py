"""The stages of one batch, as the tests of the commands build them: views are asked about the same site."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow"))

from stage_fixtures import at, stages, standing  # noqa: F401 — fixtures by their names
