"""What must hold between the tables of a protocol file, beyond each value being well formed.

``model`` runs every rule and reports all that is wrong at once. Each rule is one short function that yields what it
finds. A range or window whose ends are equal is refused for quantities (nothing could be dosed or weighed into it)
and allowed for days, where the single day is what is meant.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.protocol.faults import Wrong
from inkt_mfg.protocol.locate import KeyPath
from inkt_mfg.protocol.making import Operation
from inkt_mfg.protocol.release import Due
from inkt_mfg.protocol.trial import CourseReading
from inkt_mfg.protocol.values import Written
from inkt_mfg.refusal import Refusal
from inkt_mfg.science.acceptance import Criterion, Meaning
from inkt_mfg.science.body import FORMULAS
from inkt_mfg.units import Kind, Measured

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


def windows_are_not_empty(protocol: "Protocol") -> Iterator[Wrong]:
    """Low is below high in the dose window, the body limits and the storage temperature."""
    dose, body, expiry = protocol.dose, protocol.body, protocol.expiry
    yield from _empty(("dose", "high"), dose.low.value, dose.high.value)
    for name in ("height", "weight", "bmi", "bsa"):
        hard, soft = getattr(body, f"{name}_hard"), getattr(body, f"{name}_soft")
        yield from _empty(("body", f"{name}_hard"), hard.low, hard.high)
        yield from _empty(("body", f"{name}_soft"), soft.low, soft.high)
        if units.compare(soft.low, hard.low) < 0 or units.compare(soft.high, hard.high) > 0:
            expected = Phrase("soft limits inside the hard ones")
            yield Wrong(
                ("body", f"{name}_soft"),
                "protocol.window",
                Phrase("it reaches beyond the hard limits"),
                expected,
            )
    yield from _empty(("expiry", "storage_high"), expiry.storage_low, expiry.storage_high)


def _empty(path: KeyPath, low: Measured, high: Measured) -> Iterator[Wrong]:
    if units.kind_of(low.unit) & units.kind_of(high.unit) and units.compare(low, high) >= 0:
        what = Phrase("nothing lies between {low} and {high}", low=units.show(low), high=units.show(high))
        yield Wrong(path, "protocol.window", what, Phrase("a low end below the high end"), high.typed)


def the_dose_is_per_what_it_says(protocol: "Protocol") -> Iterator[Wrong]:
    """The window's units, the table's ``per`` and the body surface formula fit together."""
    wanted = {"area": Kind.CELLS_PER_AREA, "body_weight": Kind.CELLS_PER_BODY_WEIGHT}[protocol.dose.per.value]
    for key, limit in (("low", protocol.dose.low.value), ("high", protocol.dose.high.value)):
        if wanted not in units.kind_of(limit.unit):
            what = Phrase("{unit} is not {kind}", unit=limit.unit, kind=Phrase(wanted.value))
            expected = Phrase("{kind}, such as {example}", kind=Phrase(wanted.value), example=wanted.example)
            yield Wrong(("dose", key), "protocol.unit", what, expected, limit.typed)
    if protocol.dose.bsa_formula.value not in FORMULAS:
        expected = Phrase("one of {known}", known=", ".join(FORMULAS))
        what = Phrase("there is no such formula")
        yield Wrong(
            ("dose", "bsa_formula"), "protocol.reference", what, expected, protocol.dose.bsa_formula.value
        )


def some_arm_is_dosed(protocol: "Protocol") -> Iterator[Wrong]:
    """A protocol that doses nobody makes no batches."""
    if not any(arm.dosed for arm in protocol.arms):
        yield Wrong(
            ("arms",), "protocol.value", Phrase("no arm is dosed"), Phrase("an arm with dosed = true")
        )


def days_follow_each_other(protocol: "Protocol") -> Iterator[Wrong]:
    """Days stand in order, numbers of days are not negative, and no infusion's window reaches into the next."""
    plan = protocol.schedule
    for key, days in (("tae_days", plan.tae_days.value), ("infusion_days", plan.infusion_days.value)):
        if any(a >= b for a, b in pairwise(days)):
            expected = Phrase("each day later than the one before")
            yield Wrong(
                ("schedule", key), "protocol.order", Phrase("days out of order"), expected, str(list(days))
            )
    infusions = plan.infusion_days.value
    reach = plan.infusion_days_early.value + plan.infusion_days_late.value
    if not infusions or any(b - a <= reach for a, b in pairwise(infusions)):
        expected = Phrase("at least one infusion, and windows that do not meet")
        what = Phrase("the windows of two infusions overlap, or there is none")
        yield Wrong(("schedule", "infusion_days"), "protocol.window", what, expected, str(list(infusions)))


