"""The line every screen of a training site begins with. It shows nothing at a clinical site."""

from inkt_mfg.language import Phrase
from tui.widgets.frame.plain import Plain

TRAINING = Phrase("TRAINING – NOT FOR CLINICAL USE")


class TrainingBanner(Plain):
    """In capitals and on its own line, so that it does not depend on colour."""

    DEFAULT_CSS = """
    TrainingBanner {
        dock: top; width: 100%; height: 1; text-align: center; text-style: bold;
        background: $warning; color: $text; display: none;
    }
    TrainingBanner.shown { display: block; }
    """

    def __init__(self, *, training: bool) -> None:
        super().__init__(f"▲ {TRAINING} ▲")
        self.set_class(training, "shown")
