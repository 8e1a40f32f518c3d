"""Guards about labels: what still stands for one to be made, which copy is on a container, and every serial accounted for.

Each is one short pure function on a ``Case``: it returns a ``Blocker`` that names the rule, what is wrong and who can
resolve it, or None. They change nothing.
"""

from collections.abc import Container as Several
from collections.abc import Iterable

from inkt_mfg.language import Phrase
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import (
    BEFORE_RELEASE,
    RELEASING,
    BatchState,
    CollectionState,
    ContainerState,
    DispositionKind,
    LabelState,
)
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.views.label_reconciliation import Reconciliation, label_reconciliation
from inkt_mfg.views.label_truth import changed_since_frozen
from inkt_mfg.workflow.permissions import Permission, who_may
from inkt_mfg.workflow.states import state_name

STANDING = frozenset({LabelState.PREPARED, LabelState.PROOFED, LabelState.PRINTED, LabelState.APPLIED})
TO_INFUSE = frozenset(
    {"infusion", "partial", "tag"}
)  # what a bag is given under: one label, or a small one and its tag


# --- what the label is about still stands


def collection_is_not_rejected(case: Case) -> Blocker | None:
    """What was rejected gets no label any more."""
    if case.collection.state is not CollectionState.REJECTED:
        return None
    return Blocker(
        "R52",
        Phrase("collection {code} is rejected", code=case.collection.code),
        Phrase("a collection that is expected, received or accepted"),
        who_may(Permission.DECIDE_COLLECTION),
        "collection",
        case.collection.code,
    )


def batch_is_being_made(case: Case) -> Blocker | None:
    """Labels of vessels, vials and samples are for a batch that QA has not decided on."""
    if case.batch.state in BEFORE_RELEASE:
        return None
    return Blocker(
        "R52",
        Phrase("batch {code} is made and decided on", code=case.batch.code),
        Phrase("a batch before its release"),
        Phrase("nobody: what is not used of its labels is accounted for"),
        "batch",
        case.batch.code,
    )


def container_is_not_released(case: Case) -> Blocker | None:
    """Once it is released a container bears its infusion label, never a new one that says QUARANTINE."""
    if case.disposition not in RELEASING:
        return None
    return Blocker(
        "R55",
        Phrase("batch {code} is released: its label does not say QUARANTINE", code=case.batch.code),
        Phrase("the infusion label printed"),
        who_may(Permission.LABEL),
        "batch",
        case.batch.code,
    )


def bag_is_still_here(case: Case) -> Blocker | None:
    """A bag that was destroyed or has left gets no label any more."""
    if case.container.state in {ContainerState.FILLED, ContainerState.LABELLED}:
        return None
    return Blocker(
        "R52",
        Phrase(
            "container {code} is {state}",
            code=case.container.code,
            state=state_name(case.container.state),
        ),
        Phrase("a bag that is still to be given"),
        who_may(Permission.REPRINT),
        "container",
        case.container.code,
    )


def container_is_never_used(case: Case) -> Blocker | None:
    """Only what can never be given is marked DESTROYED."""
    given_up = {DispositionKind.REJECTED, DispositionKind.FAILED_LATE}
    lost = case.batch.state in {BatchState.REJECTED, BatchState.TERMINATED} or case.disposition in given_up
    if lost or case.container.state is ContainerState.DESTROYED:
        return None
    return Blocker(
        "R52",
        Phrase("container {code} can still be used", code=case.container.code),
        Phrase("a container that is destroyed, or of a rejected or terminated batch"),
        who_may(Permission.ISSUE),
        "container",
        case.container.code,
    )


# --- one copy at a time


def earlier_copy_is_accounted_for(case: Case) -> Blocker | None:
    """A bag is given under one label: another is printed only when the one before is spoiled or destroyed (R52)."""
    return _standing_copy(case, TO_INFUSE, Permission.REPRINT)


def earlier_quarantine_label_is_accounted_for(case: Case) -> Blocker | None:
    """As for the infusion label."""
    return _standing_copy(case, {"quarantine"}, Permission.REPRINT_MAKING)


