"""A value changed since first entry is marked where it stands and footnoted: old, new, who, when, why (R08)."""

from datetime import timedelta

import pytest

from inkt_mfg.reports.batch_record import batch_record_pdf
from inkt_mfg.views.batch_record import BatchRecord, batch_record
from inkt_mfg.workflow import testing
from tests.reports.correcting import ask_for_formulated_volume, change_day_0, change_formulated_volume
from tests.reports.paper_reader import pages, text_of

REASON = "read from the wrong line of the calendar"


def _record(copied) -> BatchRecord:
    return batch_record(copied.store, copied["infused"])


def test_a_record_of_first_entries_has_no_footnote(finished):
    for code in finished.batches.values():
        assert batch_record(finished.store, code).corrections == ()


@pytest.mark.requirement("R08")
def test_a_corrected_day_zero_is_marked_and_footnoted(copied):
    change_day_0(copied, "2026-04-02", REASON)
    record = _record(copied)
    (correction,) = (c for c in record.corrections if c.field == "first_tae_on")
    assert (correction.old, correction.new) == ("2026-04-01", "2026-04-02")
    assert (correction.user_name, correction.reason) == ("sun.md", f"transcription: {REASON}")
    assert record.heading.first_tae_on.notes == (1,)
    text = text_of(batch_record_pdf(record))
    assert "2026-04-02 †1" in text
    footnotes = text.split("Values changed since first entry")[1]
    for told in (
        "†1",
        "2026-04-01",
        "2026-04-02",
        "Sun Wei (sun.md)",
        REASON,
        f"entry {correction.sequence}",
    ):
        assert told in footnotes


@pytest.mark.requirement("R08", "R23")
def test_a_corrected_reading_is_marked_and_the_signatures_over_it_no_longer_stand(copied):
    change_formulated_volume(copied, "106 mL", "misread the scale")
    record = _record(copied)
    told = [(c.old, c.new, c.field) for c in record.corrections]
    assert told == [
        ("107 mL", "106 mL", "value_typed"),
        ("107 mL", "106 mL", "volume_typed"),
    ]  # and so the bag's
    (reading, _bag) = record.corrections
    assert (reading.user_name, reading.approved_by) == ("li.tech", "Chen Yu (chen.qa)")
    assert reading.reason == "transcription: misread the scale"
    reading = next(r for s in record.steps for r in s.readings if r.typed.notes)
    assert reading.typed.text == "106 mL"
    fallen = {s.act for s in record.signatures if not s.shown.stands}
    assert {"batch.review", "batch.release", "batch.finalise"} <= fallen
    found = pages(batch_record_pdf(record))
    assert "signatures no longer stand" in found[0]
    assert (
        "Changed since first entry (†1): ST-00010: Volume of the formulated product, 107 mL → 106 mL"
        in found[0]
    )
    text = " ".join(found)
    assert "106 mL †1" in text
    assert "DOES NOT STAND" in text
    assert "misread the scale" in text
    assert "approved by Chen Yu (chen.qa)" in text
    assert "RE-ASSESSMENT DUE" in text


@pytest.mark.requirement("R08")
def test_a_value_changed_twice_has_two_footnotes(copied):
    change_formulated_volume(copied, "106 mL", "misread the scale")
    copied.clock.move_to(copied.clock.at + timedelta(minutes=5))
    change_formulated_volume(copied, "107 mL", "the scale was right")
    record = _record(copied)
    of_the_reading = [(c.old, c.new) for c in record.corrections if c.field == "value_typed"]
    assert of_the_reading == [("107 mL", "106 mL"), ("106 mL", "107 mL")]
    assert "107 mL †1 †3" in text_of(batch_record_pdf(record))


@pytest.mark.requirement("R02", "R08")
def test_a_correction_that_waits_is_told_on_the_first_page(copied):
    ask_for_formulated_volume(copied, "106 mL", "misread the scale")
    record = _record(copied)
    assert record.page.dose is None
    assert "CORRECTION PENDING CR-00001" in pages(batch_record_pdf(record))[0]


@pytest.mark.requirement("R08")
def test_a_second_result_stands_beside_the_first_which_is_not_hidden(copied):
    bench = copied.staff["li.tech"]
    bench.run(
        testing.record_result,
        copied["above"],
        reason="the laboratory corrected its report",
        test="endotoxin",
        result="<0.06 EU/mL",
        resulted_on="2026-05-01",
    )
    record = batch_record(copied.store, copied["above"])
    first, second = (r for r in record.results if r.test == "endotoxin")
    assert first.replaced_by == second.code
    text = text_of(batch_record_pdf(record))
    assert "<0.05 EU/mL" in text
    assert "<0.06 EU/mL" in text
    assert f"followed by {second.code}" in text
    assert "Endotoxin was reported more than once" in text


def test_moving_through_its_life_is_no_correction(finished):
    """States, verifications, QA's answers at acceptance: the batch has been through all of them."""
    record = batch_record(finished.store, finished["infused"])
    assert record.page.state == "closed"
    assert record.collection.testing_complete
    assert record.corrections == ()
