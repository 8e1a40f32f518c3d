"""The certificate of analysis: one page, drawn from the stored objects the label is drawn from."""

import pytest

from inkt_mfg.refusal import Refusal
from inkt_mfg.reports.certificate import as_on_the_label, certificate_pdf
from inkt_mfg.views.batch_record import batch_record
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import deviations
from labels.elements import elements
from tests.reports.correcting import change_formulated_volume
from tests.reports.paper_reader import characters, pages, squeezed, text_of

DECIDED = ("infused", "above", "exceptional", "rejected")
LABELLED = ("infused", "above", "exceptional")
MM = 72 / 25.4


@pytest.mark.parametrize("fate", DECIDED)
def test_it_is_one_page_and_the_same_bytes_again(finished, fate):
    record = batch_record(finished.store, finished[fate])
    pdf = certificate_pdf(record)
    assert len(pages(pdf)) == 1
    assert certificate_pdf(batch_record(finished.store, finished[fate])) == pdf
    assert all(box[0] >= 14.5 * MM and box[2] <= 195.5 * MM for _page, _character, box in characters(pdf))


@pytest.mark.parametrize("fate", LABELLED)
def test_volume_and_dose_are_those_of_the_label(finished, fate):
    record = batch_record(finished.store, finished[fate])
    facts = label_content(finished.store, record.labels[0].code).facts
    dose = record.page.dose
    assert dose is not None
    on_label = facts.volume_ml if facts.give_ml is None else facts.give_ml
    assert dose.volume_to_give.value == on_label
    assert abs(dose.dose_to_give.value - facts.dose_viable_inkt_per_unit) < dose.dose_to_give.value.scaleb(
        -25
    )
    assert dose.verdict_to_give == facts.verdict


@pytest.mark.parametrize("fate", LABELLED)
def test_the_dose_is_printed_with_the_labels_own_digits(finished, fate):
    record = batch_record(finished.store, finished[fate])
    dose = record.page.dose
    assert dose is not None
    printed = as_on_the_label(dose)
    assert squeezed(printed) in squeezed(text_of(certificate_pdf(record)))
    mantissa = printed.split("×")[0]
    label = " ".join(
        text
        for element in elements(label_content(finished.store, record.labels[0].code)).values()
        for text in element.text
    ).replace("\u00a0", " ")
    assert f"{mantissa} × 10" in label


def test_every_test_stands_with_criterion_result_and_verdict(finished):
    record = batch_record(finished.store, finished["infused"])
    text = squeezed(text_of(certificate_pdf(record)))
    assert len(record.results) == 8
    for result in record.results:
        for told in (result.title, result.method, result.result.text):
            assert squeezed(told) in text
        assert result.verdict.replace("_", "") in text


def test_a_computed_limit_is_cut_never_rounded(finished):
    record = batch_record(finished.store, finished["above"])
    limit = next(r for r in record.results if r.test == "endotoxin").criterion.text
    assert len(limit) > 20
    assert f"{limit[:11]}…" in text_of(certificate_pdf(record))


def test_a_failing_result_stands_out(finished):
    text = text_of(certificate_pdf(batch_record(finished.store, finished["rejected"])))
    assert "REJECTED – NOT TO BE GIVEN" in text
    assert "64.0 % FAIL" in text


@pytest.mark.requirement("R34")
def test_a_conditional_release_shows_the_pending_result_and_its_due_date(finished):
    record = batch_record(finished.store, finished["exceptional"])
    pending = record.dispositions[-1].pending
    text = squeezed(text_of(certificate_pdf(record)))
    assert pending
    for test, due in pending:
        assert squeezed(f"{test}, due {due}") in text


def test_an_exceptional_release_says_so_with_its_statement(finished):
    record = batch_record(finished.store, finished["exceptional"])
    text = text_of(certificate_pdf(record))
    assert "RELEASED EXCEPTIONALLY – OUT OF SPECIFICATION" in text
    assert squeezed(record.dispositions[-1].statement) in squeezed(text)
    assert "BELOW" in text


@pytest.mark.requirement("R22")
def test_the_release_is_signed_with_name_role_meaning_and_local_time(finished):
    text = text_of(certificate_pdf(batch_record(finished.store, finished["infused"])))
    assert "Zhao Lin (zhao.qa), QA officer release 2026-04-08 08:00 UTC+08:00 stands" in text


@pytest.mark.requirement("R63")
def test_the_patients_name_is_not_on_it(finished):
    record = batch_record(finished.store, finished["infused"])
    text = text_of(certificate_pdf(record))
    assert record.page.subject in text
    assert record.page.patient_name not in text
    assert record.page.patient_id not in text


def test_a_batch_nobody_decided_on_has_no_certificate(finished):
    with pytest.raises(Refusal) as refused:
        certificate_pdf(batch_record(finished.store, finished["stopped"]))
    assert refused.value.rule == "R39"


@pytest.mark.requirement("R23")
def test_a_certificate_whose_signature_fell_says_so_in_capitals(copied):
    change_formulated_volume(copied, "106 mL", "misread the scale")
    (page,) = pages(certificate_pdf(batch_record(copied.store, copied["infused"])))
    assert page.index("NOT VALID – A VALUE COVERED BY THE SIGNATURE WAS CHANGED SINCE") < page.index(
        "Product"
    )


@pytest.mark.requirement("R37")
def test_a_hold_and_an_open_deviation_stand_at_its_top(copied):
    copied.staff["chen.qa"].run(deviations.place_hold, copied["above"], reason="incubator alarm")
    copied.staff["li.tech"].run(
        deviations.open_deviation, copied["above"], description="alarm at night", severity="major"
    )
    (page,) = pages(certificate_pdf(batch_record(copied.store, copied["above"])))
    assert "ON HOLD – incubator alarm" in page
    assert "A DEVIATION IS OPEN" in page


def test_a_rejected_batchs_dose_is_not_called_one_to_give(finished):
    text = text_of(certificate_pdf(batch_record(finished.store, finished["rejected"])))
    assert "not to be given" in text
    assert "Dose to give" not in text
