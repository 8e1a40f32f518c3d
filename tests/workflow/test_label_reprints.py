"""A reprint: from the frozen snapshot, under a serial of its own, REPRINT n on its face, the copy before it accounted for."""

from dataclasses import replace

import pytest
from label_kinds_prepared import WAYS, draw_and_print
from one_batch import BAG, BATCH, LABEL, LI, LIU, SUN, ZHAO, let_go, print_label, reprint

from inkt_mfg.records.label import Label
from inkt_mfg.records.words import LabelState, ReprintReason
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import deviations, label_reprinting, labelling, release
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS


@pytest.mark.requirement("R52")
def test_a_reprint_says_what_the_first_said_under_its_own_serial_and_which_copy_it_is(at):
    site, first = at("labelled"), LABEL
    copy = reprint(site, first, "illegible", "the ribbon ran out")
    before, after = label_content(site.store, first), label_content(site.store, copy)
    assert replace(after, serial=first, payload=before.payload, reprint=0) == before
    assert (after.reprint, after.code.serial) == (1, copy)
    row = site.row(Label, copy)
    assert (row.reprint_number, row.reprint_code, row.reprint_reason) == (
        1,
        ReprintReason.ILLEGIBLE,
        "the ribbon ran out",
    )
    ended = site.row(Label, first)
    assert (row.reprint_of, ended.state, ended.end_reason) == (
        ended.key,
        LabelState.SPOILED,
        "the ribbon ran out",
    )


@pytest.mark.slow
@pytest.mark.requirement("R52", "R51")
def test_a_copy_is_proofed_printed_and_applied_on_either_database(reviewed):
    let_go(reviewed)
    first = reviewed.run(LIU, labelling.prepare_label, BAG).code
    draw_and_print(reviewed, LIU, first)
    copy = reprint(reviewed, first)
    print_label(reviewed, copy)
    assert reviewed.row(Label, copy).state is LabelState.APPLIED
    assert reviewed.ledger_is_whole()


@pytest.mark.requirement("R52")
def test_a_reprint_asks_why_from_the_list_and_in_a_sentence(at):
    site = at("labelled")
    command = label_reprinting.reprint_label
    assert site.refused(LIU, command, LABEL, why="damaged").rule == "R02"
    assert site.refused(LIU, command, LABEL, why="because", reason="creased").first.field == "why"


@pytest.mark.requirement("R52", "R24")
def test_reprinting_is_a_permission_of_its_own(at):
    site = at("labelled")
    again = {"why": "damaged", "reason": "creased"}
    for who in (LI, SUN, ZHAO):
        refusal = site.refused(who, label_reprinting.reprint_label, LABEL, **again)
        assert refusal.rule == "R24"
    tube = WAYS["collection_tube"].prepare(site).code
    site.run(LI, label_reprinting.reprint_label, tube, **again)


@pytest.mark.requirement("R52", "R55")
def test_no_label_is_reprinted_once_its_release_does_not_stand(at):
    again = {"why": "damaged", "reason": "creased"}
    held = at("labelled")
    held.run(ZHAO, deviations.place_hold, BATCH, reason="freezer alarm")
    assert "R37" in {
        b.rule for b in held.refused(LIU, label_reprinting.reprint_label, LABEL, **again).blockers
    }
    recalled = at("labelled")
    recalled.run(ZHAO, release.recall_to_review, BATCH, reason="a count is doubted")
    assert "R55" in {
        b.rule for b in recalled.refused(LIU, label_reprinting.reprint_label, LABEL, **again).blockers
    }


@pytest.mark.requirement("R52")
def test_a_copy_of_a_copy_is_reprint_2(at):
    site = at("labelled")
    second = reprint(site, reprint(site, LABEL))
    assert label_content(site.store, second).reprint == 2
    with site.case(Label, second) as case:
        assert [x.state.value for x in case.labels] == ["spoiled", "spoiled", "prepared"]
