"""Every label of a batch or collection by what became of it: printed = applied + spoiled + destroyed + specimen + returned (R52).

The guards ask ``open`` of each kind, whose limit is 0; the sums are what a reviewer signs under. A label that was never
printed is void and counted apart. It changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState
from inkt_mfg.views.case import Case

ENDS = (
    LabelState.APPLIED,
    LabelState.SPOILED,
    LabelState.DESTROYED,
    LabelState.SPECIMEN,
    LabelState.RETURNED,
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One kind of label. ``difference`` is what nobody can account for; its limit is 0. ``open``: the serials to settle."""

    kind: str
    prepared: int
    never_printed: int
    printed: int
    ended: dict[str, int]
    unwitnessed: int
    open: tuple[str, ...]

    @property
    def difference(self) -> int:
        return self.printed - sum(self.ended.values()) + self.unwitnessed

    @property
    def reconciled(self) -> bool:
        """Whether nothing is open: every serial void, or printed and accounted for."""
        return self.difference == 0 and self.prepared == self.never_printed + self.printed


def label_reconciliation(case: Case) -> tuple[Reconciliation, ...]:
    """One line for each kind of label of the batch and of its collection, in the order of their first serials."""
    return _by_kind([*case.labels_of_collection, *case.labels])


def collection_reconciliation(case: Case) -> tuple[Reconciliation, ...]:
    """As ``label_reconciliation``, of a collection alone."""
    return _by_kind(case.labels_of_collection)


def _by_kind(labels: Iterable[Label]) -> tuple[Reconciliation, ...]:
    kinds: dict[str, list[Label]] = {}
    for label in labels:
        kinds.setdefault(label.kind, []).append(label)
    return tuple(_of_kind(kind, labels) for kind, labels in kinds.items())


def _of_kind(kind: str, labels: list[Label]) -> Reconciliation:
    printed = [label for label in labels if label.printed_at is not None]
    states = Counter(label.state for label in printed)
    void = [label for label in labels if label.printed_at is None and label.state is LabelState.SPOILED]
    return Reconciliation(
        kind,
        len(labels),
        len(void),
        len(printed),
        {state.value: states[state] for state in ENDS},
        sum(1 for label in printed if unwitnessed(label)),
        tuple(label.code for label in labels if label.state not in ENDS or unwitnessed(label)),
    )


def unwitnessed(label: Label) -> bool:
    """Destroyed, and only one person has said so: a destruction is known by two."""
    return label.state is LabelState.DESTROYED and label.witnessed_by is None
