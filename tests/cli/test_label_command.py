"""``inkt label infusion``: not before release, proofed, the same bytes when asked again, a reprint that says so."""

import hashlib

import pypdfium2
import pytest
from shell import entries_of

LABEL = ("label", "infusion", "B-00001", "--out", "bag.pdf", "--as", "liu.pharm")


def text_of(file) -> str:
    document = pypdfium2.PdfDocument(file.read_bytes())
    return document[0].get_textpage().get_text_range()


@pytest.mark.requirement("R55")
def test_no_infusion_label_before_release_and_no_file_is_left(at, tmp_path):
    refusal = at.json(*LABEL).refused
    assert refusal["rule"] == "R55"
    assert "QA officer" in refusal["resolve_by"]
    assert not (tmp_path / "bag.pdf").exists()
    assert at.json("batch", "show", "B-00001").document["labels"] == []


@pytest.mark.requirement("R55")
def test_a_batch_in_culture_has_no_container_to_label(at, tmp_path):
    refusal = at.json(*[a.replace("B-00001", "B-00002") for a in LABEL]).refused
    assert (refusal["rule"], refusal["typed"]) == ("record.unknown", "B-00002-1")
    assert not (tmp_path / "bag.pdf").exists()


@pytest.mark.requirement("R51")
def test_after_release_a_proofed_label(at, released, tmp_path):
    ended = at.json(*LABEL)
    assert ended.code == 0, ended.err
    assert ended.document.keys() == {"label", "file", "pdf_sha256", "proof"}
    pdf = tmp_path / "bag.pdf"
    assert hashlib.sha256(pdf.read_bytes()).hexdigest() == ended.document["pdf_sha256"]
    proof = ended.document["proof"]
    assert proof["passed"] is True
    assert proof["pdf_sha256"] == ended.document["pdf_sha256"]
    assert {(s["kind"], s["dpi"]) for s in proof["symbols"]} == {
        (kind, dpi) for kind in ("DataMatrix", "Code128") for dpi in (203.2, 304.8)
    }
    page = at.json("batch", "show", released).document
    assert page["labels"] == [
        {"label": ended.document["label"], "container": "B-00001-1", "state": "proofed", "pdf_sha256": proof["pdf_sha256"]}
    ]  # fmt: skip
    text = text_of(pdf)
    assert ended.document["label"] in text
    assert "REPRINT" not in text


def test_people_are_told_what_to_do_after_printing(at, released):
    out = at(*LABEL).out
    assert "inkt act label.confirm L-00001" in out
    assert "SHA-256" in out


def test_asked_again_before_printing_it_gives_the_same_bytes_and_records_nothing_new(at, released, tmp_path):
    first = at.json(*LABEL).document
    bytes_before, entries = (tmp_path / "bag.pdf").read_bytes(), entries_of(at)
    again = at.json(*[a.replace("bag.pdf", "again.pdf") for a in LABEL]).document
    assert again | {"file": ""} == first | {"file": ""}
    assert (tmp_path / "again.pdf").read_bytes() == bytes_before
    assert entries_of(at) == entries + 1, "only the log-in"


@pytest.mark.requirement("R52")
def test_once_printed_another_is_a_reprint_that_asks_why_and_says_so(at, released, tmp_path):
    serial = at.json(*LABEL).document["label"]
    assert at("act", "label.confirm", serial, "--as", "liu.pharm").code == 0
    refusal = at.json(*LABEL).refused
    assert (refusal["rule"], refusal["typed"]) == ("R52", serial), "the printed one is not accounted for"
    refusal = at.json(*LABEL, "--why", "smudged", "--reason", "the printer was warm").refused
    assert (refusal["rule"], refusal["field"]) == ("entry.choice", "why")
    first = (tmp_path / "bag.pdf").read_bytes()
    ended = at.json(*LABEL, "--why", "illegible", "--reason", "smudged")
    assert ended.code == 0, ended.err
    assert ended.document["label"] != serial
    assert "REPRINT 1" in text_of(tmp_path / "bag.pdf")
    assert (tmp_path / "bag.pdf").read_bytes() != first


def test_a_profile_the_protocol_does_not_have_is_refused(at, released, tmp_path):
    refusal = at.json(*LABEL, "--profile", "MARS").refused
    assert (refusal["rule"], refusal["field"], refusal["typed"]) == ("R53", "profile", "MARS")
    assert not (tmp_path / "bag.pdf").exists()


def test_every_profile_of_the_protocol_makes_a_label(at, released, tmp_path):
    from inkt_mfg.protocol import load

    texts = {}
    for profile in load("nct04011033").labels.profiles.value:
        ended = at.json(*LABEL, "--profile", profile)
        assert ended.code == 0, ended.err
        texts[profile] = text_of(tmp_path / "bag.pdf")
        serial = ended.document["label"]
        assert at("act", "label.spoil", serial, "--reason", "another profile", "--as", "liu.pharm").code == 0
    assert "仅供自体使用" in texts["CN"]
    assert "FOR AUTOLOGOUS USE ONLY" in texts["EU-IMP"]


def test_a_technician_prints_no_label(at, released, tmp_path):
    refusal = at.json(*LABEL[:-1], "li.tech").refused
    assert (refusal["rule"], refusal["resolve_by"]) == ("R24", "a pharmacist")
    assert not (tmp_path / "bag.pdf").exists()


def test_a_file_that_cannot_be_written_is_the_machines_fault_and_the_label_waits(at, released, tmp_path):
    ended = at.json(*LABEL[:4], tmp_path / "none" / "bag.pdf", *LABEL[5:])
    assert ended.code == 5
    assert ended.document.keys() == {"unable"}
    again = at.json(*LABEL)
    assert (again.code, again.document["label"]) == (0, "L-00001"), "the one that was prepared"


def test_an_output_that_was_there_is_replaced_whole(at, released, tmp_path):
    (tmp_path / "bag.pdf").write_bytes(b"an older label")
    assert at(*LABEL).code == 0
    assert (tmp_path / "bag.pdf").read_bytes().startswith(b"%PDF")
    assert [p.name for p in tmp_path.glob("*.part")] == []
    assert [p.name for p in tmp_path.glob(".*.part")] == []
