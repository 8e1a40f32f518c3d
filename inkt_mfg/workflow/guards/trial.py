"""Guards about the trial, the protocol and the patient: arm, approval, collection, order, body.

Each is one short pure function on a ``Case``: it returns a ``Blocker`` that names the rule, what is wrong and who can
resolve it, or None. They change nothing.
"""

from datetime import timedelta

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.records.subject import NOT_SHOWN
from inkt_mfg.records.words import CollectionState
from inkt_mfg.refusal import Blocker
from inkt_mfg.units import Kind, canonical
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.guards.who import QA, WARD
from inkt_mfg.workflow.permissions import Permission, who_may


def arm_is_dosed(case: Case) -> Blocker | None:
    """Only a subject of a dosed arm is ever given cells."""
    if case.protocol.arm(case.subject.arm).dosed:
        return None
    return Blocker(
        "dose.arm",
        Phrase(
            "subject {subject} is in arm {arm}, which is never dosed",
            subject=case.subject.code,
            arm=case.subject.arm,
        ),
        Phrase("a subject of an arm the protocol doses"),
        Phrase("nobody: a control subject receives no cells"),
        "subject",
        case.subject.code,
    )


def protocol_is_approved(case: Case) -> Blocker | None:
    """Two people have approved the version (R31)."""
    if case.protocol_version.approved:
        return None
    return Blocker(
        "R31",
        Phrase("protocol {protocol} is not approved", protocol=case.protocol_version.code),
        Phrase("two approval signatures by two people"),
        who_may(Permission.APPROVE_PROTOCOL),
        "protocol",
        case.protocol_version.code,
    )


def collection_is_accepted(case: Case) -> Blocker | None:
    """A culture starts from an accepted collection only."""
    if case.collection.state is CollectionState.ACCEPTED:
        return None
    return Blocker(
        "R30",
        Phrase("collection {code} is {state}", code=case.collection.code, state=case.collection.state.value),
        Phrase("an accepted collection"),
        who_may(Permission.DECIDE_COLLECTION),
        "collection",
        case.collection.code,
    )


def eligibility_stands(case: Case) -> Blocker | None:
    """Nothing more is collected or made of a patient whose corrected answers say that the trial may not treat them."""
    against = [answer.criterion for answer in case.eligibility if answer.verdict == NOT_SHOWN]
    if not against:
        return None
    return Blocker(
        "subject.eligibility",
        Phrase(
            "{subject} is not eligible as the record is now: {criteria}",
            subject=case.subject.code,
            criteria=", ".join(against),
        ),
        Phrase("an eligible patient"),
        Phrase("nobody, unless the corrected answer is wrong: then by another correction"),
        "subject",
        case.subject.code,
    )


def next_dose_is_not_blocked(case: Case) -> Blocker | None:
    """A late failing result blocks the subject's next dose (R35)."""
    if case.subject.dose_blocked is None:
        return None
    return Blocker(
        "R35",
        Phrase(
            "the next dose of {subject} is blocked: {why}",
            subject=case.subject.code,
            why=case.subject.dose_blocked,
        ),
        Phrase("the late result assessed and the block lifted"),
        QA,
        "subject",
        case.subject.code,
    )


def dose_is_ordered(case: Case) -> Blocker | None:
    """A physician ordered this infusion."""
    if case.order is not None:
        return None
    return Blocker(
        "order.missing",
        Phrase(
            "infusion {n} of {subject} has not been ordered",
            n=case.batch.infusion_number,
            subject=case.subject.code,
        ),
        Phrase("a physician's order for this infusion"),
        WARD,
        "order",
    )


def infusion_is_not_given_yet(case: Case) -> Blocker | None:
    """One order, one infusion: a second bag under the same number is never given."""
    if case.given is None:
        return None
    return Blocker(
        "order.given",
        Phrase("infusion {n} of {subject} was given ({code})", n=case.batch.infusion_number,
               subject=case.subject.code, code=case.given.code),
        Phrase("an infusion not given yet"),
        Phrase("nobody: the order is fulfilled"),
        "infusion_number",
        str(case.batch.infusion_number),
    )  # fmt: skip


def body_is_confirmed(case: Case) -> Blocker | None:
    """Two people read height and weight, and the readings agree; a newer reading in doubt stops the older one."""
    if case.body is not None and case.unresolved_body is None:
        return None
    what = Phrase("{subject} has no confirmed height and weight", subject=case.subject.code)
    if case.unresolved_body is not None:
        what = Phrase("measurement {code} is not confirmed", code=case.unresolved_body.code)
    return Blocker(
        "R33",
        what,
        Phrase("a measurement read by two people who agree"),
        who_may(Permission.MEASURE_BODY),
        "body",
    )


def weight_is_fresh(case: Case) -> Blocker | None:
    """A weight older than the protocol allows decides no dose."""
    if case.body is None:
        return None  # body_is_confirmed says so
    limit = case.protocol.body.weight_age_limit
    age = case.now.astimezone(zone(case.site.time_zone)).date() - case.body.measured_on
    if age <= timedelta(hours=float(canonical(limit, Kind.DURATION))):
        return None
    return Blocker(
        "body.stale",
        Phrase("the weight of {subject} is {days} days old", subject=case.subject.code, days=age.days),
        Phrase("a weight measured within {limit}", limit=f"{limit.value} {limit.unit}"),
        who_may(Permission.MEASURE_BODY),
        "measured_on",
        case.body.measured_on.isoformat(),
    )
