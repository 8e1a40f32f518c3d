"""The main screens lead to each other by function keys and open acts; every one can be read again."""

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from inkt_mfg.language import Phrase
from tui.acting import Target
from tui.keys import key
from tui.screens.house import HouseScreen


class MainScreen(HouseScreen[None]):
    """Nothing is typed here that could be lost, so it may be left at any time."""

    may_leave = True
    about = ""  # the code of the record a screen shows; the ledger opens on it
    _covered = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f2", "board", Phrase("Today"), Phrase("What is due and what is blocked"), id="main.board"),
        key("f3", "batches", Phrase("Batches"), Phrase("All batches, with a filter"), id="main.batches"),
        key(
            "f4",
            "subjects",
            Phrase("Subjects"),
            Phrase("Subjects, bodies, orders, collections"),
            id="main.subjects",
        ),
        key("f5", "read", Phrase("Read again"), Phrase("Read the records again"), id="main.read", show=False),
        key("f6", "collections", Phrase("Blood"), Phrase("Blood and apheresis"), id="main.collections"),
        key(
            "f8",
            "ledger",
            Phrase("Ledger"),
            Phrase("What happened to this record, or at the site"),
            id="main.ledger",
            show=False,
        ),
        key(
            "f9",
            "app.command_palette",
            Phrase("Acts"),
            Phrase("Every act you may do, by name"),
            id="main.acts",
        ),
    ]

    def on_mount(self) -> None:
        self.action_read()

    def on_screen_suspend(self) -> None:
        """Another screen lies on top now."""
        self._covered = True

    def on_screen_resume(self) -> None:
        """Back from another screen: what it shows may have changed. The first time it is shown it reads by itself."""
        if self._covered and self.app.screen is self:  # not one that is only uncovered on the way out
            self._covered = False
            self.action_read()

    def action_read(self) -> None:
        """Ask the records again."""
        raise NotImplementedError

    def open(self, screen: Screen[Any]) -> None:
        """On top of this one."""
        self.app.push_screen(screen)

    def open_act(self, target: Target) -> None:
        """The form of an act on a record."""
        from tui.opening import screen_for

        self.open(screen_for(target))

    def action_board(self) -> None:
        """The day board."""
        from tui.screens.day_board import DayBoardScreen

        self.house.go_to(DayBoardScreen())

    def action_batches(self) -> None:
        """The list of batches."""
        from tui.screens.batches import BatchesScreen

        self.house.go_to(BatchesScreen())

    def action_subjects(self) -> None:
        """The list of subjects."""
        from tui.screens.subjects import SubjectsScreen

        self.house.go_to(SubjectsScreen())

    def action_collections(self) -> None:
        """The list of collections."""
        from tui.screens.collections import CollectionsScreen

        self.house.go_to(CollectionsScreen())

    def action_ledger(self) -> None:
        """The history of what this screen is about, or of the site."""
        from tui.screens.ledger import LedgerScreen

        self.open(LedgerScreen(record=self.about))
