"""A technician asks for a correction, the screens say that nothing computes, and a QA officer approves it from the source."""

import pytest
from test_technician import open_batch
from who_is_there import BATCH

from inkt_mfg.views.batch_page import batch_page

IN_REVIEW = BATCH["YA-003"]


@pytest.mark.slow
@pytest.mark.requirement("R02", "R33")
async def test_asked_at_the_bench_and_approved_from_the_board(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, IN_REVIEW)
        await person.press("c")
        await person.screen("CorrectScreen")
        await person.shows("What is to be corrected", "cell count", "! critical")
        await person.press("slash")
        await person.type("volume of the formulated")
        await person.press("enter", "enter")
        await person.screen("ActScreen")
        await person.shows("A critical value waits for a second person")
        await person.field("new", "106 mL")
        await person.field("why", "transcription")
        await person.field("reason", "the balance printed 106")
        await person.press("ctrl+s")
        await person.screen("CorrectScreen")
        await person.press("escape")
        await person.screen("BatchScreen")
        await person.shows("CORRECTION PENDING", "does not compute", "→ 106 mL")
        await person.press("6")
        await person.shows("the dose does not compute until it is approved or refused")
    assert batch_page(site.store, IN_REVIEW).dose is None

    async with keys("chen.qa") as person:
        await person.shows("→ 106 mL")
        await person.press("end", "enter")
        await person.screen("ActScreen")
        await person.shows("read the source, not this screen", "the balance printed 106", "Li Na (li.tech)")
        await person.field("source_says", "107 mL")
        await person.press("ctrl+s")
        await person.shows("the source as read again says otherwise than the correction")
        await person.field("source_says", "106 mL")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("DayBoardScreen")
    page = batch_page(site.store, IN_REVIEW)
    assert page.corrections_waiting == ()
    assert page.dose is not None
    assert any(typed == "106 mL" for step in page.steps for _title, typed in step.readings)
