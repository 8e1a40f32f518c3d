"""A second factor at the log-in: enrolled by its owner, shown to work, asked for from then on, taken away when it is lost."""

import time

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from one_batch import ADMIN, BATCH, LI, PASSWORD, ZHAO, Site
from people_of_the_site import WRONG, last_entry, set_to, sit_down, turned_away, user

from inkt_mfg.ledger.entry import LedgerEntry
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.verification import verify
from inkt_mfg.workflow import deviations, enrolling, people
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials

SPILL = {"description": "spill", "severity": "minor"}
pytestmark = pytest.mark.requirement("R20")


@pytest.fixture
def hour():
    """The machine's own time, moved on by the tests so that each code is another."""
    with time_machine.travel("2026-11-22T08:00:00Z", tick=False) as now:
        yield now


def enrolled(site: Site, hour: time_machine.Traveller, name: str = LI) -> pyotp.TOTP:
    """This person's authenticator, after its first code."""
    bench = sit_down(site, name)
    address = str(bench.run(enrolling.enrol_second_factor, password=PASSWORD).says)
    authenticator = pyotp.parse_uri(address)
    bench.run(enrolling.confirm_second_factor, code=authenticator.now())
    hour.shift(60)
    return authenticator


def with_code(site: Site, code: str, name: str = LI, password: str = PASSWORD):
    return log_in(site.store, Credentials(name, password, code), "bench-2")


def refusal_of(act, *arguments, **named) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    return caught.value


def test_the_codes_are_those_of_rfc_6238():
    """RFC 6238 appendix B, SHA-1, eight digits cut to the six an authenticator shows."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", as the RFC's vectors have it
    assert [pyotp.TOTP(secret, digits=8).at(t) for t in (59, 1111111109, 20000000000)] == [
        "94287082", "07081804", "65353130"]  # fmt: skip


def test_whoever_enrolled_is_asked_for_a_code_and_let_in_with_it(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    missing = turned_away(site, LI, PASSWORD)
    assert missing.first.field == "code"
    with_code(site, authenticator.now()).run(deviations.open_deviation, BATCH, **SPILL)


def test_a_missing_code_is_not_a_failure_and_a_wrong_one_is(at, hour):
    site = at("in culture")
    enrolled(site, hour)
    turned_away(site, LI, PASSWORD)
    assert user(site, LI).failed_attempts == 0
    assert refusal_of(with_code, site, "000000").first.field == "code"
    assert (user(site, LI).failed_attempts, last_entry(site)["command"]) == (1, "person.failed_attempt")


def test_a_wrong_password_is_told_nothing_of_codes(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    assert refusal_of(with_code, site, authenticator.now(), LI, WRONG).first.field == "user_name"


def test_five_wrong_codes_lock_the_account(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    for _ in range(5):
        refusal_of(with_code, site, "000000")
    assert refusal_of(with_code, site, authenticator.now()).rule == "R25"


def test_a_code_is_taken_once(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    with_code(site, authenticator.now())
    assert refusal_of(with_code, site, authenticator.now()).first.field == "code"
    hour.shift(30)
    with_code(site, authenticator.now())


@pytest.mark.parametrize(("late", "let_in"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_half_a_minute_off_is_borne_and_no_more(at, hour, late, let_in):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    hour.shift(300)
    code = authenticator.at(time.time() + late)
    if let_in:
        with_code(site, code)
    else:
        assert refusal_of(with_code, site, code).first.field == "code"


def test_what_was_enrolled_and_never_shown_to_work_is_not_asked_for(at, hour):
    site = at("in culture")
    sit_down(site, LI).run(enrolling.enrol_second_factor, password=PASSWORD)
    sit_down(site, LI)


def test_a_signature_is_still_name_and_password_and_so_is_the_way_back_from_a_lock(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    bench = with_code(site, authenticator.now())
    bench.lock()
    bench.unlock(PASSWORD)
    bench.beside(Credentials(ZHAO, PASSWORD))


def test_the_ledger_holds_a_digest_and_never_the_secret(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    with site.store.reading() as session:
        bodies = list(session.scalars(sa.select(LedgerEntry.body)))
    assert [body for body in bodies if '"person.confirm_second_factor"' in body]
    assert not any(authenticator.secret in body for body in bodies)
    assert verify(site.store).ok


def test_a_lost_one_is_taken_away_by_an_administrator_with_a_reason(at, hour):
    site = at("in culture")
    enrolled(site, hour)
    asked = {"user_name": LI, "identity_checked": "passport, seen by Zhang Min"}
    assert refusal_of(site.run, ADMIN, enrolling.reset_second_factor, **asked).rule == "R02"
    assert refusal_of(site.run, ZHAO, enrolling.reset_second_factor, reason="lost", **asked).rule == "R24"
    site.run(ADMIN, enrolling.reset_second_factor, reason="the phone was lost", **asked)
    assert last_entry(site)["notes"]["identity_checked"] == asked["identity_checked"]
    sit_down(site, LI)


def test_its_owner_drops_it_with_a_code(at, hour):
    site = at("in culture")
    authenticator = enrolled(site, hour)
    bench = with_code(site, authenticator.now())
    assert refusal_of(bench.run, enrolling.drop_second_factor, code="000000").first.field == "code"
    hour.shift(30)
    bench.run(enrolling.drop_second_factor, code=authenticator.now())
    sit_down(site, LI)


def test_a_site_that_asks_everybody_lets_nobody_work_before(at, hour):
    site = at("in culture")
    set_to(site, "second_factor_required", "yes")
    bench = sit_down(site, LI)
    assert refusal_of(bench.run, deviations.open_deviation, BATCH, **SPILL).first.field == "second_factor"
    bench.run(people.change_password, old_password=PASSWORD, new_password="grey-heron-at-noon")
    bench = sit_down(site, LI, "grey-heron-at-noon")
    code = pyotp.parse_uri(
        str(bench.run(enrolling.enrol_second_factor, password="grey-heron-at-noon").says)
    ).now()
    bench.run(enrolling.confirm_second_factor, code=code)
    bench.run(deviations.open_deviation, BATCH, **SPILL)
