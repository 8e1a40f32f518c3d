"""Commands about blood and apheresis: announced, received with the chain of identity scanned, accepted or rejected."""

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import entries
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import CollectionState, DeviationState, Meaning
from inkt_mfg.refusal import Blocker, refuse
from inkt_mfg.units import Kind, Measured, compare, read, show
from inkt_mfg.views.case import Case
from inkt_mfg.views.isbt_label import isbt_is_on, own_donation
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.departures import Departure, allow
from inkt_mfg.workflow.identity import refuse_other_identity
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.site import site_of
from inkt_mfg.workflow.typed import moment_here, said, yes_or_no
from inkt_mfg.workflow.verifying import no_correction_of_it_is_pending


@command(
    "collection.announce",
    Phrase("announce a collection"),
    permission=Permission.HANDLE_COLLECTION,
    on=Subject,
    guards=[guards.arm_is_dosed, guards.eligibility_stands],
)
def announce(act: Act, *, on: Subject, donation_id: str, anticoagulant: str) -> Done:
    """A collection that is to come, with its donation identifier."""
    collection = act.work.add(
        Collection(
            site=act.work.site,
            code=act.work.next_code(Collection, "C"),
            subject=on.key,
            donation_id=new_donation(act, donation_id),
            anticoagulant=said(anticoagulant, "anticoagulant"),
        )
    )
    return Done(
        collection,
        Phrase("collection {code} of {subject} is expected", code=collection.code, subject=on.code),
    )


def new_donation(act: Act, typed: str) -> str:
    """A donation identifier no other collection has. Raises Refusal ``collection.donation``."""
    donation = said(typed, "donation_id")
    settings = settings_of(site_of(act))
    if isbt_is_on(settings):
        donation = own_donation(settings, donation).din
    question = select(Collection).where(Collection.site == act.work.site, Collection.donation_id == donation)
    known = act.work.session.exec(question).first()
    if known is not None:
        raise refuse(
            "collection.donation",
            Phrase("donation {donation} is collection {code} already", donation=donation, code=known.code),
            expected=Phrase("a donation identifier not used before"),
            field="donation_id",
            typed=typed,
        )
    return donation


@command(
    "collection.receive",
    Phrase("receive a collection"),
    permission=Permission.HANDLE_COLLECTION,
    on=Collection,
    moves=(CollectionState.EXPECTED, CollectionState.RECEIVED),
)
def receive(
    act: Act,
    *,
    on: Collection,
    scanned_identity: str,
    scanned_patient_id: str,
    collected_at: str,
    received_at: str,
    volume: str,
    temperature: str,
    container_intact: str,
    deviation_reason: str | None = None,
) -> Done:
    """What arrived. Two identifiers are scanned against the record; a mismatch is a hard stop (R41)."""
    refuse_other_identity(act, act.case.subject, scanned_identity, scanned_patient_id, on)
    site = act.case.site
    on.collected_at = moment_here(act, site, collected_at, "collected_at")
    on.received_at = moment_here(act, site, received_at, "received_at")
    if on.received_at < on.collected_at:
        raise refuse(
            "time.order",
            Phrase("it was received before it was collected"),
            expected=Phrase("a time after the collection"),
            field="received_at",
            typed=received_at,
        )
    drawn = read(volume, Kind.VOLUME, field="volume")
    warmth = read(temperature, Kind.TEMPERATURE, field="temperature")
    allow(act, not_as_planned(act.case, on, drawn, warmth), deviation_reason, collection=on)
    arrived = entries(Collection, volume=drawn, temperature=warmth)
    for name, value in arrived.items():
        setattr(on, name, value)
    on.container_intact = yes_or_no(container_intact, "container_intact")
    on.received_by = act.actor.key
    return Done(
        on,
        Phrase(
            "{code} received: {volume} at {temperature}", code=on.code, volume=volume, temperature=temperature
        ),
    )


def not_as_planned(case: Case, on: Collection, drawn: Measured, warmth: Measured) -> list[Departure]:
    """Volume, temperature and anticoagulant against the protocol's limits for a collection."""
    limits = case.protocol.collection
    found = [
        Departure(
            "collection.limits",
            Phrase("{name} is {value}", name=Phrase(name), value=show(value)),
            Phrase("{low} to {high}", low=show(range_.low), high=show(range_.high)),
        )
        for name, value, range_ in (
            ("volume", drawn, limits.volume),
            ("temperature", warmth, limits.temperature),
        )
        if compare(value, range_.low) < 0 or compare(value, range_.high) > 0
    ]
    if on.anticoagulant not in limits.anticoagulants:
        what = Phrase("the anticoagulant is {name}", name=on.anticoagulant)
        found.append(
            Departure("collection.limits", what, Phrase("{names}", names=", ".join(limits.anticoagulants)))
        )
    return found


def no_open_deviation_about_it(case: Case) -> Blocker | None:
    """What was not as planned is assessed before QA accepts the collection (R37)."""
    waiting = [d.code for d in case.deviations_of_collection if d.state is not DeviationState.CLOSED]
    if not waiting:
        return None
    return Blocker(
        "R37",
        Phrase("deviations are open: {codes}", codes=", ".join(waiting)),
        Phrase("each assessed and closed"),
        who_may(Permission.CLOSE_DEVIATION),
        "deviation",
        waiting[0],
    )


@command(
    "collection.accept",
    Phrase("accept a collection"),
    permission=Permission.DECIDE_COLLECTION,
    on=Collection,
    moves=(CollectionState.RECEIVED, CollectionState.ACCEPTED),
    guards=[no_open_deviation_about_it, no_correction_of_it_is_pending],
    signs=Meaning.APPROVAL,
)
def accept(
    act: Act,
    *,
    on: Collection,
    screening_complete: str,
    testing_complete: str,
    risk_factor: str,
    reactive_agents: str | None = None,
) -> Done:
    """QA accepts it for manufacture. A container that was not intact cannot be accepted.

    Screening, testing and what they found decide which warnings its labels bear (21 CFR 1271.90).
    """
    if not on.container_intact:
        raise refuse(
            "collection.container",
            Phrase("the container of {code} did not arrive intact", code=on.code),
            expected=Phrase("an intact container"),
            resolve_by=who_may(Permission.DECIDE_COLLECTION),
            field="container_intact",
            typed=str(on.container_intact),
        )
    on.screening_complete = yes_or_no(screening_complete, "screening_complete")
    on.testing_complete = yes_or_no(testing_complete, "testing_complete")
    on.risk_factor = yes_or_no(risk_factor, "risk_factor")
    on.reactive_agents = reactive_agents or None
    on.decided_by = act.actor.key
    return Done(on, Phrase("{code} accepted for manufacture", code=on.code))


@command(
    "collection.reject",
    Phrase("reject a collection"),
    permission=Permission.DECIDE_COLLECTION,
    on=Collection,
    moves=(CollectionState.RECEIVED, CollectionState.REJECTED),
    signs=Meaning.REJECTION,
    asks_reason=True,
)
def reject(act: Act, *, on: Collection) -> Done:
    """It is not used."""
    on.decided_by = act.actor.key
    return Done(on, Phrase("{code} rejected", code=on.code))
