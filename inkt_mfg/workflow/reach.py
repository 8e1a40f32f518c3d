"""Which batches an entry is part of: a weight reaches every batch of its patient, a lot every batch it went into.

``workflow.recomputing`` and ``workflow.unsigning`` ask it when a value was corrected. It changes nothing.
"""

from collections.abc import Sequence

from sqlmodel import col, select

from inkt_mfg.records.base import Coded, in_order_made
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import MaterialLot, Step, StepMaterial
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.testing import TestResult
from inkt_mfg.workflow.command import Act


def batches_of(act: Act, entry: Coded) -> Sequence[Batch]:
    """The batches whose record this entry is part of."""
    question = select(Batch).where(Batch.site == act.work.site).order_by(*in_order_made(Batch))
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
