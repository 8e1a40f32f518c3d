"""Commands from the washed harvest to a dose: filling the containers and working the dose out.

Dose cells are the concentration counted on the *formulated* product times what each container can deliver; a harvest
count never doses. Above the window the largest measured part that is itself within is offered; nothing is clamped.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_moment, zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import entries, measured
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.dose import Container, DoseAssessment
from inkt_mfg.records.step import Step
from inkt_mfg.records.subject import BodyMeasurement
from inkt_mfg.records.words import BatchState, DoseVerdict
from inkt_mfg.refusal import Blocker
from inkt_mfg.science.body import Body
from inkt_mfg.science.counting import inkt_cells, total_viable_cells
from inkt_mfg.science.dosing import DoseJudgement, MeasuredPart, Verdict, judge_dose, largest_usable_part
from inkt_mfg.units import Kind, Measured, canonical, of, show, working
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.culture import bench_step
from inkt_mfg.workflow.permissions import Permission, who_may

BASES = ("viable_inkt", "total_viable")


def _fill_containers(act: Act, batch: Batch, step: Step) -> None:
    """The formulated volume shared equally, and the expiry clock started from the event the protocol names."""
    case = act.case_of(batch)
    filled = case.reading(step.plan_code, "formulated_volume")
    assert filled is not None, "the step was refused without it"
    assert filled.value is not None
    total = act.protocol.container.number
    with working():
        each = of(filled.value / total, "mL")
    start = _expiry_start(case, step)
    hours = canonical(act.protocol.expiry.within, Kind.DURATION)
    for ordinal in range(1, total + 1):
        act.work.add(
            Container(
                site=act.work.site,
                code=f"{batch.code}-{ordinal}",
                batch=batch.key,
                ordinal=ordinal,
                of_total=total,
                **entries(Container, volume=each),
                filled_at=step.performed_at,
                expires_at=start + timedelta(hours=float(hours)),
            )
        )


def _expiry_start(case: Case, step: Step) -> datetime:
    event = case.reading(step.plan_code, case.protocol.expiry.starts_at)
    if event is None:
        return step.performed_at
    return read_moment(event.value_typed, zone(case.site.time_zone), field=event.name)


formulate = bench_step(
    "batch.formulate",
    Phrase("formulate and fill"),
    Operation.FORMULATE,
    (BatchState.HARVESTED, BatchState.FORMULATED),
    and_then=_fill_containers,
)


def product_count_is_verified(case: Case) -> Blocker | None:
    """A typed count needs a second person, or an instrument's file, before a dose uses it (R33)."""
    count = case.last_count(case.formulation_step)
    if count is None or count.verified_by is not None or count.source_sha256 is not None:
        return None  # a missing count is product_is_counted's to say
    return Blocker(
        "R33",
        Phrase("count {code} is unverified", code=count.code),
        Phrase("a second person's check of the count"),
        who_may(Permission.VERIFY_ENTRY),
        "count",
        count.code,
    )


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """A dose on both bases, what may be given of it, and the derivation a person can check."""

    volume: Measured
    concentration: Measured
    viable: Measured
    inkt: Measured
    judged: DoseJudgement
    other: DoseJudgement
    part: MeasuredPart | None

    @property
    def derivation(self) -> str:
        lines = list(self.judged.derivation)
        if self.part is not None:
            lines += list(self.part.derivation)
        return json.dumps(
            [{"formula": line.formula, "values": line.values, "result": line.result} for line in lines],
            ensure_ascii=False,
        )


def work_out(case: Case, count: CellCount, body: BodyMeasurement) -> WorkedOut:
    """The dose of the batch's containers, from the product's count and the patient's body as they are on record."""
    protocol = case.protocol
    deliverable = Decimal(0)
    for container in case.containers:
        assert container.withdrawn is not None, "guarded: the product is sampled"
        deliverable += container.volume - container.withdrawn
    volume = of(deliverable, "mL")
    density = of(count.viable_cell_density, "cell/mL")
    assert count.inkt_of_live is not None, "guarded: the product is counted"
    with working():
        fraction = count.inkt_of_live / 100
        inkt_density = of(density.value * fraction, "cell/mL")
    viable = total_viable_cells(density, volume)
    inkt = inkt_cells(viable, fraction)
    of_basis = {"viable_inkt": (inkt, inkt_density), "total_viable": (viable, density)}
    cells, concentration = of_basis[protocol.dose_basis]
    other_cells, _ = of_basis[next(b for b in BASES if b != protocol.dose_basis)]
    height, weight = measured(body, "height"), measured(body, "weight")
    assert height is not None
    assert weight is not None
    person = Body(height, weight)
    judged = judge_dose(cells, person, protocol.bsa_formula, protocol.dose_window)
    other = judge_dose(other_cells, person, protocol.bsa_formula, protocol.dose_window)
    part = None
    if judged.verdict is Verdict.ABOVE:
        part = largest_usable_part(
            volume,
            concentration,
            protocol.syringe_step,
            body=person,
            formula=protocol.bsa_formula,
            window=protocol.dose_window,
        )
    return WorkedOut(volume, concentration, viable, inkt, judged, other, part)


@command(
    "dose.assess",
    Phrase("check the dose"),
    permission=Permission.RECORD_BATCH,
    on=Batch,
    moves=(BatchState.FORMULATED, None),
    guards=[
        guards.arm_is_dosed,
        guards.no_hold,
        guards.product_is_counted,
        guards.product_is_sampled,
        product_count_is_verified,
        guards.body_is_confirmed,
        guards.weight_is_fresh,
    ],
)
def assess_dose(act: Act, *, on: Batch) -> Done:
    """The dose from the record alone: nothing is typed. The verdict is arithmetic; permission comes with release."""
    case = act.case
    count, body = case.last_count(case.formulation_step), case.body
    assert count is not None
    assert body is not None
    worked = work_out(case, count, body)
    judged = worked.judged
    given = worked.part.judgement if worked.part else judged
    assessment = act.work.add(
        DoseAssessment(
            site=act.work.site,
            batch=on.key,
            assessed_by=act.actor.key,
            volume=worked.volume.value,
            count=count.key,
            body=body.key,
            assessed_at=act.now,
            basis=case.protocol.dose_basis,
            bsa_formula=case.protocol.bsa_formula,
            bsa=judged.bsa.value if judged.bsa else body.bsa,
            viable_cells=worked.viable.value,
            inkt_cells=worked.inkt.value,
            dose=judged.dose.value,
            other_dose=worked.other.dose.value,
            dose_unit=judged.dose.unit,
            low=judged.window.low.value,
            high=judged.window.high.value,
            verdict=DoseVerdict(judged.verdict.value),
            volume_to_give=worked.part.volume.value if worked.part else worked.volume.value,
            dose_to_give=given.dose.value,
            verdict_to_give=DoseVerdict(given.verdict.value),
            derivation=worked.derivation,
        )
    )
    return Done(assessment, _says(worked))


def _says(worked: WorkedOut) -> Phrase:
    judged = worked.judged
    limits = (judged.window.low, judged.window.high)
    says = Phrase(
        "dose {dose}: {verdict} the window {low} to {high}",
        dose=show(judged.dose, beside=limits),
        verdict=Phrase(judged.verdict.value.upper()),
        low=show(judged.window.low),
        high=show(judged.window.high),
    )
    if worked.part is not None:
        says = Phrase(
            "{says}; a measured part of {volume} gives {dose}, which is within",
            says=says,
            volume=show(worked.part.volume),
            dose=show(worked.part.judgement.dose, beside=limits),
        )
    return says
