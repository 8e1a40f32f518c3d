"""The pictures of the README are what the terminal shows today; they are drawn by ``python -m tools.pictures``."""

import pytest

from tools.pictures import PICTURES, draw, lines_of, small_trial
from tui.keys import _SAID
from tui.screens.batch import BatchScreen
from tui.screens.day_board import DayBoardScreen

NAMES = ("day-board", "batch-page")


def picture(name: str) -> list[str]:
    return lines_of((PICTURES / f"{name}.svg").read_text("utf-8"))


@pytest.mark.parametrize(("name", "screen"), [("day-board", DayBoardScreen), ("batch-page", BatchScreen)])
def test_a_picture_has_the_keys_the_screen_has(name, screen):
    footer = picture(name)[-1]
    shown = [b for b in screen.BINDINGS if b.show]
    assert shown
    for binding in shown:
        assert _SAID[binding.id][0].english in footer


def test_the_day_board_says_how_the_ledger_is_sealed_and_why_something_is_blocked():
    lines = picture("day-board")
    assert lines[4].startswith("Ledger: ")
    assert any("✗ blocked" in line for line in lines)
    assert any(line.startswith("✗ ") and "[" in line for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_fetches_nothing_from_elsewhere(name):
    text = (PICTURES / f"{name}.svg").read_text("utf-8")
    assert "@font-face" not in text
    assert "url(http" not in text


@pytest.mark.slow
async def test_what_stands_in_the_documents_is_what_is_drawn_today():
    with small_trial() as store:
        drawn = await draw(store)
    assert {name: lines_of(svg) for name, svg in drawn.items()} == {name: picture(name) for name in NAMES}
