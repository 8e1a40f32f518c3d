"""The people of the site for administrators and QA: the register, one account whole, and the attempts that failed.

Reads only; what is to be done with an account is found by its name (F9).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.views.comings import FailedAttempt
from inkt_mfg.views.people import RegisteredPerson, failed_attempts, people_register
from inkt_mfg.workflow.people_told import account, failure, last_log_in, marks_of, roles_of
from tui.keys import key
from tui.screens.main import MainScreen
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Lines

_FAILURES = "failures"
LOOKED_BACK = timedelta(days=30)
Found = tuple[tuple[RegisteredPerson, ...], tuple[FailedAttempt, ...]]


class PeopleScreen(MainScreen):
    """Everybody who ever had an account; beneath, the account under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "back", Phrase("Back"), Phrase("Back to the day board"), id="people.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._people: dict[str, RegisteredPerson] = {}
        self._failures: tuple[FailedAttempt, ...] = ()

    def content(self) -> Iterator[Widget]:
        yield Lines(
            Phrase("User name"), Phrase("Full name"), Phrase("Roles"), Phrase("Last log-in"), Phrase("State"),
            id="people",
        )  # fmt: skip
        with VerticalScroll(id="account-place", can_focus=False):
            yield Plain("", id="account")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#people", Lines).focus()

    def action_read(self) -> None:
        store = self.bench.store

        def read() -> Found:
            return people_register(store), failed_attempts(store, since=store.clock.now() - LOOKED_BACK)

        self.ask(read, self._show)

    def _show(self, found: Found) -> None:
        register, self._failures = found
        self._people = {p.user_name: p for p in register}
        tried = Phrase("failed attempts in {n} days: {many}", n=LOOKED_BACK.days, many=len(self._failures))
        rows = [(p.user_name, self._cells(p)) for p in register]
        self.query_one("#people", Lines).fill(
            [*rows, (_FAILURES, [Text("–"), Text(str(tried)), Text(""), Text(""), Text("")])]
        )
        self._show_account()

    def action_back(self) -> None:
        """As F2; an action of its own, so that the footer shows both keys."""
        self.action_board()

    def _cells(self, person: RegisteredPerson) -> list[Text]:
        style = "" if person.active else "dim"
        marks = Text(", ".join(marks_of(person)), style="bold yellow")
        rest = (person.user_name, person.full_name, roles_of(person), last_log_in(person, self.local))
        return [*(Text(cell, style=style) for cell in rest), marks]

    @on(DataTable.RowHighlighted, "#people")
    def _show_account(self) -> None:
        held = self.query_one("#people", Lines).held
        person = self._people.get(held or "")
        lines = (
            account(person, self.local)
            if person is not None
            else (failure(one, self.local) for one in self._failures)
        )
        self.query_one("#account", Plain).update("\n".join(lines))
