"""What must hold between the tables of a protocol file: codes used once, references that lead somewhere, steps in order.

``everything_wrong`` runs these rules and those of ``limits``, and all that is wrong is reported at once. Each rule is
one short function that yields what it finds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from inkt_mfg.language import Phrase
from inkt_mfg.protocol.faults import Wrong
from inkt_mfg.protocol.limits import LIMITS
from inkt_mfg.protocol.locate import KeyPath
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.values import Written

if TYPE_CHECKING:
    from inkt_mfg.protocol.model import Protocol

CODED = ("arms", "eligibility", "exclusions", "entries", "materials", "steps", "samples", "tests", "holds")


def codes_are_used_once(protocol: "Protocol") -> Iterator[Wrong]:
    """No two items of a list share a code, and no act has two second-person rules."""
    for table in CODED:
        yield from _repeated([item.code for item in getattr(protocol, table)], table, "code")
    yield from _repeated([rule.act.value for rule in protocol.second_person], "second_person", "act")


def _repeated(codes: Sequence[str], table: str, key: str) -> Iterator[Wrong]:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            what = Phrase("{code} is used twice in {table}", code=code, table=table)
            yield Wrong((table, index, key), "protocol.duplicate", what, Phrase("a code of its own"), code)


def references_lead_somewhere(protocol: "Protocol") -> Iterator[Wrong]:
    """Every code that is mentioned exists."""
    steps, entries = _codes(protocol.steps), _codes(protocol.entries)
    for index, step in enumerate(protocol.steps):
        yield from _unknown(("steps", index, "after"), step.after, steps)
        yield from _unknown(("steps", index, "entries"), step.entries, entries)
        yield from _unknown(("steps", index, "materials"), step.materials, _codes(protocol.materials))
    for index, sample in enumerate(protocol.samples):
        yield from _unknown(("samples", index, "step"), [sample.step], steps)
    for index, test in enumerate(protocol.tests):
        yield from _unknown(("tests", index, "sample"), [test.sample], _codes(protocol.samples))
        if test.limit_from and protocol.endotoxin is None:
            yield from _unknown(("tests", index, "limit_from"), [test.limit_from], [])
    for index, hold in enumerate(protocol.holds):
        yield from _unknown(("holds", index, "ends_with"), [hold.ends_with], steps)
    yield from _unknown(
        ("release", "may_be_pending"), protocol.release.may_be_pending, _codes(protocol.tests)
    )


def clocks_start_at_recorded_moments(protocol: "Protocol") -> Iterator[Wrong]:
    """A hold time or the expiry starts at an entry of kind moment which some step writes down."""
    recorded = {code for step in protocol.steps for code in step.entries}
    moments = [e.code for e in protocol.entries if e.kind is Written.MOMENT and e.code in recorded]
    for index, hold in enumerate(protocol.holds):
        yield from _unknown(("holds", index, "starts_at"), [hold.starts_at], moments)
    yield from _unknown(("expiry", "starts_at"), [protocol.expiry.starts_at], moments)


def _codes(items: Iterable[Any]) -> list[str]:
    return [item.code for item in items]


def _unknown(path: KeyPath, named: Iterable[str], known: Sequence[str]) -> Iterator[Wrong]:
    for code in named:
        if code not in known:
            what = Phrase("{code} is not defined", code=code)
            expected = Phrase("one of {known}", known=", ".join(known) or "–")
            yield Wrong(path, "protocol.reference", what, expected, code)


def steps_are_in_order(protocol: "Protocol") -> Iterator[Wrong]:
    """A step comes after a step that stands above it, and not on days that are over before that one may begin."""
    place = {step.code: index for index, step in reversed(list(enumerate(protocol.steps)))}
    for index, step in enumerate(protocol.steps):
        if step.earliest_day > step.latest_day:
            yield _order(
                index, "latest_day", step.latest_day, Phrase("a day not before {d}", d=step.earliest_day)
            )
        for code in step.after:
            if place.get(code, -1) >= index:
                yield _order(index, "after", code, Phrase("a step that stands above this one"))
            elif code in place and step.latest_day < protocol.steps[place[code]].earliest_day:
                first = protocol.steps[place[code]].earliest_day
                yield _order(
                    index, "latest_day", step.latest_day, Phrase("day {first} or later", first=first)
                )


def _order(index: int, key: str, typed: object, expected: Phrase) -> Wrong:
    return Wrong(
        ("steps", index, key), "protocol.order", Phrase("this step is out of order"), expected, str(typed)
    )


def only_the_first_step_follows_nothing(protocol: "Protocol") -> Iterator[Wrong]:
    """Every step but the first says what it comes after, so that none can be done at any time."""
    for index, step in enumerate(protocol.steps):
        if not step.after and index > 0:
            yield _order(index, "after", "[]", Phrase("the step or steps it may follow"))


def the_batch_has_its_turning_points(protocol: "Protocol") -> Iterator[Wrong]:
    """Receiving, seeding, harvest and formulation each happen once, and the harvest falls on the culture's last day."""
    for operation in (Operation.RECEIVE, Operation.SEED, Operation.HARVEST, Operation.FORMULATE):
        found = [s for s in protocol.steps if s.operation is operation]
        if len(found) != 1 or not found[0].required or found[0].repeatable:
            what = Phrase(
                "there must be one required step that does {operation}, once", operation=operation.value
            )
            expected = Phrase("one step with operation {operation}", operation=operation.value)
            yield Wrong(("steps",), "protocol.order", what, expected, str(len(found)))
    days = protocol.schedule.culture_days.value
    for index, step in enumerate(protocol.steps):
        if step.operation is Operation.HARVEST and not step.earliest_day <= days <= step.latest_day:
            yield _order(
                index, "latest_day", step.latest_day, Phrase("days that include day {days}", days=days)
            )


STRUCTURE: tuple[Callable[["Protocol"], Iterator[Wrong]], ...] = (
    codes_are_used_once,
    references_lead_somewhere,
    clocks_start_at_recorded_moments,
    steps_are_in_order,
    only_the_first_step_follows_nothing,
    the_batch_has_its_turning_points,
)


def everything_wrong(protocol: "Protocol") -> list[Wrong]:
    """Every finding of every rule."""
    return [wrong for rule in (*STRUCTURE, *LIMITS) for wrong in rule(protocol)]
