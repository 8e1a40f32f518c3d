"""``inkt backup restore`` and ``inkt backup drill``: putting a backup back, and rehearsing it.

A newer ledger is only replaced with a reason and with the name and password of a person who may; what it held is kept aside.
The drill writes nothing but its evidence page. Exit code 4 when it fails.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import ActingAs, credentials
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.cli.site import role_lines
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse, speaks

if TYPE_CHECKING:
    from inkt_mfg.store.bundle import Backup
    from inkt_mfg.store.drill import Drill
    from inkt_mfg.store.restoring import Loss, Staged

Scratch = Annotated[
    str | None,
    typer.Option(
        envvar="INKT_SCRATCH_URL",
        help="PostgreSQL: the address that may make the scratch database (default: the site's own).",
    ),
]
_WHICH = "The folder of the backup."


def restore(
    ctx: typer.Context,
    backup: Annotated[Path, typer.Argument(help=_WHICH)],
    to: Annotated[
        Path, typer.Option(help="The site's folder: a new one, or one whose database is to be replaced.")
    ],
    reason: Annotated[str | None, typer.Option(help="Why a newer ledger is replaced.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Put a backup back; a present database is kept aside, and a newer one replaced only with a signed reason."""
    from inkt_mfg.store.bundle import open_backup
    from inkt_mfg.store.clock import SystemClock
    from inkt_mfg.store.restoring import staged, sure_loss
    from inkt_mfg.workflow.keeping import refuse_without_reason

    found = open_backup(backup)
    loss = sure_loss(found, to)
    if loss is not None and not (speaks(reason) and acting):
        raise refuse_without_reason(loss)
    with progress_bar() as tell, staged(found, to, asked(ctx).database_url, tell) as stage:
        sequence, loss = _first_entry(stage, reason, acting)
        aside = stage.put_in_place(SystemClock().now())
    _give(ctx, stage, to, sequence, loss, aside)


def _first_entry(stage: "Staged", reason: str | None, acting: str | None) -> "tuple[int, Loss | None]":
    """Who, why and what was lost, as the restored ledger's first entry."""
    from inkt_mfg.store.restoring import present_store
    from inkt_mfg.workflow import keeping

    present = present_store(stage.backup, stage.folder)
    try:
        loss = stage.loss(present)
        if loss is None:
            return keeping.record_restore(stage.store, stage.backup), None
        if not speaks(reason) or acting is None:
            raise keeping.refuse_without_reason(loss)
        bench = keeping.who_replaces(present, stage.store, credentials(acting))
        loss = stage.loss(present) or loss  # the log-in just now is an entry, too
        return keeping.record_replacement(stage.store, bench.person, stage.backup, loss, reason), loss
    finally:
        if present is not None:
            present.close()


def _give(
    ctx: typer.Context,
    stage: "Staged",
    to: Path,
    sequence: int,
    loss: "Loss | None",
    aside: Path | None,
) -> None:
    backup, roles = stage.backup, stage.roles
    lines = [Phrase("Site {site} is restored in {folder}, up to entry {n}.", site=backup.manifest.site, folder=to,
                    n=backup.manifest.sequence)]  # fmt: skip
    lines.append(Phrase("The backup: {seal}", seal=stage.seal.says()))
    if loss is not None:
        lines.append(Phrase("No longer in its ledger: {lost}", lost=loss.says()))
    if aside is not None:
        lines.append(Phrase("What was there before is kept in {folder}", folder=aside))
    lines.append(Phrase("This is entry {n} of its ledger.", n=sequence))
    lines += role_lines(roles) if roles else []
    answer = {
        "restored": str(to),
        "backup": backup.name,
        **stage.seal.as_json(),
        "up_to": backup.manifest.sequence,
        "recorded": sequence,
        "lost": loss.says().english if loss else None,
        "kept_aside": str(aside) if aside else None,
        **({"database_roles": roles.as_json()} if roles else {}),
    }
    give(ctx, answer, lines)


def drill(
    ctx: typer.Context,
    backup: Annotated[
        Path | None, typer.Argument(help="The folder of the backup (default: the newest).")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--in", help="The folder of the backups (default: backups in the site's folder)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the evidence page to this PDF.")] = None,
    scratch_url: Scratch = None,
    _json: WantsJson = False,
) -> None:
    """Restore the newest backup into a scratch place, verify it, and compare it with the live ledger."""
    held = _rehearsed(ctx, backup, folder, scratch_url)
    if out is not None:
        from inkt_mfg.reports.drill import drill_pdf

        write_whole(out, drill_pdf(held))
    written = [Phrase("Written: {file}", file=out)] if out else []
    give(ctx, {**held.as_json(), "file": str(out) if out else None}, [*_drill_lines(held), *written])
    if not held.ok:
        raise typer.Exit(NOT_VERIFIED)


def _rehearsed(
    ctx: typer.Context, backup: Path | None, folder: Path | None, scratch_url: str | None
) -> "Drill":
    from inkt_mfg.store.backup import default_folder
    from inkt_mfg.store.bundle import backups_in, open_backup
    from inkt_mfg.store.drill import rehearse
    from inkt_mfg.store.folder import find_place, open_site

    wanted = asked(ctx)
    place = find_place(wanted.site, wanted.database_url)
    if backup is None:
        where = folder or default_folder(place)
        newest = newest_good(backups_in(where, place.code), where)
    else:
        newest = open_backup(backup)
    store = open_site(wanted.site, wanted.database_url, inspecting=True)
    try:
        with progress_bar() as tell, TemporaryDirectory(prefix="inkt-drill-") as scratch:
            return rehearse(newest, store, Path(scratch), scratch_url or place.address, tell)
    finally:
        store.close()


def newest_good(known: "list[Backup]", where: Path | None) -> "Backup":
    """The newest of these, newest first, that is good. Raises Refusal R60 where there is none."""
    for backup in known:
        if backup.manifest.good:
            return backup
    raise refuse(
        "R60",
        Phrase("there is no good backup here"),
        expected=Phrase("a backup made by `inkt backup create`"),
        field="in",
        typed=str(where) if where else "",
    )


def _drill_lines(held: "Drill") -> list[Phrase]:
    yes, no = Phrase("yes"), Phrase("NO")
    said = [
        Phrase(
            "Backup {name}, restored and verified in {n} s.", name=held.backup.name, n=f"{held.seconds:.1f}"
        ),
        Phrase("The backup: {seal}", seal=held.seal.says()),
        Phrase("Every file as its manifest lists it: {yes}", yes=yes if held.files_as_listed else no),
        Phrase(
            "Restored ledger ends where the manifest says: {yes}", yes=yes if held.restored_as_listed else no
        ),
        Phrase("Entries verified: {n}, findings: {m}", n=held.proven.entries, m=held.proven.findings),
        Phrase("The live ledger holds its head: {yes}", yes=yes if held.continues else no),
    ]
    since = held.live[0] - held.backup.manifest.sequence
    return [*said, Phrase("Entries made since the backup: {n}", n=since)] if held.continues else said
