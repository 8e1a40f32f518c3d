"""The criterion each test of a batch is judged by, and the judgement of a result text.

Most criteria stand in the protocol; the endotoxin limit follows from the patient's body and the volume to be given.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import measured
from inkt_mfg.refusal import refuse
from inkt_mfg.science.acceptance import Criterion, Judgement, Result, judge
from inkt_mfg.units import of
from inkt_mfg.views.case import Case


def criterion_for(case: Case, test: str) -> Criterion:
    """The protocol's criterion, or the limit for this patient and what will be given. Raises Refusal result.limit."""
    planned = case.protocol.test(test)
    if planned.criterion is not None:
        return planned.criterion
    body, assessment = case.dosed_body, case.assessment
    if body is None or assessment is None:
        raise refuse(
            "result.limit",
            Phrase(
                "the limit of {test} follows from the patient's body and the volume given", test=planned.title
            ),
            expected=Phrase("a confirmed body measurement and a checked dose"),
            resolve_by=Phrase("a technician, by the dose check"),
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
