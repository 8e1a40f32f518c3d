"""A laid-out page as PDF bytes: embedded TrueType text, symbols and pictograms as vectors, the same bytes every time.

Called by ``labels.produce`` and by ``labels.proof`` for its reference glyphs. It draws what the page says and decides
nothing. reportlab is imported here, when the first label is drawn.
"""

import io
import math
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from labels.embedding import faces_of
from labels.layout import MM, Drawing, Page, Placed, Run

ATTACHMENT = "label.json"


def draw(page: Page, content_json: str = "") -> bytes:
    """The PDF of one label, byte-identical for the same page (no dates, no random identifiers).

    ``content_json`` is attached as ``label.json``: what the label should say travels with it.
    """
    width, height = float(page.template.width_mm) * MM, float(page.template.height_mm) * MM
    canvas, buffer = sheet(width, height)
    paint(canvas, page, height)
    if content_json:
        _attach(canvas, content_json.encode())
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _attach(canvas: Any, content: bytes) -> None:
    """The content as an embedded file of the document (ISO 32000-1, 7.11.4), where any PDF reader shows it."""
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString

    document = canvas._doc  # noqa: SLF001 – reportlab has no public door to attachments
    packed = zlib.compress(content, 9)
    keys = {
        "Type": PDFName("EmbeddedFile"),
        "Filter": PDFName("FlateDecode"),
        "Subtype": PDFName("application/json"),
    }
    stream = document.Reference(PDFStream(PDFDictionary(keys), packed, filters=[]))
    name = PDFString(ATTACHMENT)
    file = PDFDictionary(
        {"Type": PDFName("Filespec"), "F": name, "UF": name, "EF": PDFDictionary({"F": stream})}
    )
    names = PDFArray([name, document.Reference(file)])
    document.Catalog.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": names})})


def paint(canvas: Any, page: Page, height: float) -> None:
    """Everything on the page: rules and symbols as one path, pictograms, then text."""
    boxes = [(rule.x, rule.y, rule.width, rule.height) for rule in page.rules]
    for placed in page.symbols:
        boxes += _modules(placed, height)
    # As text of its own: reportlab's formatting of a thousand coordinates takes longer than all the rest of a symbol.
    path = "\n".join(f"{x:.5f} {y:.5f} {wide:.5f} {high:.5f} re" for x, y, wide, high in boxes)
    canvas.addLiteral(f"{path}\nf")
    for drawing in page.drawings:
        pictogram(canvas, drawing)
    write(canvas, page.runs)


def sheet(width: float, height: float) -> tuple[Any, io.BytesIO]:
    """An empty canvas of this size in points, and the bytes it will write to."""
    from reportlab import rl_config
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0  # streams as bytes, not as ASCII: a fifth smaller and sooner written
    buffer = io.BytesIO()
    return Canvas(buffer, pagesize=(width, height), invariant=1, pageCompression=1), buffer


def write(canvas: Any, runs: Iterable[Run]) -> None:
    """Every run where it belongs, black, or white on the ground of a banner; rare characters in a face that has them."""
    faces = faces_of(canvas)
    code = ["0 g"]
    white = False
    font = ""
    for run in runs:
        if run.white != white:
            white = run.white
            code.append("1 g" if white else "0 g")
        code.append(f"BT {run.x:.4f} {run.y:.4f} Td")
        for name, shown in faces.shown(run.text, bold=run.bold):
            wanted = f"/{name} {run.size:.4f} Tf"
            if wanted != font:
                code.append(wanted)
                font = wanted
            code.append(f"<{shown}> Tj")
        code.append("ET")
    canvas.addLiteral("\n".join(code))


def _modules(placed: Placed, page_height: float) -> Iterator[tuple[float, float, float, float]]:
    """The black modules of a symbol as rectangles, neighbours in a row as one."""
    symbol = placed.symbol
    module, row_height = float(symbol.module_mm) * MM, float(symbol.row_mm) * MM
    left, top = float(placed.left_mm) * MM, page_height - float(placed.top_mm) * MM
    for number, row in enumerate(symbol.rows, start=1):
        start: int | None = None
        for column, black in enumerate((*row, False)):
            if black and start is None:
                start = column
            elif not black and start is not None:
                yield left + start * module, top - number * row_height, (column - start) * module, row_height
                start = None


def pictogram(canvas: Any, drawing: Drawing) -> None:
    """The biohazard sign of 29 CFR 1910.1030 in its usual proportions, as circles, lines and a clipped ring."""
    unit = drawing.size / 54  # the sign is about 52 of its own units high
    canvas.saveState()
    canvas.translate(drawing.x + drawing.size / 2, drawing.y + drawing.size / 2 - 2 * unit)
    canvas.scale(unit, unit)
    canvas.addLiteral(_biohazard())
    canvas.restoreState()


@cache
def _biohazard() -> str:
    """The sign about its middle, drawn once: its hundred curves take reportlab longer than the words of a label."""
    canvas, _ = sheet(54, 54)
    before = len(canvas._code)  # noqa: SLF001 – what is drawn is wanted, not a document of it
    canvas.setFillGray(0)
    directions = [math.radians(a) for a in (90, 210, 330)]
    spots = [(math.cos(a), math.sin(a)) for a in directions]
    for x, y in spots:
        canvas.circle(11 * x, 11 * y, 15, stroke=0, fill=1)
    canvas.setFillGray(1)
    for x, y in spots:
        canvas.circle(15 * x, 15 * y, 10.5, stroke=0, fill=1)
    canvas.setStrokeGray(1)
    canvas.setLineWidth(4)
    for x, y in spots:
        canvas.line(20 * x, 20 * y, 28 * x, 28 * y)
    canvas.circle(0, 0, 3, stroke=0, fill=1)
    canvas.setLineWidth(1)
    for x, y in spots:
        canvas.line(0, 0, 6 * x, 6 * y)
    clip = canvas.beginPath()
    for x, y in spots:
        clip.circle(15 * x, 15 * y, 9.5)
    canvas.clipPath(clip, stroke=0, fill=0)
    canvas.setStrokeGray(0)
    canvas.setLineWidth(3.5)
    canvas.circle(0, 0, 11.75, stroke=1, fill=0)
    return "\n".join(canvas._code[before:])  # noqa: SLF001
