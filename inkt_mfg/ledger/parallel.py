"""Slices of one verification in processes of their own, one for each core.

Used by ``verify``. Plain child processes that speak pickle over their pipes and load nothing but the ledger's own light
modules. Whatever goes wrong with one of them, ``Failed`` is raised and the work is done in this process instead.
"""

import heapq
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Self

from inkt_mfg.ledger.signed_content import Fragment
from inkt_mfg.ledger.slices import END, FAILED, REPLAYED, Message, Reach, Slice
from inkt_mfg.ledger.source import Plan

_PROGRAM = "from inkt_mfg.ledger.slices import main; main()"
_AHEAD = 200  # messages waiting to be taken
_ROOT = Path(__file__).resolve().parents[2]


class Failed(RuntimeError):
    """A process could not do its slice."""


def slices_of(plan: Plan, last: int, processes: int, *, replay: bool) -> list[Slice]:
    """Even ranges of numbers and of keys; keys are random, and the two ends have no bound."""
    ends = tuple(f"{256 * n // processes:02x}" for n in range(1, processes))
    after = [None, *(last * n // processes for n in range(1, processes)), None]
    return [Slice(plan, replay, after[n], after[n + 1], n, ends) for n in range(processes)]


class Workers:
    """The processes of one verification. Leaving it ends whichever still runs."""

    def __init__(self, parts: list[Slice], reach: Reach) -> None:
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._processes: list[subprocess.Popen[bytes]] = []
        self._shared = TemporaryDirectory(prefix="inkt-verify-")
        for part in parts:
            process = subprocess.Popen(  # noqa: S603 — this very program
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
            )
            self._processes.append(process)
            assert process.stdin is not None
            pickle.dump((replace(part, shared=self._shared.name), reach), process.stdin)
            process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._shared.cleanup()

    def run(self, take: Callable[[int, Message], None]) -> None:
        """Hand over every message with its slice's number until all have replayed. Raises Failed."""
        told: Queue[tuple[int, Message]] = Queue(maxsize=_AHEAD)
        for number, process in enumerate(self._processes):
            Thread(target=_listen, args=(number, self._pipe(process), told), daemon=True).start()
        running = len(self._processes)
        while running:
            number, message = told.get()
            if message[0] == FAILED:
                raise Failed(str(message[1]))
            if message[0] == REPLAYED:
                running -= 1
            else:
                take(number, message)

    def fragments(self) -> Iterator[Fragment]:
        """What signatures cover, from all slices, sorted by signature, table and key."""
        return heapq.merge(
            *(self._fragments(process) for process in self._processes), key=itemgetter(0, 1, 2)
        )

    def _fragments(self, process: "subprocess.Popen[bytes]") -> Iterator[Fragment]:
        while (message := _next(self._pipe(process)))[0] != END:
            if message[0] == FAILED:
                raise Failed(str(message[1]))
            yield from message[1]

    @staticmethod
    def _pipe(process: "subprocess.Popen[bytes]") -> Any:
        assert process.stdout is not None
        return process.stdout


def _listen(number: int, pipe: Any, told: "Queue[tuple[int, Message]]") -> None:
    """In a thread: what one process says, until it has replayed; what was signed is read by whoever asks for it."""
    message: Message = ("",)
    while message[0] not in {REPLAYED, FAILED}:
        message = _next(pipe)
        told.put((number, message))


def _next(pipe: Any) -> Message:
    try:
        message: Message = pickle.load(pipe)  # noqa: S301 — from a process this one started
    except (EOFError, OSError, ValueError, pickle.UnpicklingError) as ended:
        return (FAILED, f"a process ended in the middle: {ended!r}")
    return message
