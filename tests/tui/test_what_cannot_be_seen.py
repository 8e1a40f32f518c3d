"""Text of a record is shown, and never obeyed by the terminal: an ESC in a remark is written out."""

import pytest
from rich.segment import Segment
from rich.text import Text
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content

from inkt_mfg.language import Phrase
from tui.app import InktApp
from tui.widgets.frame.plain import NothingObeyed, Plain, shown
from tui.widgets.ledger.trail import folded
from tui.widgets.tables.lines import Lines

TITLE = "spill \x1b]0;not the lab \x9b31m\u202e王小明"
READ = "spill \\u001b]0;not the lab \\u009b31m\\u202e王小明"


class Stand(App[None]):
    """A text and a table, as every screen is made of."""

    def compose(self) -> ComposeResult:
        yield Plain(TITLE, id="first")
        yield Plain(id="later")
        yield Lines(Phrase("remark"), Phrase("state"))


async def test_texts_and_tables_write_out_what_cannot_be_seen():
    async with Stand().run_test() as pilot:
        later, table = pilot.app.query_one("#later", Plain), pilot.app.query_one(Lines)
        later.update(Content("\n").join([Content(TITLE), Content.styled(TITLE, "bold")]))
        table.fill([("1", [TITLE, Text(TITLE, style="bold")])])
        assert str(pilot.app.query_one("#first", Plain).visual) == READ
        assert str(later.visual) == f"{READ}\n{READ}"
        assert [cell.plain for cell in table.get_row("1")] == [READ, READ]


def test_styles_stay_where_they_were():
    found = shown(Content.assemble(("a\x1b", "bold"), "b"))
    assert isinstance(found, Content)
    assert found.plain == "a\\u001bb"
    assert all(span.end <= len("a\\u001b") for span in found.spans if span.style == "bold")


def test_a_value_of_the_audit_trail_is_wrapped_as_it_is_written_out():
    assert "".join(folded("\x1b[2J\rgone", 8)) == "\\u001b[2J\\u000dgone"


@pytest.mark.parametrize("text", [TITLE, "two\nlines", "half \ud800"])
def test_whatever_else_reaches_the_screen_holds_nothing_to_obey(text):
    app = InktApp(lambda: None, "bench-1")
    door = next(f for f in app.get_line_filters() if isinstance(f, NothingObeyed))
    [left] = door.apply([Segment(text)], Color(0, 0, 0))
    assert left.text.isprintable()
    assert left.cell_length == Segment(text).cell_length


def test_what_can_be_seen_passes_as_it_is():
    line = [Segment("王小明 · ≥ 5 × 10^8"), Segment("\U0010eeee\u0305")]  # a picture's placeholder too
    assert NothingObeyed().apply(line, Color(0, 0, 0)) == line
