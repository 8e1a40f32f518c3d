"""What cannot be right is refused in place, beside its field, and nothing that was typed is lost."""

import pytest
from test_palette_and_people import find
from test_pharmacist_and_ward import to_subject
from test_technician import open_batch
from textual.widgets import Input
from who_is_there import BATCH, CONTROL

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.batch_page import batch_page
from inkt_mfg.views.ledger_pages import Asked, ledger_page
from inkt_mfg.workflow import deviations, release
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials

CULTURE, IN_REVIEW = BATCH["YA-001"], BATCH["YA-003"]
RIGHT = {"volume": "160 mL", "concentration": "1.25e6 cells/mL", "viability": "92.5 %"}


WRONG = (
    ("volume", "1,5 mL", "units.number"),
    ("concentration", "5e8", "units.missing"),
    ("concentration", "1.25e6 cells", "units"),
    ("viability", "101 %", "counting"),
)


@pytest.mark.slow
async def test_a_count_that_cannot_be_read_is_refused_in_place_and_stays_as_typed(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("count.record")
        await person.screen("CountScreen")
        await type_count(person, RIGHT)
        for field, typed, rule in WRONG:
            cell = next(i for i in person.app.screen.query(Input) if i.value == RIGHT[field])
            await type_over(person, cell, typed)
            await person.press("ctrl+s")
            await person.shows("Not recorded.", rule, typed)
            kept = [i.value for i in person.app.screen.query(Input)]
            assert [
                text for text in (typed, *RIGHT.values()) if text not in kept and text != RIGHT[field]
            ] == []
            await type_over(person, cell, RIGHT[field])
    assert len(batch_page(site.store, CULTURE).counts) == 2


async def type_over(person, cell, text: str) -> None:
    while person.app.focused is not cell:
        await person.press("shift+tab")
    await person.press("home", "ctrl+k")
    await person.type(text)


@pytest.mark.slow
async def test_a_refusal_stands_beside_its_field_and_the_cursor_goes_there(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("batch.feed")
        await person.screen("ActScreen")
        await person.field("performed_at", "2026-11-19 25:00")
        await person.press("ctrl+s")
        await person.shows("time.moment", "2026-11-19 25:00")
        assert person.app.focused.name == "performed_at"
        row = person.app.screen.query_one(".field.refused")
        assert row.field.name == "performed_at"


async def test_a_form_is_checked_before_a_signature_is_asked_for(keys, site):
    before = ledger_page(site.store, Asked()).entries[0].sequence
    async with keys("liu.pharm") as person:
        await person.shows("for you")
        await find(person, "Destroy a label")
        await person.screen("ActScreen")
        await person.press("ctrl+s")
        await person.shows("“destroy a label before a witness” needs the code of a label")
        assert person.app.focused.name == "on"
        await person.type("L-99999")
        await person.field("reason", "torn at the printer")
        await person.press("ctrl+s")
        await person.shows("there is no label L-99999 at this site")
        assert person.app.screen.query_one(".field.refused").field.name == "on"
        await person.field("reason", "")
        await person.field("on", "L-00001")
        await person.press("ctrl+s")
        await person.shows("R02")
        assert person.app.focused.name == "reason"
        assert person.at("ActScreen")
        await person.type("torn at the printer")
        await person.press("ctrl+s")
        await person.shows("R30")  # it is on a bag that has left: known before anybody signs
        assert person.at("ActScreen")
    signed = [e for e in ledger_page(site.store, Asked()).entries if e.sequence > before]
    assert {e.command for e in signed} == {"person.log_in"}


def test_what_is_rehearsed_is_refused_as_it_would_be_and_leaves_nothing(site):
    bench = log_in(site.store, Credentials("li.tech", PASSWORD), "bench-2")
    before = ledger_page(site.store, Asked()).entries[0].sequence
    with pytest.raises(Refusal, match="R30"):
        bench.rehearse(release.submit, IN_REVIEW)
    bench.rehearse(release.submit, BATCH["YA-002"])
    assert batch_page(site.store, BATCH["YA-002"]).state == "formulated"
    assert ledger_page(site.store, Asked()).entries[0].sequence == before


@pytest.mark.slow
async def test_every_field_of_a_step_that_cannot_be_right_is_told_at_once(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("batch.feed")
        await person.screen("ActScreen")
        await person.field("performed_at", "abc")
        await person.field("volume_added", "1,5 mL")
        await person.press("ctrl+s")
        await person.shows("time.moment", "units.number")
        refused = [row.field.name for row in person.app.screen.query(".field.refused")]
        assert refused == ["performed_at", "volume_added", "culture_volume", "lot:medium", "lot:il2"]
        assert person.app.focused.name == "performed_at"


@pytest.mark.slow
@pytest.mark.requirement("R30")
async def test_a_dose_for_a_control_subject_is_greyed_and_says_why(keys):
    async with keys("sun.md") as person:
        await to_subject(person, CONTROL)
        await person.shows("never dosed")
        await person.highlight("dose.order")
        await person.press("w")
        await person.screen("WhyScreen")
        await person.shows("dose.arm", "which is never dosed", "a control subject receives no cells")


@pytest.mark.slow
async def test_a_form_opened_before_somebody_else_worked_on_the_batch_is_told_and_kept(keys, site):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("deviation.open")
        await person.screen("ActScreen")
        await person.field("description", "medium bottle cracked")
        await person.field("severity", "minor")
        somebody_else(site)
        await person.press("ctrl+s")
        await person.shows("record.version", "somebody else changed this record")
        assert person.value("description") == "medium bottle cracked"
        await person.press("ctrl+r")
        await person.shows("Read again", "Wang Jun: open a deviation")
        assert person.value("description") == "medium bottle cracked"
        await person.press("ctrl+s")
        await person.screen("BatchScreen")
    said = [d.description for d in batch_page(site.store, CULTURE).open_deviations]
    assert said == ["door alarm", "medium bottle cracked"]


@pytest.mark.slow
async def test_leaving_a_form_with_something_typed_asks_first(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("deviation.open")
        await person.screen("ActScreen")
        await person.field("description", "half a sen")
        await person.press("escape")
        await person.screen("SureScreen")
        await person.press("escape")
        await person.screen("ActScreen")
        assert person.value("description") == "half a sen"
        await person.press("escape")
        await person.screen("SureScreen")
        await person.press("y")
        await person.screen("BatchScreen")


@pytest.mark.slow
async def test_text_of_a_record_is_never_read_as_markup(keys, site):
    bench = log_in(site.store, Credentials("wang.tech", PASSWORD), "bench-2")
    bench.run(deviations.open_deviation, CULTURE, description="[bold]label[/bold] [x=1]", severity="minor")
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.shows("[bold]label[/bold] [x=1]")


async def type_count(person, entered: dict[str, str]) -> None:
    await person.field("point", "Count the")
    await person.field("performed_at", "")
    await person.press("ctrl+n")
    await person.field("volume", entered["volume"])
    await person.press("enter")
    for _ in range(2):
        await person.type(entered["concentration"])
        await person.press("enter")
        await person.type(entered["viability"])
        await person.press("enter")
    await person.press("tab", "tab")
    await person.type("35 %")


def somebody_else(site) -> None:
    bench = log_in(site.store, Credentials("wang.tech", PASSWORD), "bench-2")
    bench.run(deviations.open_deviation, CULTURE, description="door alarm", severity="minor")
