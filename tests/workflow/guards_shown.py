"""Which guards have a test of their own: each test says which one it shows, and the last test compares them all."""

from collections.abc import Callable

from inkt_mfg.workflow.command import Guard

SHOWN: set[Guard] = set()


def shows(guard: Guard) -> Callable[[Callable], Callable]:
    """Mark a test as the one that shows this guard both stopping and letting pass."""

    def mark(test: Callable) -> Callable:
        SHOWN.add(guard)
        return test

    return mark
