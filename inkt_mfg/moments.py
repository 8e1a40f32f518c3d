"""Dates and times as people type and read them: a strict reader, and one way to print.

Every floor may use it. It refuses a date in another order than year-month-day, a year before 1900 or after 2200, and a
time that does not exist or exists twice in the site's zone; nothing is guessed. Printed times always carry their offset
(``UTC+08:00``, never ``CST``).
"""

import re
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import NOTHING_TYPED, refuse

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)\s*(?:UTC)?(Z|[+-]\d{2}:\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# Beyond them a date is a slip, or stands for “never”; and at the calendar's ends no day can be added or taken away.
FIRST_YEAR, LAST_YEAR = 1900, 2200


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of a site. Raises Refusal for an unknown name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise refuse(
            "time.zone",
            Phrase("{name} is not a time zone", name=name),
            expected=Phrase("an IANA name such as Asia/Shanghai"),
            field="time_zone",
            typed=name,
        ) from unknown


def read_date(text: str, *, field: str) -> date:
    """``2026-12-01``. Raises Refusal ``time.date`` for anything else, ``time.year`` for a year out of range."""
    try:
        if _DATE.fullmatch(text.strip()):
            return _in_range(date.fromisoformat(text.strip()), field, text)
    except ValueError:
        pass
    raise refuse(
        "time.date",
        Phrase("this is not a date of the calendar") if text.strip() else NOTHING_TYPED,
        expected=Phrase("year-month-day, such as 2026-12-01"),
        field=field,
        typed=text,
    )


def read_moment(text: str, local: tzinfo, *, field: str) -> datetime:
    """``2026-12-01 09:30`` at the site's own time, or with an offset (``+08:00``, ``Z``).

    Raises Refusal ``time.moment``, and ``time.year`` for a year out of range.
    """
    matched = _MOMENT.fullmatch(text.strip())
    try:
        if matched:
            day, clock, offset = matched.groups()
            _in_range(date.fromisoformat(day), field, text)
            if offset:
                return datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
            return _local(datetime.fromisoformat(f"{day}T{clock}"), local, field, text)
    except ValueError:
        pass
    raise refuse(
        "time.moment",
        Phrase("this is not a date and time") if text.strip() else NOTHING_TYPED,
        expected=Phrase("year-month-day hour:minute, such as 2026-12-01 09:30"),
        field=field,
        typed=text,
    )


def _in_range(day: date, field: str, text: str) -> date:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    raise refuse(
        "time.year",
        Phrase("no date on record is that long ago or that far ahead"),
        expected=Phrase("a year from {first} to {last}", first=FIRST_YEAR, last=LAST_YEAR),
        field=field,
        typed=text,
    )


def _local(wall: datetime, local: tzinfo, field: str, text: str) -> datetime:
    first, second = wall.replace(tzinfo=local, fold=0), wall.replace(tzinfo=local, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise refuse(
            "time.moment",
            Phrase("the clocks were changed then: this time does not exist or exists twice"),
            expected=Phrase("the same time with its offset, such as 2026-10-25 02:30+01:00"),
            field=field,
            typed=text,
        )
    return first.astimezone(UTC)


def show_moment(at: datetime, local: tzinfo) -> str:
    """``2026-12-01 09:30 UTC+08:00``, as screens, records and labels print it."""
    there = at.astimezone(local)
    return f"{there:%Y-%m-%d %H:%M} UTC{there.isoformat()[-6:]}"
