"""What a signature covers, when it stands, and what happens to the record when it does not."""

import json

import pytest
import sqlalchemy as sa
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    LI,
    LIU,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    infuse,
    late_sterility,
    let_go,
    order,
    record_result,
    scan_of,
)

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.dose import Disposition
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.words import DispositionKind, Meaning, Role
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.signatures import show_signature, stands
from inkt_mfg.workflow import custody, deviations, labelling, release, subjects
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
EDIT = "UPDATE cell_count SET inkt_of_live = '75' WHERE point = 'formulate'"


def release_signature(site) -> Signature:
    with site.case(Batch, BATCH) as case:
        return next(s for s in case.signatures if s.meaning is Meaning.RELEASE)


def standing_of(site, signature: Signature) -> bool:
    with site.store.reading() as session:
        return stands(session, signature)


@pytest.mark.requirement("R22")
def test_a_signature_shows_who_as_what_when_and_why(reviewed):
    let_go(reviewed)
    signature = release_signature(reviewed)
    with reviewed.store.reading() as session:
        shown = show_signature(session, signature)
    assert (shown.full_name, shown.user_name, shown.role) == ("Zhao Lin", ZHAO, Role.QA_OFFICER)
    assert (shown.meaning, shown.utc_offset, shown.stands) == ("release", "+08:00", True)
    assert signature.command == "batch.release"


@pytest.mark.requirement("R23")
def test_a_release_covers_everything_that_was_entered_for_the_dose(at):
    site = at("released")
    manifest = json.loads(release_signature(site).manifest)
    assert set(manifest) == {
        "batch", "subject", "collection", "protocol_version", "step", "step_reading", "step_material", "material_lot",
        "cell_count", "count_replicate", "sample", "test_result", "container", "dose_assessment",
        "body_measurement", "dose_order",
    }  # fmt: skip
    assert "inkt_of_live" in manifest["cell_count"]["fields"]
    assert "verified_by" not in manifest["cell_count"]["fields"]
    with site.case(Batch, BATCH) as case:
        assert sorted(c.key for c in case.counts) == manifest["cell_count"]["keys"]


@pytest.mark.requirement("R23")
@pytest.mark.parametrize(
    "edit",
    [
        EDIT,
        "UPDATE subject SET patient_name = '王大明' WHERE code = 'YA-001'",
        "UPDATE body_measurement SET weight = '66'",
        "UPDATE test_result SET result = '99 %' WHERE test = 'viability'",
        "UPDATE count_replicate SET viability_typed = '91 %'",
        "UPDATE material_lot SET expires_on = '2027-12-31' WHERE code = 'DG-2201'",
        "UPDATE container SET expires_at = '2026-04-09T00:00:00.000000Z'",
        "DELETE FROM step_reading WHERE name = 'dendritic_cell_ratio'",
    ],
)
def test_an_edit_behind_the_back_leaves_the_record_unsigned_and_prints_no_label(at, edit):
    site = at("released")
    site.behind(edit)
    assert not standing_of(site, release_signature(site))
    refusal = site.refused(LIU, labelling.prepare_label, BAG)
    assert "R23" in {b.rule for b in refusal.blockers}
    assert not site.ledger_is_whole()


@pytest.mark.requirement("R23", "R05")
def test_an_edit_behind_the_back_on_postgresql_is_seen_too(postgresql_site):
    site = postgresql_site
    let_go(site)
    site.behind(EDIT)
    assert site.refused(LIU, labelling.prepare_label, BAG).rule == "R23"
    assert not site.ledger_is_whole()


@pytest.mark.requirement("R23")
def test_an_edit_after_the_label_stops_the_bag_at_the_next_hand(at):
    site = at("labelled")
    site.behind(EDIT)
    typed = {"to_whom": "ward 3", "scanned_label": scan_of(site), "temperature": "5 °C"}
    assert "R23" in {b.rule for b in site.refused(LIU, custody.issue_dose, BAG, **typed).blockers}


@pytest.mark.requirement("R23", "R55")
def test_a_release_written_into_the_database_over_a_rejection_carries_no_signature(at):
    site = at("reviewed")
    site.run(ZHAO, release.reject, BATCH, reason="particles")
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        site.behind("UPDATE disposition SET kind = 'final'")
    site.behind(
        "INSERT INTO disposition (key, site, row_version, code, batch, kind, decided_at, decided_by, pending) "
        "SELECT lower(hex(randomblob(16))), site, 1, 'D-00002', batch, 'final', decided_at, decided_by, pending "
        "FROM disposition"
    )
    site.behind("UPDATE batch SET state = 'released'")
    refusal = site.refused(LIU, labelling.prepare_label, BAG)
    assert "R23" in {b.rule for b in refusal.blockers}


@pytest.mark.requirement("R23")
@pytest.mark.parametrize("table", ["signature", "ledger_entry"])
def test_the_database_itself_refuses_to_change_signatures_and_ledger(at, table):
    site = at("released")
    for statement in (f"UPDATE {table} SET site = 'YA01'", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DatabaseError):
            site.behind(statement)


@pytest.mark.requirement("R23", "R34")
def test_rows_added_later_do_not_unsign_what_was_signed(at):
    site = at("infused")
    first = release_signature(site)
    late_sterility(site)
    assert standing_of(site, first)
    site.run(ZHAO, release.finalise, BATCH)
    site.run(ZHAO, release.close, BATCH)
    assert standing_of(site, first)


