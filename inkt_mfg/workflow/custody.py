"""Commands from the pharmacy's hatch to the bedside: issue, receipt, infusion, return, destruction.

The container's own label and the patient's identifiers are scanned at each hand-over; a mismatch is a hard stop (R41).
"""

from datetime import datetime

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.base import entries
from inkt_mfg.records.custody import Handover, Infusion
from inkt_mfg.records.dose import Container
from inkt_mfg.records.words import ContainerState, HandoverKind, Meaning, Severity
from inkt_mfg.refusal import refuse
from inkt_mfg.units import Kind, Measured, compare, of, read, show
from inkt_mfg.views.case import Case
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.departures import Departure, allow
from inkt_mfg.workflow.identity import refuse_other_code, refuse_other_identity
from inkt_mfg.workflow.labelling import applied_label
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.typed import moment_here, said

GIVING = (
    guards.batch_is_released,
    guards.chain_is_intact,
    *guards.DOSE_MAY_GO_ON,
    guards.container_is_labelled,
    guards.label_says_what_the_record_says,
)


def _hand_over(
    act: Act,
    on: Container,
    kind: HandoverKind,
    to_whom: str,
    scanned: str,
    temperature: str,
    deviation_reason: str | None,
) -> Handover:
    refuse_other_code(act, "scanned_label", applied_label(act.case).payload, scanned, act.case.batch)
    warmth = read(temperature, Kind.TEMPERATURE, field="temperature")
    allow(act, _too_warm_or_cold(act, warmth), deviation_reason, batch=act.case.batch)
    return act.work.add(
        Handover(
            site=act.work.site,
            container=on.key,
            kind=kind,
            handed_at=act.now,
            by=act.actor.key,
            to_whom=said(to_whom, "to_whom"),
            scanned=scanned.strip(),
            **entries(Handover, temperature=warmth),
        )
    )


def _too_warm_or_cold(act: Act, warmth: Measured) -> list[Departure]:
    """Outside the storage range of the protocol the bag's stability is not known."""
    expiry = act.protocol.expiry
    if compare(warmth, expiry.storage_low) >= 0 and compare(warmth, expiry.storage_high) <= 0:
        return []
    planned = Phrase("{low} to {high}", low=show(expiry.storage_low), high=show(expiry.storage_high))
    what = Phrase("the bag is at {temperature}", temperature=show(warmth))
    return [Departure("custody.temperature", what, planned, Severity.CRITICAL)]


@command(
    "dose.issue",
    Phrase("issue the dose"),
    permission=Permission.ISSUE,
    on=Container,
    moves=(ContainerState.LABELLED, ContainerState.ISSUED),
    guards=[*GIVING, guards.not_expired, guards.infusion_labels_are_reconciled],
    signs=Meaning.RESPONSIBILITY,
)
def issue_dose(
    act: Act,
    *,
    on: Container,
    to_whom: str,
    scanned_label: str,
    temperature: str,
    deviation_reason: str | None = None,
) -> Done:
    """The bag leaves for the ward."""
    handed = _hand_over(act, on, HandoverKind.ISSUE, to_whom, scanned_label, temperature, deviation_reason)
    return Done(handed, Phrase("{code} issued to {whom} at {t}", code=on.code, whom=to_whom, t=temperature))


@command(
    "dose.receive",
    Phrase("receive the dose at the ward"),
    permission=Permission.WARD,
    on=Container,
    moves=(ContainerState.ISSUED, ContainerState.RECEIVED),
    guards=[*GIVING, guards.not_expired],
)
def receive_dose(
    act: Act,
    *,
    on: Container,
    ward: str,
    scanned_label: str,
    temperature: str,
    deviation_reason: str | None = None,
) -> Done:
    """The ward has it."""
    handed = _hand_over(act, on, HandoverKind.RECEIPT, ward, scanned_label, temperature, deviation_reason)
    return Done(handed, Phrase("{code} received at {ward}, {t}", code=on.code, ward=ward, t=temperature))


