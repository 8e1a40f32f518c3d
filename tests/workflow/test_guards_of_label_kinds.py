"""One test for each guard about labels of every kind: it stops with its rule, and lets pass what has been mended."""

import pytest
from guards_shown import shows
from label_kinds_prepared import WAYS, apply, draw_and_print
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    HEALTHY,
    LABEL,
    LI,
    LIU,
    ZHAO,
    let_go,
    print_label,
    reprint,
)
from test_transitions import printed

from inkt_mfg.records.label import LabelTemplate
from inkt_mfg.workflow import (
    accounting,
    bench_labels,
    collections,
    container_labels,
    corrections,
    culture,
    custody,
    guards,
    label_reprinting,
    label_templates,
    labelling,
    release,
)
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
DESTROYED = {"why": "leaks", "witness": CHEN}


# --- what the label is about still stands


@shows(guards.collection_is_not_rejected)
def test_what_was_rejected_gets_no_label_any_more(at):
    site = at("received")
    code = WAYS["collection_tube"].prepare(site).code
    guard = guards.collection_is_not_rejected
    assert site.not_stopped_by(guard, LI, labelling.register_label, code)
    site.run(CHEN, collections.reject, COLLECTION, reason="clotted")
    assert site.stopped_by(guard, LI, labelling.register_label, code).rule == "R52"
    assert (
        site.refused(LI, bench_labels.prepare_collection_labels, COLLECTION, kind="collection_tube").rule
        == "R30"
    )


@shows(guards.batch_is_being_made)
def test_a_vessel_of_a_terminated_batch_gets_no_label(at):
    site = at("in culture")
    code = WAYS["vessel"].prepare(site).code
    assert site.not_stopped_by(guards.batch_is_being_made, LI, labelling.register_label, code)
    site.run(ZHAO, culture.terminate, BATCH, reason="it stopped growing")
    assert site.stopped_by(guards.batch_is_being_made, LI, labelling.register_label, code).typed == BATCH
    site.run(LI, accounting.spoil_label, code, reason="the batch is terminated")


@shows(guards.container_is_not_released)
@pytest.mark.requirement("R55")
def test_once_released_a_container_gets_its_infusion_label_and_no_other(at):
    site = at("reviewed")
    guard, command = guards.container_is_not_released, container_labels.prepare_quarantine_label
    assert site.not_stopped_by(guard, LI, command, BAG)
    let_go(site)
    blocker = site.stopped_by(guard, LI, command, BAG)
    assert (blocker.rule, blocker.expected.english) == ("R55", "the infusion label printed")


@shows(guards.container_is_never_used)
@pytest.mark.requirement("R52")
def test_only_what_can_never_be_given_is_marked_destroyed(at):
    site = at("released")
    command = container_labels.prepare_destroyed_label
    blocker = site.stopped_by(guards.container_is_never_used, LIU, command, BAG)
    assert (blocker.rule, blocker.typed) == ("R52", BAG)
    site.run(LIU, custody.destroy_container, BAG, reason="leaks")
    assert site.not_stopped_by(guards.container_is_never_used, LIU, command, BAG)
    assert site.refused(LIU, command, BAG, why="leaks", witness=LIU).rule == "R24"
    assert site.refused(LIU, command, BAG, why="leaks", witness="nobody").rule == "label.witness"
    site.run(LI, command, BAG, **DESTROYED)


# --- one copy at a time


@pytest.mark.requirement("R52")
@pytest.mark.parametrize(
    "kind", ["partial", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("quarantine", "carton"))]
)
def test_a_container_has_one_label_of_a_kind_at_a_time(at, kind):
    way = WAYS[kind]
    site = at(way.stage)
    code = way.prepare(site).code
    refusal = site.refused(way.who, way.command, BAG, **way.typed)
    assert refusal.rule == "R52"
    assert refusal.first.expected.english == "the earlier copy spoiled or destroyed, with a reason"
    for standing in (code, "L-00002") if kind == "partial" else (code,):
        site.run(way.who, accounting.spoil_label, standing, reason="creased")
    again = site.refused(way.who, way.command, BAG, **way.typed)
    assert again.first.what.english.startswith("label L-00001 says the same")


@pytest.mark.requirement("R52")
def test_a_label_between_in_another_profile_makes_no_fresh_copy_of_the_first(at):
    way = WAYS["quarantine"]
    site = at(way.stage)
    for profile in ("CN", "EU-IMP"):
        site.run(LI, accounting.spoil_label, way.prepare(site, profile=profile).code, reason="creased")
    refusal = site.refused(LI, way.command, BAG, profile="CN")
    assert (refusal.rule, refusal.first.typed) == ("R52", "L-00001")


@shows(guards.earlier_quarantine_label_is_accounted_for)
def test_a_quarantine_label_that_still_stands_is_not_doubled(standing_label):
    standing_label("quarantine", guards.earlier_quarantine_label_is_accounted_for)


@shows(guards.earlier_carton_label_is_accounted_for)
def test_a_carton_label_that_still_stands_is_not_doubled(standing_label):
    standing_label("carton", guards.earlier_carton_label_is_accounted_for)


@shows(guards.earlier_destroyed_label_is_accounted_for)
def test_a_label_that_says_destroyed_is_not_doubled(at):
    site = at("released")
    site.run(LIU, custody.destroy_container, BAG, reason="leaks")
    guard, command = guards.earlier_destroyed_label_is_accounted_for, container_labels.prepare_destroyed_label
    assert site.not_stopped_by(guard, LI, command, BAG)
    code = site.run(LI, command, BAG, **DESTROYED).code
    assert site.stopped_by(guard, LI, command, BAG).typed == code