def earlier_carton_label_is_accounted_for(case: Case) -> Blocker | None:
    """As for the infusion label."""
    return _standing_copy(case, {"carton"}, Permission.REPRINT)


def earlier_destroyed_label_is_accounted_for(case: Case) -> Blocker | None:
    """As for the infusion label."""
    return _standing_copy(case, {"destroyed"}, Permission.REPRINT_MAKING)


def _standing_copy(case: Case, kinds: Several[str], permission: Permission) -> Blocker | None:
    standing = [x for x in of_container(case) if x.kind in kinds and x.state in STANDING]
    if not standing:
        return None
    return Blocker(
        "R52",
        Phrase(
            "label {code} of this container is {state}",
            code=standing[-1].code,
            state=Phrase(standing[-1].state.value),
        ),
        Phrase("the earlier copy spoiled or destroyed, with a reason"),
        who_may(permission),
        "label",
        standing[-1].code,
    )


def of_container(case: Case) -> list[Label]:
    """Every label of the case's container, the oldest first."""
    return [label for label in case.labels if label.container == case.container.key]


# --- what the bag is given under


def label_to_infuse(case: Case) -> Label | None:
    """The label on the bag, or the small one where a tag hangs beside it; None while either is missing."""
    on_it = {x.kind: x for x in of_container(case) if x.state is LabelState.APPLIED and x.pdf_sha256}
    if "partial" in on_it and "tag" in on_it:
        return on_it["partial"]
    return on_it.get("infusion")


def container_is_labelled(case: Case) -> Blocker | None:
    """A bag leaves only with an applied infusion label whose bytes were proofed; a small one with its tag as well."""
    if label_to_infuse(case) is not None:
        return None
    return Blocker(
        "R50",
        Phrase("container {code} carries no applied infusion label", code=case.container.code),
        Phrase("a proofed infusion label, printed and applied"),
        who_may(Permission.LABEL),
        "label",
    )


def label_says_what_the_record_says(case: Case) -> Blocker | None:
    """What is on the bag was frozen; what has been corrected since, it does not say (R41, R55)."""
    if case.assessment is None or case.disposition not in RELEASING:
        return None  # disposition_releases says so
    for label in of_container(case):
        if label.state is not LabelState.APPLIED or KINDS[label.kind].stage != "R":
            continue
        other = changed_since_frozen(case, label)
        if other is not None:
            return Blocker(
                "R55",
                Phrase("the label on the bag says otherwise than the record: {field}", field=other),
                Phrase("a label that says what the record says"),
                Phrase("a QA officer: the bag is returned and labelled anew"),
                "label",
                label.code,
            )
    return None


# --- every serial accounted for: printed = applied + spoiled + destroyed + specimen + returned, limit 0 (R52)


def labels_before_release_are_reconciled(case: Case) -> Blocker | None:
    """Collection, in-process and quarantine labels are accounted for before a release of any kind."""
    found = label_reconciliation(case)
    return _open([of for of in found if KINDS[of.kind].stage != "R"], who_may(Permission.LABEL_MAKING))


def infusion_labels_are_reconciled(case: Case) -> Blocker | None:
    """Infusion labels, tags and cartons are accounted for before the bag leaves."""
    found = label_reconciliation(case)
    return _open([of for of in found if KINDS[of.kind].stage == "R"], who_may(Permission.LABEL))


def labels_are_reconciled(case: Case) -> Blocker | None:
    """No label of this batch or of its collection is unaccounted for when it is closed."""
    return _open(label_reconciliation(case), who_may(Permission.LABEL_MAKING))


def _open(sums: Iterable[Reconciliation], who: Phrase) -> Blocker | None:
    serials = [serial for of_kind in sums for serial in of_kind.open]
    if not serials:
        return None
    return Blocker(
        "R52",
        Phrase("labels are not accounted for: {codes}", codes=", ".join(serials)),
        Phrase("each label applied, spoiled, destroyed, kept as specimen or returned"),
        who,
        "label",
        serials[0],
    )
