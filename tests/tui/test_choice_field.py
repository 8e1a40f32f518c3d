"""A short list: arrows, the space bar or first letters choose; nothing is chosen until somebody has chosen."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from inkt_mfg.language import Phrase
from tui.forms.field import Choice, Entry, Field, yes_or_no
from tui.widgets.form.choice_field import ChoiceField
from tui.widgets.form.field_row import FieldRow

STEPS = (
    Choice("feed", "Feed the culture"),
    Choice("count", "Count the culture"),
    Choice("restimulate", "Restimulate with pulsed autologous dendritic cells"),
)


class Stand(App[None]):
    """One field and something to go on to."""

    def __init__(self, choices=(), value: str = "") -> None:
        super().__init__()
        self.field = ChoiceField(choices or yes_or_no(), value)
        self.changes: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.field
        yield Input(id="next")

    def on_choice_field_changed(self, event: ChoiceField.Changed) -> None:
        self.changes.append(event.field.value)


async def test_nothing_is_chosen_at_first():
    async with Stand().run_test() as pilot:
        assert pilot.app.field.value == ""
        assert pilot.app.field.render().plain == "( ) yes   ( ) no"


async def test_what_was_likely_is_chosen_already():
    async with Stand(STEPS, "count").run_test() as pilot:
        assert pilot.app.field.value == "count"


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (["n"], "no"),
        (["y"], "yes"),
        (["right"], "yes"),
        (["right", "right"], "no"),
        (["right", "right", "right"], "yes"),
        (["left"], "no"),
        (["space"], "yes"),
        (["x"], ""),
    ],
)
async def test_keys_choose(keys, value):
    app = Stand()
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        assert app.field.value == value


async def test_a_word_is_sought_from_its_beginning_and_long_lists_stand_one_below_the_other():
    app = Stand(STEPS)
    async with app.run_test() as pilot:
        await pilot.press("c", "o", "u", "n", "t", "space", "t")
        assert app.field.value == "count"
        assert len(app.field.render().plain.splitlines()) == len(STEPS)
        assert app.changes == ["count"]


async def test_enter_and_tab_go_on():
    app = Stand()
    async with app.run_test() as pilot:
        await pilot.press("n", "enter")
        assert app.focused.id == "next"
        await pilot.press("shift+tab")
        assert app.focused is app.field
        await pilot.press("tab")
        assert app.focused.id == "next"


async def test_the_mouse_chooses_the_option_under_it():
    app = Stand()
    async with app.run_test() as pilot:
        await pilot.click(ChoiceField, offset=(12, 0))
        assert app.field.value == "no"
    tall = Stand(STEPS)
    async with tall.run_test() as pilot:
        await pilot.click(ChoiceField, offset=(3, 2))
        assert tall.field.value == "restimulate"


async def test_a_list_nobody_chose_from_is_refused_before_anything_is_sent():
    class Rows(App[None]):
        def compose(self) -> ComposeResult:
            yield FieldRow(Field("intact", Phrase("Intact"), Entry.CHOICE, choices=yes_or_no()))
            yield FieldRow(Field("more", Phrase("More"), Entry.CHOICE, choices=yes_or_no(), optional=True))

    async with Rows().run_test() as pilot:
        needed, optional = pilot.app.query(FieldRow)
        assert needed.misread().rule == "entry.missing"
        assert optional.misread() is None
