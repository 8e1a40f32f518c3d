"""What the proof of a label found, in words beside the label: what was read at which resolution, sizes in dots, every finding.

It computes nothing about the label; all of it stands in the sheet's proof and page.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from inkt_mfg.language import Phrase
from tui.widgets.frame.plain import Plain

MM_PER_INCH = 25.4

if TYPE_CHECKING:
    from labels.layout import Placed
    from labels.produce import LabelSheet


class ProofNote(Plain):
    """Beside the label. Empty until a sheet is there."""

    DEFAULT_CSS = "ProofNote { height: auto; width: 100%; }"

    def tell(self, sheet: "LabelSheet") -> None:
        """What this sheet's proof says."""
        self.update(Content("\n").join(list(told(sheet))))


def told(sheet: "LabelSheet") -> Iterator[Content]:
    """Line by line, the verdict first."""
    proof = sheet.proof
    if proof.passed:
        yield Content.styled(f"✓ {Phrase('The proof passes: it reads back as the record says.')}", "bold")
    else:
        yield Content.styled(
            f"✗ {Phrase('The proof FAILS: {n} findings. It is not printed.', n=len(proof.findings))}",
            "bold $text-error",
        )
    for finding in proof.findings:
        about = f"{finding.element}: " if finding.element else ""
        yield Content.assemble(("✗ ", "bold"), f"[{finding.check}] {about}{finding.what}")
    yield from _sizes(sheet)
    for placed in sheet.page.symbols:
        yield from _symbol(sheet, placed)
    yield Content(str(Phrase("characters compared: {n}", n=proof.characters)))
    if sheet.attached:
        yield Content(f"! {Phrase('The papers must carry')}: {', '.join(sheet.attached)}")
    yield Content.styled(f"SHA-256 {sheet.pdf_sha256}", "dim")


def _sizes(sheet: "LabelSheet") -> Iterator[Content]:
    template = sheet.page.template
    wide, high = float(template.width_mm), float(template.height_mm)
    dots = (
        Phrase("{dpi} dpi: {across} × {down} dots", dpi=f"{dpi:g}", across=across, down=down)
        for dpi in sheet.proof.dpi
        for across, down in [(round(wide * dpi / MM_PER_INCH), round(high * dpi / MM_PER_INCH))]
    )
    size = f"{wide:g} × {high:g} mm · {template.name} v{template.version}"
    yield Content(" · ".join([size, *(str(said) for said in dots)]))


def _symbol(sheet: "LabelSheet", placed: "Placed") -> Iterator[Content]:
    """One symbol: at each resolution whether it was read in grey and in black and white, and a module's size in dots."""
    symbol = placed.symbol
    read = {(s.dpi, s.depth) for s in sheet.proof.decoded if (s.kind, s.text) == (symbol.kind, symbol.text)}
    said = []
    for dpi in sheet.proof.dpi:
        grey, black = ("✓" if (dpi, depth) in read else "✗" for depth in ("grey", "1-bit"))
        module = float(symbol.module_mm) * dpi / MM_PER_INCH
        said.append(
            Phrase(
                "{dpi} dpi: read in grey {grey}, in black and white {black}, module {module} dots",
                dpi=f"{dpi:g}",
                grey=grey,
                black=black,
                module=f"{module:g}",
            )
        )
    yield Content.assemble((f"▦ {symbol.kind}", "bold"), f" {symbol.text}")
    yield Content("  " + " · ".join(str(one) for one in said))