@pytest.fixture
def standing_label(at):
    """One label of the kind stands, and the guard says so; spoiled, it lets pass."""

    def show(kind, guard):
        way = WAYS[kind]
        site = at(way.stage)
        code = way.prepare(site).code
        assert site.stopped_by(guard, way.who, way.command, BAG).typed == code
        site.run(way.who, accounting.spoil_label, code, reason="creased")
        assert site.not_stopped_by(guard, way.who, way.command, BAG)

    return show


# --- every serial accounted for


@shows(guards.labels_before_release_are_reconciled)
@pytest.mark.requirement("R52", "R39")
@pytest.mark.parametrize(
    "kind",
    [
        "quarantine",
        pytest.param("collection_tube", marks=pytest.mark.slow),
        pytest.param("vessel", marks=pytest.mark.slow),
    ],
)
def test_labels_before_release_are_accounted_for_before_any_release(at, kind):
    guard, way = guards.labels_before_release_are_reconciled, WAYS[kind]
    site = at("reviewed")
    code = way.prepare(site).code
    for command in (release.release, release.release_exceptionally):
        blocker = site.stopped_by(guard, ZHAO, command, BATCH)
        assert (blocker.rule, blocker.typed) == ("R52", code)
    draw_and_print(site, way.who, code)
    assert site.stopped_by(guard, ZHAO, release.release, BATCH).typed == code
    apply(site, way.who, code, **({"scanned_container": BAG} if way.on == BAG else {}))
    assert site.not_stopped_by(guard, ZHAO, release.release, BATCH)


@pytest.mark.requirement("R52")
def test_an_infusion_label_that_is_loose_does_not_stop_a_release_nor_a_vessels_label_the_issue(at):
    site = at("labelled")
    WAYS["carton"].prepare(site)
    assert (
        site.stopped_by(guards.infusion_labels_are_reconciled, LIU, custody.issue_dose, BAG).typed
        == "L-00002"
    )
    site.run(LIU, accounting.spoil_label, "L-00002", reason="the ward fetches it")
    assert site.not_stopped_by(guards.infusion_labels_are_reconciled, LIU, custody.issue_dose, BAG)
    WAYS["collection_tube"].prepare(site)
    assert site.not_stopped_by(guards.infusion_labels_are_reconciled, LIU, custody.issue_dose, BAG)


@shows(guards.labels_are_reconciled)
@pytest.mark.requirement("R52")
def test_any_label_that_is_loose_stops_the_closing(at):
    site = at("infused")
    assert site.not_stopped_by(guards.labels_are_reconciled, ZHAO, release.close, BATCH)
    code = WAYS["collection_tube"].prepare(site).code
    assert site.stopped_by(guards.labels_are_reconciled, ZHAO, release.close, BATCH).typed == code


# --- reprints


@pytest.mark.slow
@shows(label_reprinting.copy_is_the_newest)
@pytest.mark.requirement("R52")
def test_a_label_is_reprinted_once_and_then_its_copy(at):
    site = at("labelled")
    guard, command = label_reprinting.copy_is_the_newest, label_reprinting.reprint_label
    assert site.not_stopped_by(guard, LIU, command, LABEL)
    copy = reprint(site, LABEL)
    assert site.stopped_by(guard, LIU, command, LABEL).typed == copy
    print_label(site, reprint(site, copy))


@shows(label_reprinting.destruction_is_witnessed)
@pytest.mark.requirement("R52")
def test_a_copy_is_printed_only_once_the_destruction_of_the_other_was_witnessed(at):
    site = printed(at)
    guard, command = label_reprinting.destruction_is_witnessed, label_reprinting.reprint_label
    site.run(LIU, accounting.destroy_label, LABEL, reason="torn")
    assert site.stopped_by(guard, LIU, command, LABEL).rule == "R52"
    site.run(CHEN, accounting.witness_destruction, LABEL)
    assert site.not_stopped_by(guard, LIU, command, LABEL)


@shows(label_reprinting.record_says_what_the_label_says)
@pytest.mark.requirement("R55", "R52")
def test_a_snapshot_the_record_has_moved_away_from_is_not_reprinted(at):
    site = at("accepted")
    guard, command = label_reprinting.record_says_what_the_label_says, label_reprinting.reprint_label
    code = WAYS["collection_tube"].prepare(site).code
    assert site.not_stopped_by(guard, LI, command, code)
    why = {"why": "transcription", "reason": "misread"}
    asked = site.run(
        LI, corrections.correct_collection, COLLECTION, value="anticoagulant", new="heparin", **why
    )
    assert "anticoagulant" in site.stopped_by(guard, LI, command, code).what.english
    assert asked.code
    assert WAYS["collection_tube"].prepare(site).code == "L-00002", "it is prepared anew instead"


# --- templates


@shows(label_templates.template_is_in_use)
@pytest.mark.requirement("R53")
def test_a_template_is_retired_once(at):
    site = at("accepted")
    guard, command = label_templates.template_is_in_use, label_templates.retire_template
    assert site.not_stopped_by(guard, CHEN, command, "tube-51x25@1")
    site.run(CHEN, command, "tube-51x25@1", reason="too small to read")
    assert site.stopped_by(guard, CHEN, command, "tube-51x25@1").rule == "label.template"
    assert site.row(LabelTemplate, "tube-51x25@1").retire_reason == "too small to read"


def test_a_collection_whose_screening_nobody_answered_is_not_accepted(at):
    site = at("received")
    unanswered = HEALTHY | {"screening_complete": ""}
    assert (
        site.refused(CHEN, collections.accept, COLLECTION, **unanswered).first.field == "screening_complete"
    )
