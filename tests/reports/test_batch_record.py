"""The printed batch record says everything the record holds, clips nothing, and prints the same bytes again."""

import subprocess
import sys
from datetime import datetime

import pytest

from inkt_mfg.reports.batch_record import batch_record_pdf
from inkt_mfg.reports.wording import Wording, number, signed_at
from inkt_mfg.views.batch_record import batch_record
from inkt_mfg.views.history import batch_history
from inkt_mfg.workflow.permissions import role_name
from tests.reports.paper_reader import characters, pages, squeezed, text_of

MM = 72 / 25.4


@pytest.fixture(scope="module")
def record(finished):
    return batch_record(finished.store, finished["infused"])


@pytest.fixture(scope="module")
def pdf(record):
    return batch_record_pdf(record)


@pytest.fixture(scope="module")
def text(pdf):
    return squeezed(text_of(pdf))


@pytest.mark.slow
@pytest.mark.requirement("R09")
@pytest.mark.parametrize("fate", ["infused", "above", "exceptional", "rejected", "stopped"])
def test_the_same_record_prints_the_same_bytes(finished, fate):
    first = batch_record_pdf(batch_record(finished.store, finished[fate]))
    assert batch_record_pdf(batch_record(finished.store, finished[fate])) == first


@pytest.mark.slow
def test_a_fresh_program_prints_the_same_bytes(finished, pdf):
    """Also when a label was drawn before in this one: nothing of the drawing is left over."""
    program = (
        "import sys, hashlib\n"
        "from inkt_mfg.store.unit_of_work import Store\n"
        "from inkt_mfg.views.batch_record import batch_record\n"
        "from inkt_mfg.reports.batch_record import batch_record_pdf\n"
        "store = Store.open(sys.argv[1], sys.argv[2])\n"
        "sys.stdout.buffer.write(batch_record_pdf(batch_record(store, sys.argv[3])))\n"
    )
    address = f"sqlite:///{finished.database}"
    ran = subprocess.run(
        [sys.executable, "-c", program, address, finished.store.site, finished["infused"]],
        capture_output=True,
        check=True,
    )
    assert ran.stdout == pdf


@pytest.mark.requirement("R07")
def test_every_reading_and_replicate_stands_as_it_was_typed(record, text):
    readings = [r.typed.text for s in record.steps for r in s.readings]
    replicates = [v.text for c in record.counts for pair in c.replicates for v in pair]
    assert len(readings) > 15
    assert len(replicates) > 15
    for typed in readings + replicates:
        assert squeezed(typed) in text


def test_a_time_that_was_read_off_a_clock_is_printed_with_its_offset(record, text):
    """The one the product expires by, too."""
    times = [r for s in record.steps for r in s.readings if isinstance(r.canonical, datetime)]
    assert any("expiry clock starts" in r.title for r in times)
    for reading in times:
        assert squeezed(f"{reading.typed.text} {reading.typed.text} UTC+08:00") in text


def test_roles_and_the_arm_are_printed_in_words(record, text):
    assert squeezed(f"Arm {record.page.arm_title}") in text
    assert "QAofficer" in text
    assert "qaofficer" not in text


def test_every_computed_value_of_a_count_is_printed(record, text):
    assert len(record.counts) > 2
    for count in record.counts:
        for value in (count.viable_cell_density, count.total_viable_cells, count.viability):
            assert squeezed(number(value)) in text


def test_every_lot_is_printed_with_its_expiry(record, text):
    used = [material for step in record.steps for material in step.materials]
    assert len(used) > 5
    for material in used:
        assert f"lot{material.lot},expires{material.expires_on}" in text


def test_the_dose_derivation_is_printed_line_by_line(record, text):
    assert record.page.dose is not None
    assert len(record.page.dose.derivation) == 6
    for line in record.page.dose.derivation:
        assert squeezed(line.formula) in text
        assert squeezed(line.values) in text
        assert squeezed(line.result) in text


@pytest.mark.requirement("R22")
@pytest.mark.parametrize("fate", ["infused", "above", "exceptional", "rejected", "stopped"])
def test_every_signature_is_printed_with_name_role_meaning_and_local_time(finished, fate):
    record = batch_record(finished.store, finished[fate])
    text = squeezed(text_of(batch_record_pdf(record)))
    assert record.signatures
    for s in record.signatures:
        shown = s.shown
        assert squeezed(f"{shown.full_name} {shown.user_name}, {role_name(shown.role)}") in text
        assert shown.meaning in text
        assert squeezed(s.on + signed_at(shown) + "stands") in text


@pytest.mark.requirement("R22")
def test_no_signature_the_ledger_holds_on_this_batch_is_left_out(finished, record):
    told = {s.sequence for s in record.signatures}
    in_ledger = {
        entry.sequence
        for entry in batch_history(finished.store, finished["infused"])
        for change in entry.changes
        if change.table == "signature"
    }
    # The history also holds entries of other batches on the shared subject: those sign another order.
    own = {s.sequence for s in record.signatures if not s.shared}
    assert own <= in_ledger | told
    signed_acts = {s.act for s in record.signatures}
    assert {
        "dose.order", "collection.accept", "step.verify", "count.verify", "body.read_again", "result.verify",
        "batch.submit", "batch.review", "batch.release", "batch.finalise", "dose.issue", "dose.infuse",
    } <= signed_acts  # fmt: skip


