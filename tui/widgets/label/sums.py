"""The labels of a batch or collection accounted for, kind by kind, and every difference in words (R52)."""

from collections.abc import Iterable, Iterator

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from inkt_mfg.language import Phrase
from inkt_mfg.views.label_reconciliation import Reconciliation
from tui import words
from tui.widgets.frame.plain import Plain
from tui.widgets.tables.lines import Cell, Lines

_ENDS = ("applied", "spoiled", "destroyed", "specimen", "returned")
_NAMED = 6  # serials that are named in a line; the list above shows all


class Sums(Vertical):
    """Printed = applied + spoiled + destroyed + specimen + returned; whatever is missing stands beneath, by its serials."""

    DEFAULT_CSS = """
    Sums { height: auto; max-height: 14; border-top: solid $primary 50%; }
    Sums Lines { height: auto; max-height: 7; }
    Sums Plain { height: auto; padding: 0 1; }
    """

    def compose(self) -> ComposeResult:
        yield Lines(
            Phrase("Kind"),
            Phrase("Printed"),
            *(
                Phrase("{sign} {end}", sign="+" if n else "=", end=words.LABEL_STATES[end])
                for n, end in enumerate(_ENDS)
            ),
            Phrase("Difference"),
            id="sums",
        )
        yield Plain("", id="differences")

    def show(self, sums: Iterable[Reconciliation]) -> None:
        """These kinds and nothing else."""
        found = tuple(sums)
        self.query_one("#sums", Lines).fill((s.kind, list(_row(s))) for s in found)
        self.query_one("#differences", Plain).update("\n".join(in_words(found)))


def _row(sums: Reconciliation) -> Iterator[Cell]:
    yield words.kind(sums.kind)
    yield str(sums.printed)
    for end in _ENDS:
        yield str(sums.ended.get(end, 0))
    yield Text("✓ 0", style="green") if sums.reconciled else Text(f"✗ {len(sums.open)}", style="bold yellow")


def in_words(sums: tuple[Reconciliation, ...]) -> Iterator[str]:
    """What is still to be accounted for, kind by kind; that nothing is, when nothing is."""
    open_ones = [s for s in sums if not s.reconciled]
    if sums and not open_ones:
        yield f"✓ {Phrase('Every label is accounted for.')}"
    for one in open_ones:
        serials = ", ".join(one.open[:_NAMED]) + (" …" if len(one.open) > _NAMED else "")
        yield f"✗ {Phrase('{kind}: {n} not accounted for: {serials}', kind=words.kind(one.kind), n=len(one.open), serials=serials)}"
        if one.unwitnessed:
            yield f"  {Phrase('destroyed without a witness: {n}', n=one.unwitnessed)}"
