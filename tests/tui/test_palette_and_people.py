"""Every act one may do is found by name; what is on no page of its own is done from there: people and lots."""

import pytest
from textual.command import CommandPalette
from who_is_there import BATCH

from inkt_mfg.demo.people import ADMINISTRATOR, FIRST_PASSWORD, PASSWORD
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.people import people_register
from inkt_mfg.workflow import lots, people
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.signing import Credentials
from tui.forms.catalogue import has_form
from tui.palette import OF_ONE_RECORD

CULTURE = BATCH["YA-001"]


async def find(person, name: str) -> None:
    await person.press("f9")
    await person.until(lambda: isinstance(person.app.screen, CommandPalette))
    await person.type(name)
    commands = person.app.screen.query_one("CommandList")
    # Before the search answers, the list still shows every act there is.
    await person.until(lambda: name.lower() in str(commands.get_option_at_index(0).hit.text).lower())
    await person.press("enter", "enter")


@pytest.mark.slow
@pytest.mark.requirement("R24")
async def test_an_administrator_adds_a_person_and_finds_no_act_on_batches(keys, site):
    async with keys(ADMINISTRATOR.user_name) as person:
        await person.shows("for you: 0")
        await find(person, "Add a person")
        await person.screen("ActScreen")
        await person.field("user_name", "gao.tech")
        await person.field("full_name", "Gao Yan")
        await person.field("first_password", "short")
        await person.field("identity_checked", "staff card 4711")
        await person.field("role", "technician")
        await person.press("ctrl+s")
        await person.shows("R26", "the password has 5 characters")
        assert person.app.focused.name == "first_password"
        await person.field("first_password", FIRST_PASSWORD)
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
    bench = log_in(site.store, Credentials("gao.tech", FIRST_PASSWORD), "bench-1")
    assert bench.person.must_change_password


@pytest.mark.slow
@pytest.mark.requirement("R25")
async def test_a_locked_account_is_told_and_an_administrator_unlocks_it(keys, site):
    for _ in range(5):
        with pytest.raises(Refusal):
            log_in(site.store, Credentials("li.tech", "wrong-password"), "bench-2")
    async with keys() as person:
        await person.type("li.tech")
        await person.press("enter")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.shows("R25", "the account li.tech is locked")
    async with keys(ADMINISTRATOR.user_name) as person:
        await person.shows("the account li.tech is locked")
        await find(person, "Unlock an account")
        await person.screen("ActScreen")
        await person.field("user_name", "li.tech")
        await person.press("ctrl+s")
        await person.shows("R02")
        await person.field("reason", "forgot it after the holiday")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
    assert people.unlock.asks_reason


@pytest.mark.slow
@pytest.mark.requirement("R32")
async def test_a_lot_is_registered_by_a_technician_and_released_by_qa_by_its_number(keys, site):
    async with keys("li.tech") as person:
        await person.shows("for you")
        await find(person, "Register a material")
        await person.screen("ActScreen")
        await person.field("lot_number", "IL-7000")
        await person.field("material", "il2")
        await person.field("expires_on", "2027-12-31")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
    async with keys("chen.qa") as person:
        await person.shows("for you")
        await find(person, "Release a material")
        await person.screen("ActScreen")
        await person.field("on", "IL-7OOO")
        await person.press("ctrl+s")
        await person.shows("record.unknown", "IL-7OOO")
        assert person.app.focused.name == "on"
        await person.field("on", "IL-7000")
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("DayBoardScreen")
    assert lots.release_lot.name == "lot.release"


async def test_the_palette_offers_what_the_role_may_do_and_nothing_else(keys):
    async with keys("sun.md") as person:
        await person.shows("for you")
        await person.press("f9")
        await person.until(lambda: isinstance(person.app.screen, CommandPalette))
        await person.shows("Enrol a subject", "Log out")
        assert "Release the batch" not in person.says
        await person.press("escape")
        await person.screen("DayBoardScreen")


@pytest.mark.slow
@pytest.mark.requirement("R28", "R10")
async def test_an_administrator_records_a_training_and_changes_a_setting(keys, site):
    async with keys("zhang.admin") as person:
        await person.shows("for you")
        await find(person, "Record a training")
        await person.screen("ActScreen")
        typed = {"user_name": "li.tech", "role": "technician", "topic": "SOP-12", "trained_by": "Zhao Lin", "completed_on": "2026-11-01",
                 "expires_on": "2027-11-01"}  # fmt: skip
        for name, text in typed.items():
            await person.field(name, text)
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
        await find(person, "Change a setting")
        await person.screen("ActScreen")
        await person.shows("minutes until an idle bench locks", "a whole number from 1 to 60")
    assert [
        t.topic for p in people_register(site.store) if p.user_name == "li.tech" for t in p.trainings
    ] == ["SOP-12"]


@pytest.mark.slow
@pytest.mark.requirement("R20", "R25")
async def test_qa_reads_the_register_and_the_failures_and_a_technician_does_not(keys, site):
    with pytest.raises(Refusal):
        log_in(site.store, Credentials("root", "wrong-password"), "ward-3")
    async with keys("chen.qa") as person:
        await person.shows("failed attempts since you last logged in: 1 (names typed: root)")
        await find(person, "People of the site")
        await person.screen("PeopleScreen")
        await person.shows("li.tech", "Zhao Lin", "QA officer", "failed attempts in 30 days: 1")
        await person.shows("identity: demo: no identity check", "version 1 accepted", "staff of the demo")
        await person.press("ctrl+end")
        await person.shows("root", "ward-3")
        await person.press("escape")
        await person.screen("DayBoardScreen")
    async with keys("li.tech") as person:
        await person.shows("for you")
        await person.press("f9")
        await person.until(lambda: isinstance(person.app.screen, CommandPalette))
        await person.shows("Log out")
        assert "People of the site" not in person.says


@pytest.mark.slow
async def test_a_correction_found_by_name_asks_for_its_record_first_and_then_shows_what_stands_there(
    keys, site
):
    step = batch_page(site.store, CULTURE).steps[0].code
    async with keys("li.tech") as person:
        await person.shows("for you")
        await find(person, "Correct a step")
        await person.screen("WhichScreen")
        await person.type("ST-99999")
        await person.press("enter")
        await person.shows("there is no step ST-99999 at this site")
        assert person.app.screen.query_one(".field.refused").field.name == "on"
        await person.type(step)
        await person.press("enter")
        await person.screen("ActScreen")
        await person.shows(f"{CULTURE} · YA-001", "What it should say")
        assert person.app.screen.query_one("ChoiceField")._choices


@pytest.mark.parametrize("name", sorted(OF_ONE_RECORD))
def test_what_a_form_shows_of_a_record_is_of_a_record_that_was_named(name):
    assert named(name).on is not None
    assert has_form(name)
