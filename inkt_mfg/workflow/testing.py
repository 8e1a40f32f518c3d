"""Commands about results: what the laboratory reported, judged against the protocol's criterion, checked by a second.

A missing result is never a pass. A failing result after release is late: it opens a critical deviation and blocks the
patient's next dose (R35).
"""

from datetime import date, timedelta

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.protocol.release import ReleaseTest
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import PASSING, RELEASING, BatchState, Severity, TestVerdict
from inkt_mfg.refusal import refuse
from inkt_mfg.science.acceptance import Interval, Result
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.views.criteria import criterion_for, judge_result
from inkt_mfg.workflow.asked import refuse_without_reason
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.departures import block_next_dose, open_deviation
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import past_date, said
from inkt_mfg.workflow.verifying import only_itself, verification

REPORTED_IN = (
    BatchState.IN_CULTURE,
    BatchState.HARVESTED,
    BatchState.FORMULATED,
    BatchState.IN_REVIEW,
    BatchState.RELEASED,
    BatchState.REJECTED,
    BatchState.TERMINATED,
    BatchState.CLOSED,
)


@command(
    "result.record",
    Phrase("record a test result"),
    permission=Permission.RECORD_RESULT,
    on=Batch,
    moves=(REPORTED_IN, None),
)
def record_result(
    act: Act, *, on: Batch, test: str, result: str, resulted_on: str, sample: str | None = None
) -> Done:
    """A result as the laboratory printed it. A second result for a test stands beside the first and asks why.

    Anything but a pass opens a deviation; after release it is late and stops bag and next dose (R35).
    """
    planned = act.protocol.test(test)
    taken = _sample(act, planned.sample, sample)
    day = past_date(act, resulted_on, "resulted_on")
    refuse_too_early(act.case, planned, taken, day)
    earlier = act.case.results.get(test)
    if earlier is not None:
        refuse_without_reason(
            act,
            Phrase("{test} has a result already: {result}", test=planned.title, result=earlier.result),
            expected=Phrase("a reason for another result; both stay on record"),
        )
    criterion = criterion_for(act.case, test)
    judged = judge_result(act.case, criterion, result)
    refuse_impossible(act.case, planned, result)
    row = act.work.add(
        TestResult(
            site=act.work.site,
            code=act.work.next_code(TestResult, "T"),
            batch=on.key,
            test=test,
            sample=taken.key,
            criterion=criterion.text,
            result=said(result, "result"),
            verdict=TestVerdict(judged.verdict.value),
            why=judged.why.english,
            resulted_on=day,
            reported_by=act.actor.key,
            recorded_at=act.now,
        )
    )
    says = Phrase(
        "{code} {test}: {result} against {criterion}: {verdict}",
        code=row.code,
        test=planned.title,
        result=result,
        criterion=criterion.text,
        verdict=Phrase(row.verdict.value),
    )
    if row.verdict not in PASSING:
        says = Phrase("{says}. {consequence}", says=says, consequence=consequence_of_failure(act, on, row))
    return Done(row, says)


def consequence_of_failure(act: Act, batch: Batch, row: TestResult) -> Phrase:
    """What follows a result that does not pass: a deviation; after release the next dose is blocked as well (R35)."""
    released = any(d.kind in RELEASING for d in act.case_of(batch).dispositions)
    return _late_failure(act, batch, row) if released else _out_of_specification(act, batch, row)


def _sample(act: Act, purpose: str, code: str | None) -> Sample:
    """The newest sample of this kind, or the one that is named."""
    of_kind = [s for s in act.case.samples if s.purpose == purpose and code in {None, "", s.code}]
    if of_kind:
        return of_kind[-1]
    raise refuse(
        "R30",
        Phrase("the sample for it ({sample}) has not been taken", sample=act.protocol.sample(purpose).title),
        expected=Phrase("the sample first, then its result"),
        resolve_by=who_may(Permission.RECORD_BATCH),
        field="sample",
        typed=code or purpose,
    )


def refuse_impossible(case: Case, planned: ReleaseTest, result: str) -> None:
    """No verdict on a number that cannot be: 170 % of the cells, or fewer than none. Raises Refusal ``result.impossible``."""
    reported = Result.read(result, case.protocol.terms).value
    if planned.possible is None or reported is None:
        return
    bounds = [Interval(bound, bound) for bound in (reported.low, reported.high) if bound]
    if all(bound.lies_in(planned.possible) for bound in bounds) and not reported.misses(planned.possible):
        return
    raise refuse(
        "result.impossible",
        Phrase("{test} cannot be {result}", test=planned.title, result=result),
        expected=Phrase("0 to 100 %, a part of the whole")
        if planned.possible.high
        else Phrase("a number that is not below zero"),
        field="result",
        typed=result,
    )


def refuse_too_early(case: Case, planned: ReleaseTest, sample: Sample, day: date) -> None:
    """No result before its sample, and none before it has been read for as long as the protocol says (USP <71>)."""
    taken = sample.taken_at.astimezone(zone(case.site.time_zone)).date()
    wait = timedelta(0)
    if planned.read_after is not None:
        wait = timedelta(hours=float(canonical(planned.read_after, Kind.DURATION)))
    if day < taken + wait:
        raise refuse(
            "result.early",
            Phrase("{test} of sample {code} cannot be read before {day}", test=planned.title, code=sample.code,
                   day=taken + wait),
            expected=Phrase("a day from {day} on", day=taken + wait),
            resolve_by=who_may(Permission.RECORD_RESULT),
            field="resulted_on",
            typed=day.isoformat(),
        )  # fmt: skip


def _out_of_specification(act: Act, batch: Batch, row: TestResult) -> Phrase:
    deviation = open_deviation(
        act.work,
        rule="R37",
        description=f"Result {row.code} does not pass: {row.test} = {row.result} ({row.verdict.value})",
        severity=Severity.MAJOR,
        by=act.actor.key,
        batch=batch,
    )
    return Phrase("Deviation {code} opened", code=deviation.code)


def _late_failure(act: Act, batch: Batch, row: TestResult) -> Phrase:
    """Whatever is not a pass, a word nobody mapped too: the patient comes first, the laboratory is asked after."""
    subject = act.case_of(batch).subject
    block_next_dose(
        subject, f"{row.code}: {row.test} of batch {batch.code} after release: {row.verdict.value}"
    )
    deviation = open_deviation(
        act.work,
        rule="R35",
        description=f"Late result {row.code} does not pass: {row.test} = {row.result} ({row.verdict.value})",
        severity=Severity.CRITICAL,
        by=act.actor.key,
        batch=batch,
    )
    return Phrase(
        "LATE FAILURE: deviation {deviation} opened, the next dose of {subject} is blocked",
        deviation=deviation.code,
        subject=subject.code,
    )


verify_result = verification("result.verify", Phrase("verify a test result"), TestResult, only_itself)
