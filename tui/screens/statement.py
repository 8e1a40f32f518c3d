"""The accountability statement, read and accepted before the first signature (R28), and again for each new version."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.views.people import PublishedStatement, statement_in_force
from inkt_mfg.workflow import people
from inkt_mfg.workflow.bench import Bench
from tui.asking import No
from tui.keys import key
from tui.screens.house import HouseScreen
from tui.widgets.frame.plain import Plain


class StatementScreen(HouseScreen[None]):
    """Leads to the day board either way; whoever has not accepted may look and record, and signs nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "accept",
            Phrase("Accept"),
            Phrase("Accept the statement as it stands here"),
            id="statement.accept",
            priority=True,
        ),
        key(
            "escape",
            "later",
            Phrase("Later"),
            Phrase("To the day board; nothing can be signed before it is accepted"),
            id="statement.later",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._statement: PublishedStatement | None = None

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield Plain(
            str(Phrase("Read it to the end. You accept it once; nothing can be signed before.")),
            classes="asks",
        )
        with VerticalScroll(id="statement-place"):
            yield Plain("", id="statement-text")
        with Horizontal(id="act-bar"):
            yield Button(str(Phrase("I accept")), id="do", variant="primary", disabled=True)
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        self.query_one("#statement-place").focus()
        store = self.bench.store
        self.ask(lambda: statement_in_force(store), self._show)

    def _show(self, statement: PublishedStatement) -> None:
        self._statement = statement
        heading = Phrase("Accountability statement, version {version}", version=statement.version)
        self.query_one("#heading", Plain).update(str(heading))
        self.query_one("#statement-text", Plain).update(statement.text)
        self.query_one("#do", Button).disabled = False

    @on(Button.Pressed, "#do")
    def action_accept(self) -> None:
        """The version shown; another published meanwhile is refused and has to be read."""
        if self._statement is None:
            return
        bench, version = self.bench, str(self._statement.version)

        def accept() -> Bench:
            bench.run(people.accept_statement, version=version)
            return bench.with_statement_accepted()

        self.ask(accept, self._accepted, group="acting")

    def _accepted(self, bench: Bench) -> None:
        self.app.notify(f"✓ {Phrase('the accountability statement is accepted')}", timeout=6, markup=False)
        self.house.to_the_board(bench)

    def refused(self, no: No) -> None:
        """Said beside the button; the newest version is shown."""
        self.app.bell()
        self.query_one("#act-says", Plain).update(f"✗ {no}")
        store = self.bench.store
        self.ask(lambda: statement_in_force(store), self._show)

    def action_later(self) -> None:
        """The day board says that it waits."""
        self.house.to_the_board(self.bench)
