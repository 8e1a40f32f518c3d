"""``inkt demo --headless`` wholly: sixty subjects and everything the issue wants seen, in under two minutes."""

import json

import pytest
from headless import demo, inkt

pytestmark = pytest.mark.slow
STATES = {
    "planned",
    "in_culture",
    "harvested",
    "formulated",
    "in_review",
    "released",
    "rejected",
    "closed",
    "terminated",
}
BOUND_SECONDS = 120


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("whole") / "demo")


@pytest.fixture(scope="module")
def trial(whole):
    return json.loads(inkt("--site", whole.folder, "report", "trial", "--json").stdout)


def test_it_ends_well_and_in_time(whole):
    assert (whole.code, whole.err) == (0, "")
    assert whole.seconds < BOUND_SECONDS


def test_its_ledger_verifies(whole):
    ended = inkt("--site", whole.folder, "ledger", "verify", "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["entries"] > 5000


def test_every_line_is_marked(whole):
    assert [line for line in whole.out.splitlines() if not line.startswith("TRAINING")] == []


def test_sixty_subjects_half_of_them_dosed_and_the_one_who_is_walked(trial):
    arms = [s["arm"] for s in trial["subjects"]]
    assert len(arms) == 61
    assert arms.count("inkt") == 31
    assert {s["given"] for s in trial["subjects"] if s["arm"] != "inkt"} == {0}, (
        "the control arm is never dosed"
    )


def test_batches_stand_in_every_state(trial):
    assert set(trial["by_state"]) == STATES


def test_every_disposition_is_seen(trial):
    assert {"quarantine", "conditional", "final", "exceptional", "rejected", "failed_late"} <= set(
        trial["by_disposition"]
    )


def test_a_culture_stopped_growing_and_was_terminated(trial):
    stopped = [b for b in trial["batches"] if b["state"] == "terminated"]
    assert stopped
    assert all(b["dose_to_give"] is None for b in stopped)


def test_an_under_dose_was_rejected_and_another_released_exceptionally(trial):
    under = [b for b in trial["batches"] if b["verdict_to_give"] == "below"]
    assert {"rejected", "exceptional"} <= {b["disposition"] for b in under}


def test_an_over_dose_was_given_as_a_measured_part_that_is_within(trial):
    over = [b for b in trial["batches"] if b["verdict"] == "above" and b["infused"]]
    assert over
    assert {b["verdict_to_give"] for b in over} == {"within"}


def test_nothing_that_was_not_released_was_infused(trial):
    assert {b["disposition"] for b in trial["batches"] if b["infused"]} <= {
        "conditional",
        "final",
        "exceptional",
        "failed_late",
    }