@pytest.mark.requirement("R23")
def test_a_deviation_opened_after_release_leaves_the_release_standing(at):
    site = at("released")
    site.run(LIU, deviations.open_deviation, BATCH, description="printer jam", severity="minor")
    site.run(CHEN, deviations.assess_deviation, "DV-00001", assessment="none")
    site.run(CHEN, deviations.close_deviation, "DV-00001")
    assert standing_of(site, release_signature(site))


@pytest.mark.requirement("R34")
def test_a_final_release_stands_beside_the_conditional_one_which_is_kept(at):
    site = at("infused")
    before = site.row(Disposition, "D-00001")
    late_sterility(site)
    site.run(CHEN, release.finalise, BATCH)
    with site.case(Batch, BATCH) as case:
        conditional, final = case.dispositions
    assert conditional == before
    assert (conditional.kind, final.kind) == (DispositionKind.CONDITIONAL, DispositionKind.FINAL)
    assert conditional.decided_by != final.decided_by
    assert final.pending == "{}"


@pytest.mark.requirement("R34", "R23")
def test_a_conditional_release_over_an_edited_record_is_never_made_final(at):
    site = at("infused")
    late_sterility(site)
    site.behind(EDIT)
    assert "R23" in {b.rule for b in site.refused(ZHAO, release.finalise, BATCH).blockers}


@pytest.mark.requirement("R34")
def test_a_patient_who_lost_weight_meanwhile_does_not_keep_the_last_dose_conditional(at):
    site = at("infused")
    late_sterility(site)
    typed = {"height": "168 cm", "weight": "61 kg"}
    code = site.run(SUN, subjects.measure_body, SUBJECT, measured_on=site.today(), **typed).code
    site.run(LIU, subjects.read_body_again, code, **typed)
    site.run(ZHAO, release.finalise, BATCH)
    with site.case(Batch, BATCH) as case:
        assert case.disposition is DispositionKind.FINAL
        covered = json.loads([s for s in case.signatures if s.meaning is Meaning.RELEASE][-1].manifest)
        assert covered["body_measurement"]["keys"] == [case.assessment.body]


@pytest.mark.requirement("R35")
@pytest.mark.parametrize("result", ["growth", "cocci seen", "not determined"])
def test_a_late_result_that_is_no_pass_blocks_the_next_dose_at_every_door(reviewed, result):
    let_go(reviewed)
    late_sterility(reviewed, result)
    with reviewed.case(Batch, BATCH) as case:
        assert [(d.rule, d.severity.value) for d in case.open_deviations] == [("R35", "critical")]
    with pytest.raises(Refusal, match="the next dose of YA-001 is blocked"):
        order(reviewed, 2)
    refusal = reviewed.refused(LIU, labelling.prepare_label, BAG)
    assert {"R35", "R37"} <= {b.rule for b in refusal.blockers}


@pytest.mark.requirement("R35")
def test_every_late_failure_can_be_recorded_however_many_there_are(at):
    site = at("infused")
    for again in range(8):
        record_result(site, "gram_stain", "positive", reason=f"reading {again}")
    with site.case(Batch, BATCH) as case:
        assert len(case.open_deviations) == 8
        # What has no room stands in its own deviation; that there is more is said.
        assert case.subject.dose_blocked.startswith(
            "T-00008: gram_stain of batch B-00001 after release: fail; "
        )
        assert case.subject.dose_blocked.endswith("…")


@pytest.mark.requirement("R36", "R35")
def test_a_failing_result_an_exceptional_release_accepted_does_not_block_for_ever(at):
    site = at("in review")
    record_result(site, "viability", "65 %", reason="second sample")
    site.run(CHEN, deviations.assess_deviation, "DV-00001", assessment="accepted by the sponsor")
    site.run(CHEN, deviations.close_deviation, "DV-00001")
    site.run(SUN, release.request_exceptional, BATCH, justification="none other", risk="lower effect")
    site.run(CHEN, release.review, BATCH, audit_trail_reviewed="read")
    words = {"risk_statement": "viability below its limit", "reason": "physician's request"}
    site.run(ZHAO, release.release_exceptionally, BATCH, **words)
    site.behind("UPDATE subject SET dose_blocked = 'T-00099: of another batch' WHERE code = 'YA-001'")
    site.run(ZHAO, release.lift_dose_block, SUBJECT, reason="the other batch is settled")


@pytest.mark.requirement("R35")
def test_a_passing_late_result_blocks_nothing(at):
    site = at("infused")
    late_sterility(site, "no growth")
    with site.case(Batch, BATCH) as case:
        assert (case.subject.dose_blocked, case.open_deviations) == (None, [])
    order(site, 2)


def test_the_infusion_itself_unsigns_nothing(at):
    site = at("at the ward")
    infuse(site)
    assert standing_of(site, release_signature(site))


@pytest.mark.requirement("R24")
def test_the_signatures_of_a_batch_are_of_people_who_may_give_them(standing):
    with standing("infused").case(Batch, BATCH) as case:
        given = [(s.user_name, s.meaning, s.command) for s in case.signatures]
    assert given == [
        (LI, Meaning.RESPONSIBILITY, "batch.submit"),
        (CHEN, Meaning.REVIEW, "batch.review"),
        (ZHAO, Meaning.RELEASE, "batch.release"),
    ]


@pytest.mark.requirement("R33")
def test_every_verification_is_a_signature_of_the_second_person(standing):
    with standing("assessed").case(Batch, BATCH) as case:
        rows = [*case.counts, *case.all_results]
        assert {s.user_name for row in rows for s in case.verifications[row.key]} == {WANG}
        assert all(row.verified_by and row.verified_at for row in rows)
