"""Other programs doing what ours does, each in an environment of its own below bench/out, made once."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent
OUT = HERE.parent / "out"


def _python(requirements: str) -> Path:
    """The environment's interpreter; made from this file when it is not there or is another's."""
    environment = OUT / requirements.replace("requirements", "peers")
    python = environment / "bin" / "python"
    wanted, stamp = (HERE / f"{requirements}.txt").read_bytes(), environment / "made-from.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        install = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "-r",
            HERE / f"{requirements}.txt",
        ]
        subprocess.run(install, check=True, stdout=sys.stderr)
        stamp.write_bytes(wanted)
    return python


class Peer:
    """One peer's process, working when told to. ``address`` is where it finds, or puts, what it works on."""

    def __init__(self, name: str, address: str, requirements: str = "requirements") -> None:
        self._process = subprocess.Popen(
            [_python(requirements), HERE / f"{name}.py", address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def write(self, count: int) -> tuple[float, float]:
        """Seconds by the clock and of the processor that so many rows, or labels, took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        wall, work = self._process.stdout.readline().split()
        return float(wall), float(work)
