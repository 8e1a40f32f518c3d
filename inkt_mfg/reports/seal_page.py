"""One page to file on paper: what a seal says, in print and as a code that a scanner turns back into the whole seal.

Whoever keeps it where the database's owner cannot reach it can show later whether the ledger was written anew. Called by
``inkt ledger seal --print``. It refuses nothing.
"""

from fractions import Fraction
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.minisign import PublicKey
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.reports.paper import MM, Bold, Frame, Paper
from inkt_mfg.views.seals import ShownSeal
from labels.symbols import Symbol, data_matrix

_MODULE_MM = Fraction(1, 2)  # a page is scanned by any camera: larger than a label's


def seal_page(seal: ShownSeal) -> bytes:
    """The page as PDF, the same bytes for the same seal."""
    said = seal.statement
    title = str(Phrase("Seal of the ledger"))
    marks = (str(Phrase("TRAINING – NOT FOR CLINICAL USE")),) if seal.training else ()
    foot = str(Phrase("Keep this page where nobody who can write the database can reach it."))
    paper = Paper(Frame(title, seal.code, seal.site_name, marks, foot))
    paper.title(Phrase("Seal {code} of the ledger of site {site}", code=seal.code, site=said.site))
    paper.text(
        Phrase(
            "On {at} the ledger had {size} entries, and its head and Merkle root were those below. If they are found "
            "otherwise for this number of entries, the ledger was written anew or cut.",
            at=show_moment(seal.sealed_at, zone(seal.time_zone)),
            size=said.size,
        )
    )
    paper.gap(4)
    paper.facts(_facts(seal), columns=1, label_mm=38)
    paper.section(Phrase("To compare with the ledger of today"))
    paper.text(
        Phrase(
            "Scan the code into a text file, or type the lines below it (those before “untrusted comment” are enough), and run:"
        )
    )
    paper.text("inkt ledger verify --seal FILE --public-key seal.pub")
    paper.gap(3)
    paper.story.append(_drawn(data_matrix(seal.sheet.text, _MODULE_MM)))
    paper.section(Phrase("The seal, line by line"))
    for line in seal.sheet.text.splitlines():
        paper.text(line)
    return paper.pdf()


def _facts(seal: ShownSeal) -> list[tuple[object, object]]:
    said = seal.statement
    return [
        (Phrase("Fingerprint"), Bold(said.fingerprint)),
        (Phrase("Head"), _grouped(said.head)),
        (Phrase("Merkle root"), _grouped(said.merkle_root)),
        (Phrase("Entries"), said.size),
        (Phrase("Time"), f"{show_moment(seal.sealed_at, zone(seal.time_zone))}   {said.sealed_at}"),
        (Phrase("Occasion"), said.occasion),
        (Phrase("Key"), said.key),
        (Phrase("Public key"), PublicKey.read(seal.public_key).text),
    ]


def _grouped(digest: str) -> str:
    """In eights, so that an eye can compare it; the lines below have it in one piece."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _drawn(symbol: Symbol) -> Any:
    """The symbol as vector rectangles, one for each run of black modules, with its quiet zone."""
    from reportlab.graphics.shapes import Drawing, Rect

    module, quiet = float(symbol.module_mm) * MM, float(symbol.quiet_mm) * MM
    side = float(symbol.width_mm) * MM + 2 * quiet
    drawing = Drawing(side, side)
    for number, row in enumerate(symbol.rows):
        bottom = side - quiet - (number + 1) * module
        for begin, length in _runs(row):
            drawing.add(
                Rect(
                    quiet + begin * module,
                    bottom,
                    length * module,
                    module,
                    fillColor=_black(),
                    strokeWidth=0,
                    strokeColor=None,
                )
            )
    return drawing


def _black() -> Any:
    from reportlab.lib.colors import black

    return black


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for at, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((at, 1))
    return runs
