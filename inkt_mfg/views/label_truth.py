"""Whether a frozen label still says what the record says: asked before a bag is given, and before a label is reprinted.

Compared is what a label takes from the record; what was typed for it (a consignee, a vessel's volume) has nothing to be
compared with. It changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from inkt_mfg.records.label import Label
from inkt_mfg.views.case import Case
from inkt_mfg.views.collection_label import of_collection
from inkt_mfg.views.destroyed_label import of_container
from inkt_mfg.views.in_process_label import of_batch
from inkt_mfg.views.infusion_label import OF_THE_DECISION, released, with_dose
from inkt_mfg.views.label_content import LabelContent

FROM_RECORD: Mapping[str, Callable[[Case], dict[str, Any]]] = {
    "collection_bag": of_collection,
    "collection_tube": of_collection,
    "vessel": of_batch,
    "cryovial": of_batch,
    "sample": of_batch,
    "sub_batch": of_batch,
    "quarantine": with_dose,
    "infusion": released,
    "partial": released,
    "tag": released,
    "carton": released,
    "destroyed": of_container,
}


def otherwise(case: Case, label: Label) -> list[str]:
    """The facts of a frozen label that the record now says otherwise. Of a released kind: asked of a released batch only."""
    frozen = LabelContent.from_json(label.content).facts
    now = FROM_RECORD[label.kind](case)
    if now["collected_at"] is None:  # typed at the bedside, and not on record yet
        del now["collected_at"]
    return [name for name, said in now.items() if getattr(frozen, name) != said]


def changed_since_frozen(case: Case, label: Label) -> str | None:
    """The first fact of a label on a bag that the record says otherwise, whoever released it meanwhile; None when none is."""
    return next((name for name in otherwise(case, label) if name not in OF_THE_DECISION), None)
