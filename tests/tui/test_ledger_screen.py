"""The audit trail at the terminal: a page at a time, of a record, a person, a day, holding a text, at any width."""

import pytest
from rich.cells import cell_len
from test_technician import open_batch
from who_is_there import BATCH

from tui.widgets.batch.telling import Telling
from tui.widgets.ledger.trail import folded

CULTURE = BATCH["YA-001"]
pytestmark = pytest.mark.requirement("R01")


async def to_the_ledger(person) -> None:
    await person.shows("for you")
    await person.press("f8")
    await person.screen("LedgerScreen")
    await person.shows("o shows older ones")


def shown(person) -> str:
    return str(person.app.screen.query_one(Telling).render())


@pytest.mark.slow
@pytest.mark.requirement("R08")
async def test_in_eighty_columns_the_newest_stand_first_old_and_new_side_by_side_and_older_ones_a_page_further(
    keys,
):
    async with keys("chen.qa", size=(80, 24)) as person:
        await to_the_ledger(person)
        newest = shown(person)
        room = person.app.screen.query_one(Telling).size.width
        assert max(map(cell_len, newest.splitlines())) <= room <= 80 - 3
        assert any("state" in line and " → " in line for line in newest.splitlines())
        await person.press("o")
        await person.until(lambda: shown(person) != newest)
        first = int(newest.split("#")[-1].split()[0])
        assert shown(person).lstrip().startswith(f"#{first - 1} ")
        await person.press("n")
        await person.until(lambda: shown(person) == newest)


@pytest.mark.slow
async def test_from_a_batch_it_opens_on_that_batch_and_calls_nothing_by_a_key(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.press("f8")
        await person.screen("LedgerScreen")
        await person.shows("cell count N-", "Li Na (li.tech)", CULTURE)
        assert "Log in" not in shown(person)
        words = [word.strip("():,;") for word in shown(person).split()]
        assert not [w for w in words if len(w) == 32 and not set(w) - set("0123456789abcdef")]
        await person.press("escape")
        await person.screen("BatchScreen")


@pytest.mark.slow
async def test_one_person_one_day_and_a_text_restrict_it_together(keys):
    async with keys("chen.qa") as person:
        await to_the_ledger(person)
        await person.press("p")
        await person.type("li.tech")
        await person.press("enter")
        await person.until(lambda: "Wang Jun (wang.tech)  " not in shown(person).split("Li Na", 1)[0])
        await person.press("d")
        await person.type("2026-11-19")
        await person.press("enter", "slash")
        await person.type("feed")
        await person.press("enter")
        await person.shows("there are no older ones", "Feed")
        heads = [line for line in shown(person).splitlines() if line.startswith("#")]
        assert heads
        assert all("2026-11-19" in line and "Li Na (li.tech)" in line for line in heads)


@pytest.mark.slow
async def test_a_record_nobody_knows_is_told_and_a_search_for_a_secret_finds_nothing(keys):
    async with keys("chen.qa") as person:
        await to_the_ledger(person)
        before = shown(person)
        await person.press("r")
        await person.type("B-99999")
        await person.press("enter")
        await person.shows("there is no record B-99999")
        assert shown(person) == before
        await person.press("r", "home", "ctrl+k", "enter", "slash")
        await person.type("argon2id$")
        await person.press("enter")
        await person.shows("no entry fits")


def test_a_long_value_is_wrapped_and_every_character_of_it_is_kept():
    text = "no space " + "x" * 50 + " 王小明的记录很长很长 end"
    lines = folded(text, 12)
    assert max(map(cell_len, lines)) <= 12
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert folded("", 12) == [""]
    assert folded("one\ntwo", 12) == ["one", "two"]
