"""The printed audit trail (R01, R08, R09): entries on A4 with old and new side by side, for whoever reads on paper.

``inkt ledger show --format pdf`` calls ``trail_pdf`` with what ``views.ledger_pages`` read. It says who printed it, when
and which entries were asked for; it draws and decides nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.reports.paper import Bold, Frame, Paper
from inkt_mfg.views.ledger_pages import LedgerPage, ShownChange, ShownEntry
from inkt_mfg.workflow.permissions import role_name
from inkt_mfg.workflow.titles import title_of

_ENTRY_MM = (15.0, 38.0, 62.0, 65.0)
_CHANGE_MM = (50.0, 65.0, 65.0)
_VALUE_MM = (50.0, 130.0)
ACTS = {
    "insert": Phrase("new"),
    "update": Phrase("changed"),
    "delete": Phrase("deleted"),
}


@dataclass(frozen=True, slots=True)
class Printed:
    """Which entries were asked for, in words, and who prints them when."""

    what: str
    by: str
    at: datetime


def trail_pdf(pages: Iterable[LedgerPage], printed: Printed) -> bytes:
    """The entries in the order given. The same entries, printer and instant give the same bytes."""
    told = list(pages)
    first = told[0]
    local = zone(first.time_zone)
    at = show_moment(printed.at, local)
    marks = (str(Phrase("TRAINING – NOT FOR CLINICAL USE")),) if first.training else ()
    foot = str(Phrase("Printed {when} by {who}", when=at, who=printed.by))
    paper = Paper(Frame(str(Phrase("AUDIT TRAIL")), first.site, first.site_name, marks, foot))
    entries = [entry for page in told for entry in page.entries]
    _heading(paper, printed, entries, at, first.time_zone)
    for entry in entries:
        _entry(paper, entry)
    return paper.pdf()


def _heading(paper: Paper, printed: Printed, entries: Sequence[ShownEntry], at: str, time_zone: str) -> None:
    paper.title(Phrase("Audit trail: {what}", what=printed.what))
    span = Phrase("none")
    if entries:
        numbers = [entry.sequence for entry in entries]
        span = Phrase(
            "{n}, from number {first} to {last}", n=len(numbers), first=min(numbers), last=max(numbers)
        )
    paper.facts(
        [
            (Phrase("Entries"), span),
            (Phrase("Printed"), Phrase("{when} by {who}", when=at, who=printed.by)),
            (Phrase("Times"), Phrase("the site's own, {zone}", zone=time_zone)),
            (Phrase("Values"), Phrase("as typed; the number kept beside them in brackets")),
        ]
    )
    paper.gap(2)


def _entry(paper: Paper, entry: ShownEntry) -> None:
    who = [
        Bold(f"{entry.full_name} ({entry.user_name})"),
        f"{role_name(entry.role)} · {entry.workstation}",
    ]
    done: list[object] = [Bold(f"{title_of(entry.command)} {entry.on}".rstrip())]
    if entry.reason:
        done.append(Phrase("Why: {reason}", reason=entry.reason))
    done += [f"{name}: {text}" for name, text in entry.notes]
    when = [f"{entry.at:%Y-%m-%d %H:%M:%S}", f"UTC{entry.at.isoformat()[-6:]}"]
    number = [Bold(f"{entry.sequence}"), f"v{entry.software}"]
    paper.gap(1.5)
    # The head of a table is grey: where one entry ends and the next begins is seen at once.
    paper.table(
        ("№", Phrase("When"), Phrase("Who"), Phrase("What")),
        [[number, when, who, done]],
        _ENTRY_MM,
        together=True,
    )
    for change in entry.changes:
        _change(paper, change)


def _change(paper: Paper, change: ShownChange) -> None:
    """A new row's values stand in one column; what was changed has old and new side by side."""
    act = ACTS.get(change.act, Phrase("{act}", act=change.act))
    if change.act == "update":
        head = (Bold(change.record), Bold(Phrase("old")), Bold(Phrase("new")))
        rows = [(shown.label, shown.old or "–", shown.new or "–") for shown in change.fields]
        paper.table((), [head, *rows], _CHANGE_MM)
        return
    values = [
        (shown.label, (shown.new if change.act == "insert" else shown.old) or "–") for shown in change.fields
    ]
    paper.table((), [(Bold(change.record), Bold(act)), *values], _VALUE_MM)
