"""The register tells who granted what, when and why; failures stand in it with the name as typed, from every process."""

import subprocess
import sys
from datetime import timedelta

import pytest
from one_batch import ADMIN, CHEN, LI, PASSWORD, WANG, ZHAO, Site
from people_of_the_site import (
    NEW_TECHNICIAN,
    WRONG,
    new_technician,
    set_to,
    sit_down,
    train,
    turned_away,
    user,
)

from inkt_mfg.records.words import Role
from inkt_mfg.views.people import RegisteredPerson, failed_attempts, people_register
from inkt_mfg.workflow import people
from inkt_mfg.workflow.access_review import access_review
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK
from inkt_mfg.workflow.day_board import day_board
from inkt_mfg.workflow.signing import Credentials

# A program of its own that tries a wrong password so many times, as somebody at another bench would.
GUESSER = """
import sys
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
store = Store.open(sys.argv[1], "YA01")
for _ in range(int(sys.argv[3])):
    try:
        log_in(store, Credentials(sys.argv[2], "not-my-password"), "bench-9")
    except Refusal as no:
        print(no.rule)
"""


def entry_of(site: Site, name: str) -> RegisteredPerson:
    return next(p for p in people_register(site.store) if p.user_name == name)


def odd(site: Site, name: str = "") -> list[str]:
    return [o.what.english for o in access_review(site.store).oddities if o.user_name == name]


# --- the register


@pytest.mark.requirement("R20", "R10")
def test_the_register_says_who_granted_what_when_and_why_and_how_it_ended(at):
    site = at("founded")
    site.run(ADMIN, people.grant_role, user_name=LI, role="pharmacist", reason="covers the pharmacy in May")
    granted = site.clock.at
    site.later(days=30)
    site.run(ADMIN, people.revoke_role, user_name=LI, role="pharmacist", reason="the pharmacist is back")
    first, second = entry_of(site, LI).grants
    assert (first.role, first.granted_by, first.because) == (Role.TECHNICIAN, ADMIN, "staff of the demo")
    assert (second.role, second.granted_by, second.because) == (
        Role.PHARMACIST,
        ADMIN,
        "covers the pharmacy in May",
    )
    assert abs(second.granted_at - granted) < timedelta(minutes=1)
    assert (second.revoked_by, second.revoked_because) == (ADMIN, "the pharmacist is back")
    assert second.revoked_at - second.granted_at >= timedelta(days=30)
    assert entry_of(site, LI).roles == (Role.TECHNICIAN,)


@pytest.mark.requirement("R20")
def test_the_register_says_how_an_identity_was_checked_and_who_recorded_it(at):
    site = at("founded")
    new_technician(site)
    entry = entry_of(site, "he.tech")
    assert (entry.identity_checked, entry.added_by) == ("passport, seen by Zhang Min", ADMIN)
    assert entry.accepted == 1
    assert entry.last_log_in is not None
    assert entry.last_log_in.workstation == "bench-2"


@pytest.mark.requirement("R28")
def test_the_register_holds_every_training(at):
    site = at("founded")
    train(site, LI, "technician", "2026-12-31")
    train(site, LI, "technician", "2027-12-31", topic="SOP-12, version 2")
    trainings = entry_of(site, LI).trainings
    assert [t.topic for t in trainings] == ["SOP-12", "SOP-12, version 2"]
    assert {t.recorded_by for t in trainings} == {ADMIN}
    assert entry_of(site, LI).grants[0].trained_until.date().isoformat() == "2027-12-31"


@pytest.mark.requirement("R25", "R20", "R10")
def test_the_register_tells_the_story_of_an_account(at):
    site = at("founded")
    for _ in range(FAILURES_BEFORE_LOCK):
        turned_away(site, LI)
    site.run(ADMIN, people.unlock, user_name=LI, reason="came with the badge")
    site.run(
        ADMIN,
        people.reset_password,
        user_name=LI,
        identity_checked="badge, at the counter",
        first_password="for-the-first-time",
        reason="forgotten",
    )
    site.run(ADMIN, people.deactivate, user_name=LI, reason="left")
    site.run(ADMIN, people.reactivate, user_name=LI, reason="came back")
    told = [(e.what.english, e.by, e.because) for e in entry_of(site, LI).events]
    assert told == [
        ("added", ADMIN, "staff of the demo"),
        ("locked", "system", ""),
        ("unlocked", ADMIN, "came with the badge"),
        ("given a new first password", ADMIN, "forgotten"),
        ("closed", ADMIN, "left"),
        ("opened again", ADMIN, "came back"),
    ]


# --- failures


@pytest.mark.requirement("R25")
def test_failures_stand_there_with_the_name_as_typed(at):
    site = at("founded")
    begun = site.clock.at
    for name in ("Li.Tech ", "root", LI):
        turned_away(site, name)
    newest = failed_attempts(site.store)
    assert [f.typed_name for f in newest] == [LI, "root", "Li.Tech "]
    assert {(f.attempt, f.workstation) for f in newest} == {("log_in", "bench-2")}
    assert failed_attempts(site.store, since=begun - timedelta(minutes=5)) == newest
    assert failed_attempts(site.store, since=newest[0].at) == ()
    assert len(failed_attempts(site.store, most=2)) == 2


