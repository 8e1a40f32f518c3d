"""One field of a form: label, the widget to fill in, its hint, and beneath them the refusal that names it."""

from collections.abc import Callable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from inkt_mfg.codes.gs1 import ElementString
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from tui.forms.field import Entry, Field
from tui.widgets.form.choice_field import ChoiceField
from tui.widgets.form.quick_input import QuickInput
from tui.widgets.form.refusal_note import RefusalNote
from tui.widgets.form.scan_field import ScanField
from tui.widgets.frame.plain import Plain

_MARKS = {Entry.SCAN: "▥", Entry.MOMENT: "◷", Entry.DATE: "◷", Entry.CHOICE: "◂▸"}


class FieldRow(Vertical):
    """Keeps what was typed whatever happens. Posts ``Changed`` at every change.

    ``box_read`` is told what the code of a reagent's box says, whose lot number this row takes.
    """

    class Changed(Message):
        """What is typed in this row changed."""

    def __init__(
        self, field: Field, *, box_read: Callable[[Field, ElementString], None] | None = None
    ) -> None:
        super().__init__(classes="field")
        self.field = field
        self._box_read = box_read

    def compose(self) -> ComposeResult:
        optional = "" if not self.field.optional else " ·"
        with Horizontal(classes="line"):
            yield Plain(f"{self.field.label}{optional}", classes="label")
            yield self._entry()
            yield Plain(_MARKS.get(self.field.entry, " "), classes="mark")
        yield RefusalNote()

    def _entry(self) -> Widget:
        field, name = self.field, self.field.name
        example = as_example(field.example)
        match field.entry:
            case Entry.SCAN:
                return ScanField(
                    field.typed, kind=field.scan, name=name, placeholder=example, box_read=self._read_box
                )
            case Entry.CHOICE:
                return ChoiceField(field.choices, field.typed, name=name)
            case _:
                secret = field.entry is Entry.SECRET
                return QuickInput(field.typed, placeholder=example, name=name, password=secret)

    def _read_box(self, box: ElementString) -> None:
        if self._box_read is not None:
            self._box_read(self.field, box)

    @property
    def entry(self) -> Widget:
        """The widget the keyboard goes to."""
        return self.query("Input, ChoiceField").first()

    def take_focus(self) -> None:
        """The keyboard goes here, from the very next key on; a widget's own ``focus`` comes by a message, later."""
        self.screen.set_focus(self.entry)

    @property
    def typed(self) -> str:
        """What is in it, exactly as typed."""
        entry = self.entry
        assert isinstance(entry, Input | ChoiceField)
        return entry.value

    def fill(self, text: str) -> None:
        """Type for the person: the present time, say."""
        entry = self.entry
        assert isinstance(entry, Input)
        entry.value = text
        entry.cursor_position = len(text)

    def show(self, *blockers: Blocker) -> None:
        """The refusals that name this field; none clears it."""
        self.set_class(bool(blockers), "refused")
        self.query_one(RefusalNote).show(*blockers)

    def misread(self) -> Blocker | None:
        """A scan of the wrong kind, or a list nobody has chosen from, before anything is sent."""
        entry = self.entry
        if isinstance(entry, ChoiceField) and not entry.value and not self.field.optional:
            return Blocker(
                "entry.missing",
                Phrase("nothing is chosen"),
                Phrase("one of the list"),
                field=self.field.name,
            )
        if isinstance(entry, ScanField) and entry.value.strip():
            no = entry.check()
            return no.first if no is not None else None
        return None

    @on(Input.Changed)
    @on(ChoiceField.Changed)
    def _something_typed(self, event: Input.Changed | ChoiceField.Changed) -> None:
        event.stop()
        if self.has_class("refused"):
            self.show()
        self.post_message(self.Changed())

    @on(ScanField.Rejected)
    def _rejected(self, event: ScanField.Rejected) -> None:
        event.stop()
        self.show(*event.refusal.blockers)

    def on_descendant_focus(self) -> None:
        """The hint shows below the form while one is in the field: the fields themselves never jump."""
        self.add_class("within")
        for line in self.screen.query(".hint").results(Plain):
            said = f"{self.field.label}: {self.field.hint}" if self.field.hint else ""
            line.update(said, layout=False)  # one line whatever it says

    def on_descendant_blur(self) -> None:
        """And goes when one leaves it."""
        self.remove_class("within")

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.take_focus()


def as_example(text: str) -> str:
    """So that an example is not taken for something typed where there is no colour."""
    return str(Phrase("e.g. {example}", example=text)) if text else ""
