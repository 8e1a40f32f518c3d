"""What the tests of people share: the last entry of the ledger, a person's row, a first day at work, a wrong password."""

import json

import pytest
import sqlalchemy as sa
from one_batch import ADMIN, PASSWORD, Site

from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.records.people import User
from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import people
from inkt_mfg.workflow import site as site_commands
from inkt_mfg.workflow.bench import Bench, log_in
from inkt_mfg.workflow.signing import Credentials

WRONG = "not-my-password"
FIRST = "for-the-first-time"
NEW_TECHNICIAN = {
    "user_name": "he.tech",
    "full_name": "He Hua",
    "first_password": FIRST,
    "identity_checked": "passport, seen by Zhang Min",
    "role": "technician",
}


def user(site: Site, name: str) -> User:
    with site.store.reading() as session:
        return session.scalars(sa.select(User).where(User.user_name == name)).one()


def last_entry(site: Site) -> dict:
    with site.store.reading() as session:
        newest = sa.select(LedgerEntry.body).order_by(LedgerEntry.sequence.desc()).limit(1)
        return json.loads(session.scalar(newest))


def sit_down(site: Site, name: str, password: str = PASSWORD, workstation: str = "bench-2") -> Bench:
    return log_in(site.store, Credentials(name, password), workstation)


def turned_away(site: Site, name: str, password: str = WRONG) -> Refusal:
    with pytest.raises(Refusal) as caught:
        sit_down(site, name, password)
    return caught.value


def set_to(site: Site, setting: str, value: str) -> None:
    site.run(ADMIN, site_commands.set_setting, setting=setting, value=value, reason="the tests need it")


def new_technician(site: Site, *, accepts: bool = True) -> Bench:
    """He Hua's first day: added, a password of his own, the statement read."""
    site.run(ADMIN, people.add_person, **NEW_TECHNICIAN)
    sit_down(site, "he.tech", FIRST).run(people.change_password, old_password=FIRST, new_password=PASSWORD)
    bench = sit_down(site, "he.tech")
    if accepts:
        bench.run(people.accept_statement, version="1")
    site.benches["he.tech"] = bench
    return bench


def train(
    site: Site, name: str, role: str, until: str, completed: str = "2026-02-01", **other: object
) -> None:
    said = {
        "topic": "SOP-12",
        "trained_by": "Zhao Lin",
        "completed_on": completed,
        "expires_on": until,
    } | other
    site.run(ADMIN, people.record_training, user_name=name, role=role, **said)
