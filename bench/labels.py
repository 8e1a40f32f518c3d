"""Labels: one from frozen content to proofed bytes, the PDF alone beside other programs, a job of a thousand.

Ratios are of processor seconds taken in turns in one run. The other programs draw the same words, boxes and symbols at given
places, all labels of a round in one document; ours are laid out, checked for completeness, and each is a file of its own.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Measurement, at_least, at_most, seconds_for
from bench.peers import Peer
from bench.scene import laboratory
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import labelling

LABELS = int(os.environ.get("INKT_BENCH_LABELS", "25"))
JOB = int(os.environ.get("INKT_BENCH_JOB", "1000"))
TURNS = 5
BOUND_MILLISECONDS = 60
BOUND_AT_ONE_PRINTER = 40
BOUND_GROWTH = (
    8  # MiB between the hundredth and the last label: what is remembered of new patients is bounded
)
PRINTER = (Fraction("203.2"),)
PEER_SERIAL = "L-000000"

THE_JOB = """
import json, os, sys
from fractions import Fraction
from bench.labels import of_job
from bench.memory import _resident
from labels.produce import produce_each
held, told = {}, []
for number, sheet in enumerate(produce_each(of_job(int(sys.argv[1])), (Fraction("203.2"),), told.append), start=1):
    assert sheet.proof.passed
    if number % 100 == 0:
        held[number] = _resident(os.getpid()) / 1024
assert told == list(range(1, int(sys.argv[1]) + 1)), "progress is told, label by label"
print(json.dumps(held))
"""


def _contents() -> list[LabelContent]:
    """The labels of four released batches, one per profile in turn."""
    with laboratory("release") as (lab, batches):
        return [
            label_content(
                lab.store, lab.do("liu.pharm", labelling.prepare_label, f"{batch}-1", profile=profile).code
            )
            for batch, profile in zip(batches, ("CN", "EU-IMP") * len(batches), strict=False)
        ]


def of_job(count: int) -> Iterator[LabelContent]:
    """Infusion labels in two languages, each of another patient, batch and serial."""
    from labels.specimen import specimen_content

    surnames, given = (
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英",
    )
    for n in range(1, count + 1):
        yield specimen_content(
            "infusion",
            "CN",
            ("en", "zh"),
            patient_name=surnames[n % 20] + given[n % 23] + given[n * 7 % 23],
            patient_id=f"YA{20260000 + n}",
            batch=f"B-26-{n:04d}-1",
            chain_of_identity=f"COI-{n:06d}",
            collection_code=f"C-26-{n:04d}",
            serial=f"L-{n:06d}",
        )


def proofed() -> Iterator[Measurement]:
    """The first label of a process, which loads libraries and fonts, and the median of those after it."""
    from labels.produce import produce

    contents = _contents()
    first = seconds_for(lambda: produce(contents[0]))
    assert produce(contents[0]).proof.passed
    yield Measurement("proofed label, first of a process", 1000 * first, "ms")
    both, work = _medians(lambda n: produce(contents[n % len(contents)]))
    yield at_most("proofed label, median", 1000 * both, "ms", BOUND_MILLISECONDS)
    yield Measurement("proofed label, CPU, median", 1000 * work, "ms")
    one, work = _medians(lambda n: produce(contents[n % len(contents)], PRINTER))
    yield Measurement("proofed label at 203.2 dpi, median", 1000 * one, "ms")
    yield at_most("proofed label at 203.2 dpi, CPU, median", 1000 * work, "ms", BOUND_AT_ONE_PRINTER)


def _medians(act: Callable[[int], object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    times, work = [], []
    for n in range(LABELS):
        before = time.process_time()
        times.append(seconds_for(lambda n=n: act(n)))
        work.append(time.process_time() - before)
    return median(times), median(work)


# ---- the PDF alone, in turns


def drawn() -> Iterator[Measurement]:
    """Layout and PDF of a label beside a bare canvas and two programs for labels."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "label.json"
        file.write_text(json.dumps(_for_peers()), encoding="utf-8")
        with (
            Peer("pylabels_sheet", str(file), "requirements-labels") as pylabels,
            Peer("blabel_sheet", str(file), "requirements-labels") as blabel,
        ):
            turns: dict[str, Callable[[], float]] = {
                "ours": _ours,
                "bare": _bare,
                "pylabels": lambda: pylabels.write(LABELS)[1],
                "blabel": lambda: blabel.write(LABELS)[1],
            }
            for act in turns.values():
                act()
            taken = {name: [] for name in turns}
            for _ in range(TURNS):
                for name, act in turns.items():
                    taken[name].append(act() / LABELS)
    seconds = {name: median(each) for name, each in taken.items()}
    for name, each in seconds.items():
        yield Measurement(f"PDF only, {name}", 1 / each, "labels/s")
    yield at_least("PDF only ÷ blabel", seconds["blabel"] / seconds["ours"], "×", 4)
    yield at_least("PDF only ÷ pylabels", seconds["pylabels"] / seconds["ours"], "×", 2)
    yield at_most("time of the PDF ÷ a bare reportlab canvas", seconds["ours"] / seconds["bare"], "×", 1.5)


