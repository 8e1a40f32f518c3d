"""Tables fit the screen: whole columns at a usual width, the longest text shortened first; an empty one says so."""

import pytest
from test_technician import FORMULATED, open_batch
from textual.widgets._footer import FooterKey
from who_is_there import BATCH

from tui.widgets.tables.lines import Lines


def wide(lines: Lines) -> int:
    return sum(column.get_render_width(lines) for column in lines.ordered_columns)


@pytest.mark.slow
@pytest.mark.parametrize("width", [120, 80])
async def test_the_board_says_who_at_any_usual_width(keys, width):
    async with keys("li.tech", size=(width, 30)) as person:
        await person.shows("Submit the batch for review", "a pharmacist")
        lines = person.app.screen.query_one("#tasks", Lines)
        assert wide(lines) <= width
        *_, what, who = lines.ordered_columns
        assert who.width >= 12
        assert what.width >= 24


async def test_the_batch_list_fits_120_columns_and_a_filter_that_finds_nothing_says_so(keys):
    async with keys("li.tech", size=(120, 30)) as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        await person.shows(FORMULATED)
        lines = person.app.screen.query_one("#batches", Lines)
        assert wide(lines) <= 120
        await person.press("slash")
        await person.type("nobody")
        await person.shows("no batch fits")
        await person.press("escape", "enter")  # which is no row to open
        assert person.at("BatchesScreen")
        assert lines.held is None


@pytest.mark.slow
async def test_a_long_fact_of_a_batch_goes_on_beneath_itself(keys):
    async with keys("li.tech", size=(80, 30)) as person:
        await open_batch(person, BATCH["YA-001"])
        overview = person.app.screen.query_one("#overview")
        lines = str(overview.render()).splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("Results to come"))
        assert lines[at + 1].startswith(" " * 20)
        assert max(map(len, lines)) <= 78


def footer(person) -> str:
    return " ".join(f"{k.key_display} {k.description}" for k in person.app.screen.query(FooterKey))


@pytest.mark.slow
async def test_the_footer_cuts_no_key_in_two_and_f1_tells_those_it_has_no_room_for(keys):
    async with keys("li.tech", size=(80, 24)) as person:
        await person.shows("for you: 2")
        await person.until(lambda: "f9 Acts" in footer(person))
        assert len(footer(person)) <= 80
        assert {"⏎ Open", "w Why?", "f1 Keys", "^l Lock"} <= {
            f"{k.key_display} {k.description}" for k in person.app.screen.query(FooterKey)
        }
        await person.press("f1")
        await person.screen("KeysScreen")
        await person.shows("Read the records again", "Leave the program", "Blood and apheresis", "Find")
        await person.press("escape")
        await person.screen("DayBoardScreen")
        await person.pilot.resize_terminal(60, 20)
        await person.until(lambda: len(footer(person)) <= 60)
        assert "f9 Acts" in footer(person)
