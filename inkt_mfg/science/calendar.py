"""The calendar of one subject: TAE/TACE, culture starts, infusions, sterility read-outs and IL-2 courses.

Pure functions from the day of the first TAE/TACE (day 0) and the protocol's plan to dated events, and to the overlaps
a planner must see. Knows no clock: it never says what is due today. Refuses a day the calendar does not have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse


class EventKind(StrEnum):
    """What happens on a day, in the order in which one day's events are listed."""

    TAE = "tae"
    STERILITY_READOUT = "sterility_readout"
    INFUSION = "infusion"
    CULTURE_START = "culture_start"
    IL2_FIRST_DAY = "il2_first_day"
    IL2_LAST_DAY = "il2_last_day"


EVENT_NAMES: dict[EventKind, Phrase] = {
    EventKind.TAE: Phrase("TAE/TACE"),
    EventKind.STERILITY_READOUT: Phrase("sterility reads out"),
    EventKind.INFUSION: Phrase("infusion"),
    EventKind.CULTURE_START: Phrase("culture starts"),
    EventKind.IL2_FIRST_DAY: Phrase("first day of IL-2"),
    EventKind.IL2_LAST_DAY: Phrase("last day of IL-2"),
}


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """The protocol's schedule in days; day 0 is the first TAE/TACE. A value of None means there is no such thing.

    ``culture_days`` before an infusion its culture starts; ``sterility_read_days`` after it (harvest and infusion
    being on one day) its sterility test reads out; IL-2 starts ``il2_start_days`` after it for ``il2_course_days``.
    """

    tae_days: tuple[int, ...]
    infusion_days: tuple[int, ...]
    culture_days: int
    sterility_read_days: int
    il2_start_days: int | None = None
    il2_course_days: int | None = None

    def __post_init__(self) -> None:
        for name, days in (("tae_days", self.tae_days), ("infusion_days", self.infusion_days)):
            if any(later <= earlier for earlier, later in pairwise(days)):
                raise ValueError(f"{name} must rise")
        if not self.infusion_days:
            raise ValueError("infusion_days must name at least one day")
        if self.culture_days < 1 or self.sterility_read_days < 1:
            raise ValueError("a culture and a sterility test take at least one day")
        if (self.il2_start_days is None) != (self.il2_course_days is None):
            raise ValueError("an IL-2 course needs both its start and its length, or neither")
        if self.il2_course_days is not None and self.il2_course_days < 1:
            raise ValueError("an IL-2 course lasts at least one day")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing on one day; ``infusion`` is the number, from 1, of the infusion it belongs to, None for a TAE/TACE."""

    date: date
    day: int
    kind: EventKind
    infusion: int | None

    def as_json(self) -> dict[str, str | int | None]:
        return {
            "date": self.date.isoformat(),
            "day": self.day,
            "kind": self.kind.value,
            "infusion": self.infusion,
        }


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two things of the plan that meet, from ``first_day`` to ``last_day`` inclusive, with the sentence to show."""

    first_day: int
    last_day: int
    what: Phrase

    @property
    def days(self) -> int:
        return self.last_day - self.first_day + 1


def schedule(first_tae: date, plan: SchedulePlan) -> tuple[Event, ...]:
    """Every event in order of day. Refuses schedule.date when the calendar ends before the plan does."""
    planned = sorted(
        _planned(plan), key=lambda event: (event[0], list(EventKind).index(event[1]), event[2] or 0)
    )
    try:
        return tuple(
            Event(first_tae + timedelta(days=day), day, kind, infusion) for day, kind, infusion in planned
        )
    except OverflowError:
        raise refuse(
            "schedule.date",
            Phrase("the plan runs past the days a calendar has"),
            expected=Phrase("a date such as 2026-12-01"),
            field="first_tae",
            typed=first_tae.isoformat(),
        ) from None


def _planned(plan: SchedulePlan) -> Iterator[tuple[int, EventKind, int | None]]:
    for day in plan.tae_days:
        yield day, EventKind.TAE, None
    for infusion, day in enumerate(plan.infusion_days, start=1):
        yield day - plan.culture_days, EventKind.CULTURE_START, infusion
        yield day, EventKind.INFUSION, infusion
        yield day + plan.sterility_read_days, EventKind.STERILITY_READOUT, infusion
        if (course := il2_days(plan, day)) is not None:
            yield course[0], EventKind.IL2_FIRST_DAY, infusion
            yield course[-1], EventKind.IL2_LAST_DAY, infusion


def il2_days(plan: SchedulePlan, infusion_day: int) -> range | None:
    """The days of the IL-2 course after an infusion, or None when the protocol has no course."""
    if plan.il2_start_days is None or plan.il2_course_days is None:
        return None
    first = infusion_day + plan.il2_start_days
    return range(first, first + plan.il2_course_days)


def overlaps(plan: SchedulePlan) -> tuple[Overlap, ...]:
    """What meets what in this plan: IL-2 with infusions, cultures with infusions and TAE/TACE, sterility read-outs."""
    found: list[Overlap] = []
    for infusion, day in enumerate(plan.infusion_days, start=1):
        found.extend(_meeting_il2(plan, infusion, il2_days(plan, day) or range(0)))
        found.extend(_meeting_culture(plan, infusion, range(day - plan.culture_days, day + 1)))
        found.extend(_late_sterility(plan, infusion, day))
    return tuple(sorted(found, key=lambda overlap: (overlap.first_day, overlap.last_day)))


def _meeting_il2(plan: SchedulePlan, infusion: int, course: range) -> Iterator[Overlap]:
    for later, day in enumerate(plan.infusion_days, start=1):
        if later > infusion and day in course:
            what = Phrase(
                "the IL-2 course after infusion {n} still runs on infusion {m}", n=infusion, m=later
            )
            yield Overlap(day, course[-1], what)
    for day in plan.tae_days:
        if day in course:
            yield Overlap(day, day, Phrase("TAE/TACE during the IL-2 course after infusion {n}", n=infusion))


def _meeting_culture(plan: SchedulePlan, infusion: int, culture: range) -> Iterator[Overlap]:
    for day in plan.tae_days:
        if day in culture:
            yield Overlap(day, day, Phrase("TAE/TACE during the culture for infusion {n}", n=infusion))
    for other, day in enumerate(plan.infusion_days, start=1):
        if other < infusion and day in culture:
            what = Phrase("infusion {m} on or after the blood draw for infusion {n}", m=other, n=infusion)
            yield Overlap(day, day, what)


def _late_sterility(plan: SchedulePlan, infusion: int, day: int) -> Iterator[Overlap]:
    read_out = day + plan.sterility_read_days
    for later, next_day in enumerate(plan.infusion_days, start=1):
        if later > infusion and next_day <= read_out:
            what = Phrase("sterility of infusion {n} reads out on or after infusion {m}", n=infusion, m=later)
            yield Overlap(next_day, read_out, what)
