"""A refusal where it belongs: the rule, what was typed, what was expected, and who can resolve it."""

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, visible
from tui.widgets.frame.plain import Plain

_QUOTED = 60  # characters
MACHINE = "machine"  # no rule: what the disk, the network or a printer could not do


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
    """One refusal on two short lines; of what the machine could not do, what to do about it."""
    if blocker.rule == MACHINE:
        return Content.assemble(("✗ ", "bold"), (str(blocker.what), "bold"), f"\n  {blocker.expected}")
    typed = f": “{_quoted(blocker.quoted)}”" if blocker.quoted else ""
    return Content.assemble(
        ("✗ ", "bold"),
        (str(blocker.what), "bold"),
        f"{typed}  [{blocker.rule}]\n  ",
        f"{Phrase('expected')}: {blocker.expected} · {Phrase('resolved by')}: {blocker.resolve_by}",
    )


def _quoted(typed: str) -> str:
    """As much of what was typed as tells which it is; all of it stands in its field."""
    return visible(typed if len(typed) <= _QUOTED else f"{typed[:_QUOTED]}…")
