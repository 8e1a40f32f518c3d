"""The proof of a label: the very bytes to be printed are rendered, read back and compared with the record (rule R51).

Anyone may call ``proof(pdf, content)`` on any of our PDFs. It works by white-list: every character, rule, sign and
symbol the content asks for must be there, in place and in full black, and nothing else may be. It refuses nothing
itself: it returns findings, and ``labels.produce`` hands out no label whose proof has any.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.views.label_content import LabelContent
from labels.check_ink import weigh
from labels.check_record import compare_record
from labels.check_symbols import read_symbols
from labels.check_text import compare_text, expected_characters
from labels.finding import Finding
from labels.layout import MM, Page, lay_out
from labels.reading import Decoded, Reading
from labels.template import template_sha256

_NO_PDF = Phrase("the file cannot be read as a PDF")
PAGE_PT = 0.05  # how far the page may be from its template's size


@dataclass(frozen=True, slots=True)
class Proof:
    """What was read back from exactly these bytes. ``passed`` is that nothing was found wrong."""

    pdf_sha256: str
    content_sha256: str
    template_sha256: str  # of the template's file it was laid out by
    findings: tuple[Finding, ...]
    dpi: tuple[float, ...]
    decoded: tuple[Decoded, ...]
    images: tuple[tuple[float, str], ...]  # resolution, SHA-256 of its grey image
    characters: int

    @property
    def passed(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The proof as it is stored beside the label."""
        return {
            "passed": self.passed,
            "pdf_sha256": self.pdf_sha256,
            "content_sha256": self.content_sha256,
            "template_sha256": self.template_sha256,
            "findings": [finding.as_json() for finding in self.findings],
            "dpi": list(self.dpi),
            "symbols": [
                {"kind": s.kind, "text": s.text, "dpi": s.dpi, "depth": s.depth} for s in self.decoded
            ],
            "images": {f"{dpi:g}": sha256 for dpi, sha256 in self.images},
            "characters": self.characters,
        }


def proof(pdf: bytes, content: LabelContent, dpi: tuple[Fraction, ...] = ()) -> Proof:
    """Reads the PDF back and compares it with the content; a file that is no PDF is a finding too.

    ``dpi`` are the printers' resolutions, the template's when none is given.
    """
    return proof_of_page(pdf, content, lay_out(content), dpi)


def proof_of_file(pdf: bytes, dpi: tuple[Fraction, ...] = ()) -> tuple[LabelContent, Proof]:
    """Whether the page says what the content attached to the file says. Raises Refusal ``label.proof`` without one."""
    try:
        with Reading(pdf) as reading:
            carried = reading.content()
    except RuntimeError as error:
        raise _no_label(_NO_PDF) from error
    if carried is None:
        raise _no_label(Phrase("no label content is attached to the file"))
    content = LabelContent.from_json(carried)
    return content, proof(pdf, content, dpi)


def _no_label(what: Phrase) -> Refusal:
    return refuse(
        "label.proof",
        what,
        expected=Phrase("a label's PDF as this program wrote it"),
        resolve_by=Phrase("whoever keeps the file; the label can be drawn again from its serial"),
        field="file",
    )


def proof_of_page(pdf: bytes, content: LabelContent, page: Page, dpi: tuple[Fraction, ...] = ()) -> Proof:
    """The same for a content already laid out, so that ``produce`` lays it out once."""
    resolutions = dpi or page.template.dpi
    findings: list[Finding] = []
    decoded: list[Decoded] = []
    images: list[tuple[float, str]] = []
    characters = 0
    try:
        with Reading(pdf) as reading:
            findings += _compare_page(page, reading)
            findings += _compare_content(content, reading)
            found = reading.characters()
            characters = len(found.text)
            expected = expected_characters(page)
            findings += compare_text(expected, found)
            for at in resolutions:
                image = reading.render(page.template.width_mm, page.template.height_mm, at)
                images.append((float(at), hashlib.sha256(image.tobytes()).hexdigest()))
                findings += read_symbols(page, image, at, decoded)
                if at == min(resolutions):
                    findings += weigh(page, expected, image, at)
            findings += compare_record(page, content, decoded)
    except RuntimeError:  # pdfium's only error: what it was given is no PDF
        findings.append(Finding("file", "", _NO_PDF))
    return Proof(
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        content_sha256=content.sha256,
        template_sha256=template_sha256(page.template.name, page.template.version),
        findings=tuple(findings),
        dpi=tuple(float(at) for at in resolutions),
        decoded=tuple(decoded),
        images=tuple(images),
        characters=characters,
    )


def _compare_content(content: LabelContent, reading: Reading) -> list[Finding]:
    """What travels with the page is what it was compared with; a page alone carries nothing to compare."""
    carried = reading.content()
    if carried is None or carried == content.to_json():
        return []
    return [Finding("content", "", Phrase("the content attached to the file is another one"))]


def _compare_page(page: Page, reading: Reading) -> list[Finding]:
    """One page, of the template's size."""
    findings = []
    if reading.pages != 1:
        findings.append(
            Finding("page", "", Phrase("the file has {pages} pages, not one", pages=reading.pages))
        )
    wide, high = float(page.template.width_mm) * MM, float(page.template.height_mm) * MM
    if max(abs(reading.width - wide), abs(reading.height - high)) > PAGE_PT:
        size = f"{reading.width / MM:.2f} × {reading.height / MM:.2f} mm"
        findings.append(Finding("page", "", Phrase("the page measures {size}", size=size)))
    return findings
