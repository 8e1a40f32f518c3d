"""A QA officer at the terminal: what stands in the way of a release, the review, the release with a signature."""

import pytest
from who_is_there import BATCH

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.workflow import deviations
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials

IN_REVIEW = BATCH["YA-003"]


@pytest.mark.slow
@pytest.mark.requirement("R39")
async def test_a_release_that_is_not_ripe_names_every_blocker(keys, site):
    open_a_deviation(site)
    async with keys("zhao.qa") as person:
        await to_the_batch(person)
        await person.highlight("batch.release")
        await person.press("w")
        await person.screen("WhyScreen")
        await person.shows("R38", "R39", "Reasons it cannot be done now: 2")
        await person.press("escape")
        await person.screen("BatchScreen")
        await person.press("enter")
        await person.screen("WhyScreen")
    assert batch_page(site.store, IN_REVIEW).state == "in_review"


@pytest.mark.requirement("R21", "R22", "R34")
async def test_from_the_day_board_through_review_to_a_release_with_a_signature(keys, site):
    async with keys("chen.qa") as person:
        await person.shows("Review the batch record")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.field("audit_trail_reviewed", "read, no open questions")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("DayBoardScreen")
        await person.shows("Release the batch")

        await person.press("b")
        await person.screen("BatchScreen")
        await person.choose("batch.release")
        await person.screen("ActScreen")
        await person.shows("Sign")
        await person.press("ctrl+s")
        await person.sign("chen.qa", "not-the-password")
        await person.shows("R21", "user name and password are not those")
        await person.sign("chen.qa")
        await person.screen("BatchScreen")
        await person.shows("conditionally released")
        await person.press("8")
        await person.shows("release  Chen Yu (chen.qa)", "✓ stands")
    page = batch_page(site.store, IN_REVIEW)
    assert (page.state, page.disposition) == ("released", "conditional")


@pytest.mark.slow
@pytest.mark.requirement("R24")
async def test_who_worked_on_the_batch_is_not_offered_its_release(keys):
    async with keys("li.tech") as person:
        await to_the_batch(person)
        await person.press("a")
        await person.rest()
        assert "Release the batch" not in person.says


async def to_the_batch(person) -> None:
    await person.press("f3")
    await person.screen("BatchesScreen")
    await person.press("slash")
    await person.type(IN_REVIEW)
    await person.until(lambda: person.app.screen.query_one("#batches").row_count == 1)
    await person.press("enter")
    await person.screen("BatchScreen")
    await person.shows("Patient")


def open_a_deviation(site) -> None:
    bench = log_in(site.store, Credentials("li.tech", PASSWORD), "bench-2")
    bench.run(deviations.open_deviation, IN_REVIEW, description="incubator door open", severity="minor")
