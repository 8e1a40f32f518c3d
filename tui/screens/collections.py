"""The list of collections; Enter does what the one under the cursor waits for: receive, accept, or plan a batch."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.views.subjects import CollectionLine, collection_list
from inkt_mfg.workflow.catalogue import named
from tui import words
from tui.acting import Target
from tui.keys import key
from tui.screens.main import MainScreen
from tui.screens.subject import acts_of_collection
from tui.widgets.tables.lines import Lines


class CollectionsScreen(MainScreen):
    """The newest first, each with what comes next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("s", "subject", Phrase("Subject"), Phrase("The subject it comes from"), id="collections.subject"),
        key(
            "l",
            "labels",
            Phrase("Labels"),
            Phrase("Labels of this collection: prepare, print, apply"),
            id="collections.labels",
        ),
        key("x", "reject", Phrase("Reject"), Phrase("QA rejects it, with a reason"), id="collections.reject"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, CollectionLine] = {}

    def content(self) -> Iterator[Widget]:
        yield Lines(
            Phrase("Collection"),
            Phrase("State"),
            Phrase("Subject"),
            Phrase("Donation"),
            Phrase("Volume"),
            Phrase("Next"),
            id="collections",
            nothing=Phrase("no collection yet"),
            spares=((5, 12),),
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#collections", Lines).focus()

    def action_read(self) -> None:
        store = self.bench.store
        self.ask(lambda: collection_list(store), self._show)

    def _show(self, found: tuple[CollectionLine, ...]) -> None:
        self._found = {c.code: c for c in found}
        self.query_one("#collections", Lines).fill(
            (c.code, (c.code, words.state(c.state), c.subject, c.donation_id, c.volume, _next(c)))
            for c in found
        )

    @property
    def held(self) -> CollectionLine | None:
        """The collection under the cursor."""
        return self._found.get(self.query_one("#collections", Lines).held or "")

    @on(DataTable.RowSelected, "#collections")
    def _selected(self) -> None:
        held = self.held
        acts = acts_of_collection(held.state) if held else ()
        if held is not None and acts:
            self.open_act(Target(acts[0], held.code, subject=held.subject))

    def action_reject(self) -> None:
        """Only what was received can be rejected; the form says so."""
        if self.held is not None:
            self.open_act(Target("collection.reject", self.held.code, subject=self.held.subject))

    def action_labels(self) -> None:
        """Every label of what was collected."""
        from tui.screens.labels import LabelsScreen

        if self.held is not None:
            self.open(LabelsScreen(collection=self.held.code))

    def action_subject(self) -> None:
        """The subject's page."""
        from tui.screens.subject import SubjectScreen

        if self.held is not None:
            self.open(SubjectScreen(self.held.subject))


def _next(collection: CollectionLine) -> str:
    acts = acts_of_collection(collection.state)
    return words.titled(named(acts[0]).title) if acts else "–"
