"""Training opens a role and its end closes it; release looks once more at everybody who worked on the batch."""

from datetime import date, timedelta

import pytest
from guards_shown import shows
from one_batch import ADMIN, BATCH, CHEN, FEEDING, LI, SEED_DAY, SUN, WANG, ZHAO, Site
from people_of_the_site import new_technician, set_to, sit_down, train

from inkt_mfg.records.words import Role
from inkt_mfg.workflow import culture, deviations, guards, people, release
from inkt_mfg.workflow.day_board import day_board

SPILL = {"description": "spill", "severity": "minor"}
TRAINING = {
    "user_name": LI,
    "role": "technician",
    "topic": "SOP-12",
    "trained_by": "Zhao Lin",
    "completed_on": "2026-03-01",
    "expires_on": "2027-03-01",
}


def required(site: Site) -> None:
    set_to(site, "training_required", "yes")


def refused(site: Site, **other: object):
    return site.refused(ADMIN, people.record_training, **TRAINING | other).first


def told_on_board(site: Site, who: str) -> str:
    return "\n".join(n.text.english for n in day_board(sit_down(site, who)).notices)


@pytest.mark.requirement("R28")
def test_a_role_without_training_permits_nothing_and_says_who_can_resolve_it(at):
    site = at("in culture")
    site.run(LI, deviations.open_deviation, BATCH, **SPILL)
    required(site)
    blocker = site.refused(LI, deviations.open_deviation, BATCH, **SPILL).first
    assert (blocker.rule, blocker.field, blocker.typed) == ("R28", "training", "technician")
    assert blocker.what.english == "no training of Li Na as technician is on record"
    assert "an administrator" in blocker.resolve_by.english
    assert blocker in site.bench(LI).blockers(culture.feed, BATCH), "the button says why as well"


@pytest.mark.requirement("R28")
def test_training_opens_the_role_until_the_end_of_its_last_day(at):
    site = at("in culture")
    required(site)
    train(site, LI, "technician", "2026-04-10")
    site.move_to(date(2026, 4, 10), 23, 30)
    site.run(LI, deviations.open_deviation, BATCH, **SPILL)
    site.move_to(date(2026, 4, 11), 0, 30)
    blocker = site.refused(LI, deviations.open_deviation, BATCH, **SPILL).first
    assert blocker.rule == "R28"
    assert "counted until 2026-04-10" in blocker.what.english
    assert Role.TECHNICIAN not in sit_down(site, LI).person.roles


@pytest.mark.requirement("R28")
def test_nobody_without_training_releases_either(at):
    site = at("reviewed")
    required(site)
    assert site.refused(ZHAO, release.release, BATCH).rule == "R28"


@pytest.mark.requirement("R28", "R24")
def test_whoever_has_another_role_with_training_acts_in_that_one(at):
    site = at("in culture")
    site.run(ADMIN, people.grant_role, user_name=LI, role="pharmacist", reason="covers the pharmacy")
    required(site)
    train(site, LI, "pharmacist", "2027-01-01")
    site.run(LI, deviations.open_deviation, BATCH, **SPILL)
    assert site.refused(LI, culture.feed, BATCH, performed_at=site.now()).rule == "R28"


@pytest.mark.requirement("R28")
def test_an_administrator_is_not_gated_or_nobody_could_record_the_first_training(at):
    site = at("founded")
    required(site)
    train(site, CHEN, "qa_officer", "2027-01-01")
    assert (
        refused(site, user_name=ADMIN, role="administrator").what.english
        == "nobody records their own training"
    )


@pytest.mark.requirement("R28", "R26")
def test_one_may_change_the_password_and_accept_the_statement_untrained(at):
    site = at("founded")
    required(site)
    assert new_technician(site).person.roles == frozenset()


@pytest.mark.requirement("R28")
@pytest.mark.parametrize(
    ("other", "field"),
    [({"completed_on": "2026-03-02"}, "completed_on"), ({"expires_on": "2026-02-28"}, "expires_on"),
     ({"expires_on": "next year"}, "expires_on"), ({"expires_on": "9999-12-31"}, "expires_on"), ({"topic": " "}, "topic"), ({"trained_by": ""}, "trained_by"),
     ({"role": "pharmacist"}, "role"), ({"role": "boss"}, "role"), ({"user_name": "nobody"}, "user_name")],
)  # fmt: skip
def test_a_training_that_cannot_be_is_refused(standing, other, field):
    assert refused(standing("founded"), **other).field == field


