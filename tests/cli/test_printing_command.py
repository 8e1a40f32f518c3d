"""``inkt printer``, ``inkt label print`` and ``confirm``, ``inkt job``: from a proofed label to one in the hand."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "printing"))

from zebra import Zebra, burned

pytestmark = pytest.mark.requirement("R52")
LABEL, AS = "L-00001", ("--as", "liu.pharm")
RESOLUTION = ("--dpi", "203.2", "--media", "100x100")


@pytest.fixture
def proofed(at, released) -> str:
    ended = at("label", "infusion", released, "--out", "bag.pdf", *AS)
    assert ended.code == 0, ended.err
    return LABEL


@pytest.fixture
def zebra():
    with Zebra() as printer:
        yield printer


def register(at, address: str, name: str = "ZEBRA-1") -> None:
    ended = at("printer", "register", name, *RESOLUTION, "--transport", "tcp", "--address", address, *AS)
    assert ended.code == 0, ended.err
    assert f"inkt printer test {name}" in ended.out


def test_a_label_goes_to_the_printer_and_is_confirmed_from_its_job(at, proofed, zebra):
    register(at, zebra.address)
    ended = at.json("label", "print", "--batch", "B-00001", "--printer", "ZEBRA-1", *AS)
    assert ended.code == 0, ended.err
    job = ended.document
    assert (job["job"], job["state"], job["printer"]) == ("J-00001", "done", "ZEBRA-1")
    assert job["labels"] == [{"label": LABEL, "state": "sent", "label_state": "proofed"}]
    assert len(burned(zebra.labels[0])) == 1
    assert "inkt label confirm --job J-00001" in at("job", "show", "J-00001").out
    ended = at.json("label", "confirm", "--job", "J-00001", *AS)
    assert ended.document == {"confirmed": [LABEL], "unknown": []}
    assert at.json("batch", "show", "B-00001").document["labels"][0]["state"] == "printed"
    none = at.json("label", "print", "--batch", "B-00001", "--printer", "ZEBRA-1", *AS).refused
    assert (none["rule"], none["typed"]) == ("R51", "B-00001")


@pytest.mark.slow
def test_into_a_folder_it_is_the_registered_file(at, proofed, tmp_path):
    ended = at("label", "print", LABEL, "--out", tmp_path / "out", *AS)
    assert ended.code == 0, ended.err
    assert f"Sent: {LABEL}" in ended.out
    assert (tmp_path / "out" / f"{LABEL}.pdf").read_bytes() == (tmp_path / "bag.pdf").read_bytes()
    assert (tmp_path / "site" / "labels" / f"{LABEL}.pdf").read_bytes() == (tmp_path / "bag.pdf").read_bytes()


def test_a_printer_that_is_off_is_the_machines_fault_and_says_what_to_do(at, proofed):
    register(at, "127.0.0.1:9")
    ended = at("label", "print", LABEL, "--printer", "ZEBRA-1", *AS)
    assert ended.code == 5
    assert "does not answer: Connection refused" in ended.err
    assert "Nothing was sent. See that it is switched on" in ended.err
    assert at("job", "list", "--all").out == "No print job is open.\n"


def test_a_job_that_stops_says_what_is_unknown_and_goes_on_without_it(at, proofed):
    with Zebra(breaks_after=700) as zebra:
        register(at, zebra.address)
        ended = at("label", "print", LABEL, "--printer", "ZEBRA-1", *AS)
    assert ended.code == 5
    assert f"Label {LABEL}: The connection" in ended.err
    again = at("label", "print", LABEL, "--out", "x", *AS)
    assert "Job J-00001 is stopped: see `inkt job show J-00001`." in again.err
    assert again.code == 3
    shown = at("job", "list").out + at("job", "show", "J-00001").out
    for words in ("stopped", f"Unknown: {LABEL}", f"inkt act label.spoil {LABEL}", "It stopped: L-00001"):
        assert words in shown
    resumed = at.json("job", "resume", "J-00001", *AS).refused
    assert resumed["rule"] == "job.nothing_left"
    assert at("label", "confirm", LABEL, *AS).code == 0
    assert at("job", "list").out == "No print job is open.\n"


@pytest.mark.slow
def test_a_job_whose_program_died_is_ended_by_a_person(at, proofed):
    register(at, "127.0.0.1:9")
    assert at("act", "job.start", f"labels={LABEL}", "printer=ZEBRA-1", *AS).code == 0
    assert "inkt job stop J-00001" in at("job", "show", "J-00001").out
    assert at.json("job", "stop", "J-00001", *AS).refused["rule"] == "R02"
    ended = at.json("job", "stop", "J-00001", "--reason", "power cut, empty tray", "--nothing-left", *AS)
    assert ended.document["labels"][0]["state"] == "not_sent"


def test_printers_are_listed_changed_tried_and_retired(at, released, zebra):
    assert "No printer is registered" in at("printer", "list").out
    register(at, zebra.address)
    assert at("printer", "change", "ZEBRA-1", *AS).code == 2
    changed = at("printer", "change", "ZEBRA-1", "--offset-across", "-0.5", "--reason", "test page", *AS)
    assert changed.code == 0, changed.err
    assert at("printer", "test", "ZEBRA-1", *AS).code == 0
    assert len(burned(zebra.labels[0])) == 1
    assert "offset -0.5 / +0 mm" in at("printer", "list").out
    assert at("printer", "retire", "ZEBRA-1", "--reason", "head worn out", *AS).code == 0
    (card,) = at.json("printer", "list").document["printers"]
    assert (card["retired"], card["media"], card["transport"]) == (True, "100x100", "tcp")


@pytest.mark.parametrize(
    "typed",
    [
        ("label", "print", LABEL),
        ("label", "print", "--out", "x"),
        ("label", "print", LABEL, "--batch", "B-00001", "--out", "x"),
        ("label", "confirm"),
        ("label", "confirm", LABEL, "--job", "J-00001"),
    ],
    ids=" ".join,
)
def test_what_is_not_said_is_asked_for(at, typed):
    assert at(*typed, *AS).code == 2
