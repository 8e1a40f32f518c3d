"""One label, or one after the other, as it will print with its proof beside it. Reads only; nothing is printed here."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from tui import words
from tui.asking import No
from tui.keys import key
from tui.looking import Looked, look
from tui.screens.house import HouseScreen
from tui.widgets.frame.plain import Plain
from tui.widgets.label.label_view import LabelView

TURN = Phrase("The label as a picture, as dots, or as text: what this terminal can")


class PreviewScreen(HouseScreen[None]):
    """Opened on some of the labels of a record, at the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("v", "turn", Phrase("View"), TURN, id="preview.turn"),
        key("comma", "next(-1)", Phrase("Before"), Phrase("The label before this one"), id="preview.before"),
        key("full_stop", "next(1)", Phrase("Next"), Phrase("The next label"), id="preview.next"),
        key("escape,q", "back", Phrase("Back"), Phrase("Back to where you were"), id="preview.back"),
    ]

    def __init__(self, serials: tuple[str, ...], at: str = "") -> None:
        super().__init__()
        self._serials = serials
        self._at = serials.index(at) if at in serials else 0

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield LabelView()

    def on_mount(self) -> None:
        self.query_one("Paper").focus()
        self._look()

    def _look(self) -> None:
        store, serial = self.bench.store, self._serials[self._at]
        self.query_one("#heading", Plain).update(self._place(serial, "…"))
        self.ask(lambda: look(store, serial), self._show, refused=self._no_label)

    def _place(self, serial: str, says: str) -> str:
        many = f"  ({self._at + 1}/{len(self._serials)})" if len(self._serials) > 1 else ""
        return f"{Phrase('Label {serial}', serial=serial)} · {says}{many}"

    def _show(self, looked: Looked) -> None:
        self.query_one("#heading", Plain).update(self._place(looked.serial, said(looked)))
        self.query_one(LabelView).show(looked.sheet)

    def _no_label(self, no: No) -> None:
        self.app.bell()
        blockers = no.blockers if isinstance(no, Refusal) else ()
        self.query_one("#heading", Plain).update(
            self._place(self._serials[self._at], str(Phrase("cannot be drawn")))
        )
        self.query_one(LabelView).says("\n".join(f"✗ {b.what}  [{b.rule}]" for b in blockers) or f"✗ {no}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going on to another label needs another."""
        if action == "next":
            return len(self._serials) > 1
        return super().check_action(action, parameters)

    def action_turn(self) -> None:
        """Picture, dots, text."""
        self.query_one(LabelView).turn()

    def action_next(self, by: int) -> None:
        """Another label of the same record."""
        self._at = (self._at + by) % len(self._serials)
        self._look()

    def action_back(self) -> None:
        """Back."""
        self.dismiss(None)


def said(looked: Looked) -> str:
    """What the label is for, how far it came, and whether it is still what was registered."""
    content = looked.content
    where = f"{words.kind(content.kind)} · {words.state(looked.state)}"
    if looked.differs:
        where += f" · ✗ {Phrase('other bytes were registered for it')}"
    return where
