"""``inkt backup``: make one that proves itself, list them, put one back, rehearse that.

Making one is an act of a person (``--as``) or, from a timer, of the program itself (``--unattended``); either way it
stands in the ledger. Listing and rehearsing write nothing. Exit code 4 when what was copied does not verify.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.cli.restore import Scratch, drill, restore
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.store.bundle import Backup
    from inkt_mfg.store.unit_of_work import Store

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
app.command("restore")(restore)
app.command("drill")(drill)


@app.callback()
def _backup() -> None:
    """Backups that prove themselves."""


@app.command("create")
def _create(
    ctx: typer.Context,
    to: Annotated[
        Path | None, typer.Option(help="The folder for backups (default: backups in the site's folder).")
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Afterwards delete good ones that this many newer good ones supersede."),
    ] = None,
    with_secret_key: Annotated[
        bool, typer.Option(help="Copy the seal's secret key, too; guard such a backup like the key.")
    ] = False,
    unattended: Annotated[
        bool, typer.Option(help="From a timer: nobody logs in, the entry names this machine's user.")
    ] = False,
    acting: ActingAs = None,
    scratch_url: Scratch = None,
    _json: WantsJson = False,
) -> None:
    """Copy the site, restore the copy into a scratch place, verify it there, and only then call it good."""
    from inkt_mfg.workflow import keeping
    from inkt_mfg.workflow.permissions import Permission

    def make(store: "Store") -> "Backup":
        return _make(ctx, store, to, scratch_url, with_secret_key=with_secret_key)

    if unattended:
        with opened(ctx) as store:
            made = make(store)
            sequence = keeping.record_unattended_backup(store, made)
    else:
        with at_bench(ctx, acting) as (bench, _given):
            keeping.refuse_who_may_not(bench, Permission.KEEP_SITE)
            made = make(bench.store)
            sequence = keeping.record_backup(bench, made).sequence
    _give_made(ctx, made, sequence, keep)


def _make(
    ctx: typer.Context, store: "Store", to: Path | None, scratch_url: str | None, *, with_secret_key: bool
) -> "Backup":
    # Here: SQLModel takes 0.4 s to import, and `inkt backup --help` needs none of it.
    from inkt_mfg.store.backup import default_folder, make_backup
    from inkt_mfg.store.folder import find_place

    wanted = asked(ctx)
    place = find_place(wanted.site, wanted.database_url)
    with progress_bar() as tell:
        return make_backup(place, to or default_folder(place), store.clock.now(), tell, server=scratch_url,
                           with_secret_key=with_secret_key)  # fmt: skip


def _give_made(ctx: typer.Context, made: "Backup", sequence: int, keep: int | None) -> None:
    from inkt_mfg.store.backup import Pruned, prune
    from inkt_mfg.workflow.keeping import says

    good = made.manifest.good
    pruned = prune(made.folder.parent, made.manifest.site, keep) if keep and good else Pruned([], [])
    gone, ruined = [b.name for b in pruned.gone], [b.name for b in pruned.ruined]
    lines = [says(made), Phrase("It lies in {folder}", folder=made.folder)]
    if good:
        lines += [Phrase("Head of the chain: {head}", head=made.manifest.head)]
    lines += [Phrase("Deleted, because newer ones hold all of it: {name}", name=name) for name in gone]
    lines += [
        Phrase("{name} is no longer what was proven: it supersedes nothing. Look at that disk.", name=name)
        for name in ruined
    ]
    give(ctx, {**made.as_json(), "recorded": sequence, "deleted": gone, "ruined": ruined}, lines)
    if not good:
        raise typer.Exit(NOT_VERIFIED)


@app.command("list")
def _list(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--in", help="The folder of the backups (default: backups in the site's folder)."),
    ] = None,
    _json: WantsJson = False,
) -> None:
    """The backups of the site, the newest first."""
    found = _backups(ctx, folder)
    lines = [_line(b) for b in found] or [Phrase("There is no backup.")]
    give(ctx, {"backups": [b.as_json() for b in found]}, lines)


def _backups(ctx: typer.Context, folder: Path | None) -> "list[Backup]":
    from inkt_mfg.store.backup import default_folder
    from inkt_mfg.store.bundle import backups_in
    from inkt_mfg.store.folder import find_place

    wanted = asked(ctx)
    place = find_place(wanted.site, wanted.database_url)
    return backups_in(folder or default_folder(place), place.code)


def _line(backup: "Backup") -> Phrase:
    manifest = backup.manifest
    verdict = Phrase("good") if manifest.good else Phrase("NOT GOOD")
    return Phrase("{name}  {verdict}  {n} entries  schema {schema}", name=backup.name, verdict=verdict,
                  n=manifest.sequence, schema=manifest.schema)  # fmt: skip
