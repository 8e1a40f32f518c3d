"""Killing a process at its n-th step: a fork that counts every statement, commit, program begun and change to a file, and dies at one.

The counting is the test's alone: an audit hook of the interpreter and listeners on SQLAlchemy, in the forked child.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

_FILES = {
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.remove",
    "os.link",
    "os.chmod",
    "shutil.copyfile",
    "sqlite3.connect",
    "subprocess.Popen",
}
FAILED = 99


def _count(step: Callable[[bytes], None]) -> None:
    def hook(name: str, arguments: tuple) -> None:
        if name in _FILES or (name == "open" and _writes(arguments)):
            step(b"f")

    sys.addaudithook(hook)
    event.listen(Engine, "before_cursor_execute", lambda *_: step(b"s"))
    event.listen(Engine, "commit", lambda *_: step(b"c"))


def _writes(arguments: tuple) -> bool:
    path, mode, flags = arguments
    if not isinstance(path, str | bytes) or os.fsdecode(path).startswith(("/dev", "/proc")):
        return False
    return (isinstance(mode, str) and any(m in mode for m in "wax+")) or bool(
        isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
    )


def steps_of(act: Callable[[], object]) -> bytes:
    """The steps the act takes when nothing kills it: ``f`` a change to a file, ``s`` a statement, ``c`` a commit."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        taken = bytearray()

        code = 0
        try:
            _count(taken.extend)
            act()
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException as wrong:  # noqa: BLE001 — it is told, and the child must never return
            os.write(2, f"{type(wrong).__name__}: {wrong}\n".encode())
            code = FAILED
        os.write(writing, bytes(taken))
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        kinds = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return kinds


def killed_at(number: int, act: Callable[[], object]) -> int:
    """The child's end: -SIGKILL when it was killed before its ``number``-th step, 0 when it had fewer."""
    child = os.fork()
    if child == 0:
        left = number

        def step(_kind: bytes) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 0
        try:
            _count(step)
            act()
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException as wrong:  # noqa: BLE001 — as above
            os.write(2, f"{type(wrong).__name__}: {wrong}\n".encode())
            code = FAILED
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def worth_killing(steps: bytes) -> list[int]:
    """Every change to a file, every commit and what follows it; of the statements, which stand or fall together, some."""
    near = {n + d for n, kind in enumerate(steps, start=1) if kind in b"fc" for d in (0, 1)}
    return sorted(n for n in range(1, len(steps) + 1) if n in near or n % 12 == 0)


def contents(file: Path) -> list[str]:
    """Everything in a SQLite database, as its own shell would dump it."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())
