"""``inkt ledger show``: the audit trail as people read it: of a record, a person, a day, holding a text.

Reading needs no log-in and then names no patient; whoever writes a copy to a file logs in, and the copy is an entry of
the ledger before the file is there.
"""

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, asked, give, tell
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import visible

if TYPE_CHECKING:
    from inkt_mfg.store.unit_of_work import Store
    from inkt_mfg.views.ledger_pages import Asked, LedgerPage, ShownEntry
    from inkt_mfg.workflow.bench import Bench

AT_ONCE = 50
_FARTHEST = 10**15  # more entries than there will ever be, fewer than a database can count to
_ON_PAPER = 2000  # entries; a PDF is made in memory


class Format(StrEnum):
    """How the entries are written."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


def show(
    ctx: typer.Context,
    batch: Annotated[str, typer.Option(help="A batch and everything beneath it.")] = "",
    subject: Annotated[str, typer.Option(help="A subject and everything beneath it.")] = "",
    record: Annotated[str, typer.Option(help="Any record by its code, or a person's account.")] = "",
    person: Annotated[str, typer.Option(help="What this person did, and what was done to the account.")] = "",
    day: Annotated[str, typer.Option(help="A day of the site's own time, such as 2026-12-01.")] = "",
    since: Annotated[str, typer.Option(help="From this day on.")] = "",
    command: Annotated[str, typer.Option(help="One command, such as batch.release.")] = "",
    search: Annotated[str, typer.Option(help="Entries that hold this text.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, max=_FARTHEST, help="At most so many entries.")] = None,
    after: Annotated[
        int | None, typer.Option(min=0, max=_FARTHEST, help="After this number, the oldest first.")
    ] = None,
    before: Annotated[
        int | None, typer.Option(min=1, max=_FARTHEST, help="Before this number, the newest first.")
    ] = None,
    written: Annotated[Format | None, typer.Option("--format", help="text, csv, json or pdf.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a copy to this file; it is recorded.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """The audit trail, newest first: who did what, when, why, old and new."""
    from inkt_mfg.views.ledger_pages import Asked
    from inkt_mfg.workflow.titles import commands_called

    codes = [code for code in (batch, subject, record) if code]
    if len(codes) > 1 or (after is not None and before is not None):
        raise typer.BadParameter(
            str(Phrase("one of --batch, --subject, --record, and one of --after, --before"))
        )
    wanted = Asked(
        "".join(codes), person, day, since, command, search, commands_called(search), identified=False
    )
    if out is None:
        _to_the_screen(ctx, wanted, written, limit or AT_ONCE, after, before)
    else:
        _to_a_file(ctx, wanted, written or _by_name(out), limit, after or 0, out, acting)


def _by_name(out: Path) -> Format:
    ending = out.suffix.lower().removeprefix(".")
    return Format(ending) if ending in set(Format) else Format.TEXT


# --- on the screen


def _to_the_screen(
    ctx: typer.Context,
    wanted: "Asked",
    written: Format | None,
    most: int,
    after: int | None,
    before: int | None,
) -> None:
    from inkt_mfg.reports.ledger_copy import as_json
    from inkt_mfg.views.ledger_pages import ledger_page

    if written is Format.PDF:
        raise typer.BadParameter(str(Phrase("a PDF is written to a file: --out FILE.pdf")))
    with opened(ctx) as store:
        page = ledger_page(store, wanted, before=before, after=after, most=most)
    asked(ctx).json = asked(ctx).json or written is Format.JSON
    document = {
        "site": page.site,
        "training": page.training,
        "entries": [as_json(e) for e in page.entries],
        "more": page.more,
    }
    give(ctx, document, _pieces([page], written or Format.TEXT))
    if not asked(ctx).json:
        _tell_what_follows(page, after)


def _tell_what_follows(page: "LedgerPage", after: int | None) -> None:
    if not page.entries:
        tell(Phrase("No entry fits."))
    if page.more is not None:
        way = "--before" if after is None else "--after"
        tell(Phrase("There may be more: {option} {n}", option=way, n=page.more))


def _pieces(pages: "Iterable[LedgerPage]", written: Format) -> Iterator[str]:
    from inkt_mfg.reports.ledger_copy import csv_pieces, json_pieces

    if written is Format.TEXT:
        for page in pages:
            yield from ("\n".join(map(_continued, _lines(entry))) for entry in page.entries)
    else:
        pieces = csv_pieces(pages) if written is Format.CSV else json_pieces(pages)
        yield from (piece.removesuffix("\n") for piece in pieces)


def _continued(line: str) -> str:
    """A text of several lines set apart behind a bar: what somebody typed never looks like an entry of its own."""
    return visible(line, keep="\n").replace("\n", "\n            │ ")


def _lines(entry: "ShownEntry") -> Iterator[str]:
    from inkt_mfg.workflow.permissions import role_name
    from inkt_mfg.workflow.titles import title_of

    at = f"{entry.at:%Y-%m-%d %H:%M:%S} UTC{entry.at.isoformat()[-6:]}"
    who = f"{entry.full_name} ({entry.user_name}) · {role_name(entry.role)} · {entry.workstation}"
    yield f"#{entry.sequence}  {at}  {who} · v{entry.software}"
    yield f"    {title_of(entry.command)}  {entry.on}".rstrip()
    if entry.reason:
        yield "    " + str(Phrase("Why: {reason}", reason=entry.reason))
    yield from (f"    {name}: {text}" for name, text in entry.notes)
    signs = {"insert": "+", "delete": "-"}
    for change in entry.changes:
        yield f"    {signs.get(change.act, '~')} {change.record}"
        for shown in change.fields:
            old = "" if change.act == "insert" else f"{shown.old if shown.old is not None else '–'} → "
            yield f"        {shown.label}: {old}{shown.new if shown.new is not None else '–'}"


# --- to a file


def _to_a_file(
    ctx: typer.Context,
    wanted: "Asked",
    written: Format,
    limit: int | None,
    after: int,
    out: Path,
    acting: str | None,
) -> None:
    """Write it beside its place, record it, then let it take its place: no copy the ledger does not know."""
    from dataclasses import replace

    part = out.with_name(f".{out.name}.part")
    with at_bench(ctx, acting) as (bench, _given):
        wanted = replace(wanted, identified=True)
        try:
            digest, entries = _write(bench, wanted, written, limit, after, part)
            receipt = _recorded(bench, wanted, out, digest)
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    answer = {"file": str(out), "sha256": digest, "entries": entries, "sequence": receipt}
    give(
        ctx,
        answer,
        [
            Phrase("Written: {file}", file=out),
            Phrase("{n} entries, SHA-256 {hash}", n=entries, hash=digest),
            Phrase("Recorded as entry {n}.", n=receipt),
        ],
    )


def _recorded(bench: "Bench", wanted: "Asked", out: Path, digest: str) -> int:
    from inkt_mfg.workflow.record_copies import record_copy

    return record_copy(
        bench,
        what=f"audit trail: {_joined(part.english for part in in_words(wanted))}",
        file=out.name,
        sha256=digest,
    ).sequence


def _write(
    bench: "Bench", wanted: "Asked", written: Format, limit: int | None, after: int, part: Path
) -> tuple[str, int]:
    counted = _Counted(
        _pages(bench.store, wanted, limit or (_ON_PAPER if written is Format.PDF else None), after)
    )
    digest = hashlib.sha256()
    with part.open("wb") as file:
        for piece in (
            _on_paper(bench, wanted, counted) if written is Format.PDF else _encoded(counted, written)
        ):
            digest.update(piece)
            file.write(piece)
    if written is Format.PDF and limit is None and counted.entries == _ON_PAPER:
        tell(
            Phrase(
                "A PDF holds {n} entries; the next begins with --after {last}", n=_ON_PAPER, last=counted.last
            )
        )
    return digest.hexdigest(), counted.entries


def _pages(store: "Store", wanted: "Asked", limit: int | None, after: int) -> "Iterator[LedgerPage]":
    from dataclasses import replace

    from inkt_mfg.views.ledger_pages import every_page

    left = limit
    for page in every_page(store, wanted, after=after):
        if left is None:
            yield page
            continue
        yield replace(page, entries=tuple(islice(page.entries, left)))
        left -= len(page.entries)
        if left <= 0:
            return


class _Counted:
    """Pages as they go by: how many entries there were, and the number of the last."""

    def __init__(self, pages: "Iterator[LedgerPage]") -> None:
        self._pages = pages
        self.entries, self.last = 0, 0

    def __iter__(self) -> "Iterator[LedgerPage]":
        for page in self._pages:
            self.entries += len(page.entries)
            self.last = page.entries[-1].sequence if page.entries else self.last
            yield page


def _encoded(pages: "Iterable[LedgerPage]", written: Format) -> Iterator[bytes]:
    for piece in _pieces(pages, written):
        yield f"{piece}\n".encode()


def _on_paper(bench: "Bench", wanted: "Asked", pages: "Iterable[LedgerPage]") -> Iterator[bytes]:
    from inkt_mfg.reports.ledger_trail import Printed, trail_pdf

    by = f"{bench.person.full_name} ({bench.person.user_name})"
    yield trail_pdf(pages, Printed(_joined(map(str, in_words(wanted))), by, bench.store.clock.now()))


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def in_words(wanted: "Asked") -> list[Phrase]:
    """What was asked for, as a heading says it."""
    said = [
        Phrase("{record} and everything beneath it", record=wanted.record) if wanted.record else None,
        Phrase("by or about {person}", person=wanted.person) if wanted.person else None,
        Phrase("on {day}", day=wanted.day) if wanted.day else None,
        Phrase("since {day}", day=wanted.since) if wanted.since else None,
        Phrase("command {command}", command=wanted.command) if wanted.command else None,
        Phrase("holding “{text}”", text=wanted.text) if wanted.text else None,
    ]
    return [part for part in said if part is not None] or [Phrase("the whole site")]
