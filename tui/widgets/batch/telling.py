"""What was done to a batch, told line by line so that nothing lies beyond the screen's edge."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.views.batch_page import BatchPage
from tui import words
from tui.widgets.frame.plain import Plain

Shown = Callable[[datetime | None], str]


class Telling(Plain):
    """The lines it is given, nothing computed."""

    def tell(self, lines: Iterable[Content]) -> None:
        """Show these."""
        self.update(Content("\n").join(list(lines)))


def steps(page: BatchPage, shown: Shown) -> Iterator[Content]:
    """The timeline: each step with when, by whom, its readings as typed and its lots."""
    for s in page.steps:
        checked = words.verified(s.verified_by, needed=s.needs_verification).plain
        yield Content.assemble((f"{s.code}  ", "dim"), (s.title, "bold"))
        yield Content(f"    {shown(s.performed_at)} · {s.performed_by} · {checked}")
        if s.late_reason:
            yield Content(f"    ! {Phrase('late entry')}: {s.late_reason}")
        if s.readings:
            yield Content("    " + "; ".join(f"{name}: {value}" for name, value in s.readings))
        if s.lots:
            yield Content.styled("    " + ", ".join(f"{material} {lot}" for material, lot in s.lots), "dim")