@command(
    "dose.infuse",
    Phrase("record the infusion"),
    permission=Permission.WARD,
    on=Container,
    moves=(ContainerState.RECEIVED, ContainerState.INFUSED),
    guards=[*GIVING],
    signs=Meaning.RESPONSIBILITY,
)
def record_infusion(
    act: Act,
    *,
    on: Container,
    scanned_label: str,
    scanned_identity: str,
    scanned_patient_id: str,
    started_at: str,
    finished_at: str,
    volume_given: str,
    reaction: str,
    deviation_reason: str | None = None,
) -> Done:
    """What the patient received. Bag and patient are scanned at the bedside.

    An infusion begun after expiry did happen: it is recorded with a reason, and a critical deviation opens.
    """
    case = act.case
    refuse_other_code(act, "scanned_label", applied_label(case).payload, scanned_label, case.batch)
    refuse_other_identity(act, case.subject, scanned_identity, scanned_patient_id, case.batch)
    begun = moment_here(act, case.site, started_at, "started_at")
    ended = moment_here(act, case.site, finished_at, "finished_at")
    if ended < begun:
        raise refuse(
            "time.order",
            Phrase("the infusion ended before it began"),
            expected=Phrase("a time after the start"),
            field="finished_at",
            typed=finished_at,
        )
    given = read(volume_given, Kind.VOLUME, field="volume_given")
    refuse_more_than_released(act.case, on, given, volume_given)
    _refuse_before_receipt(case, on, begun, started_at)
    allow(act, _given_after_expiry(case, on, begun), deviation_reason, batch=case.batch)
    infusion = act.work.add(
        Infusion(
            site=act.work.site,
            code=act.work.next_code(Infusion, "I"),
            container=on.key,
            subject=case.subject.key,
            started_at=begun,
            finished_at=ended,
            **entries(Infusion, volume_given=given),
            given_by=act.actor.key,
            bedside_scan=scanned_label.strip(),
            patient_id_scan=scanned_patient_id.strip(),
            reaction=said(reaction, "reaction", lines=True),
        )
    )
    return Done(
        infusion,
        Phrase("{code}: {volume} of {bag} infused", code=infusion.code, volume=volume_given, bag=on.code),
    )


def refuse_more_than_released(case: Case, on: Container, given: Measured, typed: str) -> None:
    """Neither more than was released nor more than the bag can deliver."""
    assessment = case.assessment
    assert assessment is not None, "guarded: released, so assessed"
    assert on.withdrawn is not None, "guarded: released, so sampled"
    most = min(assessment.volume_to_give, on.volume - on.withdrawn)
    if compare(given, of(most, "mL")) > 0:
        raise refuse(
            "dose.volume",
            Phrase("more was given than was released"),
            expected=Phrase("at most {volume} mL", volume=most),
            resolve_by=Phrase("whoever gave it, and a QA officer by a deviation if it is true"),
            field="volume_given",
            typed=typed,
        )


def _refuse_before_receipt(case: Case, on: Container, begun: datetime, typed: str) -> None:
    received = [
        h.handed_at for h in case.handovers if h.container == on.key and h.kind is HandoverKind.RECEIPT
    ]
    if received and begun < received[-1].replace(second=0, microsecond=0):
        raise refuse(
            "time.order",
            Phrase("the infusion began before the bag was received"),
            expected=Phrase("a time after the receipt at the ward"),
            field="started_at",
            typed=typed,
        )


def _given_after_expiry(case: Case, on: Container, begun: datetime) -> list[Departure]:
    if begun < on.expires_at:
        return []
    when = show_moment(on.expires_at, zone(case.site.time_zone))
    what = Phrase("the infusion began after the product's expiry")
    return [Departure("dose.expiry", what, Phrase("before {when}", when=when), Severity.CRITICAL)]


@command(
    "dose.return",
    Phrase("return the dose"),
    permission=Permission.WARD,
    on=Container,
    moves=((ContainerState.ISSUED, ContainerState.RECEIVED), ContainerState.RETURNED),
    asks_reason=True,
)
def return_dose(
    act: Act, *, on: Container, scanned_label: str, temperature: str, deviation_reason: str | None = None
) -> Done:
    """Not given: it comes back and will be destroyed."""
    handed = _hand_over(
        act, on, HandoverKind.RETURN, "pharmacy", scanned_label, temperature, deviation_reason
    )
    return Done(handed, Phrase("{code} returned: {why}", code=on.code, why=act.work.intent.reason))


@command(
    "dose.destroy",
    Phrase("destroy the container"),
    permission=Permission.ISSUE,
    on=Container,
    moves=(
        (ContainerState.FILLED, ContainerState.LABELLED, ContainerState.RETURNED),
        ContainerState.DESTROYED,
    ),
    signs=Meaning.RESPONSIBILITY,
    asks_reason=True,
)
def destroy_container(act: Act, *, on: Container) -> Done:
    """It can never be given."""
    return Done(on, Phrase("{code} destroyed: {why}", code=on.code, why=act.work.intent.reason))
