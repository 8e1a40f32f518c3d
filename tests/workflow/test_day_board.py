"""The day board: the next thing to do on a batch, for whom, and why it cannot be done yet."""

import pytest
from one_batch import BAG, BATCH, LIU, ZHAO, proof_of

from inkt_mfg.workflow import labelling
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
