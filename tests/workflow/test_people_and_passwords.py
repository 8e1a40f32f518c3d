"""Log-in and signing: wrong passwords are counted together and recorded, five lock, and only an administrator unlocks."""

import json
import time

import pytest
import sqlalchemy as sa
from one_batch import ADMIN, BATCH, CHEN, LI, PASSWORD, ZHAO
from people_of_the_site import set_to, sit_down

from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.records.people import User
from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import culture, deviations, people, release
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.signing import Credentials

assert JOBS
WRONG = "not-my-password"


def try_log_in(site, name: str, password: str = WRONG) -> Refusal:
    with pytest.raises(Refusal) as caught:
        log_in(site.store, Credentials(name, password), "bench-2")
    return caught.value


def user(site, name: str) -> User:
    with site.store.reading() as session:
        return session.scalars(sa.select(User).where(User.user_name == name)).one()


def last_entry(site) -> dict:
    with site.store.reading() as session:
        newest = sa.select(LedgerEntry.body).order_by(LedgerEntry.sequence.desc()).limit(1)
        return json.loads(session.scalar(newest))


def sign_wrongly(site, who: str = ZHAO, name: str | None = None) -> Refusal:
    given = Credentials(name or who, WRONG)
    return site.refused_and_recorded(who, release.release, BATCH, sign_with=given)


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("name", ["nobody", "", "LI.TECH", "li.tech "])
def test_an_unknown_name_and_a_wrong_password_are_told_in_the_same_words(at, name):
    site = at("founded")
    known, unknown = try_log_in(site, LI), try_log_in(site, name)
    assert known.rule == unknown.rule == "R20"
    assert known.first.what.english == unknown.first.what.english


def test_a_name_nobody_has_is_refused_after_the_work_a_password_takes(at):
    site = at("founded")
    set_to(site, "argon2_memory_kib", "65536")
    set_to(site, "argon2_time_cost", "3")
    sit_down(site, LI)  # her password is hashed at the new cost from here on
    spent = []
    for name in (LI, "nobody.here"):
        begun = time.process_time()
        assert try_log_in(site, name).rule == "R20"
        spent.append(time.process_time() - begun)
    known, unknown = spent
    assert known / 3 < unknown < known * 3, spent


@pytest.mark.requirement("R25")
def test_a_failed_log_in_is_recorded_with_the_name_that_was_typed(at):
    site = at("founded")
    before = site.entries()
    try_log_in(site, "zhangmin")
    assert site.entries() == before + 1
    told = last_entry(site)
    assert told["command"] == "person.failed_attempt"
    assert told["notes"] == {"attempt": "log_in", "typed_name": "zhangmin"}
    assert WRONG not in json.dumps(told)


@pytest.mark.requirement("R25")
def test_five_failures_lock_and_the_right_password_opens_nothing_then(at):
    site = at("founded")
    for failures in range(1, FAILURES_BEFORE_LOCK + 1):
        assert try_log_in(site, LI).rule == "R20"
        assert user(site, LI).failed_attempts == failures
    assert user(site, LI).locked
    assert try_log_in(site, LI, PASSWORD).rule == "R25"


@pytest.mark.requirement("R25")
def test_log_in_and_signing_are_counted_together(at):
    site = at("reviewed")
    site.bench(ZHAO)
    for _ in range(3):
        try_log_in(site, ZHAO)
    for _ in range(2):
        assert sign_wrongly(site).rule == "R21"
    assert user(site, ZHAO).locked
    with pytest.raises(Refusal) as caught:
        site.run(ZHAO, release.release, BATCH)
    assert caught.value.rule == "R25"


@pytest.mark.requirement("R25", "R21")
def test_a_wrong_password_at_signing_is_recorded_and_signs_nothing(reviewed):
    refusal = sign_wrongly(reviewed)
    assert (refusal.rule, refusal.first.field) == ("R21", "signature")
    assert last_entry(reviewed)["notes"] == {"attempt": "sign batch.release", "typed_name": ZHAO}
    assert user(reviewed, ZHAO).failed_attempts == 1
    with reviewed.case(release.release.on, BATCH) as case:
        assert case.batch.state.value == "in_review"
        assert not case.dispositions


@pytest.mark.requirement("R21", "R25")
def test_signing_in_anothers_name_counts_against_both(at):
    site = at("reviewed")
    refusal = None
    site.bench(ZHAO)
    before = site.entries()
    with pytest.raises(Refusal) as caught:
        site.run(ZHAO, release.release, BATCH, sign_with=Credentials(CHEN, PASSWORD))
    refusal = caught.value
    assert (refusal.rule, refusal.first.typed) == ("R21", CHEN)
    assert site.entries() == before + 2
    assert (user(site, ZHAO).failed_attempts, user(site, CHEN).failed_attempts) == (1, 1)


@pytest.mark.requirement("R21")
def test_a_signature_has_two_components_every_time(at):
    refusal = at("reviewed").refused(ZHAO, release.release, BATCH, sign_with=None)
    assert (refusal.rule, refusal.first.field) == ("R21", "signature")


@pytest.mark.requirement("R25")
def test_the_right_password_starts_the_counting_anew(at):
    site = at("founded")
    for _ in range(4):
        try_log_in(site, LI)
    log_in(site.store, Credentials(LI, PASSWORD), "bench-1")
    assert user(site, LI).failed_attempts == 0


