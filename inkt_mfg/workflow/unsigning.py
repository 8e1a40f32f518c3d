"""What follows when a value under a release signature changes (R23): before issue the release is taken back, after it not.

``workflow.corrections`` calls it once the new value stands. Before issue the batch goes back to review and its infusion
labels are void. After issue the state stays, for the bag is gone: the disposition is due for re-assessment
(``batch.reassess``), a critical deviation opens and the patient's next dose is blocked.
"""

from collections.abc import Sequence

from sqlmodel import col, select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.correction import Correction
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.testing import TestResult
from inkt_mfg.records.words import RELEASING, BatchState, Severity
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act
from inkt_mfg.workflow.departures import block_next_dose, open_deviation
from inkt_mfg.workflow.release import back_to_quarantine


def unsign_what_no_longer_stands(act: Act, entry: Coded, correction: Correction) -> list[Phrase]:
    """Every release that was signed over what this entry said before. Returns what was done, in sentences."""
    said = []
    for batch in _batches_of(act, entry):
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


def _batches_of(act: Act, entry: Coded) -> Sequence[Batch]:
    """The batches whose record this entry is part of."""
    question = select(Batch).where(Batch.site == act.work.site).order_by(col(Batch.code))
    if isinstance(entry, Step | CellCount | TestResult):
        return act.work.rows(question.where(Batch.key == entry.batch))
    if isinstance(entry, Subject):
        return act.work.rows(question.where(Batch.subject == entry.key))
    if isinstance(entry, BodyMeasurement | DoseOrder):
        return act.work.rows(question.where(Batch.subject == entry.subject))
    if isinstance(entry, Collection):
        return act.work.rows(question.where(Batch.collection == entry.key))
    if isinstance(entry, MaterialLot):
        used = (
            select(Step.batch)
            .join(StepMaterial, col(StepMaterial.step) == col(Step.key))
            .where(StepMaterial.lot == entry.key)
        )
        return act.work.rows(question.where(col(Batch.key).in_(used)))
    return ()
