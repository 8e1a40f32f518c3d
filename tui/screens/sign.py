"""The signature: what is signed, with which meaning, and both components typed at every signing (R21).

Where the site lets later signings of a session ask the password alone, the name stands there and is not typed again.

Also how a second person signs in place: their own name and password, without logging the first out.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from inkt_mfg.workflow.signing import Credentials
from tui.forms.field import Entry, Field
from tui.keys import key
from tui.screens.house import HouseModal
from tui.widgets.form.field_row import FieldRow
from tui.widgets.form.refusal_note import RefusalNote
from tui.widgets.frame.plain import Plain
from tui.words import MEANINGS

NAME = Field("user_name", Phrase("User name"))
PASSWORD = Field("password", Phrase("Password"), Entry.SECRET)


class SignScreen(HouseModal[Credentials | None]):
    """Gives what was typed, or None. The password never leaves it but in the credentials."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "escape",
            "cancel",
            Phrase("Do not sign"),
            Phrase("Back to the form; nothing is lost"),
            id="sign.cancel",
        ),
    ]

    def __init__(
        self,
        act: str,
        about: str,
        meaning: str,
        *,
        second_person: bool = False,
        signer: str = "",
        refused: tuple[Blocker, ...] = (),
    ) -> None:
        super().__init__()
        self._act, self._about, self._meaning = act, about, meaning
        self._second, self._signer, self._refused = second_person, signer, refused

    @property
    def _name_too(self) -> bool:
        return self._second or not self.bench.signs_by_password

    def content(self) -> Iterator[Widget]:
        title = Phrase("Signature of a second person") if self._second else Phrase("Signature")
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = str(title)
            yield Plain(self._act, classes="strong")
            yield Plain(self._about, classes="dim")
            yield Plain(self._sentence(), classes="asks")
            with Vertical(id="credentials"):
                if self._name_too:
                    yield FieldRow(NAME)
                yield FieldRow(PASSWORD)
            yield RefusalNote(id="refused-signature")
            yield Button(str(Phrase("Sign")), id="sign", variant="primary")

    def _sentence(self) -> str:
        meaning = MEANINGS.get(self._meaning, Phrase("{meaning}", meaning=self._meaning))
        if self._second:
            return str(
                Phrase(
                    "The second person signs with their own name and password. Meaning: {meaning}.",
                    meaning=meaning,
                )
            )
        if not self._name_too:
            return str(
                Phrase(
                    "{name} ({user}), you sign with your password; you gave both before. Meaning: {meaning}.",
                    name=self.bench.person.full_name,
                    user=self.bench.person.user_name,
                    meaning=meaning,
                )
            )
        return str(
            Phrase(
                "{name}, you sign with your own user name and password. Meaning: {meaning}.",
                name=self.bench.person.full_name,
                meaning=meaning,
            )
        )

    def on_mount(self) -> None:
        *names, password = self.query(FieldRow)
        self.query_one(RefusalNote.__name__ + "#refused-signature", RefusalNote).show(*self._refused)
        for name in names:
            name.fill(self._signer)
        (names[0] if names and not self._signer else password).take_focus()

    @on(Button.Pressed, "#sign")
    def _sign(self) -> None:
        *names, password = (row.typed for row in self.query(FieldRow))
        self.dismiss(Credentials("".join(names).strip(), password))

    def action_cancel(self) -> None:
        """Nothing is signed."""
        self.dismiss(None)
