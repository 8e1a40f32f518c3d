"""Every label of a batch counted by what became of it: printed = applied + spoiled + destroyed + specimen + returned (R52).

The guards ask label by label; this is the sum a reviewer signs under. A label that was never printed is void and counted
apart. It changes nothing.
"""

from collections import Counter
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
    """One kind of label of one batch. ``difference`` is what nobody can account for; its limit is 0."""

    kind: str
    prepared: int
    never_printed: int
    printed: int
    ended: dict[str, int]
    unwitnessed: int

    @property
    def difference(self) -> int:
        return self.printed - sum(self.ended.values()) + self.unwitnessed

    @property
    def reconciled(self) -> bool:
        """Whether nothing is open: every serial void, or printed and accounted for."""
        return self.difference == 0 and self.prepared == self.never_printed + self.printed


def label_reconciliation(case: Case) -> tuple[Reconciliation, ...]:
    """One line for each kind of label the batch has, in the order of their first serials."""
    kinds: dict[str, list[Label]] = {}
    for label in case.labels:
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
        sum(1 for x in printed if x.state is LabelState.DESTROYED and x.witnessed_by is None),
    )
