"""Entries of the audit trail as lines of a given width: values wrap, old and new stand side by side at any width.

Used by the ledger's screen and the batch page. It computes nothing; what is withheld was withheld by the view.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment
from inkt_mfg.refusal import visible
from inkt_mfg.views.ledger_pages import ShownChange, ShownEntry
from inkt_mfg.workflow.permissions import role_name
from inkt_mfg.workflow.titles import title_of
from tui.words import padded

_INDENT = 4
_LABEL = 20  # cells; a longer name of a field wraps too
_NARROWEST = 12
_NOTHING = "–"
_SIGNS = {"insert": "+", "update": "~", "delete": "−"}


def lines(entries: Iterable[ShownEntry], width: int) -> Iterator[Content]:
    """The entries in the order given, an empty line between two."""
    for entry in entries:
        yield from _entry(entry, width)
        yield Content("")


def _entry(entry: ShownEntry, width: int) -> Iterator[Content]:
    at = show_moment(entry.at, entry.at.tzinfo) if entry.at.tzinfo else ""
    who = f"{entry.full_name} ({entry.user_name})"
    yield Content.assemble((f"#{entry.sequence}  ", "dim"), f"{at}  ", (who, "bold"))
    yield Content.assemble("  ", (f"{title_of(entry.command)}  {entry.on}".rstrip(), "bold"))
    where = f"{role_name(entry.role)} · {entry.workstation} · {Phrase('software')} {entry.software}"
    yield Content.styled(f"  {where}", "dim")
    if entry.reason:
        yield from _wrapped(f"{Phrase('why')}: {entry.reason}", width)
    for name, text in entry.notes:
        yield from _wrapped(f"{name}: {text}", width)
    for change in entry.changes:
        yield Content.assemble((f"  {_SIGNS.get(change.act, '?')} ", "bold"), (change.record, "bold"))
        yield from _change(change, width)


def _wrapped(text: str, width: int) -> Iterator[Content]:
    for part in folded(text, width - _INDENT):
        yield Content(f"{' ' * _INDENT}{part}")


def _change(change: ShownChange, width: int) -> Iterator[Content]:
    """A new row has one column of values; a change has two, with an arrow between."""
    room = max(width - _INDENT - _LABEL - 1, 2 * _NARROWEST + 3)
    for shown in change.fields:
        labels = folded(shown.label, _LABEL)
        if change.act == "update":
            half = (room - 3) // 2
            yield from _side_by_side(
                labels, folded(shown.old or _NOTHING, half), folded(shown.new or _NOTHING, half), half
            )
        else:
            value = shown.new if change.act == "insert" else shown.old
            for label, part in zip_longest(labels, folded(value or _NOTHING, room), fillvalue=""):
                yield Content.assemble((f"{' ' * _INDENT}{padded(label, _LABEL)} ", "dim"), part)


def _side_by_side(labels: list[str], old: list[str], new: list[str], half: int) -> Iterator[Content]:
    first = True
    for label, before, after in zip_longest(labels, old, new, fillvalue=""):
        yield Content.assemble(
            (f"{' ' * _INDENT}{padded(label, _LABEL)} ", "dim"),
            (padded(before, half), "strike" if before.strip(_NOTHING) else ""),
            " → " if first else "   ",
            (after, "bold"),
        )
        first = False


def folded(text: str, width: int) -> list[str]:
    """The text in lines no wider than this many cells, broken between words where there are any; nothing is left out."""
    found: list[str] = []
    for paragraph in visible(text, keep="\n").split("\n"):
        line = ""
        for word in paragraph.split(" "):
            joined = f"{line} {word}" if line else word
            if cell_len(joined) <= width:
                line = joined
                continue
            if line:
                found.append(line)
            *whole, line = chop_cells(word, width) if cell_len(word) > width else [word]
            found += whole
        found.append(line)
    return found