def test_a_signature_on_another_batchs_order_is_not_here(finished):
    orders = [
        [s.sequence for s in batch_record(finished.store, finished[fate]).signatures if s.act == "dose.order"]
        for fate in ("infused", "above")
    ]
    assert [len(found) for found in orders] == [1, 1]
    assert orders[0] != orders[1]


def test_each_page_names_the_batch_counts_the_pages_and_shows_the_ledger_head(record, pdf):
    found = pages(pdf)
    for n, page in enumerate(found, start=1):
        assert record.page.code in page
        assert f"page {n} of {len(found)}" in page
        assert f"entry {record.head.sequence}, SHA-256 {record.head.hash}" in page


def test_training_and_illustrative_values_are_marked_on_every_page(pdf):
    for page in pages(pdf):
        assert "TRAINING – NOT FOR CLINICAL USE" in page
        assert "ILLUSTRATIVE PROTOCOL VALUES" in page


def test_the_protocol_version_is_named_by_its_hash(record, text):
    assert record.heading.protocol_sha256 in text
    assert record.page.protocol in text


@pytest.mark.requirement("R63")
def test_neither_name_nor_number_of_the_patient_is_printed(record, text):
    assert record.page.patient_name not in text
    assert record.page.patient_id not in text
    assert record.page.subject in text


def test_tests_stand_against_their_criteria_with_verdicts(record, text):
    for result in record.results:
        assert squeezed(result.title) in text
        assert squeezed(result.result.text) in text
    assert "meets>=70%" in text


@pytest.mark.requirement("R34")
def test_a_conditional_release_names_what_was_pending_beside_the_final_one(record, text):
    conditional, final = record.dispositions
    assert (conditional.kind, final.kind) == ("conditional", "final")
    title, due = conditional.pending[0]
    assert squeezed(f"{title}, due {due}") in text
    assert conditional.code in text
    assert final.code in text


def test_containers_labels_handovers_and_infusion_are_there(record, text):
    assert record.labels[0].pdf_sha256 in text
    assert "prepared1,ofthemvoid0;printed1=1applied+0spoiled" in text
    assert squeezed(record.handovers[0].scanned) in text
    assert record.infusions[0].code in text
    assert Wording(record).at(record.infusions[0].started_at).replace(" ", "") in text


@pytest.mark.requirement("R53", "R52")
def test_the_templates_of_its_labels_are_named_with_text_specimen_and_approver(record, text):
    (template,) = record.templates
    assert (template.code, template.approved.by) == ("infusion-100x100@1", "Chen Yu (chen.qa)")
    assert squeezed(f"SHA-256 of its text {template.sha256}") in text
    assert squeezed(f"looked at {template.specimen_sha256}") in text


@pytest.mark.slow
def test_nothing_is_clipped_or_stands_outside_the_margins(finished):
    for code in finished.batches.values():
        for number_of_page, character, (left, bottom, right, top) in characters(
            batch_record_pdf(batch_record(finished.store, code))
        ):
            where = f"{code} page {number_of_page + 1}: {character}"
            assert left >= 14.5 * MM, where
            assert right <= 195.5 * MM, where
            assert bottom >= 8 * MM, where
            assert top <= 289 * MM, where


def test_everything_as_planned_leaves_nothing_for_attention(text):
    assert "Nothinginthisrecorddepartsfromplan" in text


def test_what_departed_from_plan_stands_first(finished):
    first = pages(batch_record_pdf(batch_record(finished.store, finished["exceptional"])))[0]
    assert "The dose of the whole product is below the window" in first
    stopped = pages(batch_record_pdf(batch_record(finished.store, finished["stopped"])))[0]
    assert "The culture did not grow" in stopped
    assert "terminated before release" in stopped
    rejected = pages(batch_record_pdf(batch_record(finished.store, finished["rejected"])))[0]
    assert "Viability does not pass: 64.0 % against >= 70 %" in rejected


def test_a_test_without_a_result_is_pending_and_never_a_pass(finished):
    record = batch_record(finished.store, finished["stopped"])
    assert {r.verdict for r in record.results} == {"pending"}
    assert (
        "pass" not in squeezed(text_of(batch_record_pdf(record))).split("Samplesandtests")[1].split("Dose")[0]
    )


def test_an_over_dose_prints_its_measured_part_and_both_verdicts(finished):
    record = batch_record(finished.store, finished["above"])
    dose = record.page.dose
    assert dose is not None
    text = squeezed(text_of(batch_record_pdf(record)))
    assert "Verdict,wholeproductABOVE" in text
    assert "Verdict,dosetogiveWITHIN" in text
    assert squeezed(f"{number(dose.volume_to_give)} of {number(dose.volume)}") in text


@pytest.mark.slow
def test_printing_imports_reportlab_only_when_something_is_printed():
    program = "import inkt_mfg.reports.batch_record, sys; print('reportlab' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
