"""A technician at the terminal: the day board, a count typed and checked by a second person, a batch submitted."""

import pytest
from who_is_there import BATCH

from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.labels import label_content

CULTURE, FORMULATED, IN_REVIEW = BATCH["YA-001"], BATCH["YA-002"], BATCH["YA-003"]
ISSUED = BATCH["YA-005"]


async def test_after_logging_in_the_day_board_shows_what_is_due_and_whose(keys):
    async with keys("li.tech") as person:
        await person.shows("Submit the batch for review", "for you: 2", "a pharmacist")


@pytest.mark.slow
@pytest.mark.requirement("R24", "R33")
async def test_a_count_is_recorded_and_checked_by_a_second_person_in_place(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("count.record")
        await person.screen("CountScreen")
        await person.shows("Replicates")
        await person.field("point", "Count the")
        await person.field("performed_at", "")
        await person.press("ctrl+n")
        await person.field("volume", "160 mL")
        await person.press("enter")
        await person.type("1.25e6 cells/mL")
        await person.press("enter")
        await person.type("92.5 %")
        await person.press("enter")
        await person.type("1.31e6 cells/mL")
        await person.press("enter")
        await person.type("91.5 %")
        await person.press("enter", "tab", "tab")
        await person.type("35 %")
        await person.shows("viable cells 1.884×10^8 cells", "iNKT cells 6.59")
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
        count = batch_page(site.store, CULTURE).counts[-1]
        assert count.point == "count"
        assert count.replicates == (("1.25e6 cells/mL", "92.5 %"), ("1.31e6 cells/mL", "91.5 %"))
        assert count.verified_by == ""

        await person.choose("count.verify", count.code)
        await person.screen("ActScreen")
        await person.shows("1.25e6 cells/mL", "Second person")
        await person.press("enter")
        await person.sign("li.tech")
        await person.shows("R24", "a second person")
        await person.sign("wang.tech")
        await person.screen("BatchScreen")
        assert batch_page(site.store, CULTURE).counts[-1].verified_by == "Wang Jun (wang.tech)"
        assert person.app.bench.person.user_name == "li.tech"


@pytest.mark.slow
async def test_a_repeated_result_asks_for_its_reason_and_both_stay(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, FORMULATED)
        await person.choose("result.record")
        await person.screen("ActScreen")
        await person.shows("Result, as printed")
        await person.field("test", "Viability")
        await person.field("result", "91.0 %")
        await person.field("resulted_on", "")
        await person.press("ctrl+n", "ctrl+s")
        await person.shows("R02", "a reason for another result")
        assert person.value("result") == "91.0 %"
        await person.field("reason", "sample repeated by the laboratory")
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
        viability = next(t for t in batch_page(site.store, FORMULATED).tests if t.test == "viability")
        assert (viability.result, viability.verified_by) == ("91.0 %", "")


@pytest.mark.slow
async def test_a_finished_batch_is_submitted_with_a_signature_from_the_day_board(keys, site):
    async with keys("li.tech") as person:
        await person.shows("Submit the batch for review")
        await person.press("enter")
        await person.screen("ActScreen")
        await person.shows(FORMULATED, "Sign")
        await person.press("enter")
        await person.sign("li.tech")
        await person.screen("DayBoardScreen")
        assert batch_page(site.store, FORMULATED).state == "in_review"
        await person.shows("for you: 1")


async def test_a_step_is_recorded_with_the_entries_and_lots_the_protocol_wants(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("batch.feed")
        await person.screen("ActScreen")
        await person.shows("Volume added", "Lot: Serum-free culture medium")
        await person.field("performed_at", "")
        await person.press("ctrl+n")
        await person.field("volume_added", "40 mL")
        await person.field("culture_volume", "280 mL")
        await person.field("lot:medium", "MX-3310")
        await person.shows("released: MX-3310")
        await person.field("lot:il2", "IL-5521")
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
        step = batch_page(site.store, CULTURE).steps[-1]
        assert step.plan_code == "feed"
        assert ("Volume added", "40 mL") in step.readings


@pytest.mark.slow
async def test_the_batch_list_is_filtered_by_state_and_by_what_is_typed(keys):
    async with keys("li.tech") as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        await person.shows(CULTURE, FORMULATED)
        await person.press("slash")
        await person.type("YA-003")
        await person.until(lambda: FORMULATED not in person.says and IN_REVIEW in person.says)
        await person.press("escape", "end", "slash", "home", "ctrl+k")
        await person.type("YA-00")
        await person.press("enter")
        await person.until(lambda: person.app.focused.id == "batches")
        assert person.at("BatchesScreen")


@pytest.mark.slow
async def test_a_scanned_label_opens_its_batch_at_once(keys, site):
    payload = label_content(site.store, batch_page(site.store, ISSUED).labels[-1].code).payload
    async with keys("li.tech") as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        await person.press("slash")
        await person.type(f"]d1{payload}")
        await person.press("enter")
        await person.screen("BatchScreen")
        await person.shows(ISSUED, "Patient")


@pytest.mark.slow
async def test_the_pages_of_a_batch_say_what_is_known_of_it(keys):
    async with keys("li.tech") as person:
        await open_batch(person, FORMULATED)
        await person.press("4")
        await person.shows("fold", "doubling time")
        await person.press("6")
        await person.shows("BSA (mosteller)", "within", "to give")
        await person.press("9")
        await person.shows("Isolate PBMC", "→ harvested")


async def open_batch(person, code: str) -> None:
    await person.press("f3")
    await person.screen("BatchesScreen")
    await person.shows(code)
    await person.press("slash")
    await person.type(code)
    await person.until(lambda: person.app.screen.query_one("#batches").row_count == 1)
    await person.press("enter")
    await person.screen("BatchScreen")
    await person.shows(code, "Patient")
