"""The training site the benches of commands and labels work at: the demo's people, lots and stories, in a scratch folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import Fate, Lab
from inkt_mfg.demo.site import demo_lab
from inkt_mfg.demo.trial import Patient, Trial, enrol
from inkt_mfg.workflow.subjects import chain_of_identity

DAY = date(2026, 11, 19)
PATIENTS = 4
FIRST_INFUSION = 7  # days after the first TAE


@contextmanager
def laboratory(stop_after: str, days_to_infusion: int = 0) -> Iterator[tuple[Lab, list[str]]]:
    """A site at work, and its batches; each is where its story stops, so many days before its infusion."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        demo_lab(Path(scratch) / "site", DAY - timedelta(days=40)) as lab,
    ):
        trial = Trial(lab, DAY, subjects=2 * PATIENTS)
        protocol = trial.prepare()
        stories = [
            _story(trial, p, protocol, stop_after, days_to_infusion) for p in trial.patients[:PATIENTS]
        ]
        trial.run_until(lab.at(DAY, 8, 20))
        yield lab, [story.code for story in stories]


def _story(trial: Trial, patient: Patient, protocol: str, stop_after: str, ahead: int) -> BatchStory:
    lab, infusion_day = trial.lab, DAY + timedelta(days=ahead)
    enrol(lab, replace(patient, first_tae=infusion_day - timedelta(days=FIRST_INFUSION)), protocol)
    story = BatchStory(
        lab=lab,
        random=Random(patient.number),
        subject=patient.number,
        identity=chain_of_identity(lab.store.site, patient.number),
        patient_id=patient.patient_id,
        infusion=1,
        infusion_day=infusion_day,
        fate=Fate(13, stop_after=stop_after),
        weight=62.0,
        height=168,
    )
    trial.let(story.tell())
    return story