@pytest.mark.requirement("R25")
def test_qa_and_administrators_hear_of_failures_since_they_were_last_here(at):
    site = at("founded")
    for name in ("root", LI, ""):
        turned_away(site, name)

    def heard(who: str) -> list[str]:
        return [n.text.english for n in day_board(sit_down(site, who)).notices if n.rule == "R25"]

    for who in (CHEN, ADMIN):
        assert heard(who) == [
            "failed attempts since you last logged in: 3 (names typed: no name typed, li.tech, root)"
        ]
        assert heard(who) == [], "heard at the log-in before"
    assert heard(WANG) == [], "not the technicians' affair"


@pytest.mark.slow
@pytest.mark.requirement("R25")
def test_failures_of_several_processes_are_one_count(at):
    """Two programs guess at once: no failure is lost, and after the fifth nobody gets in."""
    site = at("founded")
    address = site.store.engine.url.render_as_string(hide_password=False)
    guessers = [
        subprocess.Popen([sys.executable, "-c", GUESSER, address, LI, "3"], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [line for g in guessers for line in g.communicate(timeout=60)[0].split()]
    assert len(answers) == 6
    assert user(site, LI).failed_attempts == 6
    assert user(site, LI).locked
    assert turned_away(site, LI, PASSWORD).rule == "R25"
    assert len(failed_attempts(site.store)) == 7
    assert site.ledger_is_whole()


# --- the access review


@pytest.mark.requirement("R24", "R28")
def test_a_site_in_order_has_nothing_that_stands_out(at):
    review = access_review(at("founded").store)
    assert review.oddities == ()
    assert len(review.people) == 7
    assert {s.name: s.value for s in review.settings}["idle_lock_minutes"] == "10"


@pytest.mark.requirement("R20", "R26", "R28")
def test_an_account_nobody_used_stands_out(at):
    site = at("founded")
    site.run(ADMIN, people.add_person, **NEW_TECHNICIAN)
    assert odd(site, "he.tech") == [
        f"has never logged in; added on {site.today()}",
        "has not changed the first password",
        "has not accepted version 1 of the accountability statement",
        "no reason on record for technician",
    ]
    site.later(days=91)
    sit_down(site, ZHAO)
    assert "has not logged in for 90 days" in odd(site, LI)[0]
    assert odd(site, ZHAO) == []
    site.bench(LI).beside(Credentials(CHEN, PASSWORD))
    assert odd(site, CHEN) == [], "a second person beside is somebody who comes"


@pytest.mark.requirement("R28")
def test_training_that_is_missing_ends_or_ended_stands_out(at):
    site = at("founded")
    set_to(site, "training_required", "yes")
    train(site, LI, "technician", "2027-12-31")
    train(site, WANG, "technician", "2026-03-20")
    assert odd(site, LI) == []
    assert odd(site, WANG) == ["training as technician ends on 2026-03-20"]
    assert odd(site, ZHAO) == ["no training as QA officer on record"]
    site.later(days=30)
    assert odd(site, WANG) == ["training as technician ended on 2026-03-20"]
    assert not [said for said in odd(site, ADMIN) if "training" in said], "an administrator is not gated"


@pytest.mark.requirement("R25")
def test_guessing_and_locks_stand_out(at):
    site = at("founded")
    for _ in range(FAILURES_BEFORE_LOCK):
        turned_away(site, LI)
    turned_away(site, "root")
    assert odd(site, LI) == ["is locked after 5 failures", "failed attempts under this name in 90 days: 5"]
    assert odd(site) == ["failed attempts under names nobody has: 1 (root)"]
    for _ in range(FAILURES_BEFORE_LOCK):
        turned_away(site, ADMIN, WRONG)
    assert "0 administrators can log in; the site needs 1" in odd(site)


@pytest.mark.requirement("R24")
def test_roles_that_do_not_go_together_and_accounts_that_are_two_of_one_stand_out(at):
    site = at("founded")
    site.run(ADMIN, people.grant_role, user_name=LI, role="qa_officer", reason="short of staff")
    site.run(ADMIN, people.add_person, **NEW_TECHNICIAN, reason="x")
    site.behind(
        "UPDATE person SET full_name = 'wang  jun' WHERE user_name = 'he.tech'"
    )  # no longer issued so
    site.run(ADMIN, people.revoke_role, user_name=CHEN, role="qa_officer", reason="moved on")
    site.run(ADMIN, people.deactivate, user_name=ZHAO, reason="left")
    assert "makes batches and decides on them: technician and QA officer" in odd(site, LI)
    assert "the same full name as wang.tech" in odd(site, "he.tech")
    assert odd(site, CHEN) == ["holds no role and the account is open"]
    assert odd(site, ZHAO) == ["is closed and would come back as QA officer"]


def test_one_account_at_two_places_at_once_stands_out(at):
    site = at("founded")
    site.later(hours=1)
    sit_down(site, LI, workstation="bench-1")
    site.later(minutes=2)
    sit_down(site, LI, workstation="ward-3")
    (said,) = odd(site, LI)
    assert said == f"logged in at bench-1 and at ward-3 within 5 minutes, 1 times; first on {site.today()}"


@pytest.mark.requirement("R26")
def test_a_password_the_site_would_call_too_old_stands_out(at):
    site = at("founded")
    set_to(site, "password_ageing_days", "30")
    site.later(days=31)
    assert "password older than 30 days" in odd(site, LI)
