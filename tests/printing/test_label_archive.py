"""The archive gives the registered bytes or none: a file somebody changed is laid aside, and what differs is refused."""

import hashlib

import pytest
from one_batch import BAG, LIU
from waiting import FIRST, SECOND, register

from inkt_mfg.records.label import Label
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.workflow import labelling
from labels.printers.archive import archived, folder_of
from labels.printers.run import print_labels

pytestmark = pytest.mark.requirement("R51")


def file_of(site, serial: str):
    return folder_of(site.store) / f"{serial}.pdf"


def test_a_label_asked_for_again_is_the_same_bytes_also_when_its_file_is_gone(waiting):
    before = archived(waiting.store, FIRST)
    file_of(waiting, FIRST).unlink()
    assert archived(waiting.store, FIRST) == before
    assert file_of(waiting, FIRST).read_bytes() == before
    assert hashlib.sha256(before).hexdigest() == waiting.row(Label, FIRST).pdf_sha256


def test_a_file_somebody_changed_is_not_printed_but_laid_aside(waiting, tmp_path):
    before = archived(waiting.store, FIRST)
    changed = archived(waiting.store, SECOND)  # another label's page under this one's name
    file_of(waiting, FIRST).write_bytes(changed)
    print_labels(waiting.bench(LIU), [FIRST], folder=tmp_path / "out")
    assert (tmp_path / "out" / f"{FIRST}.pdf").read_bytes() == before
    (aside,) = folder_of(waiting.store).glob(f"{FIRST}.not-registered-*.pdf")
    assert aside.read_bytes() == changed
    assert file_of(waiting, FIRST).read_bytes() == before


def test_a_label_that_draws_other_bytes_than_were_registered_is_refused(waiting, tmp_path):
    file_of(waiting, FIRST).unlink()
    waiting.behind(f"UPDATE label SET pdf_sha256 = '{'0' * 64}' WHERE code = '{FIRST}'")
    with pytest.raises(Refusal) as refused:
        print_labels(waiting.bench(LIU), [FIRST], folder=tmp_path / "out")
    assert refused.value.rule == "R51"
    assert not (tmp_path / "out").exists()


def test_a_label_without_a_proof_is_not_given_out(at):
    site = at("released")
    site.run(LIU, labelling.prepare_label, BAG)
    with pytest.raises(Refusal) as refused:
        archived(site.store, FIRST)
    assert (refused.value.rule, refused.value.first.typed) == ("R51", FIRST)
    register(site, FIRST)
    assert archived(site.store, FIRST).startswith(b"%PDF")


def test_an_archive_that_cannot_be_written_says_so(waiting):
    file_of(waiting, FIRST).unlink()
    (folder_of(waiting.store) / f".{FIRST}.pdf.part").symlink_to("/dev/full")
    with pytest.raises(Unable, match="No space left on device"):
        archived(waiting.store, FIRST)
    assert not file_of(waiting, FIRST).exists()
