"""Release criteria against results: pass, fail, not determined or report only, with the reason.

A result passes only when all it may be lies inside what the criterion allows, and fails only when none of it does.
Anything missing, interim or in words that no term map explains is not determined, never a pass. Refuses a unit on one
side only, and two units that measure different things.
"""

from dataclasses import dataclass
from enum import StrEnum

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.science.criteria import Criterion, Meaning, Result, Terms
from inkt_mfg.science.intervals import Interval
from inkt_mfg.units import show

__all__ = ["Acceptance", "Criterion", "Interval", "Judgement", "Meaning", "Result", "Terms", "judge"]


class Acceptance(StrEnum):
    """What a result means for release."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    NOT_DETERMINED = "not_determined"
    REPORT_ONLY = "report_only"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one result, and why in words."""

    verdict: Acceptance
    why: Phrase


def judge(criterion: Criterion, result: Result) -> Judgement:
    """The one verdict. Refuses acceptance.unit when only one side has a unit or the two cannot be compared."""
    if result.reports is Meaning.MISSING:
        return _undetermined(
            Phrase("there is no result ({typed}); a missing one is never a pass", typed=repr(result.text))
        )
    if criterion.asks is Meaning.REPORT_ONLY:
        return Judgement(Acceptance.REPORT_ONLY, Phrase("reported without a limit"))
    if result.reports is Meaning.WORDS:
        return _undetermined(Phrase("no term map says what {typed} stands for", typed=repr(result.text)))
    if criterion.asks is Meaning.NEGATIVE:
        return _judge_words(criterion, result)
    return _judge_number(criterion, result)


def _undetermined(why: Phrase) -> Judgement:
    return Judgement(Acceptance.NOT_DETERMINED, why)


def _judge_words(criterion: Criterion, result: Result) -> Judgement:
    if result.reports is Meaning.POSITIVE:
        return Judgement(
            Acceptance.FAIL,
            Phrase("{result} where {criterion} is asked", result=result.text, criterion=criterion.text),
        )
    if result.reports is Meaning.NUMBER:
        return _undetermined(
            Phrase("a number does not say whether it is negative; the criterion has no limit")
        )
    if result.to_date and not criterion.interim:
        return _undetermined(Phrase("{result} is an interim reading", result=result.text))
    if result.day is None and not result.to_date:
        return Judgement(Acceptance.PASS, Phrase("{result} as asked", result=result.text))
    if criterion.day is None or result.day is None or result.day < criterion.day:
        return _undetermined(
            Phrase("{result} does not reach the day the criterion asks for", result=result.text)
        )
    return Judgement(Acceptance.PASS, Phrase("{result} as asked", result=result.text))


def _judge_number(criterion: Criterion, result: Result) -> Judgement:
    if result.value is None:
        return _undetermined(
            Phrase("{result} is no number, and no term map makes it one", result=result.text)
        )
    assert criterion.allowed, "a numeric criterion has an interval"
    _refuse_unlike_units(criterion, criterion.allowed, result, result.value)
    blanks = {"result": _shown(result, criterion.allowed), "criterion": criterion.text}
    if result.value.lies_in(criterion.sure or criterion.allowed):
        return Judgement(Acceptance.PASS, Phrase("{result} meets {criterion}", **blanks))
    if result.value.misses(criterion.allowed):
        return Judgement(Acceptance.FAIL, Phrase("{result} does not meet {criterion}", **blanks))
    if result.value.lies_in(criterion.allowed):
        return _undetermined(
            Phrase("{criterion} can be read two ways; {result} meets only one of them", **blanks)
        )
    return _undetermined(
        Phrase("{result} does not prove {criterion}: part of what it may be lies outside", **blanks)
    )


def _shown(result: Result, allowed: Interval) -> str:
    """The result as printed, followed by its value in the criterion's unit when the two units differ."""
    value = result.value
    if value is None or value.unit == allowed.unit or value.low is None or value.low is not value.high:
        return result.text
    limits = [bound for bound in (allowed.low, allowed.high) if bound]
    return f"{result.text} (= {show(units.convert(value.low, allowed.unit), beside=limits)})"


def _refuse_unlike_units(criterion: Criterion, allowed: Interval, result: Result, value: Interval) -> None:
    if units.kind_of(allowed.unit) & units.kind_of(value.unit):
        return
    one_sided = "1" in {allowed.unit, value.unit}
    what = (
        Phrase("only one of the two has a unit, and none is guessed")
        if one_sided
        else Phrase("{left} and {right} measure different things", left=allowed.unit, right=value.unit)
    )
    raise refuse(
        "acceptance.unit",
        what,
        expected=Phrase("a result in a unit that compares with {criterion}", criterion=criterion.text),
        field="result",
        typed=result.text,
    )
