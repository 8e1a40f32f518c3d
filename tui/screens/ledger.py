"""The audit trail: of the whole site, of one record, one person, one day, or holding a text; newest first, a page at a time.

A page is as quick at the millionth entry as at the first: it goes on from a number, and a search says how far back it
has looked. It reads only.
"""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from inkt_mfg.language import Phrase
from inkt_mfg.views.ledger_pages import PAGE, Asked, LedgerPage, ledger_page
from inkt_mfg.workflow.titles import commands_called
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.batch.telling import Telling
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.frame.plain import Plain
from tui.widgets.ledger import trail

SEARCH_SECONDS = 0.3  # then the screen says how far it got, and looks further when asked
FIELDS = {
    "text": Phrase("text"),
    "record": Phrase("record"),
    "person": Phrase("user name"),
    "day": Phrase("day"),
}
_EDGES = 6  # cells of it that hold no text: padding and the scroll bar, also before there is one


class LedgerScreen(MainScreen):
    """Opens on what it is given; every restriction stands in its field and can be changed there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "to('text')", Phrase("Search"), Phrase("Entries that hold a text"), id="ledger.text"),
        key(
            "r",
            "to('record')",
            Phrase("Record"),
            Phrase("One record and everything beneath it"),
            id="ledger.record",
        ),
        key("p", "to('person')", Phrase("Person"), Phrase("What one person did"), id="ledger.person"),
        key("d", "to('day')", Phrase("Day"), Phrase("One day of the site's own time"), id="ledger.day"),
        key(
            "o", "older", Phrase("Older"), Phrase("The page before, or look further back"), id="ledger.older"
        ),
        key("n", "newest", Phrase("Newest"), Phrase("The newest entries"), id="ledger.newest"),
        key(
            "escape",
            "back",
            Phrase("Back"),
            Phrase("From a field to the entries, from there back"),
            id="ledger.back",
        ),
    ]

    def __init__(self, *, record: str = "", person: str = "", day: str = "") -> None:
        super().__init__()
        self._start = {"text": "", "record": record, "person": person, "day": day}
        self._before: int | None = None
        self._page: LedgerPage | None = None

    def content(self) -> Iterator[Widget]:
        with Horizontal(id="ledger-filter"):
            for name, said in FIELDS.items():
                yield QuickInput(
                    self._start[name], placeholder=str(said), name=name, id=f"ledger-{name}", moves_on=False
                )
        yield Plain("", id="ledger-place")
        yield VerticalScroll(Telling(id="history"), id="ledger")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#ledger").focus()

    # --- reading

    def action_read(self) -> None:
        text = self._typed("text")
        asked = Asked(
            record=self._typed("record"),
            person=self._typed("person"),
            day=self._typed("day"),
            text=text,
            commands=commands_called(text),
        )
        page = partial(
            ledger_page, self.bench.store, asked, before=self._before, most=PAGE,
            seconds=SEARCH_SECONDS if asked.text else None,
        )  # fmt: skip
        self.ask(page, self._show)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#ledger-{name}", QuickInput).value.strip()

    def _show(self, found: LedgerPage) -> None:
        self._page = found
        self.query_one("#ledger-place", Plain).update(_where(found))
        self._tell()
        self.query_one("#ledger", VerticalScroll).scroll_home(animate=False)

    def _tell(self) -> None:
        if self._page is not None:
            width = self.query_one("#ledger").outer_size.width - _EDGES
            self.query_one(Telling).tell(trail.lines(self._page.entries, width))

    def on_resize(self) -> None:
        """The same entries at another width."""
        self._tell()

    # --- moving

    def action_older(self) -> None:
        """One page back in time."""
        if self._page is not None and self._page.more is not None:
            self._before = self._page.more
            self.action_read()

    def action_newest(self) -> None:
        """To the newest."""
        self._before = None
        self.action_read()

    def action_to(self, name: str) -> None:
        """To a field of the filter."""
        self.query_one(f"#ledger-{name}", QuickInput).focus()

    @on(Input.Submitted)
    def _restricted(self) -> None:
        """Another question begins with its newest entry."""
        self.query_one("#ledger").focus()
        self.action_newest()

    def action_back(self) -> None:
        """From a field to the entries; from the entries to where one came from."""
        if isinstance(self.focused, QuickInput):
            self.query_one("#ledger").focus()
        else:
            self.dismiss(None)


def _where(page: LedgerPage) -> str:
    """Which entries these are, and whether there are others."""
    numbers = [entry.sequence for entry in page.entries]
    shown = Phrase("no entry fits")
    if numbers:
        shown = Phrase("entries {last} to {first}", last=numbers[0], first=numbers[-1])
    if page.more is None:
        return f"{shown} · {Phrase('there are no older ones')}"
    if len(numbers) < PAGE:
        return f"{shown} · {Phrase('looked back to entry {n}; o looks further', n=page.more)}"
    return f"{shown} · {Phrase('o shows older ones')}"
