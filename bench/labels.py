"""One infusion label from frozen content to proofed bytes: layout, symbols, PDF, two renderings, every symbol read back."""

import os
import time
from statistics import median

from bench.measure import Measurement, at_most, seconds_for
from bench.scene import laboratory
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import labelling

LABELS = int(os.environ.get("INKT_BENCH_LABELS", "25"))
BOUND_MILLISECONDS = 60


def _contents() -> list[LabelContent]:
    """The labels of four released batches, one per profile in turn."""
    with laboratory("release") as (lab, batches):
        return [
            label_content(
                lab.store, lab.do("liu.pharm", labelling.prepare_label, f"{batch}-1", profile=profile).code
            )
            for batch, profile in zip(batches, ("CN", "EU-IMP") * len(batches), strict=False)
        ]


def measure() -> list[Measurement]:
    """The first label of a process, which loads libraries and fonts, and the median of those after it."""
    from labels.produce import produce

    contents = _contents()
    first = seconds_for(lambda: produce(contents[0]))
    times, work = [], []
    for n in range(LABELS):
        before = time.process_time()
        times.append(seconds_for(lambda n=n: produce(contents[n % len(contents)])))
        work.append(time.process_time() - before)
    assert produce(contents[0]).proof.passed
    return [
        Measurement("proofed label, first of a process", 1000 * first, "ms"),
        at_most("proofed label, median", 1000 * median(times), "ms", BOUND_MILLISECONDS),
        Measurement("proofed label, CPU, median", 1000 * median(work), "ms"),
    ]


if __name__ == "__main__":
    for m in measure():
        print(m)
