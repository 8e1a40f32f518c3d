"""The tables of a batch page: counts, tests, labels, signatures. Rows only; nothing is computed here."""

from collections.abc import Callable, Iterator
from datetime import datetime

from rich.text import Text

from inkt_mfg.language import Phrase
from inkt_mfg.units import of, show
from inkt_mfg.views.batch_page import BatchPage, CountLine
from inkt_mfg.workflow.permissions import ROLE_NAMES
from tui import words
from tui.widgets.tables.lines import Cell, Lines
from tui.words import MEANINGS

Shown = Callable[[datetime | None], str]
Row = tuple[str, list[Cell]]

COUNT_COLUMNS = (
    Phrase("At"),
    Phrase("Viability"),
    Phrase("Viable cells"),
    Phrase("iNKT cells"),
    Phrase("CV"),
    Phrase("Verified"),
    Phrase("iNKT of live"),
    Phrase("Viable density"),
    Phrase("Done"),
    Phrase("By"),
    Phrase("Count"),
)
TEST_COLUMNS = (
    Phrase("Verdict"),
    Phrase("Result"),
    Phrase("Criterion"),
    Phrase("Test"),
    Phrase("Verified"),
    Phrase("Why"),
)
LABEL_COLUMNS = (Phrase("Label"), Phrase("On"), Phrase("State"), Phrase("Reprint"), Phrase("PDF (SHA-256)"))
SIGNATURE_COLUMNS = (Phrase("Stands"), Phrase("Meaning"), Phrase("Name"), Phrase("Role"), Phrase("Signed"))


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
        c.point,
        show(c.viability),
        show(c.total_viable_cells),
        show(c.inkt_cells) if c.inkt_cells else "–",
        recount,
        checked,
        show(c.inkt_of_live) if c.inkt_of_live else "–",
        show(c.viable_cell_density),
        shown(c.performed_at),
        c.performed_by,
        c.code,
    ]


def tests(page: BatchPage, _shown: Shown) -> Iterator[Row]:
    """The specification; a missing result shows as pending."""
    for t in page.tests:
        checked: Cell = words.verified(t.verified_by) if t.code else "–"
        yield t.test, [words.verdict(t.verdict), t.result or "–", t.criterion, t.title, checked, t.why]


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
        yield (
            str(n),
            [stands, str(MEANINGS.get(s.meaning, s.meaning)), name, str(_role(s.role)), shown(s.signed_at)],
        )


ROWS: dict[str, Callable[[BatchPage, Shown], Iterator[Row]]] = {
    "counts": counts,
    "tests": tests,
    "labels": labels,
    "signatures": signatures,
}
COLUMNS = {
    "counts": COUNT_COLUMNS,
    "tests": TEST_COLUMNS,
    "labels": LABEL_COLUMNS,
    "signatures": SIGNATURE_COLUMNS,
}


def fill(lines: Lines, name: str, page: BatchPage, shown: Shown) -> None:
    """Put the page's rows of this name into the table."""
    lines.fill(ROWS[name](page, shown))


def _role(role: str) -> object:
    """A role as people read it. A StrEnum key is found by its text."""
    return next((said for known, said in ROLE_NAMES.items() if known == role), role)
