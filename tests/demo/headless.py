"""``inkt`` in a process of its own, without a terminal, and the demo it makes."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from inkt_mfg.demo.people import PASSWORD

PROGRAM = "import sys; from inkt_mfg.cli.main import run; run(sys.argv[1:])"


@dataclass(frozen=True)
class Ran:
    """A demo that has run: where, how it ended, what it printed."""

    folder: Path
    code: int
    out: str
    err: str
    seconds: float


def inkt(*arguments: object, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds,
        stdin=subprocess.DEVNULL, env={**os.environ, "INKT_PASSWORD": PASSWORD})  # fmt: skip


def demo(folder: Path, *more: object) -> Ran:
    started = time.monotonic()
    ended = inkt("demo", "--headless", "--out", folder, *more)
    return Ran(folder, ended.returncode, ended.stdout, ended.stderr, time.monotonic() - started)
