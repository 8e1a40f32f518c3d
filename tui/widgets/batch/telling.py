"""What was done to a batch and what the ledger remembers, told line by line so that nothing lies beyond the screen's edge."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from textual.content import Content

from inkt_mfg.language import Phrase
from inkt_mfg.views.batch_page import BatchPage
from inkt_mfg.views.history import Entry
from inkt_mfg.workflow.command import CATALOGUE
from tui import words
from tui.widgets.frame.plain import Plain

Shown = Callable[[datetime | None], str]

# What the ledger keeps for replay and for the outsider, and a person reads elsewhere (signatures have a tab).
_NOBODY_READS = frozenset(
    {"key", "site", "row_version", "content", "proof", "manifest", "password_hash", "signature", "text"}
)
_KEY = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
_NOTHING = "–"
_FIGURES = frozenset({"height", "height_typed", "weight", "weight_typed", "bmi", "bsa"})
_LONGEST = 90


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


def history(entries: Iterable[Entry], shown: Shown) -> Iterator[Content]:
    """The ledger's entries in the order given, each changed field old → new."""
    for entry in entries:
        yield from _entry(entry, shown)


def _entry(entry: Entry, shown: Shown) -> Iterator[Content]:
    who = f"{entry.full_name} ({entry.user_name})"
    did = words.titled(CATALOGUE[entry.command].title) if entry.command in CATALOGUE else entry.command
    about = entry.about.get("on", "")
    yield Content.assemble(
        (f"#{entry.sequence:<5}", "dim"),
        f"{shown(datetime.fromisoformat(entry.at))}  {who}  ",
        (did, "bold"),
        f"  {about}",
    )
    if entry.reason:
        yield Content(f"      {Phrase('why')}: {entry.reason}")
    for change in entry.changes:
        if change.table in _NOBODY_READS:
            continue
        for name, old, new in change.fields:
            if name not in _NOBODY_READS | _blind(change.table) and not _KEY.fullmatch(str(new)):
                yield Content.assemble(
                    (f"      {change.table}.{name}: ", "dim"),
                    *_old_new(_short(old, shown), _short(new, shown)),
                )


def _blind(table: str) -> frozenset[str]:
    """A second reading is blind: the figures show on the subject's page once both agree, not here before."""
    return _FIGURES if table == "body_measurement" else frozenset()


def _old_new(old: str, new: str) -> tuple[str | tuple[str, str], ...]:
    if old == _NOTHING:
        return (new,)
    return ((old, "strike"), " → ", (new, "bold"))


def _short(value: object, shown: Shown) -> str:
    text = _NOTHING if value is None else str(value)
    if _MOMENT.fullmatch(text):
        return shown(datetime.fromisoformat(text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
