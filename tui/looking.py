"""A label as it would print now, for the eyes: drawn from its frozen content and proofed, in a worker.

The preview, the label screen and the approval of a template use it. The labels floor is imported here, when somebody
looks at a label. A sheet whose proof failed is shown too, with its findings; ``labels.produce`` prints none of those.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.labels import label_standing

if TYPE_CHECKING:
    from labels.produce import LabelSheet


@dataclass(frozen=True, slots=True)
class Looked:
    """One label: what it says, how far it came, and its sheet. ``differs``: other bytes were registered for it."""

    serial: str
    state: str
    content: LabelContent
    sheet: "LabelSheet"
    differs: bool


def look(store: Store, serial: str) -> Looked:
    """The label of this serial. Raises Refusal: unknown, or what ``labels.layout`` refuses (R50, R54, ``label.fit``)."""
    standing = label_standing(store, serial)
    from labels.produce import drawn  # reportlab, pypdfium2 and zxing-cpp: only where a label is looked at

    sheet = drawn(standing.content)
    registered = standing.pdf_sha256
    return Looked(
        serial, standing.state, standing.content, sheet, bool(registered) and registered != sheet.pdf_sha256
    )
