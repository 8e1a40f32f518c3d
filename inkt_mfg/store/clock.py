"""What time it is. A clinical site only ever has the system's clock; a training site may be given a simulated one.

The workflow asks the store's clock once per command. It refuses to turn back within one program.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that says the time in UTC."""

    @property
    def simulated(self) -> bool:
        """Whether somebody sets it; a clinical site refuses such a clock."""
        ...

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock, in UTC."""

    simulated = False

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class SimulatedClock:
    """A clock a training site's demo moves by hand. Raises ValueError when moved back."""

    at: datetime
    simulated: bool = True

    def now(self) -> datetime:
        """The simulated instant; each reading is a second later, so that no two commands share a time."""
        self.at += timedelta(seconds=1)
        return self.at

    def move_to(self, at: datetime) -> None:
        if at < self.at:
            raise ValueError(f"the simulated clock stands at {self.at}, and {at} is before it")
        self.at = at


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock moved by a fixed step: a demo site stays on the day its simulated trial ended on."""

    offset: timedelta
    simulated: bool = True

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset
