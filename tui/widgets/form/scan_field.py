"""A field for a barcode scanner: codes are cleaned and checked for their kind as soon as the scanner ends them.

Two scans back to back never mix, because an Enter is done before the next key is looked at. A hand can type into it
just the same.
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, cast

from textual import events
from textual.message import Message

from inkt_mfg.codes.gs1 import ElementString
from inkt_mfg.refusal import Refusal
from tui.scanning import GROUP, LOTS, RECORD, ScanKind, read_box, read_scan
from tui.widgets.form.quick_input import QuickInput

if TYPE_CHECKING:
    from tui.screens.house import HouseScreen

_EOT = "ctrl+d"  # the end of an ISO 15434 message, where a scanner sends no carriage return
_SEPARATORS = {"ctrl+right_square_bracket": GROUP, "ctrl+circumflex_accent": RECORD}


class ScanField(QuickInput):
    """It posts ``Scanned`` for a code of its kind, else ``Rejected``, rings the bell and keeps the cursor."""

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
        value: str = "",
        *,
        kind: ScanKind = ScanKind.ANY,
        name: str | None = None,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 — Textual's own word
        moves_on: bool = True,
        box_read: Callable[[ElementString], None] | None = None,
    ) -> None:
        super().__init__(value, placeholder=placeholder, name=name, id=id, moves_on=moves_on)
        self.kind = kind
        self._box_read = box_read

    def take_key(self, event: events.Key) -> bool:
        """As every quick input, and the control characters a scanner sends."""
        if event.key == _EOT:
            self.entered()
        elif event.key in _SEPARATORS:
            self.insert_text_at_cursor(_SEPARATORS[event.key])
        else:
            return super().take_key(event)
        return True

    def check(self) -> Refusal | None:
        """Read what is in the field as a scan: cleaned in place, or the reason it is none of ours."""
        try:
            self.value = self._read()
        except Refusal as no:
            return no
        self.cursor_position = len(self.value)
        return None

    def _read(self) -> str:
        """The text; of a reagent's box its lot number, the rest of what the box says going to ``box_read``."""
        name = self.name or ""
        box = read_box(self.value, self.kind, name, self._today) if self.kind in LOTS else None
        if box is None:
            return read_scan(self.value, self.kind, name)
        if self._box_read is not None:
            self._box_read(box)  # at once and not by a message: the next scan may be on its way
        return box.lot or ""

    def _today(self) -> date:
        return cast("HouseScreen[object]", self.screen).today

    def entered(self) -> None:
        """The scanner has ended the code, or a hand has typed Enter."""
        if not self.value.strip(f"{GROUP}{RECORD} "):
            return  # an Enter after an EOT, or nothing scanned: stay
        no = self.check()
        if no is not None:
            self.app.bell()
            self.select_all()
            self.post_message(self.Rejected(self, no))
            return
        self.post_message(self.Scanned(self, self.value))
        if self.moves_on:
            self.screen.focus_next()
