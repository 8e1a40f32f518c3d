"""The main job on the command line: from an ordered blood collection to an infused dose, every act an ``inkt`` command."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from shell import CLOCK, Shell, entries_of, flat, set_clock

from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import Fate, Lab
from inkt_mfg.demo.people import Staff
from inkt_mfg.demo.trial import Patient, enrol
from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.folder import open_site
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow.bench import Receipt
from inkt_mfg.workflow.command import Command
from inkt_mfg.workflow.subjects import chain_of_identity

LAST_DAY = date(2026, 12, 20)
PATIENT = Patient(
    "YA-007", "王小明", "H7000007", date(1969, 5, 4), "male", "inkt", LAST_DAY - timedelta(days=7), 168, 65
)
PDF = "bag.pdf"


@dataclass
class CommandLine(Lab):
    """A laboratory whose people have nothing but a shell."""

    shell: Shell | None = None
    folder: Path = Path()
    commands: list[str] = field(default_factory=list)

    def do(
        self, who: str, command: Command, on: str | None = None, *, sign: bool = False, **typed: object
    ) -> Receipt:
        """The same act by ``inkt``; drawing, proofing and registering a label is one command there."""
        assert sign == (command.signs is not None)
        reason = typed.pop("reason", None)
        self.clock.at += timedelta(seconds=5)
        set_clock(self.folder, self.clock.at)
        self.commands.append(command.name)
        if command.name == "label.register":
            return Receipt(command.name, on, Phrase("registered by inkt label"), 0, "")
        if command.name == "label.prepare":
            document = self._answer("label", "infusion", on.rsplit("-", 1)[0], "--out", PDF, "--as", who)
            return Receipt(command.name, document["label"], Phrase(""), 0, document["pdf_sha256"])
        why = ["--reason", reason] if reason else []
        said = self._answer("act", command.name, *([on] if on else []), *flat(typed), *why, "--as", who)
        return Receipt(
            command.name, said["code"] or "", Phrase("{s}", s=said["says"]), said["sequence"], said["hash"]
        )

    def _answer(self, *arguments: str) -> dict:
        ended = self.shell.json(*arguments)
        assert ended.code == 0, (arguments, ended.err)
        return ended.document


@pytest.fixture
def laboratory(at, site, tmp_path):
    def handed_to_the_printer(_content: LabelContent) -> tuple[str, dict[str, object]]:
        return hashlib.sha256((tmp_path / PDF).read_bytes()).hexdigest(), {}

    clock = SimulatedClock(CLOCK + timedelta(minutes=1))
    store = open_site(site, None)
    yield CommandLine(
        store, Staff({}), clock, zone("Asia/Shanghai"), handed_to_the_printer, shell=at, folder=site
    )
    store.close()


def test_from_collection_to_infusion_and_closing(laboratory, at, tmp_path):
    begins = LAST_DAY - timedelta(days=16)
    laboratory.clock.move_to(laboratory.at(begins, 8))
    protocol = at.json("batch", "show", "B-00001").document["protocol"]
    enrol(laboratory, PATIENT, protocol)
    story = BatchStory(
        lab=laboratory,
        random=Random(7),
        subject=PATIENT.number,
        identity=chain_of_identity("YA01", PATIENT.number),
        patient_id=PATIENT.patient_id,
        infusion=1,
        infusion_day=LAST_DAY,
        fate=Fate(13),
        weight=65.0,
        height=168,
    )
    for moment in story.tell():
        if moment > laboratory.clock.at:
            laboratory.clock.move_to(moment)

    page = at.json("batch", "show", story.code).document
    assert (page["state"], page["disposition"]) == ("closed", "final")
    assert page["dose"]["verdict_to_give"] == "within"
    assert [d["kind"] for d in page["dispositions"]] == ["conditional", "final"]
    assert [c["state"] for c in page["containers"]] == ["infused"]
    assert [x["state"] for x in page["labels"]] == ["applied"]
    assert (tmp_path / PDF).read_bytes().startswith(b"%PDF")
    assert all(s["stands"] for s in page["signatures"])
    assert entries_of(at) > 100
    assert len(set(laboratory.commands)) >= 30, "the main job uses these commands"
