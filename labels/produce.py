"""The one door to a label: frozen content in, PDF bytes with their passing proof out; no proof, no label (rule R51).

Called by the TUI and the command line between ``workflow.labelling.prepare`` and ``register``. It touches no database.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.label_content import LabelContent
from labels.layout import Page, lay_out
from labels.pdf import draw
from labels.proof import Proof, proof_of_page
from labels.specimen import ISBT, specimen_content
from labels.template import load


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """A label with its proof; ``produce`` hands out only what may be printed. ``attached`` names table elements it had no room for: tag or papers must carry them."""

    content: LabelContent
    page: Page
    pdf: bytes
    pdf_sha256: str
    proof: Proof

    @property
    def attached(self) -> tuple[str, ...]:
        return self.page.attached


def produce(content: LabelContent, dpi: tuple[Fraction, ...] = ()) -> LabelSheet:
    """Lays out, draws and proofs one label, for these printers or the template's.

    Refusals: R50 missing element, R54 missing glyph, ``label.fit``, R51.
    """
    sheet = drawn(content, dpi)
    if not sheet.proof.passed:
        raise _failed(sheet.proof)
    return sheet


def produce_each(
    contents: Iterable[LabelContent],
    dpi: tuple[Fraction, ...] = (),
    tell: Callable[[int], None] | None = None,
) -> Iterator[LabelSheet]:
    """The sheets of a whole job, one at a time: none is kept here, so a thousand take the memory of one.

    ``tell`` hears how many were handed out, after each. A refusal is raised at the label it is about; those before it
    are good.
    """
    for number, content in enumerate(contents, start=1):
        yield produce(content, dpi)
        if tell is not None:
            tell(number)


def drawn(content: LabelContent, dpi: tuple[Fraction, ...] = ()) -> LabelSheet:
    """As ``produce``, but a sheet whose proof failed is handed out too: to be looked at, never to be printed."""
    page = lay_out(content)
    pdf = draw(page, content.to_json())
    proof = proof_of_page(pdf, content, page, dpi)
    return LabelSheet(content, page, pdf, hashlib.sha256(pdf).hexdigest(), proof)


def specimen(
    template: str,
    version: str = "1",
    *,
    kind: str = "",
    profile: str = "CN",
    languages: tuple[str, ...] = ("zh",),
) -> LabelSheet:
    """A template as it prints, overprinted SPECIMEN, for the QA officer who approves it. Nobody's values."""
    kind = kind or load(template, version).kinds[0]
    besides = ISBT if "isbt_matrix" in load(template, version).placed() else {}
    return produce(
        specimen_content(kind, profile, languages, template=template, template_version=version, **besides)
    )


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
