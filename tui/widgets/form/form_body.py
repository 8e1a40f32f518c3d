"""All fields of a form in the order of the declaration, and refusals put beside the fields they name."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from inkt_mfg.codes.gs1 import ElementString
from inkt_mfg.refusal import Blocker
from tui.forms.field import Field
from tui.widgets.form.field_row import FieldRow
from tui.widgets.form.refusal_note import RefusalNote


class FormBody(VerticalScroll):
    """Knows what was typed; sends nothing. Refusals that name no field stand above all."""

    def __init__(self, fields: tuple[Field, ...], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, can_focus=False)
        self.fields = fields
        self._from_box: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield RefusalNote(id="refused-form")
        for field in self.fields:
            yield FieldRow(field, box_read=self._box_read)

    def _box_read(self, field: Field, box: ElementString) -> None:
        """The expiry a box's code says, into the field for it. A box that says none takes back what another box said."""
        row = self.row(field.expiry_goes_to)
        if row is None:
            return
        said = str(box.expires_on or "")
        if said or row.typed == self._from_box.get(row.field.name):
            row.fill(said)
        self._from_box[row.field.name] = said

    @property
    def rows(self) -> list[FieldRow]:
        return list(self.query(FieldRow))

    @property
    def typed(self) -> dict[str, str]:
        """Field name → text, exactly as typed."""
        return {row.field.name: row.typed for row in self.rows}

    @property
    def begun(self) -> bool:
        """Whether anything stands here that was not there at first."""
        return any(row.typed != row.field.typed for row in self.rows)

    def row(self, name: str) -> FieldRow | None:
        """The row of the field with this name."""
        return next((row for row in self.rows if row.field.name == name), None)

    def focus_first(self) -> None:
        """The first field that is still empty."""
        rows = self.rows
        if rows:
            next((r for r in rows if not r.typed), rows[0]).take_focus()

    def misread(self) -> list[Blocker]:
        """Scans of the wrong kind anywhere in the form."""
        return [blocker for row in self.rows if (blocker := row.misread()) is not None]

    def show(self, blockers: tuple[Blocker, ...] | list[Blocker]) -> None:
        """Each refusal beside its field; the cursor goes to the first of them."""
        placed = [(blocker, self._row_of(blocker)) for blocker in blockers]
        for row in self.rows:
            row.show(*(blocker for blocker, place in placed if place is row))
        nowhere = [blocker for blocker, place in placed if place is None]
        note = self.query_one("#refused-form", RefusalNote)
        note.show(*nowhere)
        refused = next((row for row in self.rows if row.has_class("refused")), None)
        if refused is not None:
            refused.take_focus()
        elif nowhere:
            note.scroll_visible(animate=False, top=True)

    def _row_of(self, blocker: Blocker) -> FieldRow | None:
        """The row a refusal names, or else the only one that holds the very text it quotes."""
        named = [row for row in self.rows if row.field.answers_to(blocker.field)]
        said = (blocker.quoted or "").strip()
        quoted = [row for row in self.rows if said and row.typed.strip() == said]
        return named[0] if named else quoted[0] if len(quoted) == 1 else None
