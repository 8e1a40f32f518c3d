"""The site of these tests: who its patients are, where each batch stands, and how it is made by real commands."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from who_is_there import CONTROL

from inkt_mfg.demo.course import BatchStory
from inkt_mfg.demo.lab import Fate
from inkt_mfg.demo.site import demo_lab
from inkt_mfg.demo.trial import Trial, enrol
from inkt_mfg.workflow.subjects import chain_of_identity

DAY = date(2026, 11, 19)
CLOCK = datetime(2026, 11, 19, 2, 30, tzinfo=UTC)  # 10:30 in Beijing
DATABASE = "site.db"
# subject → where its batch stands on the day: days to its infusion, and where its story stops
STAGES = {
    "YA-001": (11, ""),  # culture day 3, fed and counted
    "YA-002": (0, "formulate"),
    "YA-003": (0, "submit"),
    "YA-004": (0, "release"),
    "YA-005": (0, "issue"),
}


def make_site(folder: Path) -> None:
    with demo_lab(folder, DAY - timedelta(days=40)) as lab:
        trial = Trial(lab, DAY)
        protocol = trial.prepare()
        patients = {p.number: p for p in trial.patients}
        for number in (*STAGES, CONTROL):
            patient = patients[number]
            ahead = STAGES.get(number, (0, ""))[0]
            patient = _starting(patient, DAY + timedelta(days=ahead - 7))
            enrol(lab, patient, protocol)
        for number, (ahead, stop) in STAGES.items():
            story = BatchStory(
                lab=lab,
                random=Random(number),
                subject=number,
                identity=chain_of_identity("YA01", number),
                patient_id=patients[number].patient_id,
                infusion=1,
                infusion_day=DAY + timedelta(days=ahead),
                fate=Fate(13, stop_after=stop),
                weight=62.5,
                height=168,
            )
            trial.let(story.tell())
        trial.run_until(CLOCK)
    # The copies of the tests take the database file alone: nothing may be left beside it.
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _starting(patient, first_tae: date):
    return replace(patient, first_tae=first_tae)
