"""What follows when a value under a release signature changes (R23): before issue the release is taken back, after it not.

``workflow.corrections`` calls it once the new value stands. Before issue the batch goes back to review and its infusion
labels are void. After issue the state stays, for the bag is gone: the disposition is due for re-assessment
(``batch.reassess``), a critical deviation opens and the patient's next dose is blocked.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.words import RELEASING, BatchState, Severity
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.departures import block_next_dose, open_deviation
from inkt_mfg.workflow.reach import batches_of
from inkt_mfg.workflow.release import back_to_quarantine


def unsign_what_no_longer_stands(act: Act, entry: Coded, correction: Correction) -> list[Phrase]:
    """Every release that was signed over what this entry said before. Returns what was done, in sentences."""
    said = []
    for batch in batches_of(act, entry):
        case = act.case_of(batch)
        if case.disposition in RELEASING and guards.release_signature_stands(case) is not None:
            said.append(_take_back(act, case, correction))
    return said


def _take_back(act: Act, case: Case, correction: Correction) -> Phrase:
    batch = case.batch
    why = f"{correction.code}: {correction.record} was corrected after release"
    if batch.state is BatchState.RELEASED and guards.no_container_has_left(case) is None:
        back_to_quarantine(act, case, why)
        batch.state = BatchState.IN_REVIEW
        return Phrase("Batch {code} is in review again; its infusion labels are void", code=batch.code)
    deviation = open_deviation(
        act.work, rule="R23", description=why, severity=Severity.CRITICAL, by=act.actor.key, batch=batch
    )
    block_next_dose(case.subject, f"{why}: batch {batch.code} is due for re-assessment")
    return Phrase(
        "Batch {code} has left: RE-ASSESSMENT DUE; deviation {deviation} opened, the next dose of {subject} is blocked",
        code=batch.code,
        deviation=deviation.code,
        subject=case.subject.code,
    )
