"""Refusals that leave a trace: the act is not done, but that it was tried is recorded and may open a deviation.

Raised by commands; ``workflow.bench`` rolls the act back and then writes the trace in a transaction of its own.
"""

from collections.abc import Callable

from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.store.unit_of_work import Work

Trace = Callable[[Work], None]


class RecordedRefusal(Refusal):
    """A hard stop whose trace stays: a mismatch of identity, for one (R41)."""

    def __init__(self, *blockers: Blocker, trace: Trace) -> None:
        super().__init__(*blockers)
        self.trace = trace