def the_il2_course_is_as_read(protocol: "Protocol") -> Iterator[Wrong]:
    """A course of a number of days lasts between low and high; a course between two days begins and ends on them."""
    if (il2 := protocol.il2) is None:
        return
    low, high, planned = il2.days_low.value, il2.days_high.value, il2.planned_days.value
    if low > high or low < 1:
        yield Wrong(
            ("il2", "days_high"), "protocol.window", Phrase("the course is empty"), Phrase("low up to high")
        )
    elif il2.reading.value is CourseReading.COURSE_OF and not low <= planned <= high:
        expected = Phrase("{low} to {high} days", low=low, high=high)
        yield Wrong(
            ("il2", "planned_days"), "protocol.window", Phrase("another length"), expected, str(planned)
        )
    elif il2.reading.value is CourseReading.DAYS_TO and (il2.first_day_after_infusion.value, planned) != (
        low,
        high - low + 1,
    ):
        expected = Phrase("from day {low}, {days} days", low=low, days=high - low + 1)
        yield Wrong(("il2", "planned_days"), "protocol.window", Phrase("other days"), expected, str(planned))


def numbers_are_large_enough(protocol: "Protocol") -> Iterator[Wrong]:
    """Numbers of things and days that cannot be zero or negative are not."""
    plan = protocol.schedule
    least: list[tuple[KeyPath, int, int]] = [
        (("schedule", "culture_days"), plan.culture_days.value, 1),
        (("schedule", "sterility_read_days"), plan.sterility_read_days.value, 1),
        (("schedule", "infusion_days_early"), plan.infusion_days_early.value, 0),
        (("schedule", "infusion_days_late"), plan.infusion_days_late.value, 0),
        (("counting", "minimum_replicates"), protocol.counting.minimum_replicates, 1),
        (("container", "number"), protocol.container.number, 1),
    ]
    for path, number, minimum in least:
        if number < minimum:
            what = Phrase("{number} is too small", number=number)
            yield Wrong(
                path, "protocol.value", what, Phrase("{minimum} or more", minimum=minimum), str(number)
            )


def something_reaches_the_patient(protocol: "Protocol") -> Iterator[Wrong]:
    """Samples, retain and line residual leave something of the container."""
    taken = sum((units.exact(volume) for volume in protocol.container.taken), Fraction(0))
    if taken >= units.exact(protocol.container.volume):
        expected = Phrase("a volume above what samples, retain and line take")
        what = Phrase("nothing of the container would reach the patient")
        yield Wrong(
            ("container", "volume"), "protocol.window", what, expected, protocol.container.volume.typed
        )


