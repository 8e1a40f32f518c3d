"""How much memory a process and those it started hold together at their peak, sampled from /proc.

``ru_maxrss`` does not tell: a new process inherits the mark of the one that started it.
"""

import os
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

_EVERY_SECONDS = 0.02


def _resident(process: int) -> int:
    """KiB in memory now; 0 for a process that has ended."""
    try:
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _family() -> list[int]:
    told = [Path(task / "children").read_text(encoding="ascii") for task in Path("/proc/self/task").iterdir()]
    return [os.getpid(), *(int(child) for children in told for child in children.split())]


class Peak:
    """While it lasts, a thread looks; ``megabytes`` is the most it saw."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            try:
                held = sum(map(_resident, _family()))
            except OSError:
                continue
            self.megabytes = max(self.megabytes, held / 1024)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
