"""``inkt site move``: a site that outgrew its file goes to a PostgreSQL server, every entry and every row with it.

An administrator's act with a reason; the file is kept aside. Exit code 4 when what was copied does not verify: then nothing
was moved.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.cli.site import role_lines
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.store.moving import DoesNotVerify, Moved

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


@app.callback()
def _site() -> None:
    """The site's place."""


@app.command("move")
def move(
    ctx: typer.Context,
    to: Annotated[str, typer.Argument(help="The PostgreSQL database: postgresql://USER@HOST/DATABASE.")],
    reason: Annotated[str | None, typer.Option(help="Why the site moves.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Move the site of a SQLite file to a PostgreSQL server, and verify its whole ledger there first."""
    from inkt_mfg.store.clock import ShiftedClock, SystemClock
    from inkt_mfg.store.folder import find_place
    from inkt_mfg.store.moving import DoesNotVerify, destination, move_site
    from inkt_mfg.workflow.moving import record_move

    place = find_place(asked(ctx).site, asked(ctx).database_url)
    there = destination(place, to)
    with at_bench(ctx, acting) as (bench, _given):
        record_move(bench, there, reason)
    clock = SystemClock() if place.clock_offset is None else ShiftedClock(place.clock_offset)
    try:
        with progress_bar() as tell:
            done = move_site(place, to, clock.now(), tell)
    except DoesNotVerify as wrong:
        _give_findings(ctx, wrong)
        raise typer.Exit(NOT_VERIFIED) from None
    _give(ctx, place.code, done)


def _give(ctx: typer.Context, site: str, done: "Moved") -> None:
    lines = [
        Phrase("Site {site} is at {place}: {n} entries, verified there.", site=site, place=done.place,
               n=done.sequence),
        Phrase("Head of the chain: {head}", head=done.head),
        Phrase("The file it was in is kept in {folder}", folder=done.aside),
    ]  # fmt: skip
    lines += role_lines(done.roles) if done.roles else []
    answer = {
        "site": site,
        "database": done.place,
        "entries": done.sequence,
        "head": done.head,
        "rows": done.rows,
        "kept_aside": str(done.aside),
        **({"database_roles": done.roles.as_json()} if done.roles else {}),
    }
    give(ctx, answer, lines)


def _give_findings(ctx: typer.Context, wrong: "DoesNotVerify") -> None:
    findings = [f.as_json() for f in wrong.findings]
    lines = [
        Phrase("What was copied does not verify: {n} findings. Nothing was moved.", n=len(findings)),
        Phrase("`inkt ledger verify` says what is wrong with the site where it is."),
    ]
    give(ctx, {"moved": False, "findings": findings}, lines)
