"""A job prints labels: to a file, to a printer that listens; what it burned is what the record froze, and each is known."""

import hashlib
from fractions import Fraction

import pytest
from one_batch import LIU
from waiting import FIRST, PRINTER, SECOND, zebra_at
from zebra import burned

from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import Printer
from inkt_mfg.records.words import LabelState
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import labelling
from labels.printers.archive import folder_of
from labels.printers.run import print_labels
from labels.produce import produce
from labels.raster import image_of
from labels.reading import one_bit

pytestmark = pytest.mark.requirement("R52")
DPI = Fraction("203.2")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_label_into_a_file_is_the_registered_one_byte_for_byte(waiting, tmp_path):
    site = waiting
    job = print_labels(site.bench(LIU), [FIRST], folder=tmp_path / "out")
    assert (job.state, job.sent, job.printer) == ("done", (FIRST,), "")
    written = (tmp_path / "out" / f"{FIRST}.pdf").read_bytes()
    assert sha256(written) == site.row(Label, FIRST).pdf_sha256
    assert (folder_of(site.store) / f"{FIRST}.pdf").read_bytes() == written
    assert site.ledger_is_whole()


def test_a_printer_burns_the_proofed_dots_and_a_scanner_reads_the_record(waiting, zebra):
    site = waiting
    zebra_at(site, zebra.address)
    before = site.entries()
    job = print_labels(site.bench(LIU), [FIRST, SECOND], printer=PRINTER)
    assert (job.state, job.sent) == ("done", (FIRST, SECOND))
    assert site.entries() == before + 3, "the job, and one for each label"
    for serial, content in zip((FIRST, SECOND), zebra.labels, strict=True):
        (label,) = burned(content)
        frozen = label_content(site.store, serial)
        assert label.copies == 1
        assert label.read(DPI) == {frozen.payload, frozen.linear}
        assert (label.image == one_bit(image_of(produce(frozen), DPI))).all()


def test_the_printer_of_a_confirmed_label_is_known_from_its_job(waiting, zebra):
    site = waiting
    zebra_at(site, zebra.address)
    zebra_at(site, zebra.address, "ZEBRA-2")
    print_labels(site.bench(LIU), [FIRST], printer=PRINTER)
    other = site.refused(LIU, labelling.confirm_printed, FIRST, printer="ZEBRA-2")
    assert (other.rule, other.first.field) == ("R52", "printer")
    site.run(LIU, labelling.confirm_printed, FIRST)
    label = site.row(Label, FIRST)
    assert (label.state, label.printer) == (LabelState.PRINTED, site.row(Printer, PRINTER).key)
