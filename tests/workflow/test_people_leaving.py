"""Whoever leaves is never deleted: the account is closed, the name stays theirs, and enough administrators remain."""

import pytest
from one_batch import ADMIN, BATCH, LI, PASSWORD, Site
from people_of_the_site import NEW_TECHNICIAN, WRONG, last_entry, sit_down, turned_away, user

from inkt_mfg.refusal import Refusal
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.workflow import deviations, people
from inkt_mfg.workflow.admission import FAILURES_BEFORE_LOCK
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.site import NewAdministrator, NewSite, create_site

SPILL = {"description": "spill", "severity": "minor"}
SECOND = {
    "user_name": "gao.admin",
    "full_name": "Gao Jie",
    "first_password": "for-the-first-time",
    "identity_checked": "passport",
    "role": "administrator",
}


def close(site: Site, name: str, reason: str = "left the house") -> None:
    site.run(ADMIN, people.deactivate, user_name=name, reason=reason)


@pytest.mark.requirement("R20")
def test_a_closed_account_is_turned_away_in_the_words_for_a_wrong_password(at):
    site = at("founded")
    unknown = turned_away(site, "nobody")
    assert site.refused(ADMIN, people.deactivate, user_name=LI).rule == "R02"
    close(site, LI)
    closed = turned_away(site, LI, PASSWORD)
    assert (closed.rule, closed.first.what.english) == (unknown.rule, unknown.first.what.english)


@pytest.mark.requirement("R20", "R10")
def test_a_bench_left_open_stops_and_what_was_done_keeps_its_name(at):
    site = at("in culture")
    bench = site.bench(LI)
    bench.run(deviations.open_deviation, BATCH, **SPILL)
    close(site, LI)
    assert last_entry(site)["reason"] == "left the house"
    assert site.refused(LI, deviations.open_deviation, BATCH, **SPILL).rule == "R20"
    assert user(site, LI).full_name == "Li Na"
    assert site.ledger_is_whole()


@pytest.mark.requirement("R20")
def test_the_name_of_whoever_left_is_never_given_to_another(at):
    site = at("founded")
    close(site, LI)
    refusal = site.refused(ADMIN, people.add_person, **NEW_TECHNICIAN | {"user_name": "Li.Tech"})
    assert refusal.rule == "R20"


@pytest.mark.requirement("R20")
def test_whoever_comes_back_is_the_same_person_with_the_roles_not_revoked(at):
    site = at("in culture")
    key = user(site, LI).key
    close(site, LI)
    site.run(ADMIN, people.reactivate, user_name=LI, reason="back from leave")
    bench = sit_down(site, LI)
    assert bench.person.key == key
    bench.run(deviations.open_deviation, BATCH, **SPILL)


@pytest.mark.parametrize(("command", "twice"), [(people.deactivate, True), (people.reactivate, False)])
def test_what_is_so_already_is_refused(at, command, twice):
    site = at("founded")
    if twice:
        close(site, LI)
    assert site.refused(ADMIN, command, user_name=LI, reason="x").rule == "person.active"


# --- enough administrators


@pytest.mark.requirement("R24")
def test_the_last_administrator_is_not_closed(at):
    site = at("founded")
    assert site.refused(ADMIN, people.deactivate, user_name=ADMIN, reason="x").rule == "R24"
    site.run(ADMIN, people.add_person, **SECOND)
    close(site, "gao.admin")
    refusal = site.refused(ADMIN, people.deactivate, user_name=ADMIN, reason="x")
    assert "0 would be left" in refusal.first.what.english, "a closed one lets nobody in"


@pytest.mark.requirement("R24", "R25")
def test_a_locked_administrator_does_not_count(at):
    site = at("founded")
    site.run(ADMIN, people.add_person, **SECOND)
    for _ in range(FAILURES_BEFORE_LOCK):
        turned_away(site, "gao.admin", WRONG)
    for command, more in ((people.deactivate, {}), (people.revoke_role, {"role": "administrator"})):
        blocker = site.refused(ADMIN, command, user_name=ADMIN, reason="x", **more).first
        assert blocker.rule == "R24"
        assert "unlocking another" in blocker.resolve_by.english
    site.run(ADMIN, people.unlock, user_name="gao.admin", reason="came to the office")
    close(site, ADMIN)


@pytest.mark.requirement("R24")
def test_a_clinical_site_keeps_two(sqlite_address):
    """With the full price of a clinical site's passwords, once."""
    store = Store.open(sqlite_address, "YA02")
    pair = [
        NewAdministrator(name, full, PASSWORD, "passport", must_change_password=False)
        for name, full in (("zhang.admin", "Zhang Min"), ("gao.admin", "Gao Jie"))
    ]
    create_site(store, NewSite("YA02", "Clinic", "2 Road", "Asia/Shanghai", False), pair, "office")
    zhang = log_in(store, Credentials("zhang.admin", PASSWORD), "office")
    for command, more in ((people.deactivate, {}), (people.revoke_role, {"role": "administrator"})):
        with pytest.raises(Refusal) as caught:
            zhang.run(command, user_name="gao.admin", reason="left", **more)
        assert caught.value.rule == "R24"
        assert "needs 2 administrators" in caught.value.first.what.english
    store.close()
