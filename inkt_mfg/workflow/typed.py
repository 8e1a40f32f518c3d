"""What people type into commands, read once: moments with the late-entry rule, whole numbers, required texts.

Commands take texts exactly as typed so that a refusal can show them and the record can keep them (R07).
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_date, read_moment, show_moment, zone
from inkt_mfg.protocol import Protocol
from inkt_mfg.records.site import Site
from inkt_mfg.refusal import Blocker, Refusal, refuse, speaks
from inkt_mfg.units import Kind, canonical, read
from inkt_mfg.workflow.asked import called, refuse_control
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.refused import RecordedRefusal


def performed(act: Act, typed: str, late_reason: str | None) -> datetime:
    """When it was done. Refuses the future, and a late entry without the reason why (R01, ALCOA contemporaneous)."""
    at = moment_here(act, act.case.site, typed, "performed_at")
    if is_late(act.protocol, at, act.now) and not speaks(late_reason):
        limit = act.protocol.record_keeping.late_entry_after
        raise refuse(
            "time.late",
            Phrase("it is recorded more than {limit} after it was done", limit=f"{limit.value} {limit.unit}"),
            expected=Phrase("the reason for the late entry"),
            field="late_reason",
            typed=late_reason or "",
        )
    return at


def is_late(protocol: Protocol, performed_at: datetime, now: datetime) -> bool:
    """Whether an act recorded now counts as a late entry."""
    limit = canonical(protocol.record_keeping.late_entry_after, Kind.DURATION)
    return now - performed_at > timedelta(hours=float(limit))


def moment_here(act: Act, site: Site, typed: str, field: str) -> datetime:
    """A date and time at the site's own clock; never after now."""
    local = zone(site.time_zone)
    at = read_moment(typed, local, field=field)
    if at > act.now + timedelta(minutes=1):
        raise refuse(
            "time.future",
            Phrase("this time has not come yet: it is {now}", now=show_moment(act.now, local)),
            expected=Phrase("when it was really done"),
            field=field,
            typed=typed,
        )
    return at


def past_date(act: Act, typed: str, field: str) -> date:
    """A date not after today as the site's own calendar has it."""
    day = read_date(typed, field=field)
    if day > act.now.date():  # a command's instant is in the site's own zone
        raise refuse(
            "time.future",
            Phrase("this day has not come yet"),
            expected=Phrase("a day not after today"),
            field=field,
            typed=typed,
        )
    return day


def whole_number(typed: str | int, field: str) -> int:
    """A count such as an infusion's number."""
    return int(read(str(typed), Kind.COUNT, field=field).value)


def said(typed: str | None, field: str, *, lines: bool = False) -> str:
    """A text that must say something, on one line unless ``lines``. Raises Refusal ``entry.missing`` or ``entry.control``."""
    text = something(typed, field)
    refuse_control(text, field, lines=lines)
    return text


def something(typed: str | None, field: str) -> str:
    """A text with at least one letter or figure, for whoever has rules of its own on the rest. Raises Refusal ``entry.missing``."""
    text = (typed or "").strip()
    if not speaks(text):
        raise refuse(
            "entry.missing",
            Phrase("{field} says nothing", field=called(field)),
            expected=Phrase("a text with at least one letter or figure"),
            field=field,
            typed=typed or "",
        )
    return text


Value = TypeVar("Value")


class EveryField:
    """Reads all fields of a form before it refuses any, so that a person is told of all of them at once."""

    def __init__(self) -> None:
        self._wrong: list[Blocker] = []

    def read(self, reader: Callable[[], Value]) -> Value | None:
        """What the reader makes of its field; None when it refused, which ``refuse`` will say."""
        try:
            return reader()
        except RecordedRefusal:
            raise  # a hard stop waits for nothing
        except Refusal as no:
            self._wrong += no.blockers
            return None

    def refuse(self) -> None:
        """Raises Refusal with every reason, in the order of the fields."""
        if self._wrong:
            raise Refusal(*self._wrong)


Choice = TypeVar("Choice", bound=str)


def one_of(choices: Iterable[Choice], typed: str, field: str) -> Choice:
    """One of a closed list as it is spelled there: any of an enum's members, or those of it that fit here."""
    allowed = list(choices)
    for choice in allowed:
        if choice == typed:
            return choice
    raise refuse(
        "entry.choice",
        Phrase("{typed} is not on the list", typed=typed),
        expected=Phrase("{choices}", choices=", ".join(allowed)),
        field=field,
        typed=typed,
    )


def infusion_of_course(protocol: Protocol, typed: str | int) -> int:
    """Which infusion of the protocol's course: 1 to n."""
    number = whole_number(typed, "infusion_number")
    if not 1 <= number <= protocol.number_of_infusions:
        raise refuse(
            "order.number",
            Phrase("the protocol has {n} infusions", n=protocol.number_of_infusions),
            expected=Phrase("a number from 1 to {n}", n=protocol.number_of_infusions),
            field="infusion_number",
            typed=str(typed),
        )
    return number


def yes_or_no(typed: str, field: str) -> bool:
    """``yes`` or ``no``; anything else is refused, an empty answer too."""
    answers = {"yes": True, "no": False, "是": True, "否": False}
    answer = answers.get(typed.strip().lower())
    if answer is None:
        raise refuse(
            "entry.yes_no",
            Phrase("this is neither yes nor no"),
            expected=Phrase("yes or no"),
            field=field,
            typed=typed,
        )
    return answer
