"""``inkt`` as a shell runs it: in this process for speed, or in a process of its own for what only a process shows."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inkt_mfg.cli.main import run

PASSWORD = "demo-password"
CLOCK = datetime(2026, 11, 19, 0, 20, tzinfo=UTC)  # 08:20 in Beijing, where the tests' site stands
PROGRAM = "import sys; from inkt_mfg.cli.main import run; run(sys.argv[1:])"


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        """The one JSON document on stdout; anything beside it is a fault of the contract."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def refused(self) -> dict:
        """The body of a refusal in JSON, whose shape is fixed."""
        assert self.code == 3, (self.code, self.err)
        assert self.document.keys() == {"refused"}
        refusal = self.document["refused"]
        assert {"rule", "field", "typed", "expected", "resolve_by"} <= refusal.keys()
        assert self.err.startswith("Refused by"), "and for people on stderr"
        return refusal


class Shell:
    """Runs ``inkt``; the environment is the test's own."""

    def __init__(self, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.environment = environment
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        """In this process."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([str(a) for a in arguments])
        printed = self._capsys.readouterr()
        return Ended(ended.value.code, printed.out, printed.err)

    def json(self, *arguments: object) -> Ended:
        """In this process, answered as JSON."""
        return self(*arguments, "--json")

    def process(self, *arguments: object, program: str = PROGRAM, **options: object) -> Ended:
        """In a process of its own, which may be told to do something else besides."""
        command = [sys.executable, "-c", program, *map(str, arguments)]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=60, env={**os.environ}, **options
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)


def silently(*arguments: object) -> Callable[[], None]:
    """``inkt`` with these arguments, to be run in a fork; its answer goes nowhere."""

    def act() -> None:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        run([str(a) for a in arguments])

    return act


def set_clock(folder: Path, at: datetime) -> None:
    """Let the training site in this folder stand at this instant, as the demo does when it ends."""
    file = folder / "site.toml"
    kept = [line for line in file.read_text().splitlines() if not line.startswith("clock_offset")]
    seconds = int((at - datetime.now(UTC)).total_seconds()) + 1
    file.write_text("\n".join([*kept, f"clock_offset_seconds = {seconds}"]) + "\n")


def entries_of(shell: Shell) -> int:
    """How many entries the ledger has, all of them sound."""
    ended = shell.json("ledger", "verify")
    assert ended.code == 0, ended.out
    return ended.document["entries"]


def flat(typed: dict[str, object]) -> list[str]:
    """A command's arguments as they are typed: ``readings.volume_added=80 mL``, ``replicates.1.viability=92 %``."""
    said: list[str] = []
    for name, value in typed.items():
        if isinstance(value, dict):
            said += [f"{name}.{key}={text}" for key, text in value.items()]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for number, row in enumerate(value, start=1):
                said += [f"{name}.{number}.{part}={getattr(row, part)}" for part in row.__slots__]
        elif value is not None:
            said.append(f"{name}={value}")
    return said
