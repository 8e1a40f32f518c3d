"""Many serialised labels in one job: each sent and recorded, told as it goes, in no more memory than a few."""

import gc
import resource

import pytest
from one_batch import COLLECTION, LI, LIU
from waiting import PRINTER, register, zebra_at
from zebra import burned

from inkt_mfg.workflow import bench_labels
from inkt_mfg.workflow import jobs as job_commands
from labels.printers.run import print_labels


def tubes(site, count: int) -> list[str]:
    """So many labels for the tubes of one collection, proofed."""
    typed = {"kind": "collection_tube", "count": str(count)}
    serials = list(site.run(LI, bench_labels.prepare_collection_labels, COLLECTION, **typed).codes)
    for serial in serials:
        register(site, serial)
    return serials


def test_each_label_of_a_job_is_told_as_it_is_sent(at, zebra):
    site = at("announced")
    serials = tubes(site, 3)
    zebra_at(site, zebra.address, media="51x25")
    heard = []
    print_labels(site.bench(LI), serials, printer=PRINTER, heard=lambda *said: heard.append(said))
    assert heard == [(serial, n, 3) for n, serial in enumerate(serials, start=1)]
    assert [len(burned(content)) for content in zebra.labels] == [1, 1, 1]


@pytest.mark.slow
def test_a_job_of_hundreds_takes_no_more_memory_than_one_of_ten(at, zebra):
    site = at("announced")
    serials = tubes(site, 400)
    zebra_at(site, zebra.address, media="51x25")
    print_labels(site.bench(LI), serials[:10], printer=PRINTER)
    gc.collect()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = print_labels(site.bench(LI), serials[10:], printer=PRINTER, heard=lambda *_: zebra.received.clear())
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most) / 1024
    assert len(job.sent) == 390
    assert grown_mb < 20
    refusal = site.refused(LIU, job_commands.start_job, labels=" ".join(serials), printer=PRINTER)
    assert refusal.rule == "R52"
    assert site.ledger_is_whole()
