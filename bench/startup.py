"""How long a person waits: the terminal's first paint beside an empty Textual application's, ``inkt bsa`` beside its imports.

Each figure is a fresh process, ours and the other in turns; a ratio is the median of the turns' own.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.measure import Measurement, at_most

TIMES = int(os.environ.get("INKT_BENCH_STARTS", "9"))
PATIENCE_SECONDS = 30

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("nothing")
Empty().run()
"""

# The terminal application without the command line before it.
ALONE = """
import sys
from pathlib import Path
def open_store():
    from inkt_mfg.store.folder import open_site
    return open_site(Path(sys.argv[1]), None)
from tui.app import run
run(open_store, "bench")
"""

WHOLE = """
import sys
from inkt_mfg.cli.start import run
run(["--site", sys.argv[1], "tui"])
"""

BSA = """
from inkt_mfg.cli.start import run
run(["bsa", "--height", "168 cm", "--weight", "65 kg"])
"""


def _until_painted(program: str, word: str, *arguments: str) -> float:
    """Seconds from starting the process on a terminal of its own until that terminal is sent the word."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    try:
        seen = b""
        while word.encode() not in seen:
            ready, _, _ = select.select([ours], [], [], PATIENCE_SECONDS)
            assert ready, f"nothing was painted: {seen[-500:]!r}"
            seen += os.read(ours, 65_536)
        return time.monotonic() - start
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


def _until_ended(program: str) -> float:
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
    return time.monotonic() - start


def _make_site(folder: Path) -> None:
    arguments = ["init", "--code", "BENCH", "--name", "b", "--address", "b", "--time-zone", "UTC", "--training",
                 "--administrator", "a.b=A B", "--site", str(folder)]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", "import sys; from inkt_mfg.cli.main import run; run(sys.argv[1:])", *arguments],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip


def _beside(turns: Sequence[tuple[float, ...]], column: int) -> float:
    """The median of each turn's own ratio to its first figure: a neighbour's load falls on both sides of it."""
    return median(turn[column] / turn[0] for turn in turns[1:])


def first_paint() -> list[Measurement]:
    """In turns, after one of each to warm the disk."""
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch) / "site"
        _make_site(site)
        turns = [
            (
                _until_painted(EMPTY, "nothing"),
                _until_painted(ALONE, "User name", str(site)),
                _until_painted(WHOLE, "User name", str(site)),
            )
            for _ in range(TIMES + 1)
        ]
    empty, alone, ours = (median(column) for column in zip(*turns[1:], strict=True))
    return [
        Measurement("first paint of an empty Textual application", 1000 * empty, "ms"),
        Measurement("first paint of the terminal application", 1000 * alone, "ms"),
        Measurement("first paint of inkt tui, from the command line", 1000 * ours, "ms"),
        at_most("first paint beside an empty Textual application", _beside(turns, 1), "ratio", 1.4),
        at_most("first paint of inkt tui beside an empty one", _beside(turns, 2), "ratio", 1.4),
    ]


def calculator() -> list[Measurement]:
    """A whole ``inkt bsa`` beside a Python that only imports what it stands on."""
    turns = [(_until_ended("import typer, pint"), _until_ended(BSA)) for _ in range(TIMES + 1)]
    imports, mine = (median(column) for column in zip(*turns[1:], strict=True))
    return [
        Measurement("python -c 'import typer, pint'", 1000 * imports, "ms"),
        Measurement("inkt bsa", 1000 * mine, "ms"),
        at_most("inkt bsa beside importing typer and pint", _beside(turns, 1), "ratio", 2),
    ]


def measure() -> list[Measurement]:
    """Everything a person waits for before anything is on the screen."""
    return first_paint() + calculator()


if __name__ == "__main__":
    for m in measure():
        print(m)
