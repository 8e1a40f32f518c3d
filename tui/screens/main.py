"""The main screens lead to each other by function keys and open acts; every one can be read again.

What is scanned on one of them opens what it names, and nothing else.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.views.called import Called, called
from tui.acting import Target
from tui.asking import No
from tui.keys import key
from tui.screens.house import HouseScreen
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.form.scan_bar import ScanBar
from tui.widgets.form.scan_field import ScanField


class MainScreen(HouseScreen[None]):
    """Nothing is typed here that could be lost, so it may be left at any time."""

    may_leave = True
    about = ""  # the code of the record a screen shows; the ledger opens on it
    scans_into = ""  # its own filter, where it has one: what is scanned goes there
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
        key("f5", "read", Phrase("Read again"), Phrase("Read the records again"), id="main.read"),
        key("f6", "collections", Phrase("Blood"), Phrase("Blood and apheresis"), id="main.collections"),
        key(
            "f8",
            "ledger",
            Phrase("Ledger"),
            Phrase("What happened to this record, or at the site"),
            id="main.ledger",
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

    # --- what is scanned here

    def beneath(self) -> Iterator[Widget]:
        """Where a scan goes that has no filter to go to."""
        if not self.scans_into:
            yield ScanBar()

    def scan_begins(self, text: str) -> bool:
        """Into the filter, instead of what stood there, or into the line beneath."""
        if self.scans_into:
            self.query_one(self.scans_into, QuickInput).begin(text)
            return True
        bars = self.query(ScanBar)
        if bars:
            bars.first().begin(text)
        return bool(bars)

    @property
    def _scanning(self) -> bool:
        """Whether another scan is on its way, which counts more than the answer to the one before."""
        return any(bar.has_class("open") and bar.line.value for bar in self.query(ScanBar))

    @on(ScanField.Scanned, "#named")
    def _scanned_here(self, event: ScanField.Scanned) -> None:
        event.field.value = ""  # the keyboard stays: a scanner's second line end does nothing
        self.look_for(event.text)

    @on(ScanField.Rejected)
    def _misread_here(self, event: ScanField.Rejected) -> None:
        self.refused(event.refusal)

    def look_for(self, text: str) -> None:
        """Go to the record this text names, or say that it names none."""
        store = self.bench.store
        self.ask(lambda: called(store, text), self._found_it, group="looking", refused=self._found_none)

    def _found_it(self, found: Called) -> None:
        if self._scanning or self.app.screen is not self:
            return
        self._leave_scan()
        if not self.points_at(found):
            self._open_called(found)

    def _found_none(self, no: No) -> None:
        self.refused(no)
        if not self._scanning:
            self._leave_scan()

    def _leave_scan(self) -> None:
        """What is scanned next is no part of it."""
        for bar in self.query(ScanBar):
            bar.close()
        if self.scans_into:
            self.query_one(self.scans_into, QuickInput).select_all()

    def points_at(self, found: Called) -> bool:
        """Whether this very screen shows it, now under the cursor."""
        here = bool(self.about) and self.about in {found.batch, found.subject, found.collection}
        if here:
            self.notify(f"✓ {Phrase('{code}: you are looking at it', code=found.code)}", markup=False)
        return here

    def _open_called(self, found: Called) -> None:
        from tui.screens.batch import BatchScreen
        from tui.screens.labels import LabelsScreen
        from tui.screens.subject import SubjectScreen

        if found.batch:
            self.open(BatchScreen(found.batch))
        elif found.collection and found.code != found.collection:
            self.open(LabelsScreen(collection=found.collection))
        else:
            self.open(SubjectScreen(found.subject))

    # --- elsewhere

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
