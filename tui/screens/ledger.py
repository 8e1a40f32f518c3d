"""Everything that happened at the site, newest first, old and new side by side, a page at a time."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.views.history import Entry, site_history
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.batch import telling
from tui.widgets.batch.telling import Telling

PAGE = 40  # entries; each may have dozens of lines


class LedgerScreen(MainScreen):
    """Reads only."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("pagedown", "older", Phrase("Older"), Phrase("The page before"), id="ledger.older"),
        key("home", "newest", Phrase("Newest"), Phrase("The newest entries"), id="ledger.newest"),
        key("escape", "back", Phrase("Back"), Phrase("Back"), id="ledger.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._before: int | None = None
        self._last: int | None = None

    def content(self) -> Iterator[Widget]:
        yield VerticalScroll(Telling(id="history"), id="ledger")

    def action_read(self) -> None:
        store, before = self.bench.store, self._before
        self.ask(lambda: site_history(store, before=before, most=PAGE), self._show)

    def _show(self, found: list[Entry]) -> None:
        self._last = min((e.sequence for e in found), default=None)
        self.query_one(Telling).tell(telling.history(found, self.shown_moment))
        place = self.query_one("#ledger", VerticalScroll)
        place.scroll_home(animate=False)
        place.focus()

    def action_older(self) -> None:
        """One page back in time."""
        if self._last is not None and self._last > 1:
            self._before = self._last
            self.action_read()

    def action_newest(self) -> None:
        """To the newest."""
        self._before = None
        self.action_read()

    def action_back(self) -> None:
        """Back."""
        self.dismiss(None)
