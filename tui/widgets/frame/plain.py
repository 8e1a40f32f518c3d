"""Text shown exactly as it is: a patient's name with a bracket in it is not markup, an ESC in a remark is no command.

Whatever shows a record's text does it through these. What cannot be seen is written out, as on the command line.
"""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.widgets import Static

from inkt_mfg.refusal import unseen, visible


class Plain(Static):
    """A static text that never reads markup."""

    def __init__(
        self,
        text: str | Content = "",
        *,
        id: str | None = None,  # noqa: A002 — Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(shown(text), id=id, classes=classes, markup=False)

    def update(self, content: str | Content = "", *, layout: bool = True) -> None:  # type: ignore[override]
        """Show this instead."""
        super().update(shown(content), layout=layout)


def shown(text: str | Content) -> str | Content:
    """The text with what cannot be seen written out, its lines and styles as they are."""
    if isinstance(text, str):
        return visible(text, keep="\n")
    for hidden in unseen(text.plain) - {"\n"}:
        text = Content(visible(hidden)).join(text.split(hidden, allow_blank=True))
    return text


class NothingObeyed(LineFilter):
    """The last door before the terminal, for whatever did not come through ``shown``: a choice, a notice, what is typed.

    What cannot be seen is left out here, or is a “?” where it takes a cell: written out, the line would be too long.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 — Textual's own signature
        """The segments without what a terminal would obey."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [_without_unseen(segment) for segment in segments]


def _without_unseen(segment: Segment) -> Segment:
    hidden = unseen(segment.text)
    if not hidden or segment.control:
        return segment
    return Segment(segment.text.translate({ord(c): "?" * cell_len(c) for c in hidden}), segment.style)
