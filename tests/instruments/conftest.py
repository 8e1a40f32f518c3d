"""Leaves the tests of real exports out where there are none, instead of skipping them."""

import os
from pathlib import Path

_BESIDE_THE_PROJECT = Path(__file__).resolve().parents[3] / "shared" / "data"
_REAL = Path(os.environ.get("INKT_SHARED", _BESIDE_THE_PROJECT)) / "instruments"
collect_ignore = [] if _REAL.is_dir() else ["test_instrument_real_files.py"]
