"""An unbroken session: a bench left alone locks in the services too, and what is typed at its later signings."""

import pytest
from one_batch import ADMIN, BATCH, CHEN, LI, PASSWORD, WANG, ZHAO, Site
from people_of_the_site import WRONG, last_entry, set_to, sit_down, user

from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import deviations, people, release, sitting
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.signing import Credentials

SPILL = {"description": "spill", "severity": "minor"}
NEW = "grey-heron-at-noon"
ALONE = Credentials("", PASSWORD)
BOTH = Credentials(ZHAO, PASSWORD)


class Hours:
    """Stands for the machine's uptime, which no test waits for."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    def pass_minutes(self, minutes: float) -> None:
        self.at += minutes * 60


@pytest.fixture
def hours(monkeypatch) -> Hours:
    stopped = Hours()
    monkeypatch.setattr(sitting, "uptime", stopped)
    return stopped


def spill(bench: Bench) -> None:
    bench.run(deviations.open_deviation, BATCH, **SPILL)


def refusal_of(bench: Bench, **typed: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        bench.run(deviations.open_deviation, BATCH, **SPILL, **typed)
    return caught.value


# --- the idle lock


@pytest.mark.requirement("R27")
def test_a_bench_nobody_uses_locks_after_the_sites_minutes(at, hours):
    site = at("in culture")
    bench = sit_down(site, LI)
    hours.pass_minutes(9.9)
    spill(bench)
    hours.pass_minutes(9.9)
    spill(bench)
    hours.pass_minutes(10)
    before = site.entries()
    blocker = refusal_of(bench).first
    assert (blocker.rule, blocker.field, blocker.resolve_by.english) == ("R27", "lock", "Li Na")
    assert refusal_of(bench).rule == "R27", "trying does not open it"
    with pytest.raises(Refusal):
        bench.beside(Credentials(WANG, PASSWORD))
    assert site.entries() == before


@pytest.mark.requirement("R27")
def test_the_minutes_are_the_sites_and_not_the_users(at, hours):
    site = at("in culture")
    set_to(site, "idle_lock_minutes", "2")
    bench = sit_down(site, LI)
    hours.pass_minutes(2)
    assert refusal_of(bench).rule == "R27"


@pytest.mark.requirement("R27")
def test_keys_at_a_terminal_count_as_use(at, hours):
    """A long form is typed without running a command."""
    bench = sit_down(at("in culture"), LI)
    for _ in range(4):
        hours.pass_minutes(5)
        bench.sitting.touched()
    spill(bench)


@pytest.mark.requirement("R27")
def test_the_same_person_goes_on_after_the_password(at, hours):
    site = at("in culture")
    bench = sit_down(site, LI)
    hours.pass_minutes(11)
    bench.sitting.touched()
    assert refusal_of(bench).rule == "R27", "a key does not open it"
    back = bench.unlock(PASSWORD)
    assert last_entry(site)["command"] == "person.unlock_bench"
    assert back.person == bench.person
    spill(back)
    spill(bench)  # it is one bench: a form that was open holds the old name of it


@pytest.mark.requirement("R27", "R25")
def test_a_wrong_password_leaves_it_locked_and_counts(at):
    site = at("in culture")
    bench = sit_down(site, LI)
    bench.lock()
    with pytest.raises(Refusal) as caught:
        bench.unlock(WRONG)
    assert caught.value.rule == "R20"
    assert user(site, LI).failed_attempts == 1
    assert refusal_of(bench).rule == "R27"


@pytest.mark.requirement("R27")
def test_a_lid_that_was_closed_for_an_hour_counts(monkeypatch):
    """Where the system says how long it slept, that is used."""
    if hasattr(sitting.time, "CLOCK_BOOTTIME"):
        monkeypatch.setattr(
            sitting.time, "clock_gettime", lambda clock: {sitting.time.CLOCK_BOOTTIME: 7.0}[clock]
        )
        assert sitting.uptime() == 7.0
    else:
        assert sitting.uptime() <= sitting.uptime()


# --- what is typed at a signing


@pytest.fixture
def lenient(at) -> Site:
    """The site lets later signings of a session be by password alone."""
    site = at("in review")
    set_to(site, "signing_policy", "password within one unbroken session")
    return site


def review(bench: Bench, given: Credentials) -> None:
    bench.run(release.review, BATCH, audit_trail_reviewed="read", sign_with=given)


def asks_both(bench: Bench) -> bool:
    """Refused with R21 before anything is counted."""
    with pytest.raises(Refusal) as caught:
        review(bench, ALONE)
    return caught.value.rule == "R21" and "user name and the password" in caught.value.first.what.english


@pytest.mark.requirement("R21")
def test_by_default_both_are_typed_at_every_signing(at):
    site = at("in review")
    bench = sit_down(site, ZHAO)
    review(bench, BOTH)
    assert not bench.signs_by_password
    assert asks_both(bench)
    assert user(site, ZHAO).failed_attempts == 0, "nothing was tried"


@pytest.mark.requirement("R21")
def test_within_one_session_the_first_signing_asks_both_and_the_next_the_password(lenient):
    bench = sit_down(lenient, ZHAO)
    assert asks_both(bench)
    review(bench, BOTH)
    assert bench.signs_by_password
    bench.run(release.release, BATCH, sign_with=ALONE)
    signed = last_entry(lenient)
    assert signed["command"] == "batch.release"
    (row,) = [c["new"] for c in signed["changes"] if c["table"] == "signature"]
    assert (row["user_name"], row["full_name"]) == (ZHAO, "Zhao Lin")


@pytest.mark.requirement("R21")
def test_the_password_is_still_checked(lenient):
    bench = sit_down(lenient, ZHAO)
    review(bench, BOTH)
    with pytest.raises(Refusal) as caught:
        review(bench, Credentials("", WRONG))
    assert caught.value.rule == "R21"
    assert user(lenient, ZHAO).failed_attempts == 1
    assert last_entry(lenient)["notes"]["typed_name"] == ZHAO
    assert asks_both(bench), "a failed signing breaks the session"


def log_out(bench: Bench) -> Bench:
    return sit_down_again(bench)


def sit_down_again(bench: Bench) -> Bench:
    from inkt_mfg.workflow.bench import log_in

    return log_in(bench.store, BOTH, bench.workstation)


def lock_and_open(bench: Bench) -> Bench:
    bench.lock()
    return bench.unlock(PASSWORD)


def another_beside(bench: Bench) -> Bench:
    bench.beside(Credentials(CHEN, PASSWORD))
    return bench


@pytest.mark.requirement("R21", "R27")
@pytest.mark.parametrize("breaks", [log_out, lock_and_open, another_beside])
def test_what_breaks_the_session_asks_both_again(lenient, breaks):
    bench = sit_down(lenient, ZHAO)
    review(bench, BOTH)
    assert asks_both(breaks(bench))


@pytest.mark.requirement("R21", "R27")
def test_idling_breaks_the_session(lenient, hours):
    bench = sit_down(lenient, ZHAO)
    review(bench, BOTH)
    hours.pass_minutes(10)
    assert not bench.signs_by_password
    assert asks_both(bench.unlock(PASSWORD))


@pytest.mark.requirement("R21")
def test_a_second_person_beside_always_gives_both(lenient):
    bench = sit_down(lenient, CHEN)
    review(bench, Credentials(CHEN, PASSWORD))
    beside = bench.beside(BOTH)
    assert not beside.signs_by_password
    with pytest.raises(Refusal) as caught:
        beside.run(release.release, BATCH, sign_with=ALONE)
    assert caught.value.rule == "R21"
    beside.run(release.release, BATCH, sign_with=BOTH)


@pytest.mark.requirement("R21", "R26")
def test_another_policy_holds_from_the_next_signing_on(lenient):
    bench = sit_down(lenient, ZHAO)
    review(bench, BOTH)
    set_to(lenient, "signing_policy", "name and password")
    assert asks_both(bench)
    assert people.change_password.signs is None


# --- a password that is no longer the person's


@pytest.mark.requirement("R27", "R26")
def test_a_bench_of_an_old_password_acts_no_more(at):
    """Whoever sits at a bench left open elsewhere is out as soon as its owner changes the password."""
    site = at("in culture")
    left_open, own = sit_down(site, LI, workstation="bench-3"), sit_down(site, LI)
    spill(left_open)
    own.run(people.change_password, old_password=PASSWORD, new_password=NEW)
    blocker = refusal_of(left_open).first
    assert (blocker.rule, blocker.field) == ("R27", "lock")
    assert "changed since it was given" in blocker.what.english
    assert refusal_of(left_open).rule == "R27", "it stays locked"
    with pytest.raises(Refusal) as caught:
        left_open.unlock(PASSWORD)
    assert caught.value.rule == "R20", "the old password opens nothing"
    spill(own)  # where it was changed, its owner is
    spill(left_open.unlock(NEW))
    spill(left_open)
    spill(sit_down(site, LI, NEW))


@pytest.mark.requirement("R27", "R26")
def test_a_bench_open_at_a_reset_acts_no_more(at):
    site = at("in review")
    bench = sit_down(site, ZHAO)
    site.run(
        ADMIN,
        people.reset_password,
        user_name=ZHAO,
        first_password=NEW,
        identity_checked="badge",
        reason="forgot",
    )
    assert [b.rule for b in bench.blockers(release.review, BATCH)][:1] == ["R27"]
    with pytest.raises(Refusal) as caught:
        review(bench, Credentials(ZHAO, NEW))
    assert caught.value.first.field == "lock"


@pytest.mark.requirement("R27", "R26")
def test_a_new_price_of_the_hash_leaves_other_benches_open(at):
    """The same password hashed anew at a log-in is still the same password."""
    site = at("in culture")
    bench = sit_down(site, LI)
    set_to(site, "argon2_time_cost", "2")
    before = user(site, LI).password_hash
    sit_down(site, LI)
    assert user(site, LI).password_hash != before
    spill(bench)


@pytest.mark.requirement("R26", "R27")
def test_an_aged_password_unlocks_a_form_but_signs_nothing(at):
    site = at("in review")
    set_to(site, "password_ageing_days", "90")
    bench = sit_down(site, ZHAO)
    site.later(days=91)
    bench.lock()
    back = bench.unlock(PASSWORD)
    assert not back.person.must_change_password, "the form stays on the screen"
    assert [b.rule for b in back.blockers(release.review, BATCH)][:1] == ["R26"]
    for held in (back, bench):  # an open form holds the old name of the bench
        with pytest.raises(Refusal) as caught:
            review(held, BOTH)
        assert caught.value.rule == "R26"
    back.run(people.change_password, old_password=PASSWORD, new_password=NEW)
    review(back, Credentials(ZHAO, NEW))
