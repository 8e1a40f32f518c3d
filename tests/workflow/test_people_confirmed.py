"""A password from an administrator's hand signs nothing before somebody else has looked who uses it."""

import pytest
from one_batch import ADMIN, BATCH, CHEN, LI, LIU, PASSWORD, ZHAO, Site
from people_of_the_site import last_entry, sit_down

from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.store.verification import verify
from inkt_mfg.views.people import people_register
from inkt_mfg.workflow import confirming, deviations, people, release
from inkt_mfg.workflow.access_review import access_review
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.day_board import day_board
from inkt_mfg.workflow.keeping import who_replaces
from inkt_mfg.workflow.signing import Credentials

pytestmark = pytest.mark.requirement("R20")
GIVEN, OWN = "known-to-the-admin-77", "a-heron-in-the-reeds"
GAO = {
    "user_name": "gao.admin",
    "full_name": "Gao Jie",
    "first_password": GIVEN,
    "identity_checked": "passport",
    "role": "administrator",
}


def reset(site: Site, who: str = ZHAO, by: str = ADMIN) -> None:
    site.run(
        by, people.reset_password, user_name=who, first_password=GIVEN, identity_checked="badge, at the counter", reason="forgot"
    )  # fmt: skip


def own_password(site: Site, who: str = ZHAO) -> Bench:
    """What follows a reset: a password of one's own, whoever it is that types it."""
    sit_down(site, who, GIVEN).run(people.change_password, old_password=GIVEN, new_password=OWN)
    site.benches[who] = sit_down(site, who, OWN)
    return site.benches[who]


def let_go(site: Site, who: str = ZHAO, password: str = OWN):
    return site.benches[who].run(release.release, BATCH, sign_with=Credentials(who, password))


def no_signature(site: Site) -> Blocker:
    with pytest.raises(Refusal) as caught:
        let_go(site)
    return caught.value.first


def confirm(site: Site, by: str = CHEN, who: str = ZHAO) -> None:
    site.run(
        by, confirming.confirm_identity, user_name=who, identity_checked="staff card, logged in before me"
    )


def refused(site: Site, by: str = CHEN, who: str = ZHAO, **more: str) -> Blocker:
    command = confirming.confirm_identity_without_qa if more else confirming.confirm_identity
    return site.refused(by, command, user_name=who, identity_checked="seen", **more).first


def test_a_password_an_administrator_gave_signs_nothing_until_somebody_else_confirmed_it(at):
    site = at("reviewed")
    reset(site)
    assert last_entry(site)["notes"]["identity_checked"] == "badge, at the counter"
    own_password(site)
    stop = no_signature(site)
    assert (stop.rule, stop.field) == ("R20", "identity")
    assert ADMIN in stop.what.english
    assert stop.resolve_by.english == "a QA officer other than Zhao Lin, by person.confirm_identity"
    assert stop in site.benches[ZHAO].blockers(release.release, BATCH)
    confirm(site)
    told = last_entry(site)
    assert told["notes"]["identity_checked"] == "staff card, logged in before me"
    (signed,) = [c["new"] for c in told["changes"] if c["table"] == "signature"]
    assert (signed["user_name"], signed["meaning"]) == (CHEN, "verification")
    let_go(site)
    assert last_entry(site)["command"] == "batch.release"
    assert not verify(site.store).findings


def test_a_new_reset_asks_for_a_new_confirmation(at):
    site = at("reviewed")
    reset(site)
    own_password(site)
    confirm(site)
    site.run(ADMIN, people.reset_password, user_name=ZHAO, first_password="yet-another-one-99",
             identity_checked="badge", reason="forgot again")  # fmt: skip
    sit_down(site, ZHAO, "yet-another-one-99").run(
        people.change_password, old_password="yet-another-one-99", new_password="pears-under-the-snow"
    )
    site.benches[ZHAO] = sit_down(site, ZHAO, "pears-under-the-snow")
    with pytest.raises(Refusal) as caught:
        let_go(site, password="pears-under-the-snow")
    assert caught.value.first.field == "identity"


def test_it_is_looked_at_only_after_the_person_chose_a_password_of_their_own(at):
    """Before that, whoever gave the password could still be the one who changes it."""
    site = at("reviewed")
    reset(site)
    assert "has not changed the first password" in refused(site).what.english
    own_password(site)
    confirm(site)