@pytest.mark.requirement("R28", "R02")
def test_a_wrong_end_is_put_right_only_with_a_reason(at):
    site = at("in culture")
    required(site)
    train(site, LI, "technician", "2062-03-01")
    assert (refused(site).rule, refused(site).field) == ("R02", "reason")
    train(site, LI, "technician", "2026-03-31", reason="2062 was a slip of the pen")
    site.move_to(date(2026, 4, 1), 9)
    assert site.refused(LI, deviations.open_deviation, BATCH, **SPILL).rule == "R28"


@pytest.mark.requirement("R28")
def test_a_role_granted_again_finds_its_training(at):
    site = at("in culture")
    required(site)
    train(site, LI, "technician", "2027-01-01")
    site.run(ADMIN, people.revoke_role, user_name=LI, role="technician", reason="on leave")
    site.run(ADMIN, people.grant_role, user_name=LI, role="technician", reason="back")
    site.run(LI, deviations.open_deviation, BATCH, **SPILL)


@pytest.mark.requirement("R28")
def test_only_an_administrator_records_a_training(standing):
    assert standing("founded").refused(CHEN, people.record_training, **TRAINING).rule == "R24"


# --- the act's own time


@pytest.mark.requirement("R28")
def test_what_was_done_before_the_training_is_not_recorded_after_it(at):
    """The gate reads when it was done, not only when it is typed."""
    site = at("in culture")
    site.move_to(SEED_DAY + timedelta(days=3), 10)
    fed = FEEDING | {"performed_at": site.now(), "late_reason": "the terminal was down"}
    site.later(hours=20)
    required(site)
    train(site, LI, "technician", "2027-01-01", completed=site.today())
    blocker = site.refused(LI, culture.feed, BATCH, **fed).first
    assert (blocker.rule, blocker.field, blocker.typed) == ("R28", "performed_at", "2026-03-28")
    assert "a QA officer, by a deviation" in blocker.resolve_by.english
    train(site, LI, "technician", "2026-03-28", reason="the training of last year, found on paper")
    site.run(LI, culture.feed, BATCH, **fed)


# --- the day board


@pytest.mark.requirement("R28")
def test_the_day_board_warns_thirty_days_before_the_end(at):
    site = at("in culture")
    required(site)
    train(site, LI, "technician", "2026-05-20")
    train(site, WANG, "technician", "2027-05-20")
    assert told_on_board(site, LI) == ""
    site.move_to(date(2026, 4, 25), 12)
    warning = "the training of Li Na as technician ends on 2026-05-20"
    assert warning in told_on_board(site, LI)
    assert "Li Na" not in told_on_board(site, WANG), "it is the person's and the administrators' affair"
    office = told_on_board(site, ADMIN)
    assert warning in office
    assert "no training of Sun Wei as physician is on record: nothing can be recorded in this role" in office
    assert "no training of Sun Wei" in told_on_board(site, SUN)


def test_nothing_is_said_where_training_is_not_required(standing):
    assert "training" not in told_on_board(standing("founded"), ADMIN)


# --- release


@pytest.mark.requirement("R39", "R28")
@shows(guards.everybody_was_trained)
def test_release_names_whoever_worked_on_the_batch_without_training_that_day(at):
    """The site did not ask for training while the batch was made; now it does."""
    site = at("reviewed")
    assert site.not_stopped_by(guards.everybody_was_trained, ZHAO, release.release, BATCH)
    required(site)
    train(site, ZHAO, "qa_officer", "2027-01-01")
    blocker = site.stopped_by(guards.everybody_was_trained, ZHAO, release.release, BATCH)
    assert blocker.rule == "R39"
    assert (
        "Li Na (li.tech) worked on this batch on 2026-03-25 without training on record"
        in blocker.what.english
    )
    train(site, LI, "technician", "2026-03-30", reason="given on paper before the batch began")
    still = site.stopped_by(guards.everybody_was_trained, ZHAO, release.release, BATCH)
    assert still.typed > "2026-03-30"
    train(site, LI, "technician", "2027-03-30")
    assert site.not_stopped_by(guards.everybody_was_trained, ZHAO, release.release, BATCH)
    site.run(ZHAO, release.release, BATCH)
