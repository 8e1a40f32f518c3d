"""Other programs' ways of remembering changes, each in an environment of its own below bench/out, made once."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / "out" / "peers"


def _python() -> Path:
    """The environment's interpreter; made from ``requirements.txt`` when it is not there or is another's."""
    python = ENVIRONMENT / "bin" / "python"
    wanted, stamp = (HERE / "requirements.txt").read_bytes(), ENVIRONMENT / "made-from.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        install = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "-r",
            HERE / "requirements.txt",
        ]
        subprocess.run(install, check=True, stdout=sys.stderr)
        stamp.write_bytes(wanted)
    return python


class Peer:
    """One peer's process, writing rows when told to."""

    def __init__(self, name: str, address: str) -> None:
        self._process = subprocess.Popen(
            [_python(), HERE / f"{name}.py", address],
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

    def write(self, rows: int) -> tuple[float, float]:
        """Seconds by the clock and of the processor."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{rows}\n")
        self._process.stdin.flush()
        wall, work = self._process.stdout.readline().split()
        return float(wall), float(work)
