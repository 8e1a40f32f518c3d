"""A refusal where it belongs: the rule, what was typed, what was expected, and who can resolve it."""

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker
from tui.widgets.frame.plain import Plain


class RefusalNote(Plain):
    """Hidden until there is something to say; begins with ✗ so that it does not depend on colour."""

    DEFAULT_CSS = """
    RefusalNote { display: none; color: $text-error; height: auto; width: 100%; }
    RefusalNote.shown { display: block; }
    """

    def show(self, *blockers: Blocker) -> None:
        """Show these; none hides the note."""
        self.set_class(bool(blockers), "shown")
        self.update(Content("\n").join([told(b) for b in blockers]))


def told(blocker: Blocker) -> Content:
    """One refusal on two short lines."""
    typed = f": “{blocker.typed}”" if blocker.typed else ""
    return Content.assemble(
        ("✗ ", "bold"),
        (str(blocker.what), "bold"),
        f"{typed}  [{blocker.rule}]\n  ",
        f"{Phrase('expected')}: {blocker.expected} · {Phrase('resolved by')}: {blocker.resolve_by}",
    )
