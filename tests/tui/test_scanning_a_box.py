"""Scanning a reagent's box fills lot and expiry, however fast and in whatever form; an expired box is refused at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from bench_of_keys import Keys
from sqlmodel import select
from test_palette_and_people import find
from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen

from inkt_mfg.records.step import MaterialLot
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.bench_plan import PlannedMaterial
from tui.forms.catalogue import DECLARED
from tui.forms.field import Entry
from tui.forms.steps import material_field
from tui.scanning import GROUP, RECORD, ScanKind, read_box
from tui.widgets.form.form_body import FormBody
from tui.widgets.form.refusal_note import RefusalNote

TODAY = date(2026, 11, 19)
GTIN = "09501101530003"
BOX = f"]d201{GTIN}1727113010IL-7000"
EXPIRED = f"01{GTIN}17261118\x1d10IL-6000"
# The keys of a scanner: GS, RS, EOT and the return are control keys to a terminal.
CONTROLS = {
    "\x1d": "ctrl+right_square_bracket",
    "\x1e": "ctrl+circumflex_accent",
    "\x04": "ctrl+d",
    "\r": "enter",
}


def box(typed: str, kind: ScanKind = ScanKind.LOT):
    return read_box(typed, kind, "lot_number", lambda: TODAY)


def scan(app: App, text: str) -> None:
    """At full speed: no key waits for the one before."""
    for character in text:
        key = CONTROLS.get(character)
        event = events.Key(key or character, None if key else character)
        event.set_sender(app)
        app._driver.send_message(event)


# --- the form that registers a lot, by itself


class Registering(Screen[None]):
    """The fields of ``lot.register`` at a site whose day it is."""

    today = TODAY

    def compose(self) -> ComposeResult:
        yield FormBody(DECLARED["lot.register"].fields)

    def on_mount(self) -> None:
        self.query_one(FormBody).focus_first()


class Stand(App[None]):
    """Gives keys to the focused field in their order, as the application does."""

    def on_mount(self) -> None:
        self.push_screen(Registering())

    async def on_event(self, event: events.Event) -> None:
        take_key = getattr(self.focused, "take_key", None) if self.screen_stack else None
        if not (isinstance(event, events.Key) and take_key and take_key(event)):
            await super().on_event(event)

    @property
    def body(self) -> FormBody:
        return self.screen.query_one(FormBody)

    @property
    def says(self) -> str:
        return "".join(str(note.render()) for note in self.screen.query(RefusalNote) if note.display)

    async def scanned(self, text: str) -> dict[str, str]:
        """What stands in the form after this scan."""
        scan(self, text)
        await self.pilot.pause()
        return self.body.typed


@asynccontextmanager
async def form() -> AsyncIterator[Stand]:
    stand = Stand()
    async with stand.run_test() as stand.pilot:
        await stand.pilot.pause()
        yield stand


async def test_a_box_fills_lot_and_expiry_and_the_next_scan_lands_in_the_next_field():
    async with form() as stand:
        typed = await stand.scanned(f"{BOX}\x1d21A77\ril2\r")
        assert typed == {"lot_number": "IL-7000", "material": "il2", "expires_on": "2027-11-30"}
        assert stand.focused.name == "expires_on"


async def test_an_expired_box_is_refused_in_its_field_at_once_with_the_date():
    async with form() as stand:
        typed = await stand.scanned(f"{EXPIRED}\r")
        assert "lot IL-6000 expired on 2026-11-18, says the code on its box" in stand.says
        assert "a box in date on 2026-11-19" in stand.says
        assert stand.focused.name == "lot_number"
        assert typed["expires_on"] == ""
        typed = await stand.scanned(f"{BOX}\r")
        assert (typed["lot_number"], typed["expires_on"]) == ("IL-7000", "2027-11-30")


async def test_another_box_without_expiry_takes_back_what_the_first_one_said_but_not_what_a_hand_typed():
    async with form() as stand:
        lot, expiry = stand.body.row("lot_number"), stand.body.row("expires_on")
        said = []
        for text in (BOX, "]C110IL-7002", "]C110IL-7003"):
            lot.fill("")
            lot.take_focus()
            typed = await stand.scanned(f"{text}\r")
            said.append((typed["lot_number"], typed["expires_on"]))
            expiry.fill(typed["expires_on"] or "2027-12-31")
        assert said == [("IL-7000", "2027-11-30"), ("IL-7002", ""), ("IL-7003", "2027-12-31")]


async def test_a_message_that_ends_by_eot_alone_and_a_lot_typed_by_hand():
    async with form() as stand:
        typed = await stand.scanned(f"[)>\x1e05\x1d01{GTIN}\x1d17271100\x1d10IL-7003\x1e\x04")
        assert (typed["lot_number"], typed["expires_on"]) == ("IL-7003", "2027-11-30")
        stand.body.row("lot_number").fill("")
        stand.body.row("lot_number").take_focus()
        assert (await stand.scanned("IL-7004\r"))["lot_number"] == "IL-7004"


def test_the_lot_fields_of_a_step_read_boxes_too():
    field = material_field(PlannedMaterial("il2", "Interleukin-2", ()))
    assert (field.entry, field.scan) == (Entry.SCAN, ScanKind.LOT)


# --- at a site


@pytest.mark.slow
@pytest.mark.requirement("R32")
async def test_a_lot_is_registered_and_released_by_scanning_its_box(keys, site):
    async with keys("li.tech") as person:
        await naming(person, "Register a material", "lot_number")
        scan(person.app, f"{EXPIRED}\r")
        await person.shows("lot IL-6000 expired on 2026-11-18", "R32")
        scan(person.app, f"{BOX}\ril2\r")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
    async with keys("chen.qa") as person:
        await naming(person, "Release a material", "on")
        scan(person.app, f"{BOX}\r")
        await person.rest()
        await person.press("ctrl+s")
        await person.sign("chen.qa")
        await person.screen("DayBoardScreen")
    with site.store.reading() as session:
        lot = session.exec(select(MaterialLot).where(MaterialLot.code == "IL-7000")).one()
        assert (lot.material, lot.expires_on, lot.state.value) == ("il2", date(2027, 11, 30), "released")


async def naming(person: Keys, act: str, field: str) -> None:
    await person.shows("for you")
    await find(person, act)
    await person.screen("ActScreen")
    await person.until(lambda: person.app.focused.name == field)


# --- what is read


@pytest.mark.parametrize(
    "typed",
    [
        BOX,
        f"]C1{GROUP}{BOX[3:]}{GROUP}",
        f"01{GTIN}{GROUP}10IL-7000{GROUP}17271130",
        f"(01){GTIN}(17)271130(10)IL-7000",
        f"[)>{RECORD}05{GROUP}10IL-7000{GROUP}17271130{RECORD}",
    ],
)
def test_a_box_is_read_in_every_form_a_scanner_sends(typed):
    found = box(typed)
    assert (found.lot, found.expires_on) == ("IL-7000", date(2027, 11, 30))


@pytest.mark.parametrize("typed", ["IL-7000", "0112345", "1727113010A", "IKT1.I.A.B.C.1-1.L.A", "]C0IL-7000"])
def test_a_plain_lot_number_is_no_box(typed):
    assert box(typed) is None


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        (f"01{GTIN}17271130", "scan.lot"),
        (f"]d201{GTIN}11260101", "gs1.identifier"),
        ("]d20109501101530004", "gs1.check"),
        (f"]d2{EXPIRED}".replace("\x1d", GROUP), "R32"),
    ],
)
def test_a_code_without_a_lot_or_malformed_is_refused_at_its_field(typed, rule):
    with pytest.raises(Refusal) as no:
        box(typed)
    assert (no.value.rule, no.value.first.field, no.value.first.typed) == (rule, "lot_number", typed)


@pytest.mark.requirement("R32")
def test_a_box_is_in_date_to_the_end_of_its_last_day():
    assert box("]d210A\x1d17261119").lot == "A"
    with pytest.raises(Refusal, match="R32"):
        box("]d210A\x1d17261118")
    assert box("]d210A\x1d17261118", ScanKind.ANY_LOT).lot == "A"
