"""A field for a barcode scanner, which types faster than a screen can move: two scans back to back never mix.

The app hands every key of a focused scan field to ``take_key`` at once, before the next key is looked at, so that the
characters after an Enter already belong to the next field. A hand can type into it just the same.
"""

from textual import events
from textual.message import Message
from textual.widgets import Input

from inkt_mfg.refusal import Refusal
from tui.scanning import GROUP, RECORD, ScanKind, read_scan

_ENDS = frozenset({"enter", "ctrl+d"})  # carriage return, or EOT at the end of an ISO 15434 message
_SEPARATORS = {"ctrl+right_square_bracket": GROUP, "ctrl+circumflex_accent": RECORD}


class ScanField(Input):
    """An input whose Enter is taken here. It posts ``Scanned`` for a code of its kind, else ``Rejected``."""

    class Scanned(Message):
        """A code of the kind asked for is in the field."""

        def __init__(self, field: "ScanField", text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

        @property
        def control(self) -> "ScanField":
            return self.field

    class Rejected(Message):
        """What was scanned is not of the kind asked for; it stays in the field, selected."""

        def __init__(self, field: "ScanField", refusal: Refusal) -> None:
            super().__init__()
            self.field, self.refusal = field, refusal

        @property
        def control(self) -> "ScanField":
            return self.field

    def __init__(
        self,
        *,
        kind: ScanKind = ScanKind.ANY,
        name: str | None = None,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 — Textual's own word
        moves_on: bool = True,
    ) -> None:
        super().__init__(placeholder=placeholder, name=name, id=id, compact=True)
        self.kind, self._moves_on = kind, moves_on

    def take_key(self, event: events.Key) -> bool:
        """Do what this key means now, and say whether it was one for this field. Called by the app, in its order."""
        if event.key in _ENDS:
            self._end_of_scan()
        elif event.key in _SEPARATORS:
            self.insert_text_at_cursor(_SEPARATORS[event.key])
        elif event.is_printable and event.character is not None:
            self.replace(event.character, *self.selection)
        else:
            return False
        return True

    async def _on_key(self, event: events.Key) -> None:
        """Keys that reach the field by itself (a paste of keys, a test) mean the same."""
        if self.take_key(event):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    def check(self) -> Refusal | None:
        """Read what is in the field as a scan: cleaned in place, or the reason it is none of ours."""
        try:
            self.value = read_scan(self.value, self.kind, self.name or "")
        except Refusal as no:
            return no
        self.cursor_position = len(self.value)
        return None

    def _end_of_scan(self) -> None:
        if not self.value.strip(f"{GROUP}{RECORD} "):
            return  # an Enter after an EOT, or nothing scanned: stay
        no = self.check()
        if no is not None:
            self.app.bell()
            self.select_all()
            self.post_message(self.Rejected(self, no))
            return
        self.post_message(self.Scanned(self, self.value))
        if self._moves_on:
            # At once, not by a message: the very next key belongs to the next field.
            self.screen.focus_next()
