"""What a password must be: nothing common, none of the last ones, not too old; and it is written nowhere."""

import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from one_batch import ADMIN, BATCH, LI, PASSWORD
from people_of_the_site import FIRST, set_to, sit_down, user

from inkt_mfg.records.people import FormerPassword
from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import deviations, people

ONE, TWO, THREE = "grey-heron-at-noon", "seven-pears-in-june", "a-slow-train-to-Xi'an"
SPILL = {"description": "spill", "severity": "minor"}


def change(site, new: str, old: str) -> None:
    site.run(LI, people.change_password, old_password=old, new_password=new)


def refused(site, new: str, old: str):
    return site.refused(LI, people.change_password, old_password=old, new_password=new).first


@pytest.mark.requirement("R26")
@pytest.mark.parametrize(
    "common",
    ["P@ssw0rd2026", "Welcome2026!", "qwertyuiop12", "1234567890", "iloveyou123", "aaaaaaaaaaaaaaa", "abcdefghijkl",
     "letmeinplease", "administrator", "Password1234"],
)  # fmt: skip
def test_what_is_tried_first_is_refused(standing, common):
    blocker = refused(standing("founded"), common, PASSWORD)
    assert blocker.rule == "R26"
    assert blocker.what.english == "this password is among the first that are tried"
    assert blocker.typed is None, "a password is never shown"


@pytest.mark.requirement("R26")
def test_a_password_longer_than_any_sense_is_refused_before_it_is_hashed(standing):
    assert "more than 128" in refused(standing("founded"), "grey heron " * 40, PASSWORD).what.english


@pytest.mark.requirement("R26")
@pytest.mark.parametrize("good", [ONE, "灰鹭在正午飞过七棵梨树", "correct horse battery"])
def test_what_nobody_would_guess_is_taken_in_any_language(at, good):
    change(at("founded"), good, PASSWORD)


@pytest.mark.requirement("R26")
def test_none_of_the_last_ones_is_taken_again(at):
    site = at("founded")
    set_to(site, "password_history", "2")
    change(site, ONE, PASSWORD)
    change(site, TWO, ONE)
    for former in (PASSWORD, ONE):
        blocker = refused(site, former, TWO)
        assert (blocker.rule, blocker.what.english) == ("R26", "this was one of your last 2 passwords")
    change(site, THREE, TWO)
    change(site, PASSWORD, THREE)  # three ago: the site remembers two
    assert site.ledger_is_whole()


@pytest.mark.requirement("R26")
def test_a_site_may_remember_none(at):
    site = at("founded")
    set_to(site, "password_history", "0")
    change(site, ONE, PASSWORD)
    change(site, PASSWORD, ONE)


@pytest.mark.requirement("R26")
def test_a_reset_does_not_bring_the_forgotten_one_back(at):
    site = at("founded")
    site.run(
        ADMIN,
        people.reset_password,
        user_name=LI,
        identity_checked="badge, at the counter",
        first_password=FIRST,
        reason="forgotten",
    )
    site.benches[LI] = sit_down(site, LI, FIRST)
    assert "one of your last" in refused(site, PASSWORD, FIRST).what.english
    change(site, ONE, FIRST)
    assert "one of your last" in refused(site, FIRST, ONE).what.english, (
        "the first password is somebody else's too"
    )


@pytest.mark.requirement("R26")
def test_a_former_password_is_kept_as_its_hash_and_cannot_be_changed(at):
    site = at("founded")
    before = user(site, LI).password_hash
    change(site, ONE, PASSWORD)
    with site.store.reading() as session:
        kept = session.scalars(sa.select(FormerPassword.password_hash)).all()
    assert before in kept
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        site.behind("UPDATE former_password SET password_hash = 'x'")


def test_no_password_stands_anywhere_in_the_site(at):
    site = at("founded")
    change(site, ONE, PASSWORD)
    site.run(
        ADMIN,
        people.reset_password,
        user_name=LI,
        identity_checked="badge, at the counter",
        first_password=TWO,
        reason="forgotten",
    )
    with sqlite3.connect(site.store.engine.url.database) as database:
        everything = "\n".join(database.iterdump())
    for secret in (ONE, TWO, PASSWORD, FIRST):
        assert secret not in everything
    hashes = [row for row in everything.splitlines() if "$argon2id$" in row]
    assert hashes
    assert not [row for row in hashes if "ledger_entry" in row]


# --- ageing


@pytest.mark.requirement("R26")
def test_no_password_grows_old_unless_the_site_says_so(at):
    site = at("in culture")
    site.later(days=4000)
    assert not sit_down(site, LI).person.must_change_password


@pytest.mark.requirement("R26")
def test_a_password_too_old_at_the_log_in_leads_to_a_new_one_and_nothing_else_runs(at):
    site = at("in culture")
    set_to(site, "password_ageing_days", "90")
    site.later(days=91)
    old = site.benches[LI] = sit_down(site, LI)
    assert old.person.must_change_password
    blocker = site.refused(LI, deviations.open_deviation, BATCH, **SPILL).first
    assert (blocker.rule, blocker.resolve_by.english) == ("R26", "Li Na")
    assert "older than 90 days" in blocker.what.english
    change(site, ONE, PASSWORD)
    site.run(LI, deviations.open_deviation, BATCH, **SPILL)
    assert not sit_down(site, LI, ONE).person.must_change_password
    assert user(site, LI).password_changed_at > site.clock.at - timedelta(hours=1)


@pytest.mark.requirement("R26")
def test_a_password_that_grows_old_during_a_session_waits_for_the_next_log_in(at):
    """Nobody is stopped in the middle of a step at the bench."""
    site = at("in culture")
    set_to(site, "password_ageing_days", "90")
    bench = sit_down(site, LI)
    bench.run(deviations.open_deviation, BATCH, **SPILL)
    site.clock.move_to(site.clock.at + timedelta(days=91))
    bench.run(deviations.open_deviation, BATCH, **SPILL)
    with pytest.raises(Refusal) as caught:
        sit_down(site, LI).run(deviations.open_deviation, BATCH, **SPILL)
    assert caught.value.rule == "R26"
