"""Commands about results: what the laboratory reported, judged against the protocol's criterion, checked by a second.

A missing result is never a pass. A failing result after release is late: it opens a critical deviation and blocks the
patient's next dose (R35).
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Record, measured
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.records.testing import Sample, TestResult
from inkt_mfg.records.words import BatchState, Meaning, Severity, TestVerdict
from inkt_mfg.refusal import refuse
from inkt_mfg.science.acceptance import Criterion, Judgement, Result, judge
from inkt_mfg.units import of
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.culture import verifier_did_not_perform
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.typed import past_date, said

REPORTED_IN = (
    BatchState.IN_CULTURE,
    BatchState.HARVESTED,
    BatchState.FORMULATED,
    BatchState.IN_REVIEW,
    BatchState.RELEASED,
)
LATE = frozenset({BatchState.RELEASED})


@command(
    "result.record",
    Phrase("record a test result"),
    permission=Permission.RECORD_RESULT,
    on=Batch,
    moves=(REPORTED_IN, None),
)
def record_result(act: Act, *, on: Batch, test: str, result: str, resulted_on: str) -> Done:
    """A result as the laboratory printed it. A second result for a test stands beside the first and asks why."""
    planned = act.protocol.test(test)
    sample = _sample(act, planned.sample)
    earlier = act.case.results.get(test)
    if earlier is not None and not act.work.intent.reason:
        raise refuse(
            "R02",
            Phrase("{test} has a result already: {result}", test=planned.title, result=earlier.result),
            expected=Phrase("a reason for another result; both stay on record"),
            field="reason",
            typed=result,
        )
    criterion = criterion_for(act.case, test)
    judged = judge_result(act.case, criterion, result)
    row = act.work.add(
        TestResult(
            site=act.work.site,
            code=act.work.next_code(TestResult, "T"),
            batch=on.key,
            test=test,
            sample=sample.key,
            criterion=criterion.text,
            result=said(result, "result"),
            verdict=TestVerdict(judged.verdict.value),
            why=judged.why.english,
            resulted_on=past_date(act, resulted_on, "resulted_on"),
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
    if on.state in LATE and row.verdict is TestVerdict.FAIL:
        says = Phrase("{says}. {consequence}", says=says, consequence=_late_failure(act, on, row))
    return Done(row, says)


def _sample(act: Act, purpose: str) -> Sample:
    for sample in act.case.samples:
        if sample.purpose == purpose:
            return sample
    raise refuse(
        "R30",
        Phrase("the sample for it ({sample}) has not been taken", sample=act.protocol.sample(purpose).title),
        expected=Phrase("the sample first, then its result"),
        resolve_by=who_may(Permission.RECORD_BATCH),
        field="test",
        typed=purpose,
    )


def criterion_for(case: Case, test: str) -> Criterion:
    """The protocol's criterion, or the limit computed for this patient and what will be given (endotoxin)."""
    planned = case.protocol.test(test)
    if planned.criterion is not None:
        return planned.criterion
    body, assessment = case.body, case.assessment
    if body is None or assessment is None:
        raise refuse(
            "result.limit",
            Phrase(
                "the limit of {test} follows from the patient's body and the volume given", test=planned.title
            ),
            expected=Phrase("a confirmed body measurement and a checked dose"),
            resolve_by=who_may(Permission.RECORD_BATCH),
            field="test",
            typed=test,
        )
    weight = measured(body, "weight")
    assert weight is not None
    return case.protocol.criterion_of(
        test, weight=weight, area=of(body.bsa, "m^2"), volume=of(assessment.volume_to_give, "mL")
    )


def judge_result(case: Case, criterion: Criterion, result: str) -> Judgement:
    """A result text against a criterion, words read through the protocol's term map."""
    return judge(criterion, Result.read(result, case.protocol.terms))


def _late_failure(act: Act, batch: Batch, row: TestResult) -> Phrase:
    subject = act.case.subject
    subject.dose_blocked = f"{row.code}: {row.test} of batch {batch.code} failed after release"
    deviation = act.work.add(
        Deviation(
            site=act.work.site,
            code=act.work.next_code(Deviation, "DV"),
            batch=batch.key,
            rule="R35",
            description=f"Late failing result {row.code}: {row.test} = {row.result}",
            severity=Severity.CRITICAL,
            opened_by=act.actor.key,
            opened_at=act.now,
        )
    )
    return Phrase(
        "LATE FAILURE: deviation {deviation} opened, the next dose of {subject} is blocked",
        deviation=deviation.code,
        subject=subject.code,
    )


def _the_result(case: Case, _record: Record) -> list[Record]:
    return [case.target]


@command(
    "result.verify",
    Phrase("verify a test result"),
    permission=Permission.VERIFY_ENTRY,
    on=TestResult,
    guards=[verifier_did_not_perform],
    signs=Meaning.VERIFICATION,
    covers=_the_result,
)
def verify_result(act: Act, *, on: TestResult) -> Done:
    """A second person has compared the result with the laboratory's report."""
    on.verified_by, on.verified_at = act.actor.key, act.now
    return Done(on, Phrase("{code} verified by {name}", code=on.code, name=act.actor.full_name))
