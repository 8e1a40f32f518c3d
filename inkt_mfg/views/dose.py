"""The dose of a batch worked out from the record as it is now: nothing is typed, nothing is rounded.

``workflow.formulation`` keeps what it returns; the guards work it out again before a release, so that a newer count,
body or withdrawal never hides behind an older assessment. It changes nothing.
"""

import json
from dataclasses import dataclass
from decimal import Decimal

from inkt_mfg.records.base import measured
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import DoseAssessment
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.science.body import Body
from inkt_mfg.science.derivation import Derivation
from inkt_mfg.science.dosing import (
    BASES,
    DoseCells,
    DoseJudgement,
    MeasuredPart,
    Verdict,
    dose_cells,
    judge_dose,
    largest_usable_part,
)
from inkt_mfg.units import Measured, of, show, working
from inkt_mfg.views.case import Case


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """A dose on both bases, what may be given of it, and the derivation a person can check."""

    viable: DoseCells
    inkt: DoseCells
    judged: DoseJudgement
    other: DoseJudgement
    part: MeasuredPart | None
    derivation: Derivation

    @property
    def volume(self) -> Measured:
        """What can reach the patient, of all containers."""
        return self.viable.volume

    @property
    def volume_to_give(self) -> Measured:
        return self.part.volume if self.part else self.volume

    @property
    def given(self) -> DoseJudgement:
        """The judgement of what may be given: the whole, or the measured part."""
        return self.part.judgement if self.part else self.judged

    def derivation_json(self) -> str:
        return json.dumps([line.as_json() for line in self.derivation], ensure_ascii=False)

    def agrees_with(self, kept: DoseAssessment) -> bool:
        """Whether an assessment on record still says what the record gives now."""
        now = (self.judged.dose.value, self.other.dose.value, self.volume.value, self.volume_to_give.value)
        return now == (kept.dose, kept.other_dose, kept.volume, kept.volume_to_give)


def work_out(case: Case, count: CellCount, body: BodyMeasurement) -> WorkedOut:
    """The dose from the product's count and the patient's body. The product must be counted and sampled (guarded)."""
    protocol = case.protocol
    assert count.inkt_of_live is not None, "guarded: the product is counted"
    density = of(count.viable_cell_density, "cell/mL")
    with working():
        inkt_density = of(density.value * count.inkt_of_live / 100, "cell/mL")
    viable, inkt = _held(case, density), _held(case, inkt_density)
    by_basis = {"viable_inkt": (inkt, inkt_density), "total_viable": (viable, density)}
    chosen, concentration = by_basis[protocol.dose_basis]
    other, _ = by_basis[next(b for b in BASES if b != protocol.dose_basis)]
    person = _person(body)
    judged = judge_dose(chosen.cells, person, protocol.bsa_formula, protocol.dose_window)
    part = None
    if judged.verdict is Verdict.ABOVE:
        part = largest_usable_part(
            chosen.volume,
            concentration,
            protocol.syringe_step,
            body=person,
            formula=protocol.bsa_formula,
            window=protocol.dose_window,
        )
    return WorkedOut(
        viable,
        inkt,
        judged,
        judge_dose(other.cells, person, protocol.bsa_formula, protocol.dose_window),
        part,
        (*chosen.derivation, *judged.derivation, *(part.derivation if part else ())),
    )


def _held(case: Case, concentration: Measured) -> DoseCells:
    filled = sum((c.volume for c in case.containers), Decimal(0))
    taken = []
    for container in case.containers:
        assert container.withdrawn is not None, "guarded: the product is sampled"
        taken.append(of(container.withdrawn, "mL"))
    return dose_cells(concentration, of(filled, "mL"), taken)


def _person(body: BodyMeasurement) -> Body:
    height, weight = measured(body, "height"), measured(body, "weight")
    assert height is not None
    assert weight is not None
    return Body(height, weight)


def dose_shown(kept: DoseAssessment) -> str:
    """The assessed dose as people read it, with digits enough to show on which side of a limit it lies."""
    limits = (of(kept.low, kept.dose_unit), of(kept.high, kept.dose_unit))
    return show(of(kept.dose, kept.dose_unit), beside=limits)
