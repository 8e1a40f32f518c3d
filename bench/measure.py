"""One measured figure of the bench, with the bound it must keep, if it has one."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure by name. ``bound`` is the sentence it must keep ("≥ 0.5"), ``met`` whether it did; None: no bound."""

    name: str
    value: float
    unit: str
    bound: str | None = None
    met: bool | None = None


def at_least(name: str, value: float, unit: str, bound: float) -> Measurement:
    return Measurement(name, value, unit, f"≥ {bound:g}", value >= bound)


def at_most(name: str, value: float, unit: str, bound: float) -> Measurement:
    return Measurement(name, value, unit, f"≤ {bound:g}", value <= bound)


def seconds_for(act: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
