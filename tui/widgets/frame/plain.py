"""Text shown exactly as it is: a patient's name with a bracket in it is not markup."""

from textual.content import Content
from textual.widgets import Static


class Plain(Static):
    """A static text that never reads markup."""

    def __init__(
        self,
        text: str | Content = "",
        *,
        id: str | None = None,  # noqa: A002 — Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(text, id=id, classes=classes, markup=False)
