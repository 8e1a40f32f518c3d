"""Unlocking the seal key: its passphrase in a masked field, held in memory until its person logs out.

Opened from the palette by who may seal. What is wrong is said beside the field; the passphrase stays nowhere else.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.workflow import sealing
from tui.asking import No
from tui.forms.field import Entry, Field
from tui.keys import key
from tui.screens.house import HouseModal
from tui.widgets.form.field_row import FieldRow
from tui.widgets.form.refusal_note import RefusalNote
from tui.widgets.frame.plain import Plain

PASSPHRASE = Field("passphrase", Phrase("Passphrase"), Entry.SECRET)


class SealKeyScreen(HouseModal[bool]):
    """True once the key is unlocked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "cancel", Phrase("Leave it locked"), Phrase("Nothing is sealed"), id="seal.cancel"),
    ]

    def content(self) -> Iterator[Widget]:
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = str(Phrase("Unlock the seal key"))
            yield Plain(
                str(
                    Phrase(
                        "Until you log out, every release and the end of the day are sealed with the key of site {site}.",
                        site=self.bench.site.code,
                    )
                ),
                classes="asks",
            )
            with Vertical(id="credentials"):
                yield FieldRow(PASSPHRASE)
            yield RefusalNote(id="refused-key")
            yield Button(str(Phrase("Unlock")), id="unlock", variant="primary")

    def on_mount(self) -> None:
        self.query_one(FieldRow).take_focus()

    @on(Button.Pressed, "#unlock")
    def action_unlock(self) -> None:
        """Ask for the key in a thread: the passphrase is stretched on purpose."""
        bench, typed = self.bench, self.query_one(FieldRow).typed
        self.ask(lambda: sealing.unlock(bench, typed), self._unlocked, group="acting")

    def _unlocked(self, _nothing: None) -> None:
        self.app.notify(str(Phrase("✓ the seal key is unlocked until you log out")), timeout=6, markup=False)
        self.dismiss(True)

    def refused(self, no: No) -> None:
        """Beside the field, which is empty again."""
        self.app.bell()
        found = no.blockers if isinstance(no, Refusal) else (Blocker("R04", no.what, no.remedy),)
        self.query_one(FieldRow).fill("")
        self.query_one(FieldRow).take_focus()
        # After the field has told that it was emptied, which hides what is said of it.
        self.call_after_refresh(self.query_one("#refused-key", RefusalNote).show, *found)

    def action_cancel(self) -> None:
        """Nothing is sealed, and work goes on."""
        self.dismiss(False)
