"""The label as it will print with its proof beside it, or above it where there is no room. Both scroll by the arrow keys."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from inkt_mfg.language import Phrase
from tui.widgets.label.paper import Paper
from tui.widgets.label.proof_note import ProofNote

if TYPE_CHECKING:
    from labels.produce import LabelSheet


BESIDE = 50  # cells the proof takes beside the label


class LabelView(Container):
    """``show`` a sheet; Tab goes from the label to the proof and on. Beside each other where both are seen whole."""

    DEFAULT_CSS = """
    LabelView { layout: vertical; height: 1fr; width: 100%; }
    LabelView #proof { width: 100%; height: 30%; min-height: 5; max-height: 12; border: round $primary 60%; padding: 0 1; }
    LabelView #proof:focus { border: round $accent; }
    LabelView.-beside { layout: horizontal; }
    LabelView.-beside #proof { width: 48; height: 100%; max-height: 100%; }
    """

    _wide = 100  # cells the label takes

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="proof") as proof:
            proof.border_title = str(Phrase("Proof"))
            yield ProofNote("…")
        yield Paper()

    def show(self, sheet: "LabelSheet") -> None:
        """The label and what its proof says."""
        self.query_one(ProofNote).tell(sheet)
        self.query_one("#proof").scroll_home(animate=False)
        self.query_one(Paper).show(sheet)

    @on(Paper.Drawn)
    def _fit(self, event: Paper.Drawn) -> None:
        """Under each other where the label would not be seen in its whole width."""
        event.stop()
        self._wide = event.columns
        self.on_resize()

    def on_resize(self) -> None:
        """More or less room."""
        self.set_class(self.size.width >= self._wide + BESIDE, "-beside")

    def says(self, text: str) -> None:
        """No label is there to be shown: why."""
        self.query_one(ProofNote).update(text)
        self.query_one(Paper).clear()

    def turn(self) -> None:
        """Another way of looking at the label."""
        self.query_one(Paper).turn()
