"""The same words, boxes and symbols by blabel, as its users do: a template in HTML, a sheet a label, one document.

Run as ``python blabel_sheet.py FILE``: FILE is the label as JSON. Each line on stdin is a number of labels, each answer the
seconds they took. The words stand where they are told to, so that nothing has to be broken or fitted.
"""

import json
import sys
import time
from pathlib import Path

from blabel import LabelWriter
from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration

LABEL = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
SIDE = LABEL["side_mm"]
HEIGHT = SIDE / 25.4 * 72
STYLE = f"""
@page {{ size: {SIDE}mm {SIDE}mm; margin: 0 }}
@font-face {{ font-family: Face; src: url(file://{LABEL["face"]}) }}
body {{ font-family: Face; margin: 0 }}
p, img, i {{ position: absolute; margin: 0; white-space: pre }}
i {{ background: black }}
img {{ image-rendering: pixelated }}
"""
TEMPLATE = """<div style="position: relative">
{% for x, y, width, height in boxes %}<i style="left: {{ x }}pt; top: {{ y }}pt; width: {{ width }}pt; height: {{ height }}pt"></i>
{% endfor %}{% for text, x, y, size, white in runs %}<p style="left: {{ x }}pt; top: {{ y }}pt; font-size: {{ size }}pt{% if white %}; color: white{% endif %}">{{ text.replace("L-000000", serial) }}</p>
{% endfor %}<img style="left: {{ left }}pt; top: {{ top }}pt; width: {{ wide }}pt" src="{{ label_tools.datamatrix(payload.replace("L-000000", serial)) }}"/>
</div>"""


def records(count: int) -> list[dict[str, object]]:
    """From the upper edge, as pages in HTML are measured."""
    left, top, module = LABEL["matrix_at"]
    placed = {
        "boxes": [(x, HEIGHT - y - height, width, height) for x, y, width, height in LABEL["boxes"]],
        "runs": [(text, x, HEIGHT - y - size, size, white) for text, x, y, size, white in LABEL["runs"]],
        "left": left,
        "top": HEIGHT - top,
        "wide": module * LABEL["modules"],
        "payload": LABEL["payload"],
    }
    return [{**placed, "serial": f"L-{number:06d}"} for number in range(count)]


def main() -> None:
    fonts = FontConfiguration()
    writer = LabelWriter(item_template=TEMPLATE, default_stylesheets=(CSS(string=STYLE, font_config=fonts),))
    for line in sys.stdin:
        start, work = time.perf_counter(), time.process_time()
        assert writer.write_labels(records(int(line))).startswith(b"%PDF")
        print(time.perf_counter() - start, time.process_time() - work, flush=True)


if __name__ == "__main__":
    main()
