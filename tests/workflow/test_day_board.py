"""The day board: the next thing to do on a batch, for whom, and why it cannot be done yet."""

from datetime import date

import pytest
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    FIRST_TAE,
    LI,
    LIU,
    SUBJECT,
    SUN,
    ZHAO,
    Site,
    accept,
    announced,
    enrolment,
    plan,
    proof_of,
    received_collection,
    start,
)

from inkt_mfg import protocol
from inkt_mfg.workflow import labelling, protocols, subjects
from inkt_mfg.workflow.day_board import Task, day_board


def offered(site, who: str) -> list[tuple[str, str]]:
    """What the board offers on the batch: command and record."""
    return [(task.command, task.on) for task in tasks(site, who)]


def tasks(site, who: str) -> list[Task]:
    return [t for t in day_board(site.bench(who)).tasks if t.batch == BATCH]


@pytest.mark.parametrize(
    ("stage", "command", "on"),
    [
        ("harvested", "batch.wash", BATCH),
        ("in review", "batch.review", BATCH),
        ("reviewed", "batch.release", BATCH),
        ("released", "label.prepare", BAG),
        ("labelled", "dose.issue", BAG),
        ("issued", "dose.receive", BAG),
        ("at the ward", "dose.infuse", BAG),
    ],
)
def test_the_next_act_on_a_batch_is_on_the_board(at, stage, command, on):
    assert (command, on) in offered(at(stage), LIU)


def in_culture_under(site: Site, text: str) -> None:
    """The site's one patient and batch, up to the seeding, under this text of the trial's protocol."""
    site.run(CHEN, protocols.register_protocol, text=text, file_name="other.toml")
    for who in (CHEN, SUN):
        site.run(who, protocols.approve_protocol, "nct04011033@other")
    site.move_to(date(2026, 3, 20), 9)
    site.run(SUN, subjects.enrol_subject, **enrolment(protocol="nct04011033@other"))
    site.run(SUN, subjects.record_first_tae, SUBJECT, day=FIRST_TAE.isoformat())
    for happens in (announced, received_collection, accept, plan, start):
        happens(site)


@pytest.mark.requirement("R30")
@pytest.mark.parametrize(
    ("step", "command"), [("feed", "batch.feed"), ("split", "batch.split"), ("count", "count.record")]
)
def test_a_step_a_protocol_requires_is_next_whatever_kind_it_is(at, step, command):
    published = protocol.load("nct04011033").text
    before, after = published.split(f'[[steps]]\ncode = "{step}"\n')
    required = after.replace("required = false", "required = true", 1)
    text = f'{before}[[steps]]\ncode = "{step}"\n{required}'.replace('"1.0-demo"', '"other"', 1)
    site = at("founded")
    in_culture_under(site, text)
    assert offered(site, LI)[0] == (command, BATCH)


def test_a_label_under_way_is_taken_on_not_prepared_again(at):
    site = at("released")
    label = site.run(LIU, labelling.prepare_label, BAG).code
    assert ("label.register", label) in offered(site, LIU)
    site.run(LIU, labelling.register_label, label, **proof_of(site, label))
    assert ("label.confirm", label) in offered(site, LIU)
    site.run(LIU, labelling.confirm_printed, label)
    assert offered(site, LIU)[0] == ("label.apply", label)


@pytest.mark.requirement("R39")
def test_a_release_that_is_not_ripe_says_why_on_the_board(at):
    site = at("in review")
    review = next(t for t in tasks(site, ZHAO) if t.command == "batch.review")
    assert (review.mine, review.blockers) == (True, ())
    assert not next(t for t in tasks(site, LIU) if t.command == "batch.review").mine


@pytest.mark.requirement("R34")
def test_a_pending_result_is_on_the_board_with_its_due_day(at):
    site = at("released")
    site.later(days=8)
    pending = next(t for t in tasks(site, ZHAO) if t.command == "result.record")
    assert "Sterility" in pending.title.english
    assert (pending.due - day_board(site.bench(ZHAO)).today).days == 6