@pytest.mark.requirement("R25")
def test_an_attempt_at_a_locked_account_is_counted_and_recorded_too(at):
    site = at("founded")
    for _ in range(FAILURES_BEFORE_LOCK):
        try_log_in(site, LI)
    before = site.entries()
    assert try_log_in(site, LI).rule == "R25"
    assert site.entries() == before + 1
    assert user(site, LI).failed_attempts == FAILURES_BEFORE_LOCK + 1


@pytest.mark.requirement("R25")
def test_an_administrator_unlocks_and_learns_no_password(at):
    site = at("founded")
    site.bench(ADMIN)
    for _ in range(FAILURES_BEFORE_LOCK):
        try_log_in(site, LI)
    kept = user(site, LI).password_hash
    assert site.refused(ADMIN, people.unlock, user_name=LI).rule == "R02"
    site.run(ADMIN, people.unlock, user_name=LI, reason="asked in person")
    assert user(site, LI).password_hash == kept
    assert log_in(site.store, Credentials(LI, PASSWORD), "bench-1").person.user_name == LI
    assert site.refused(ADMIN, people.unlock, user_name=LI, reason="again").rule == "R25"


@pytest.mark.requirement("R25")
def test_a_bench_left_open_stops_when_its_account_is_locked(at):
    site = at("in culture")
    site.bench(LI)
    for _ in range(FAILURES_BEFORE_LOCK):
        try_log_in(site, LI)
    typed = {"description": "spill", "severity": "minor"}
    assert site.refused(LI, deviations.open_deviation, BATCH, **typed).rule == "R25"


@pytest.mark.requirement("R25")
def test_a_wrong_old_password_counts_like_any_other(at):
    site = at("founded")
    typed = {"old_password": WRONG, "new_password": "another-long-one"}
    refusal = site.refused_and_recorded(LI, people.change_password, **typed)
    assert refusal.rule == "R21"
    assert user(site, LI).failed_attempts == 1
    assert last_entry(site)["notes"]["attempt"] == "sign person.change_password"


@pytest.mark.requirement("R26")
@pytest.mark.parametrize(
    ("new", "why"),
    [("short", "5 characters"), ("li.tech-2026", "holds the user name"), ("password2026!", "first that are tried"),
     (PASSWORD, "the new password is the old one")],
)  # fmt: skip
def test_a_poor_password_is_refused(standing, new, why):
    site = standing("founded")
    refusal = site.refused(LI, people.change_password, old_password=PASSWORD, new_password=new)
    assert refusal.rule == "R26"
    assert why in refusal.first.what.english


@pytest.mark.requirement("R26")
def test_with_a_first_password_nothing_is_done_before_it_is_changed(at):
    site = at("in culture")
    site.run(
        ADMIN,
        people.reset_password,
        user_name=LI,
        identity_checked="badge, at the counter",
        first_password="for-the-first-time",
        reason="forgotten",
    )
    fresh = log_in(site.store, Credentials(LI, "for-the-first-time"), "bench-1")
    assert fresh.person.must_change_password
    site.benches[LI] = fresh
    typed = {"description": "spill", "severity": "minor"}
    assert site.refused(LI, deviations.open_deviation, BATCH, **typed).rule == "R26"
    site.run(LI, people.change_password, old_password="for-the-first-time", new_password="another-long-one")
    site.run(LI, deviations.open_deviation, BATCH, **typed)


def test_a_password_never_shows_in_a_representation():
    assert PASSWORD not in repr(Credentials(LI, PASSWORD))


@pytest.mark.requirement("R24", "R21")
def test_a_second_person_comes_for_one_act_and_the_first_stays(at):
    site = at("reviewed")
    beside = site.bench(CHEN).beside(Credentials(ZHAO, PASSWORD))
    beside.run(release.release, BATCH, sign_with=Credentials(ZHAO, PASSWORD))
    with pytest.raises(Refusal) as caught:
        beside.run(release.recall_to_review, BATCH, reason="x", sign_with=Credentials(ZHAO, PASSWORD))
    assert caught.value.rule == "R21"
    assert "came for one act and it is done" in caught.value.first.what.english
    assert site.bench(CHEN).person.user_name == CHEN


def test_a_refused_act_of_a_second_person_may_be_tried_again(at):
    site = at("reviewed")
    beside = site.bench(CHEN).beside(Credentials(ZHAO, PASSWORD))
    with pytest.raises(Refusal):
        beside.run(release.reject, BATCH, sign_with=Credentials(ZHAO, PASSWORD))
    beside.run(release.reject, BATCH, reason="particles", sign_with=Credentials(ZHAO, PASSWORD))


def test_a_command_about_a_record_is_not_run_without_one(standing):
    site = standing("reviewed")
    refusal = site.refused(ZHAO, release.release, None)
    assert (refusal.rule, refusal.first.expected.english) == ("record.unknown", "the batch's code")
    assert site.refused(LI, culture.harvest, "B-00099", performed_at="x").first.typed == "B-00099"
    new = {
        "user_name": "x",
        "full_name": "X",
        "first_password": "x" * 12,
        "identity_checked": "x",
        "role": "x",
    }
    assert site.refused(ADMIN, people.add_person, BATCH, **new).rule == "record.unknown"
