"""What must hold between the limits of a protocol file: windows, days, dose, criteria, words.

One of the two lists of rules ``rules.everything_wrong`` runs. A range whose ends are equal is refused for quantities
(nothing could be dosed or weighed into it) and allowed for days, where the single day is what is meant.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.protocol.faults import Wrong
from inkt_mfg.protocol.locate import KeyPath
from inkt_mfg.protocol.release import Due
from inkt_mfg.protocol.trial import CourseReading
from inkt_mfg.protocol.values import Written
from inkt_mfg.refusal import Refusal
from inkt_mfg.science.acceptance import Criterion, Meaning, Result
from inkt_mfg.science.body import FORMULAS
from inkt_mfg.units import Kind, Measured

if TYPE_CHECKING:
    from inkt_mfg.protocol.model import Protocol


def windows_are_not_empty(protocol: "Protocol") -> Iterator[Wrong]:
    """Low is below high in the dose window, the body limits and what else has a range."""
    dose, body = protocol.dose, protocol.body
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
    for table, name in (("collection", "volume"), ("collection", "temperature")):
        within = getattr(getattr(protocol, table), name)
        yield from _empty((table, name), within.low, within.high)
    yield from _empty(("expiry", "storage_high"), protocol.expiry.storage_low, protocol.expiry.storage_high)


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


def quantities_are_above_zero(protocol: "Protocol") -> Iterator[Wrong]:
    """What is divided by, waited for or stepped in is more than nothing; and a dose of no cells is never within."""
    for path, quantity in _positive(protocol):
        if quantity.value <= 0:
            yield Wrong(
                path, "protocol.value", Phrase("it is zero"), Phrase("a value above zero"), quantity.typed
            )


def _positive(protocol: "Protocol") -> Iterator[tuple[KeyPath, Measured]]:
    yield ("dose", "low"), protocol.dose.low.value
    yield ("dose", "syringe_step"), protocol.dose.syringe_step.value
    for name in ("height", "weight", "bmi", "bsa"):
        yield ("body", f"{name}_hard"), getattr(protocol.body, f"{name}_hard").low
    yield ("body", "weight_age_limit"), protocol.body.weight_age_limit
    yield ("counting", "maximum_cv"), protocol.counting.maximum_cv
    yield ("expiry", "within"), protocol.expiry.within
    for index, hold in enumerate(protocol.holds):
        yield ("holds", index, "limit"), hold.limit
    if protocol.il2 is not None:
        yield ("il2", "rate"), protocol.il2.rate.value
    if protocol.endotoxin is not None:
        for name in ("k_body_weight", "k_area", "reference_weight", "reference_area"):
            yield ("endotoxin", name), getattr(protocol.endotoxin, name)


def something_reaches_the_patient(protocol: "Protocol") -> Iterator[Wrong]:
    """Samples, retain and line residual leave something of the container."""
    taken = sum((units.exact(volume) for volume in protocol.container.taken), Fraction(0))
    if taken >= units.exact(protocol.container.volume):
        expected = Phrase("a volume above what samples, retain and line take")
        what = Phrase("nothing of the container would reach the patient")
        yield Wrong(
            ("container", "volume"), "protocol.window", what, expected, protocol.container.volume.typed
        )


def a_dose_is_in_one_container(protocol: "Protocol") -> Iterator[Wrong]:
    """Each container's label states the whole dose, and an order is given once: a dose shared out would be misread."""
    number = protocol.container.number
    if number > 1:
        what = Phrase("a dose in {number} containers is not supported", number=number)
        yield Wrong(("container", "number"), "protocol.value", what, Phrase("one container"), str(number))


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
        if test.limit_from and test.kind is not Kind.ENDOTOXIN_CONCENTRATION:
            what = Phrase("the computed limit is an endotoxin concentration")
            yield Wrong(("tests", index, "kind"), "protocol.unit", what, Phrase("endotoxin_concentration"))
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


def late_tests_are_not_read_early(protocol: "Protocol") -> Iterator[Wrong]:
    """A criterion that names a day is not read before that day."""
    for index, test in enumerate(protocol.tests):
        day = test.criterion.day if test.criterion else None
        if day is None or test.read_after is None:
            continue
        if units.compare(test.read_after, units.of(day, "d")) < 0:
            expected = Phrase("{day} d or more, as its criterion asks", day=day)
            what = Phrase("it would be read too early")
            yield Wrong(
                ("tests", index, "read_after"), "protocol.window", what, expected, test.read_after.typed
            )


def words_stand_for_numbers(protocol: "Protocol") -> Iterator[Wrong]:
    """What a word of the term list stands for is a number, with its unit where results have one."""
    for word, number in protocol.words.numbers.items():
        path: KeyPath = ("words", "numbers", word)
        try:
            meant = Result.read(number)
        except Refusal as refusal:
            blocker = refusal.first
            yield Wrong(path, "protocol.number", blocker.what, blocker.expected, number)
        else:
            if meant.reports is not Meaning.NUMBER:
                yield Wrong(path, "protocol.number", Phrase("this is no number"), Phrase("a number"), number)


LIMITS: tuple[Callable[["Protocol"], Iterator[Wrong]], ...] = (
    windows_are_not_empty,
    the_dose_is_per_what_it_says,
    some_arm_is_dosed,
    days_follow_each_other,
    the_il2_course_is_as_read,
    numbers_are_large_enough,
    quantities_are_above_zero,
    something_reaches_the_patient,
    a_dose_is_in_one_container,
    criteria_fit_what_they_judge,
    late_tests_say_when,
    late_tests_are_not_read_early,
    words_stand_for_numbers,
)
