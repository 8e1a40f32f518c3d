"""The application in a real terminal with one form of three scan fields; each filled form is written down and emptied.

Run by ``test_burst.py`` in a pseudo-terminal: ``python scanner_stand.py RESULT.jsonl``.
"""

import json
import sys
from pathlib import Path

from textual.app import ComposeResult
from textual.screen import Screen

from inkt_mfg.language import Phrase
from tui.app import InktApp
from tui.forms.field import Entry, Field
from tui.scanning import ScanKind
from tui.widgets.form.form_body import FormBody
from tui.widgets.form.scan_field import ScanField

FIELDS = (
    Field("first", Phrase("First"), Entry.SCAN, scan=ScanKind.ANY),
    Field("second", Phrase("Second"), Entry.SCAN, scan=ScanKind.IDENTITY),
    Field("third", Phrase("Third"), Entry.SCAN, scan=ScanKind.PATIENT),
)


class StandScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield FormBody(FIELDS)

    def on_mount(self) -> None:
        self.query_one(FormBody).focus_first()
        Path(sys.argv[1]).touch()


class LastField(ScanField):
    """Ends a form: writes it down, empties it, and goes back to the first field, all before the next key."""

    def entered(self) -> None:
        super().entered()
        body = self.screen.query_one(FormBody)
        with Path(sys.argv[1]).open("a", encoding="utf-8") as out:
            out.write(json.dumps(body.typed) + "\n")
        for row in body.rows:
            row.fill("")
        body.rows[0].take_focus()


class Stand(InktApp):
    def open_records(self) -> None:
        self.push_screen(StandScreen())

    def _scanned(self, event) -> bool:
        if self.focused is not None and self.focused.name == "third":
            self.focused.__class__ = LastField
        return super()._scanned(event)


if __name__ == "__main__":
    Stand(lambda: None, "bench-1").run()
