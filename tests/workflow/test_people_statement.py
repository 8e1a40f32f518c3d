"""The accountability statement: read and accepted before the first signature, and again when QA publishes another."""

import pytest
import sqlalchemy as sa
from one_batch import ADMIN, BATCH, CHEN, LI, PASSWORD, WANG, ZHAO, Site
from people_of_the_site import last_entry, new_technician, set_to, sit_down

from inkt_mfg.language import choose_language
from inkt_mfg.records.people import StatementAcceptance
from inkt_mfg.views.people import statement_in_force
from inkt_mfg.workflow import deviations, people, release
from inkt_mfg.workflow import site as site_commands
from inkt_mfg.workflow.day_board import day_board
from inkt_mfg.workflow.signing import Credentials

SPILL = {"description": "spill", "severity": "minor"}


def publish(site: Site, text: str = "I answer for what I sign, and for the labels too.") -> None:
    site.run(CHEN, site_commands.publish_statement, text=text, reason="labels were added")


def accept(site: Site, who: str, version: str) -> None:
    site.run(who, people.accept_statement, version=version)


def acceptances(site: Site) -> int:
    with site.store.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(StatementAcceptance))


@pytest.mark.requirement("R28")
def test_a_site_begins_with_a_statement_in_both_its_languages(standing):
    first = statement_in_force(standing("founded").store)
    assert first.version == 1
    assert "handwritten signature" in first.text
    assert "手写签名" in first.text


@pytest.mark.requirement("R28")
def test_nothing_is_signed_before_it_is_accepted_and_the_refusal_says_how(at):
    site = at("in review")
    site.run(ADMIN, people.add_person, user_name="wu.qa", full_name="Wu Qi", first_password="for-the-first-time",
             identity_checked="badge", role="qa_officer")  # fmt: skip
    sit_down(site, "wu.qa", "for-the-first-time").run(
        people.change_password, old_password="for-the-first-time", new_password=PASSWORD
    )
    wu = sit_down(site, "wu.qa")
    assert wu.person.must_accept
    blocker = site.refused_and_recorded("wu.qa", release.review, BATCH, audit_trail_reviewed="read").first
    assert (blocker.rule, blocker.field) == ("R28", "statement")
    assert "Wu Qi has not accepted version 1" in blocker.what.english
    assert "person.accept_statement" in blocker.resolve_by.english
    refused = last_entry(site)
    assert (refused["command"], refused["actor"]["user_name"]) == ("batch.review.refused", "wu.qa")
    assert refused["notes"]["signing_refused"].startswith("R28: Wu Qi has not accepted version 1")
    assert blocker in wu.blockers(release.review, BATCH)
    assert any("you cannot sign yet" in n.text.english for n in day_board(wu).notices)
    wu.run(people.accept_statement, version="1")
    site.run("wu.qa", release.review, BATCH, audit_trail_reviewed="read")


@pytest.mark.requirement("R28")
def test_what_is_not_signed_is_recorded_without_it(at):
    site = at("in culture")
    new_technician(site, accepts=False).run(deviations.open_deviation, BATCH, **SPILL)


@pytest.mark.requirement("R28", "R21")
def test_a_second_person_who_has_not_accepted_does_not_sign_beside_either(at):
    site = at("reviewed")
    publish(site)
    beside = site.bench(LI).beside(Credentials(ZHAO, PASSWORD))
    site.benches["beside"] = beside
    assert (
        site.refused_and_recorded(
            "beside", release.release, BATCH, sign_with=Credentials(ZHAO, PASSWORD)
        ).rule
        == "R28"
    )


@pytest.mark.requirement("R28")
def test_a_new_version_asks_everybody_again(at):
    site = at("reviewed")
    accepted = acceptances(site)
    publish(site)
    assert last_entry(site)["reason"] == "labels were added"
    assert statement_in_force(site.store).version == 2
    assert "version 2" in site.refused_and_recorded(ZHAO, release.release, BATCH).first.what.english
    accept(site, ZHAO, "2")
    site.run(ZHAO, release.release, BATCH)
    assert acceptances(site) == accepted + 1, "who accepted the first keeps that on record"


@pytest.mark.requirement("R28")
@pytest.mark.parametrize("version", ["1", "3"])
def test_only_the_version_in_force_is_accepted(at, version):
    site = at("founded")
    publish(site)
    assert site.refused(LI, people.accept_statement, version=version).first.field == "version"


@pytest.mark.requirement("R28")
def test_it_is_accepted_once(standing):
    assert (
        "already" in standing("founded").refused(LI, people.accept_statement, version="1").first.what.english
    )


@pytest.mark.requirement("R28", "R24")
@pytest.mark.parametrize("who", [ADMIN, LI, "sun.md"])
def test_the_statement_is_qas_to_publish(standing, who):
    refusal = standing("founded").refused(who, site_commands.publish_statement, text="x", reason="x")
    assert refusal.rule == "R24"
    assert refusal.first.resolve_by.english == "a QA officer"


@pytest.mark.requirement("R28")
def test_the_same_text_is_no_new_version_and_an_empty_one_none_at_all(standing):
    site = standing("founded")
    for text in (statement_in_force(site.store).text, "  "):
        assert (
            site.refused(CHEN, site_commands.publish_statement, text=text, reason="x").first.field == "text"
        )


@pytest.mark.requirement("R28")
def test_whoever_waits_for_the_training_reads_it_on_the_first_day_already(at):
    site = at("founded")
    set_to(site, "training_required", "yes")
    bench = new_technician(site, accepts=False)
    assert (bench.person.roles, bench.person.must_accept) == (frozenset(), True)


@pytest.mark.requirement("R24")
def test_an_administrator_signs_nothing_and_is_not_asked(standing):
    site = standing("founded")
    assert not sit_down(site, ADMIN).person.must_accept
    assert not sit_down(site, WANG).person.must_accept, "accepted on the first day"


def test_a_refusal_about_the_statement_speaks_chinese(at):
    site = at("reviewed")
    publish(site)
    choose_language("zh_CN")
    try:
        assert "责任声明" in str(site.refused_and_recorded(ZHAO, release.release, BATCH))
    finally:
        choose_language(None)
