"""A frozen label as it was prepared, for whoever draws or prints it. Nothing is drawn from live records again."""

import json
from dataclasses import dataclass
from typing import Any

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.label import Label
from inkt_mfg.store.unit_of_work import Store, find
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_content import LabelContent


def label_content(store: Store, serial: str) -> LabelContent:
    """The content frozen under this serial. Raises Refusal ``record.unknown``."""
    with store.reading() as session:
        return LabelContent.from_json(find(session, store.site, Label, serial).content)


@dataclass(frozen=True, slots=True)
class LabelStanding:
    """A frozen content, the label's state, and the hash of the bytes registered for it, if any."""

    content: LabelContent
    state: str
    pdf_sha256: str | None


def label_standing(store: Store, serial: str) -> LabelStanding:
    """As ``label_content``, with what became of the label."""
    with store.reading() as session:
        label = find(session, store.site, Label, serial)
        return LabelStanding(LabelContent.from_json(label.content), label.state.value, label.pdf_sha256)


def label_proofs(store: Store, batch: str) -> list[tuple[str, dict[str, Any]]]:
    """Serial → what the proof of its bytes found, for every proofed label of a batch."""
    with store.reading() as session:
        case = Case(session, find(session, store.site, Batch, batch), store.clock.now())
        return [(label.code, json.loads(label.proof)) for label in case.labels if label.proof]
