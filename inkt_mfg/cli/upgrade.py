"""``inkt upgrade``: bring a site's database to this program's schema, or leave it exactly as it was.

Nobody can log in to an older schema: the entry names the operating system's user. Exit code 4 when the ledger does not verify.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.cli.restore import Scratch
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.store.bundle import Backup
    from inkt_mfg.store.upgrading import NotVerified, Upgraded

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def upgrade(
    ctx: typer.Context,
    to: Annotated[
        Path | None, typer.Option(help="The folder for the copy made before (default: as for backups).")
    ] = None,
    scratch_url: Scratch = None,
    _json: WantsJson = False,
) -> None:
    """Copy and prove the site, migrate it in one transaction, verify it, or put everything back."""
    from inkt_mfg.store.backup import default_folder
    from inkt_mfg.store.clock import ShiftedClock, SystemClock
    from inkt_mfg.store.folder import find_place
    from inkt_mfg.store.upgrading import NotVerified, upgrade_site

    place = find_place(asked(ctx).site, asked(ctx).database_url)
    clock = SystemClock() if place.clock_offset is None else ShiftedClock(place.clock_offset)
    try:
        with progress_bar() as tell:
            done = upgrade_site(place, to or default_folder(place), clock.now(), tell, scratch_url)
    except NotVerified as wrong:
        _give_not_verified(ctx, wrong)
        raise typer.Exit(NOT_VERIFIED) from None
    _give(ctx, done)


def _give(ctx: typer.Context, done: "Upgraded") -> None:
    answer = {
        "before": done.before,
        "now": done.now,
        "upgraded": done.done,
        "protections_put_back": list(done.protections),
        "backup": str(done.copy.folder) if done.copy else None,
        "backup_good": done.copy.manifest.good if done.copy else None,
        "findings": done.findings,
    }
    if not done.done:
        lines = [Phrase("The database has schema {schema} already: nothing to do.", schema=done.now)]
    else:
        lines = [
            _verified(done),
            *(Phrase("Protection put back: {name}", name=name) for name in done.protections),
        ]
        lines += _about_the_copy(done.copy) if done.copy else []
    give(ctx, answer, lines)
    if done.findings:
        raise typer.Exit(NOT_VERIFIED)


def _verified(done: "Upgraded") -> Phrase:
    if done.findings:
        return Phrase("Findings in the ledger: {n}. `inkt ledger verify` names each.", n=done.findings)
    return Phrase("Schema {before} is now {now}; the ledger was verified.", before=done.before, now=done.now)


def _about_the_copy(copy: "Backup") -> list[Phrase]:
    where = Phrase("The copy made before lies in {folder}", folder=copy.folder)
    if copy.manifest.good:
        return [where]
    return [
        where,
        Phrase(
            "It holds the site as it was found, without its protection: it is no good backup, and `inkt backup restore` does "
            "not take it. To go back to it all the same, close inkt at every bench and put its {file} in the place of the "
            "site's by hand. To go back to what is proven, restore the newest good backup.",
            file="site.db" if copy.manifest.database == "sqlite" else "site.dump",
        ),
    ]


def _give_not_verified(ctx: typer.Context, wrong: "NotVerified") -> None:
    findings = [f.as_json() for f in wrong.findings]
    where = str(wrong.copy.folder) if wrong.copy else None
    lines = [
        Phrase(
            "The ledger does not verify: nothing was upgraded. `inkt ledger verify` of the older program says what."
        ),
        *([Phrase("What was copied lies in {folder}", folder=where)] if where else []),
    ]
    give(ctx, {"upgraded": False, "findings": findings, "backup": where}, lines)
