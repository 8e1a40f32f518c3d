"""Enrolling one's second factor: its secret shown once, as a QR code and as text, until a first code of it was typed.

It never goes through a notice, which would leave it in the corner of the next screen.
"""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from inkt_mfg.language import Phrase
from inkt_mfg.workflow.bench import Receipt
from tui.acting import Target
from tui.keys import key
from tui.screens.act import ActScreen
from tui.screens.house import HouseModal
from tui.widgets.frame.plain import Plain

_QUIET = 2  # modules of white round the symbol; a telephone needs no more on a screen


class EnrolScreen(ActScreen):
    """The password is asked again; then the secret is shown."""

    def _done(self, receipt: Receipt) -> None:
        self.app.switch_screen(SecretScreen(str(receipt.says)))


class SecretScreen(HouseModal[None]):
    """Scanned with the telephone, or typed into it. Enter goes on to the first code."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "go_on", Phrase("Go on"), Phrase("Type the code it shows"), id="secret.on"),
        key(
            "escape",
            "close",
            Phrase("Back"),
            Phrase("Not now: it is asked for only once it works"),
            id="secret.close",
        ),
    ]

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def content(self) -> Iterator[Widget]:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = str(Phrase("Your second factor"))
            yield Plain(
                str(Phrase("Scan it with your authenticator now: it is not shown again.")), classes="strong"
            )
            yield Plain(qr(self._address), id="qr")
            yield Plain(self._address, classes="asks")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_go_on(self) -> None:
        """The form for the first code."""
        self.app.switch_screen(ActScreen(Target("person.confirm_second_factor")))

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)


def qr(text: str) -> Content:
    """The QR code (ISO/IEC 18004) in half blocks, dark on white as a telephone expects it."""
    import numpy as np
    import zxingcpp  # here: only who enrols needs it

    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    dark = np.pad(np.array(made.to_image(scale=1, add_quiet_zones=False)) == 0, _QUIET)
    dark = np.pad(dark, ((0, dark.shape[0] % 2), (0, 0)))
    blocks = np.array(list(" ▄▀█"))[2 * dark[::2].astype(int) + dark[1::2]]
    return Content.styled("\n".join("".join(row) for row in blocks), "black on white")
