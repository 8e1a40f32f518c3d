"""The tables of a batch page: steps, counts, tests, labels, signatures, history. Rows only; nothing is computed here."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from rich.text import Text

from inkt_mfg.language import Phrase
from inkt_mfg.units import of, show
from inkt_mfg.views.batch_page import BatchPage, CountLine
from inkt_mfg.views.history import Entry
from tui import words
from tui.widgets.tables.lines import Cell, Lines

Shown = Callable[[datetime | None], str]
Row = tuple[str, list[Cell]]

STEP_COLUMNS = (
    Phrase("Step"),
    Phrase("Done"),
    Phrase("By"),
    Phrase("Verified"),
    Phrase("Readings"),
    Phrase("Lots"),
)
COUNT_COLUMNS = (
    Phrase("Count"),
    Phrase("At"),
    Phrase("Done"),
    Phrase("Viability"),
    Phrase("Viable density"),
    Phrase("Viable cells"),
    Phrase("iNKT of live"),
    Phrase("iNKT cells"),
    Phrase("CV"),
    Phrase("Verified"),
    Phrase("By"),
)
TEST_COLUMNS = (
    Phrase("Test"),
    Phrase("Verdict"),
    Phrase("Result"),
    Phrase("Criterion"),
    Phrase("Verified"),
    Phrase("Why"),
)
LABEL_COLUMNS = (Phrase("Label"), Phrase("On"), Phrase("State"), Phrase("Reprint"), Phrase("PDF (SHA-256)"))
SIGNATURE_COLUMNS = (Phrase("Meaning"), Phrase("Name"), Phrase("Role"), Phrase("Signed"), Phrase("Stands"))
HISTORY_COLUMNS = (
    Phrase("No."),
    Phrase("When"),
    Phrase("Who"),
    Phrase("Did"),
    Phrase("Field"),
    Phrase("Old → new"),
    Phrase("Why"),
)


def steps(page: BatchPage, shown: Shown) -> Iterator[Row]:
    """The timeline, each step with its readings as typed."""
    for s in page.steps:
        readings = "; ".join(f"{name}: {value}" for name, value in s.readings)
        lots = ", ".join(f"{material} {lot}" for material, lot in s.lots)
        late = f"  ({Phrase('late')}: {s.late_reason})" if s.late_reason else ""
        checked = words.verified(s.verified_by, needed=s.needs_verification)
        yield s.code, [s.title, shown(s.performed_at) + late, s.performed_by, checked, readings, lots]


def counts(page: BatchPage, shown: Shown) -> Iterator[Row]:
    """Every count; one that asked for a recount says so and stays."""
    for c in page.counts:
        yield c.code, _count(c, shown)


def _count(c: CountLine, shown: Shown) -> list[Cell]:
    cv = "–" if c.replicate_cv is None else show(of(c.replicate_cv, "%"), 3)
    recount = Text(f"! {cv} {Phrase('recount')}", style="yellow") if c.recount_asked else Text(cv)
    checked = (
        Text(str(Phrase("from the instrument's file"))) if c.from_file else words.verified(c.verified_by)
    )
    return [
        c.code,
        c.point,
        shown(c.performed_at),
        show(c.viability),
        show(c.viable_cell_density),
        show(c.total_viable_cells),
        show(c.inkt_of_live) if c.inkt_of_live else "–",
        show(c.inkt_cells) if c.inkt_cells else "–",
        recount,
        checked,
        c.performed_by,
    ]


def tests(page: BatchPage, _shown: Shown) -> Iterator[Row]:
    """The specification; a missing result shows as pending."""
    for t in page.tests:
        checked: Cell = words.verified(t.verified_by) if t.code else "–"
        yield t.test, [t.title, words.verdict(t.verdict), t.result or "–", t.criterion, checked, t.why]


def labels(page: BatchPage, _shown: Shown) -> Iterator[Row]:
    """Every physical label and what became of it."""
    for label in page.labels:
        reprint = str(label.reprint_number) if label.reprint_number else "–"
        yield (
            label.code,
            [label.code, label.container, words.state(label.state), reprint, label.pdf_sha256[:16]],
        )


def signatures(page: BatchPage, shown: Shown) -> Iterator[Row]:
    """As 21 CFR 11.50 wants them shown, and whether what was signed is still there."""
    for n, s in enumerate(page.signatures):
        stands = (
            Text(f"✓ {Phrase('stands')}", style="green")
            if s.stands
            else Text(f"✗ {Phrase('UNSIGNED')}", style="bold red")
        )
        name = f"{s.full_name} ({s.user_name})"
        yield str(n), [str(Phrase("{meaning}", meaning=s.meaning)), name, s.role, shown(s.signed_at), stands]


def history(entries: list[Entry]) -> Iterator[Row]:
    """One line per changed field, the newest command first; an entry's first line names who, when and why."""
    for entry in reversed(entries):
        yield from entry_lines(entry)


def entry_lines(entry: Entry) -> Iterator[Row]:
    """The lines of one ledger entry."""
    when = f"{entry.at[:16].replace('T', ' ')} UTC{entry.offset}"
    who = f"{entry.full_name} ({entry.user_name})"
    head: list[Cell] = [str(entry.sequence), when, who, entry.command]
    rows = [
        (f"{change.table}.{name}", _old_new(old, new))
        for change in entry.changes
        for name, old, new in change.fields
        if name not in _NOBODY_READS
    ]
    for n, (name, text) in enumerate(rows or [("–", Text("–"))]):
        first = head if n == 0 else ["", "", "", ""]
        yield f"{entry.sequence}.{n}", [*first, name, text, (entry.reason or "") if n == 0 else ""]


_NOBODY_READS = frozenset({"key", "site", "row_version", "content", "proof", "manifest", "password_hash"})


def _old_new(old: object, new: object) -> Text:
    if old is None:
        return Text(_short(new))
    return Text.assemble((_short(old), "strike dim"), " → ", (_short(new), "bold"))


def _short(value: object) -> str:
    text = str(value.normalize()) if isinstance(value, Decimal) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


ROWS: dict[str, Callable[[BatchPage, Shown], Iterator[Row]]] = {
    "steps": steps,
    "counts": counts,
    "tests": tests,
    "labels": labels,
    "signatures": signatures,
}
COLUMNS = {
    "steps": STEP_COLUMNS,
    "counts": COUNT_COLUMNS,
    "tests": TEST_COLUMNS,
    "labels": LABEL_COLUMNS,
    "signatures": SIGNATURE_COLUMNS,
}


def fill(lines: Lines, name: str, page: BatchPage, shown: Shown) -> None:
    """Put the page's rows of this name into the table."""
    lines.fill(ROWS[name](page, shown))
