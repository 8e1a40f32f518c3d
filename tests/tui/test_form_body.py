"""A refusal stands beside the field it names, or holds what it quotes; what names none stands above all fields."""

from textual.app import App, ComposeResult
from textual.widgets import Input

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from tui.forms.field import Entry, Field
from tui.scanning import ScanKind
from tui.widgets.form.form_body import FormBody
from tui.widgets.form.refusal_note import RefusalNote, told

FIELDS = (
    Field("volume", Phrase("Volume"), example="80 mL"),
    Field("new_password", Phrase("New"), Entry.SECRET, also_named=("password",)),
    Field("lot:il2", Phrase("Lot"), Entry.SCAN, scan=ScanKind.LOT, hint=Phrase("released: IL-5521")),
)


class Stand(App[None]):
    def compose(self) -> ComposeResult:
        yield FormBody(FIELDS)

    @property
    def body(self) -> FormBody:
        return self.query_one(FormBody)

    @property
    def refused(self) -> list[str]:
        return [row.field.name for row in self.body.rows if row.has_class("refused")]


def no(field: str | None = None, typed: str | None = None) -> Blocker:
    return Blocker("units.number", Phrase("this is no number"), Phrase("80 mL"), field=field, typed=typed)


async def test_beside_the_field_it_names_with_the_cursor_there():
    async with Stand().run_test() as pilot:
        app = pilot.app
        app.body.show([no("lot:il2", "x")])
        await pilot.pause()
        assert app.refused == ["lot:il2"]
        assert app.focused.name == "lot:il2"
        note = app.body.row("lot:il2").query_one(RefusalNote)
        assert str(note.render()) == (
            "✗ this is no number: “x”  [units.number]\n"
            "  expected: 80 mL · resolved by: whoever typed it, by typing it again"
        )


async def test_by_the_other_name_a_rule_has_for_it():
    async with Stand().run_test() as pilot:
        pilot.app.body.show([no("password")])
        assert pilot.app.refused == ["new_password"]


async def test_by_the_text_it_quotes_when_only_one_field_holds_it():
    async with Stand().run_test() as pilot:
        pilot.app.body.row("lot:il2").fill("IL-1")
        pilot.app.body.show([no("materiallot", "IL-1")])
        assert pilot.app.refused == ["lot:il2"]


async def test_a_state_is_not_quoted_as_if_somebody_had_typed_it():
    assert "in_culture" not in str(told(no("state", "in_culture")))
    assert "1,5 mL" in str(told(no("volume", "1,5 mL")))


async def test_blanks_around_what_it_quotes_do_not_hide_the_field():
    async with Stand().run_test() as pilot:
        pilot.app.body.row("volume").fill(" B-1 ")
        pilot.app.body.show([no("batch", "B-1")])
        assert pilot.app.refused == ["volume"]


async def test_above_all_fields_when_it_is_about_none_of_them():
    async with Stand().run_test() as pilot:
        body = pilot.app.body
        body.show([no("state", "in_culture"), no("volume")])
        assert pilot.app.refused == ["volume"]
        assert "this is no number" in str(body.query_one("#refused-form", RefusalNote).render())
        body.show([])
        assert pilot.app.refused == []
        assert not body.query_one("#refused-form").has_class("shown")


async def test_typing_into_a_refused_field_takes_its_refusal_away_and_keeps_the_rest():
    async with Stand().run_test() as pilot:
        body = pilot.app.body
        body.row("volume").fill("1,5 mL")
        body.show([no("volume", "1,5 mL"), no("lot:il2")])
        await pilot.pause()
        await pilot.press("x")
        await pilot.pause()
        assert pilot.app.refused == ["lot:il2"]
        assert body.typed == {"volume": "1,5 mLx", "new_password": "", "lot:il2": ""}


async def test_a_form_knows_whether_anything_was_typed():
    async with Stand().run_test() as pilot:
        assert not pilot.app.body.begun
        pilot.app.body.row("volume").fill("1 mL")
        assert pilot.app.body.begun


async def test_a_code_of_another_kind_is_rejected_at_once_rings_the_bell_and_stays_selected():
    rung = []
    async with Stand().run_test() as pilot:
        app = pilot.app
        app.bell = lambda: rung.append(True)
        app.body.row("lot:il2").take_focus()
        await pilot.press(*"IC1.")
        await pilot.press("1", "enter")
        await pilot.pause()
        assert app.refused == ["lot:il2"]
        assert app.focused.name == "lot:il2"
        assert rung == [True]
        assert app.focused.selected_text == "IC1.1"
        await pilot.press(*"IL-5521", "enter")
        assert app.body.typed["lot:il2"] == "IL-5521"


async def test_secrets_are_not_shown():
    async with Stand().run_test() as pilot:
        assert pilot.app.body.row("new_password").query_one(Input).password
