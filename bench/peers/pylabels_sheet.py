"""The same words, boxes and symbols drawn by pylabels, as its users do: reportlab shapes on one sheet a label, one document.

Run as ``python pylabels_sheet.py FILE``: FILE is the label as JSON. Each line on stdin is a number of labels, each answer
the seconds they took. It breaks no lines, asks for no element, and embeds its one typeface once a document.
"""

import io
import json
import sys
import time
from pathlib import Path

from ppf.datamatrix import DataMatrix
from reportlab.graphics import shapes
from reportlab.lib import colors
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from labels import Sheet, Specification

LABEL = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
pdfmetrics.registerFont(TTFont("Face", LABEL["face"]))
SIDE = LABEL["side_mm"]
ONE_A_SHEET = Specification(
    SIDE, SIDE, 1, 1, SIDE, SIDE, left_margin=0, top_margin=0, right_margin=0, bottom_margin=0
)


def draw(label: shapes.Drawing, _width: float, _height: float, number: int) -> None:
    """Boxes, bars among them, words, and the matrix with its black modules in a row as one rectangle."""
    for x, y, width, height in LABEL["boxes"]:
        label.add(shapes.Rect(x, y, width, height, strokeWidth=0, strokeColor=None, fillColor=colors.black))
    for text, x, y, size, white in LABEL["runs"]:
        said = text.replace("L-000000", f"L-{number:06d}")
        fill = colors.white if white else colors.black
        label.add(shapes.String(x, y, said, fontName="Face", fontSize=size, fillColor=fill))
    left, top, module = LABEL["matrix_at"]
    for row, modules in enumerate(DataMatrix(LABEL["payload"].replace("L-000000", f"L-{number:06d}")).matrix):
        start = None
        for column, black in enumerate([*modules, 0]):
            if black and start is None:
                start = column
            elif not black and start is not None:
                x, wide = left + start * module, (column - start) * module
                y = top - (row + 1) * module
                label.add(
                    shapes.Rect(x, y, wide, module, strokeWidth=0, strokeColor=None, fillColor=colors.black)
                )
                start = None


def main() -> None:
    for line in sys.stdin:
        start, work = time.perf_counter(), time.process_time()
        sheet = Sheet(ONE_A_SHEET, draw)
        sheet.add_labels(range(int(line)))
        written = io.BytesIO()
        sheet.save(written)
        assert written.getvalue().startswith(b"%PDF")
        print(time.perf_counter() - start, time.process_time() - work, flush=True)


if __name__ == "__main__":
    main()
