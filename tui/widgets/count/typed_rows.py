"""Rows of small inputs: the replicates of a count, the gates down to iNKT. What is typed stays as typed."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from inkt_mfg.refusal import Blocker
from tui.widgets.form.field_row import as_example
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.form.refusal_note import RefusalNote
from tui.widgets.frame.plain import Plain

Column = tuple[str, str]  # heading, example


class TypedRows(Vertical):
    """A heading, rows of inputs, and beneath them the refusals that name one. Posts ``Changed``."""

    class Changed(Message):
        """Something in the rows changed."""

    def __init__(self, title: str, columns: Sequence[Column], rows: int, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, classes="typed-rows")
        self._title, self._columns, self._first_rows = title, columns, rows

    def compose(self) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Plain(self._title, classes="label")
            for heading, _example in self._columns:
                yield Plain(heading, classes="column")
        with Vertical(classes="rows"):
            for _ in range(self._first_rows):
                yield self._row()
        yield RefusalNote()

    def _row(self) -> Horizontal:
        cells = [QuickInput(placeholder=as_example(example)) for _heading, example in self._columns]
        return Horizontal(Plain("", classes="label"), *cells, classes="line typed-row")

    async def add_row(self) -> None:
        """One more, and the cursor in it."""
        row = self._row()
        await self.query_one(".rows").mount(row)
        self.screen.set_focus(row.query(Input).first())

    @property
    def texts(self) -> list[tuple[str, ...]]:
        """Each row's texts; rows with nothing in them are left out."""
        rows = [tuple(cell.value for cell in row.query(Input)) for row in self.query(".typed-row")]
        return [row for row in rows if any(text.strip() for text in row)]

    @property
    def begun(self) -> bool:
        return bool(self.texts)

    def fill(self, rows: Sequence[Sequence[str]]) -> None:
        """Type for the person into the rows there are."""
        for row, texts in zip(self.query(".typed-row"), rows, strict=False):
            for cell, text in zip(row.query(Input), texts, strict=False):
                cell.value = text

    def show(self, *blockers: Blocker) -> None:
        """The refusals; the cell that holds the text they name is marked and gets the cursor."""
        self.query_one(RefusalNote).show(*blockers)
        named = {b.typed for b in blockers if b.typed}
        refused = [cell for cell in self.query(Input) if cell.value in named]
        for cell in self.query(Input):
            cell.set_class(cell in refused, "refused-cell")
        if refused:
            self.screen.set_focus(refused[0])

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.has_class("refused-cell"):
            self.query_one(RefusalNote).show()
            event.input.remove_class("refused-cell")
        self.post_message(self.Changed())
