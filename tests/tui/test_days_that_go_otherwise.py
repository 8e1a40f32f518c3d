"""Holds, deviations, a label whose file cannot be written, a board of other people's tasks, a small terminal."""

import pytest
from test_pharmacist_and_ward import to_subject
from test_technician import open_batch
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.workflow import deviations
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from tui.app import InktApp

CULTURE, IN_REVIEW, RELEASED = BATCH["YA-001"], BATCH["YA-003"], BATCH["YA-004"]


@pytest.mark.slow
@pytest.mark.requirement("R37")
async def test_a_deviation_is_assessed_and_closed_by_qa_on_the_batch_page(keys, site):
    bench = log_in(site.store, Credentials("li.tech", PASSWORD), "bench-2")
    code = bench.run(deviations.open_deviation, CULTURE, description="door alarm", severity="minor").code
    async with keys("chen.qa") as person:
        await open_batch(person, CULTURE)
        await person.shows("door alarm")
        await person.choose("deviation.assess", code)
        await person.screen("ActScreen")
        await person.field("assessment", "a minute, no effect")
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
        await person.until(lambda: batch_page(site.store, CULTURE).open_deviations[0].state == "assessed")
        await person.shows("Close a deviation")
        await person.choose("deviation.close", code)
        await person.screen("ActScreen")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("BatchScreen")
    assert batch_page(site.store, CULTURE).open_deviations == ()


@pytest.mark.slow
@pytest.mark.requirement("R37")
async def test_a_hold_shows_on_the_page_and_greys_what_it_blocks(keys, site):
    async with keys("zhao.qa") as person:
        await open_batch(person, CULTURE)
        await person.choose("batch.hold")
        await person.screen("ActScreen")
        await person.field("reason", "reagent recall")
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
        await person.shows("ON HOLD", "reagent recall")
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.highlight("batch.feed")
        await person.press("enter")
        await person.screen("WhyScreen")
        await person.shows("reagent recall", "R37")
    assert batch_page(site.store, CULTURE).on_hold == "reagent recall"


@pytest.mark.slow
@pytest.mark.requirement("R51")
async def test_a_label_file_that_cannot_be_written_is_told_and_the_label_is_taken_up_again(keys, site):
    blocked = site.folder / "labels"
    if blocked.is_dir():
        for file in blocked.iterdir():
            file.unlink()
        blocked.rmdir()
    blocked.write_text("a file where the folder should be")
    async with keys("liu.pharm") as person:
        await person.shows("Prepare an infusion label")
        await person.press("enter")
        await person.screen("PrepareScreen")
        await person.shows("Shipped abroad")
        await person.press("ctrl+s")
        await person.screen("LabelScreen")
        await person.shows("Look at the label and its proof")
        await person.press("ctrl+s")
        await person.shows("cannot be read or written", "let this user write there")
        prepared = [x.code for x in batch_page(site.store, RELEASED).labels]
        blocked.unlink()
        await person.shows("Nothing was sent.")
        await person.press("ctrl+s")
        await person.shows("It came out of the printer")
        assert (blocked / f"{prepared[0]}.pdf").is_file()
    labels = batch_page(site.store, RELEASED).labels
    assert [x.code for x in labels] == prepared
    assert labels[0].state == "proofed"


@pytest.mark.slow
async def test_the_board_leads_from_somebody_elses_task_to_the_batch(keys):
    async with keys("li.tech") as person:
        await person.shows("for you: 2", "Prepare an infusion label")
        await person.press("down", "down", "enter")
        await person.screen("BatchScreen")
        await person.press("escape")
        await person.screen("DayBoardScreen")
        await person.press("a")
        await person.until(lambda: "Prepare an infusion label" not in person.says)


@pytest.mark.slow
@pytest.mark.requirement("R33")
async def test_the_ledger_does_not_tell_the_figures_of_a_blind_reading(keys):
    async with keys("sun.md") as person:
        await to_subject(person, "YA-001")
        await person.choose("body.measure")
        await person.screen("ActScreen")
        await person.field("height", "168 cm")
        await person.field("weight", "61.7 kg")
        await person.field("measured_on", "2026-11-19")
        await person.press("ctrl+s")
        await person.screen("SubjectScreen")
        await person.press("f8")
        await person.screen("LedgerScreen")
        await person.shows("Measure height and weight")
        assert "61.7" not in person.says


@pytest.mark.slow
async def test_everything_is_reached_in_eighty_columns_and_twenty_four_lines(keys):
    async with keys("li.tech", size=(80, 24)) as person:
        await open_batch(person, CULTURE)
        acts = person.app.screen.query_one("#acts")
        assert acts.region.bottom <= 24
        assert acts.region.width == 80
        await person.choose("count.record")
        await person.screen("CountScreen")
        await person.shows("Replicates")
        button = person.app.screen.query_one("#do")
        assert button.region.bottom <= 24


@pytest.mark.slow
async def test_each_key_of_the_footer_has_a_name_and_a_word_of_help(keys):
    async with keys("li.tech") as person:
        await person.shows("for you")
        own = [b for b in person.app.screen.active_bindings.values() if b.binding.show]
        assert own
        assert [b.binding.action for b in own if not (b.binding.id and b.binding.tooltip)] == []


@pytest.mark.slow
async def test_quitting_with_something_typed_asks_first(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("deviation.open")
        await person.screen("ActScreen")
        await person.field("description", "half")
        await person.press("ctrl+q")
        await person.screen("SureScreen")
        await person.press("n")
        await person.screen("ActScreen")
        assert person.value("description") == "half"
        assert isinstance(person.app, InktApp)