def criteria_fit_what_they_judge(protocol: "Protocol") -> Iterator[Wrong]:
    """A quantity has a criterion in its own unit; a yes/no statement has none; a test has one limit, not two."""
    for index, item in enumerate(protocol.eligibility):
        path: KeyPath = ("eligibility", index, "criterion")
        if (item.kind is Written.YES_NO) != (item.criterion is None):
            what = Phrase("a yes/no statement has no criterion, and a quantity has one")
            yield Wrong(
                path, "protocol.criterion", what, Phrase("a criterion exactly where there is a quantity")
            )
        kind = Kind.RATIO if item.relative_to else item.kind
        yield from _foreign_unit(path, item.criterion, kind)
    for index, test in enumerate(protocol.tests):
        path = ("tests", index, "criterion")
        if (test.criterion is None) == (test.limit_from is None):
            what = Phrase("a test has a criterion or a computed limit, one of the two")
            yield Wrong(path, "protocol.criterion", what, Phrase("criterion = … or limit_from = …"))
        if test.limit_from and protocol.endotoxin is None:
            yield from _unknown(("tests", index, "limit_from"), [test.limit_from], [])
        yield from _foreign_unit(path, test.criterion, test.kind)


def _foreign_unit(path: KeyPath, criterion: Criterion | None, kind: Kind | Written) -> Iterator[Wrong]:
    """A criterion in numbers judges a quantity in its own unit; a word judges what is qualitative."""
    if criterion is None or criterion.asks is Meaning.REPORT_ONLY:
        return
    unit = criterion.allowed.unit if criterion.allowed else None
    fits = kind is Written.QUALITATIVE if unit is None else kind in units.kind_of(unit)
    if not fits:
        what = Phrase("this criterion does not judge {kind}", kind=_kind_name(kind))
        example = kind.example if isinstance(kind, Kind) else "negative"
        yield Wrong(
            path, "protocol.unit", what, Phrase("a criterion for {example}", example=example), criterion.text
        )


def _kind_name(kind: Kind | Written) -> Phrase:
    return Phrase(kind.value)


def late_tests_say_when(protocol: "Protocol") -> Iterator[Wrong]:
    """A test due after release says after how long it reads out; only such a test may be pending at release."""
    late = [test.code for test in protocol.tests if test.due is Due.AFTER_RELEASE]
    for index, test in enumerate(protocol.tests):
        if (test.code in late) != (test.read_after is not None):
            expected = Phrase("read_after on tests due after release, and only there")
            yield Wrong(
                ("tests", index, "due"),
                "protocol.value",
                Phrase("when is it read?"),
                expected,
                test.due.value,
            )
    for code in protocol.release.may_be_pending:
        if code not in late:
            expected = Phrase("one of {late}", late=", ".join(late) or "–")
            what = Phrase("{code} is due before release and cannot be pending", code=code)
            yield Wrong(("release", "may_be_pending"), "protocol.reference", what, expected, code)
    if late and not protocol.release.conditional_allowed:
        what = Phrase("a test is due after release, but no conditional release is allowed")
        yield Wrong(
            ("release", "conditional_allowed"), "protocol.value", what, Phrase("conditional_allowed = true")
        )


def words_stand_for_numbers(protocol: "Protocol") -> Iterator[Wrong]:
    """What a word of the term list stands for is a number."""
    for word, number in protocol.words.numbers.items():
        try:
            units.read_number(number, field=word)
        except Refusal as refusal:
            blocker = refusal.first
            yield Wrong(("words", "numbers", word), blocker.rule, blocker.what, blocker.expected, number)


RULES: tuple[Callable[["Protocol"], Iterator[Wrong]], ...] = (
    codes_are_used_once,
    references_lead_somewhere,
    clocks_start_at_recorded_moments,
    steps_are_in_order,
    only_the_first_step_follows_nothing,
    the_batch_has_its_turning_points,
    windows_are_not_empty,
    the_dose_is_per_what_it_says,
    some_arm_is_dosed,
    days_follow_each_other,
    the_il2_course_is_as_read,
    numbers_are_large_enough,
    something_reaches_the_patient,
    criteria_fit_what_they_judge,
    late_tests_say_when,
    words_stand_for_numbers,
)


def everything_wrong(protocol: "Protocol") -> list[Wrong]:
    """Every finding of every rule."""
    return [wrong for rule in RULES for wrong in rule(protocol)]