_turn = 0


def _next_contents() -> list[LabelContent]:
    """Labels no round has drawn before: what was remembered of them would be no measure."""
    global _turn  # noqa: PLW0603
    _turn += 1
    return list(of_job(LABELS * _turn))[-LABELS:]


def _ours() -> float:
    from labels.layout import lay_out
    from labels.pdf import draw

    contents = _next_contents()
    start = time.process_time()
    for content in contents:
        assert draw(lay_out(content), content.to_json()).startswith(b"%PDF")
    return time.process_time() - start


def _bare() -> float:
    """A canvas told where everything stands, with the same face embedded twice, once for light and once for heavy."""
    from labels.layout import lay_out

    pages = [lay_out(content) for content in _next_contents()]
    _register()
    start = time.process_time()
    for page in pages:
        assert _on_bare_canvas(page).startswith(b"%PDF")
    return time.process_time() - start


def _register() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    from labels import fonts

    if "BareLight" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("BareLight", str(fonts.FACE_FILE)))
        pdfmetrics.registerFont(TTFont("BareHeavy", str(fonts.FACE_FILE)))


def _on_bare_canvas(page: Any) -> bytes:
    """Runs, rules, symbols and the sign's outline as anybody would draw them who has their places."""
    from reportlab.pdfgen.canvas import Canvas

    side = float(page.template.height_mm) * 72 / 25.4
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(float(page.template.width_mm) * 72 / 25.4, side), pageCompression=1)
    for rule in page.rules:
        canvas.rect(rule.x, rule.y, rule.width, rule.height, stroke=0, fill=1)
    for placed in page.symbols:
        for box in _modules(placed, side):
            canvas.rect(*box, stroke=0, fill=1)
    for sign in page.drawings:
        canvas.circle(sign.x + sign.size / 2, sign.y + sign.size / 2, sign.size / 2, stroke=1, fill=0)
    for run in page.runs:
        canvas.setFillGray(1 if run.white else 0)
        canvas.setFont("BareHeavy" if run.bold else "BareLight", run.size)
        canvas.drawString(run.x, run.y, run.text)
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def _for_peers() -> dict[str, Any]:
    """The same label: its boxes, its words run by run, both symbols as their modules; but for its second weight and sign."""
    from labels import fonts
    from labels.layout import MM, lay_out

    page = lay_out(next(of_job(1)))
    side = float(page.template.height_mm) * MM
    matrix, bars = sorted(page.symbols, key=lambda placed: placed.symbol.kind != "DataMatrix")
    return {
        "face": str(fonts.FACE_FILE.resolve()),
        "side_mm": float(page.template.width_mm),
        "boxes": [(r.x, r.y, r.width, r.height) for r in page.rules] + list(_modules(bars, side)),
        "runs": [(r.text.replace("L-000001", PEER_SERIAL), r.x, r.y, r.size, r.white) for r in page.runs],
        "matrix_at": (
            float(matrix.left_mm) * MM,
            side - float(matrix.top_mm) * MM,
            float(matrix.symbol.module_mm) * MM,
        ),
        "modules": len(matrix.symbol.rows),
        "payload": matrix.symbol.text.replace("L-000001", PEER_SERIAL),
    }


def _modules(placed: Any, side: float) -> Iterator[tuple[float, float, float, float]]:
    """The black modules of a symbol, neighbours in a row as one, from the lower left corner."""
    from labels.layout import MM

    symbol = placed.symbol
    wide, high = float(symbol.module_mm) * MM, float(symbol.row_mm) * MM
    left, top = float(placed.left_mm) * MM, side - float(placed.top_mm) * MM
    for number, row in enumerate(symbol.rows, start=1):
        column = 0
        for black, together in groupby(row):
            modules = len(list(together))
            if black:
                yield left + column * wide, top - number * high, modules * wide, high
            column += modules


# ---- a job


def job() -> Iterator[Measurement]:
    """Labels of one job in a process of its own, and what it holds at the hundredth and at the last."""
    command = [sys.executable, "-c", THE_JOB, str(JOB)]
    start = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3600)
    seconds = time.perf_counter() - start
    held = {int(number): megabytes for number, megabytes in json.loads(ended.stdout).items()}
    yield Measurement(f"{JOB:,} serialised labels in one job, proofed", JOB / seconds, "labels/s")
    yield Measurement("held at the last label", held[max(held)], "MiB")
    yield at_most(
        f"held more at label {max(held):,} than at label 100",
        held[max(held)] - held[100],
        "MiB",
        BOUND_GROWTH,
    )


def measure() -> list[Measurement]:
    """Everything said above."""
    return [*proofed(), *drawn(), *job()]


if __name__ == "__main__":
    for m in measure():
        print(m)
