"""The one door to a label: frozen content in, PDF bytes with their passing proof out; no proof, no label (rule R51).

Called by the TUI and the command line between ``workflow.labelling.prepare`` and ``register``. It touches no database.
"""

import hashlib
from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.label_content import LabelContent
from labels.layout import lay_out
from labels.pdf import draw
from labels.proof import Proof, proof_of_page


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """A label that may be printed. ``attached`` names table elements it had no room for: the papers must carry them."""

    pdf: bytes
    pdf_sha256: str
    proof: Proof
    attached: tuple[str, ...]


def produce(content: LabelContent) -> LabelSheet:
    """Lays out, draws and proofs one label. Refusals: R50 missing element, R54 missing glyph, ``label.fit``, R51."""
    page = lay_out(content)
    pdf = draw(page)
    proof = proof_of_page(pdf, content, page)
    if not proof.passed:
        raise _failed(proof)
    return LabelSheet(pdf, hashlib.sha256(pdf).hexdigest(), proof, page.attached)


def _failed(proof: Proof) -> Refusal:
    return Refusal(
        *(
            Blocker(
                "R51",
                Phrase("the label's proof failed ({check}): {what}", check=finding.check, what=finding.what),
                Phrase("a label that reads back as the record says"),
                Phrase("whoever maintains the program or its templates; nothing was printed"),
                field=finding.element or None,
            )
            for finding in proof.findings
        )
    )
