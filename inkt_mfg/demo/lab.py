"""The demo's laboratory as a story needs it: people at benches, a clock, a printer, lots, and what is to become of a batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from inkt_mfg.demo.people import Staff, sign_as
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow.bench import Bench, Receipt

Waits = Iterator[datetime]
Print = Callable[[LabelContent], tuple[str, dict[str, object]]]  # content → hash of the bytes, the proof

LOTS = {
    "density_gradient": "DG-2201",
    "wash_solution": "WS-0417",
    "medium": "MX-3310",
    "alpha_galcer": "AG-0087",
    "il2": "IL-5521",
    "saline": "NS-9004",
    "human_albumin": "HA-1206",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to become of a batch. ``fold`` is the growth of viable iNKT cells over the culture."""

    fold: float
    ending: str = "infused"  # infused | stops_growing | rejected | exceptional
    late_result: str = "no growth"
    stop_after: str = (
        ""  # where the story is when the demo ends: harvest, formulate, submit, review, release, …
    )


@dataclass
class Told:
    """A hook for whoever wants to hear each receipt (the visible walk prints them)."""

    listen: Callable[[str, Receipt], None] | None = None

    def hear(self, who: str, receipt: Receipt) -> Receipt:
        if self.listen is not None:
            self.listen(who, receipt)
        return receipt


@dataclass
class Lab:
    """The demo's site as a story needs it."""

    store: Store
    staff: Staff
    clock: SimulatedClock
    local: ZoneInfo
    print_label: Print
    told: Told = field(default_factory=Told)

    def do(
        self, who: str, command: object, on: str | None = None, *, sign: bool = False, **typed: object
    ) -> Receipt:
        bench: Bench = self.staff[who]
        signing = {"sign_with": sign_as(bench)} if sign else {}
        receipt = bench.run(command, on, **signing, **typed)  # type: ignore[arg-type]
        return self.told.hear(who, receipt)

    def now(self) -> str:
        """The minute it is, as somebody would type it."""
        return self.clock.at.astimezone(self.local).strftime("%Y-%m-%d %H:%M")

    def today(self) -> str:
        return self.clock.at.astimezone(self.local).date().isoformat()

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.local)


def scientific(number: float, digits: int = 3) -> str:
    """``1.75e9``, as people type it."""
    mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"
