"""Commands from the washed harvest to a dose: filling the containers and working the dose out.

Dose cells are the concentration counted on the *formulated* product times what each container can deliver; a harvest
count never doses. Above the window the largest measured part that is itself within is offered; nothing is clamped.
"""

from datetime import datetime, timedelta
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.moments import read_moment, zone
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import entries
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.dose import Container, DoseAssessment
from inkt_mfg.records.step import Step
from inkt_mfg.records.words import BatchState, DoseVerdict
from inkt_mfg.units import Kind, canonical, of, show, working
from inkt_mfg.views.case import Case
from inkt_mfg.views.dose import WorkedOut, work_out
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.culture import bench_step
from inkt_mfg.workflow.permissions import Permission


def _fill_containers(act: Act, batch: Batch, step: Step) -> None:
    total = act.protocol.container.number
    filled = _as_filled(act.case_of(batch), step)
    for ordinal in range(1, total + 1):
        act.work.add(
            Container(
                site=act.work.site,
                code=f"{batch.code}-{ordinal}",
                batch=batch.key,
                ordinal=ordinal,
                of_total=total,
                **filled,
            )
        )


def refill_containers(act: Act, batch: Batch, step: Step) -> None:
    """The containers as the corrected step fills them."""
    case = act.case_of(batch)
    for name, value in _as_filled(case, step).items():
        for container in case.containers:
            setattr(container, name, value)


def _as_filled(case: Case, step: Step) -> dict[str, Any]:
    """The formulated volume shared equally, and the expiry clock started from the event the protocol names."""
    filled = case.readings[step.key]["formulated_volume"]
    assert filled.value is not None, "a volume is a quantity"
    with working():
        each = of(filled.value / case.protocol.container.number, "mL")
    hours = canonical(case.protocol.expiry.within, Kind.DURATION)
    expires_at = _expiry_start(case, step) + timedelta(hours=float(hours))
    return {**entries(Container, volume=each), "filled_at": step.performed_at, "expires_at": expires_at}


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
        guards.critical_entries_are_verified,
        guards.no_correction_is_pending,
        guards.body_is_confirmed,
        guards.weight_is_fresh,
        guards.not_expired,
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
    assessment = act.work.add(
        DoseAssessment(
            site=act.work.site,
            code=act.work.next_code(DoseAssessment, "A"),
            batch=on.key,
            assessed_by=act.actor.key,
            volume=worked.volume.value,
            count=count.key,
            body=body.key,
            assessed_at=act.now,
            basis=case.protocol.dose_basis,
            bsa_formula=case.protocol.bsa_formula,
            bsa=judged.bsa.value if judged.bsa else body.bsa,
            viable_cells=worked.viable.cells.value,
            inkt_cells=worked.inkt.cells.value,
            dose=judged.dose.value,
            other_dose=worked.other.dose.value,
            dose_unit=judged.dose.unit,
            low=judged.window.low.value,
            high=judged.window.high.value,
            verdict=DoseVerdict(judged.verdict.value),
            volume_to_give=worked.volume_to_give.value,
            dose_to_give=worked.given.dose.value,
            verdict_to_give=DoseVerdict(worked.given.verdict.value),
            derivation=worked.derivation_json(),
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