def test_nobody_confirms_themselves_and_only_where_something_waits(at):
    site = at("reviewed")
    assert "not confirmed" in refused(site).what.english
    reset(site)
    own_password(site)
    with pytest.raises(Refusal) as caught:
        site.benches[ZHAO].run(
            confirming.confirm_identity,
            user_name=ZHAO,
            identity_checked="it is me",
            sign_with=Credentials(ZHAO, OWN),
        )
    assert caught.value.first.field == "identity", "who waits signs nothing, this neither"
    assert refused(site, LI).rule == "R24"
    assert refused(site, ADMIN).rule == "R24"


def test_how_the_identity_was_checked_is_said_by_both(at):
    site = at("reviewed")
    typed = {"user_name": ZHAO, "first_password": GIVEN, "reason": "forgot"}
    blocker = site.refused(ADMIN, people.reset_password, **typed, identity_checked=" ").first
    assert (blocker.rule, blocker.field) == ("entry.missing", "identity_checked")
    reset(site)
    own_password(site)
    blank = site.refused(CHEN, confirming.confirm_identity, user_name=ZHAO, identity_checked="").first
    assert (blank.rule, blank.field) == ("entry.missing", "identity_checked")


def test_what_is_not_signed_goes_on_meanwhile(at):
    site = at("in culture")
    reset(site, LI)
    own_password(site, LI).run(deviations.open_deviation, BATCH, description="spill", severity="minor")


def test_while_there_is_another_qa_officer_no_administrator_confirms(at):
    site = at("reviewed")
    reset(site)
    own_password(site)
    blocker = refused(site, ADMIN, reason="nobody is here")
    assert "Chen Yu" in blocker.what.english
    assert blocker.resolve_by.english == "Chen Yu, by person.confirm_identity"


def test_the_only_qa_officer_is_confirmed_by_another_administrator(at):
    site = at("reviewed")
    site.run(ADMIN, people.add_person, **GAO, reason="second administrator")
    sit_down(site, "gao.admin", GIVEN).run(people.change_password, old_password=GIVEN, new_password=PASSWORD)
    site.run(ADMIN, people.deactivate, user_name=CHEN, reason="left")
    reset(site)
    own_password(site)
    assert no_signature(site).resolve_by.english.startswith("an administrator other than zhang.admin")
    own_hand = refused(site, ADMIN, reason="nobody else")
    assert own_hand.what.english == "zhang.admin gave this password and may know it"
    site.run("gao.admin", confirming.confirm_identity_without_qa, user_name=ZHAO, identity_checked="badge",
             reason="Chen Yu has left; there is no other QA officer")  # fmt: skip
    let_go(site)


def test_two_qa_officers_who_both_wait_do_not_confirm_each_other(at):
    site = at("reviewed")
    for who in (CHEN, ZHAO):
        reset(site, who)
        own_password(site, who)
    with pytest.raises(Refusal) as caught:
        site.benches[CHEN].run(confirming.confirm_identity, user_name=ZHAO, identity_checked="seen",
                               sign_with=Credentials(CHEN, OWN))  # fmt: skip
    assert caught.value.first.field == "identity"
    assert "there is no other QA officer" in caught.value.first.resolve_by.english


def test_a_ledger_is_not_replaced_by_a_password_nobody_confirmed(at):
    site = at("reviewed")
    reset(site)
    own_password(site)
    with pytest.raises(Refusal) as caught:
        who_replaces(site.store, site.store, Credentials(ZHAO, OWN))
    assert caught.value.first.field == "identity"
    confirm(site)
    assert who_replaces(site.store, site.store, Credentials(ZHAO, OWN)).person.user_name == ZHAO


def test_the_day_board_says_who_waits_and_the_register_that_it_was_done(at):
    site = at("reviewed")
    reset(site)
    own = own_password(site)

    def heard(bench: Bench) -> list[str]:
        return [n.text.english for n in day_board(bench).notices if n.rule == "R20"]

    assert "you cannot sign yet" in heard(own)[0]
    for who in (CHEN, ADMIN):
        (said,) = heard(sit_down(site, who))
        assert "Zhao Lin" in said
    assert heard(sit_down(site, LIU)) == []
    waits = f"password given by {ADMIN}; nobody else has confirmed who uses it"
    assert waits in [o.what.english for o in access_review(site.store).oddities if o.user_name == ZHAO]
    confirm(site)
    assert not [o for o in access_review(site.store).oddities if o.what.english == waits]
    assert heard(sit_down(site, CHEN)) == []
    (entry,) = [p for p in people_register(site.store) if p.user_name == ZHAO]
    assert [e.what.english for e in entry.events][-2:] == [
        "given a new first password",
        "confirmed after a new first password",
    ]
    assert entry.events[-1].by == CHEN
