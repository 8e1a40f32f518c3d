"""The content of an infusion label, drawn from the released record alone (R55).

``workflow.labelling`` calls it once and freezes what it returns. It computes nothing a record does not hold, except the
share of a measured part; whether an element may be absent is the element table's question.
"""

import dataclasses
import json
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal

from inkt_mfg.moments import zone
from inkt_mfg.records.dose import Container, Disposition, DoseAssessment
from inkt_mfg.records.label import Label
from inkt_mfg.records.people import User
from inkt_mfg.records.words import DispositionKind, DoseVerdict
from inkt_mfg.units import Kind, canonical, working
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_content import LabelContent, infusion_content
from inkt_mfg.views.label_facts import InfusionFacts, PendingResult, ReleaseStatus, wording

NONE = wording(en="none", zh="无")

_STATUS: dict[DispositionKind, ReleaseStatus] = {
    DispositionKind.CONDITIONAL: "conditional",
    DispositionKind.FINAL: "released",
    DispositionKind.EXCEPTIONAL: "exceptional",
}


def infusion_label(case: Case, *, serial: str, profile: str, reprint: int) -> LabelContent:
    """The frozen content for the case's container. The guards of ``label.prepare`` have made sure it is released."""
    return infusion_content(
        _facts(case),
        profile=profile,
        languages=tuple(code.split("_")[0] for code in case.protocol.labels.languages.value),
        serial=serial,
        training=case.site.training,
        reprint=reprint,
    )


# Of the decision, not of the product: a release upheld has another certificate, and the label keeps the first.
_OF_THE_DECISION = frozenset(
    {"certificate", "released_by", "released_at", "release_status", "pending", "exceptional_statement"}
)


def changed_since_frozen(case: Case, label: Label) -> str | None:
    """The first fact of a frozen label that the record now says otherwise; None when it says the same."""
    frozen, now = LabelContent.from_json(label.content).facts, _facts(case)
    for field in dataclasses.fields(now):
        if field.name not in _OF_THE_DECISION and getattr(frozen, field.name, None) != getattr(
            now, field.name
        ):
            return field.name
    return None


def _facts(case: Case) -> InfusionFacts:
    protocol, subject, container = case.protocol, case.subject, case.container
    assessment, released = case.assessment, case.dispositions[-1]
    count = case.last_count(case.formulation_step)
    assert assessment is not None
    assert count is not None
    give = _measured_part(assessment)
    inkt, viable = _to_give(assessment)
    releaser = case.session.get(User, released.decided_by)
    assert releaser is not None
    local = zone(case.site.time_zone)
    with working():
        share = (container.volume - (container.withdrawn or Decimal(0))) / assessment.volume
        in_bag = assessment.viable_cells * share
    return InfusionFacts(
        patient_name=subject.patient_name,
        patient_id=subject.patient_id,
        subject_number=subject.code,
        date_of_birth=subject.birth_date,
        product_name=protocol.product.name.value,
        product_code=protocol.product.code.value,
        batch=case.batch.code,
        container=container.ordinal,
        containers=container.of_total,
        chain_of_identity=subject.chain_of_identity,
        collection_code=case.collection.donation_id,
        site_code=case.site.code,
        trial=protocol.trial.registry_number.value,
        sponsor=protocol.trial.sponsor.value,
        investigator=protocol.trial.investigator.value,
        contact=protocol.trial.contact.value,
        collection_facility=protocol.trial.sponsor.value,
        collected_at=_local(case.collection.collected_at, case),
        processing_facility=case.site.name,
        processing_address=case.site.address,
        volume_ml=_deliverable(container),
        give_ml=give,
        container_viable_cells=in_bag,
        viability_percent=_cut(count.viability),
        inkt_percent=_cut(count.inkt_of_live),
        dose_basis=protocol.dose_basis,
        dose_viable_inkt=inkt,
        dose_total_viable=viable,
        dose_viable_inkt_per_unit=_per_unit(case, assessment, "viable_inkt"),
        dose_total_viable_per_unit=_per_unit(case, assessment, "total_viable"),
        dose_unit="m^2" if assessment.dose_unit == "cell/m^2" else "kg",
        dose_low=assessment.low,
        dose_high=assessment.high,
        verdict=assessment.verdict_to_give.value,
        anticoagulant=case.collection.anticoagulant,
        additives=", ".join(protocol.container.excipients),
        antibiotics=", ".join(protocol.container.antibiotics) or NONE,
        storage_low_c=canonical(protocol.expiry.storage_low, Kind.TEMPERATURE),
        storage_high_c=canonical(protocol.expiry.storage_high, Kind.TEMPERATURE),
        expires_at=container.expires_at.astimezone(local),
        shipped_abroad=False,
        route=protocol.product.route.value,
        directions=protocol.product.directions.value,
        release_status=_STATUS[released.kind],
        pending=_pending(case, released),
        exceptional_statement=released.statement or ""
        if released.kind is DispositionKind.EXCEPTIONAL
        else "",
        certificate=released.code,
        released_by=releaser.full_name,
        released_at=released.decided_at.astimezone(local),
        screening_complete=case.collection.testing_complete,
        testing_complete=case.collection.testing_complete,
        risk_factor=False,
        reactive=tuple(
            agent.strip() for agent in (case.collection.reactive_agents or "").split(";") if agent.strip()
        ),
        illustrative=protocol.is_illustrative,
    )


def _cut(percent: Decimal | None) -> Decimal | None:
    """A percentage as the label has room for it: cut to a tenth, never rounded up past a limit it does not reach."""
    return None if percent is None else percent.quantize(Decimal("0.1"), ROUND_FLOOR)


def _local(at: datetime | None, case: Case) -> datetime | None:
    return None if at is None else at.astimezone(zone(case.site.time_zone))


def _deliverable(container: Container) -> Decimal:
    assert container.withdrawn is not None, "released, so sampled"
    return container.volume - container.withdrawn


def _measured_part(assessment: DoseAssessment) -> Decimal | None:
    return assessment.volume_to_give if assessment.verdict is DoseVerdict.ABOVE else None


def _to_give(assessment: DoseAssessment) -> tuple[Decimal, Decimal]:
    """INKT and viable cells in what is given: everything, or the measured part's share of both."""
    with working():
        share = assessment.volume_to_give / assessment.volume
        return assessment.inkt_cells * share, assessment.viable_cells * share


def _per_unit(case: Case, assessment: DoseAssessment, basis: str) -> Decimal:
    whole = assessment.dose if basis == case.protocol.dose_basis else assessment.other_dose
    with working():
        return whole * assessment.volume_to_give / assessment.volume


def _pending(case: Case, released: Disposition) -> tuple[PendingResult, ...]:
    still = json.loads(released.pending)
    return tuple(
        PendingResult(case.protocol.test(test).title, date.fromisoformat(due))
        for test, due in sorted(still.items())
    )
