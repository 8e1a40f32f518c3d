"""Guards between a release and the patient: disposition, signature, expiry, container.

Each is one short pure function on a ``Case``: it returns a ``Blocker`` that names the rule, what is wrong and who can
resolve it, or None. They change nothing.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import (
    RELEASING,
    BatchState,
    ContainerState,
    DispositionKind,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.signatures import LEFT, release_stands
from inkt_mfg.workflow.guards.product import nothing_is_pending
from inkt_mfg.workflow.guards.who import QA
from inkt_mfg.workflow.permissions import Permission, who_may


def disposition_releases(case: Case) -> Blocker | None:
    """Infusion label, issue and infusion need a releasing disposition (R55)."""
    if case.disposition in RELEASING:
        return None
    return Blocker(
        "R55",
        Phrase(
            "batch {code} is not released: its disposition is {kind}",
            code=case.batch.code,
            kind=case.disposition.value,
        ),
        Phrase("a conditional, final or exceptional release"),
        QA,
        "batch",
        case.batch.code,
    )


def release_signature_stands(case: Case) -> Blocker | None:
    """A covered value that changed after release leaves the record unsigned (R23).

    The disposition alone is a word in a table: the newest decision that was signed must be a release as well.
    """
    if case.disposition not in RELEASING or release_stands(case):
        return None  # of a disposition that does not release, disposition_releases says so
    return Blocker(
        "R23",
        Phrase("what was released has been changed since: the record is unsigned"),
        Phrase("a release signature over the record as it is"),
        QA,
        "signature",
    )


def not_expired(case: Case) -> Blocker | None:
    """Past expiry nothing is labelled, issued or infused."""
    first = (
        case.container
        if isinstance(case.target, Container | Label)
        else min(case.containers, key=lambda c: c.expires_at)
    )
    if case.now < first.expires_at:
        return None
    when = show_moment(first.expires_at, zone(case.site.time_zone))
    return Blocker(
        "dose.expiry",
        Phrase("container {code} expired at {when}", code=first.code, when=when),
        Phrase("a product within its expiry"),
        Phrase("nobody: an expired product is not given"),
        "expires_at",
        when,
    )


def disposition_is_conditional(case: Case) -> Blocker | None:
    """Only a conditional release has something left to close (R34)."""
    if case.disposition is DispositionKind.CONDITIONAL:
        return None
    return Blocker(
        "R34",
        Phrase("the disposition is {kind}, not conditional", kind=case.disposition.value),
        Phrase("a conditional release with pending results"),
        QA,
        "batch",
        case.batch.code,
    )


def containers_are_accounted_for(case: Case) -> Blocker | None:
    """A batch closes when every bag was infused or destroyed; one of a rejected batch can only be destroyed."""
    ended = {ContainerState.DESTROYED}
    if case.disposition is not DispositionKind.REJECTED:
        ended.add(ContainerState.INFUSED)
    left = [c.code for c in case.containers if c.state not in ended]
    if not left:
        return None
    return Blocker(
        "batch.containers",
        Phrase("containers are not accounted for: {codes}", codes=", ".join(left)),
        Phrase("each infused or destroyed"),
        who_may(Permission.ISSUE),
        "container",
        left[0],
    )


def disposition_is_settled(case: Case) -> Blocker | None:
    """A conditional release is closed by a second signature before the batch is (R34)."""
    if case.disposition is not DispositionKind.CONDITIONAL:
        return None
    return Blocker(
        "R34",
        Phrase("the release is still conditional"),
        Phrase("a final release, or failed late"),
        QA,
        "batch",
        case.batch.code,
    )


def released_batch_is_fully_reported(case: Case) -> Blocker | None:
    """Whatever the release was, nothing of it is closed before every result is there (R34)."""
    return nothing_is_pending(case) if case.disposition in RELEASING else None


def container_has_not_left(case: Case) -> Blocker | None:
    """A label on a bag that has been issued is not spoiled from afar."""
    if case.container.state in {ContainerState.FILLED, ContainerState.LABELLED, ContainerState.DESTROYED}:
        return None
    return Blocker(
        "R52",
        Phrase("container {code} has left the pharmacy", code=case.container.code),
        Phrase("a bag that is still here"),
        who_may(Permission.WARD),
        "container",
        case.container.code,
    )


def no_container_has_left(case: Case) -> Blocker | None:
    """Before issue a record goes back to review; after it only the disposition can say so."""
    gone = [c.code for c in case.containers if c.state in LEFT]
    if not gone:
        return None
    return Blocker(
        "batch.issued",
        Phrase("container {code} has been issued", code=gone[0]),
        Phrase("every bag still in the pharmacy"),
        QA,
        "container",
        gone[0],
    )


def batch_is_released(case: Case) -> Blocker | None:
    """A bag is given while its batch is released: not from review, and not after closing."""
    if case.batch.state is BatchState.RELEASED:
        return None
    return Blocker(
        "R55",
        Phrase(
            "batch {code} is {state}",
            code=case.batch.code,
            state=Phrase(case.batch.state.value.replace("_", " ")),
        ),
        Phrase("a released batch"),
        QA,
        "batch",
        case.batch.code,
    )
