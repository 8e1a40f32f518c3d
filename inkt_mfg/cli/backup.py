"""``inkt backup``: make one that proves itself, list them, put one back, rehearse that.

Making one is an act of a person (``--as``) or, from a timer, of the program itself (``--unattended``); either way it
stands in the ledger. Listing and rehearsing write nothing. Exit code 4 when what was copied does not verify.
"""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give, tell
from inkt_mfg.cli.opening import ActingAs, at_bench, credentials, opened
from inkt_mfg.cli.passphrase import PassphraseFile, passphrase
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.cli.restore import Scratch, drill, newest_good, restore
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable

if TYPE_CHECKING:
    from inkt_mfg.store.bundle import Backup
    from inkt_mfg.store.bundle_seal import SealOfBackup
    from inkt_mfg.store.unit_of_work import Store
    from inkt_mfg.workflow.bench import Bench

SEALER_PASSWORD = "INKT_SEALER_PASSWORD"  # noqa: S105 — the variable's name: two people, two passwords

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
    sealed_by: Annotated[
        str | None, typer.Option(help="The key holder who seals its manifest: name, password, passphrase.")
    ] = None,
    seal_passphrase_file: PassphraseFile = None,
    acting: ActingAs = None,
    scratch_url: Scratch = None,
    _json: WantsJson = False,
) -> None:
    """Copy the site, restore the copy into a scratch place, verify it there, and only then call it good."""
    from inkt_mfg.workflow import keeping
    from inkt_mfg.workflow.permissions import Permission

    seal = None

    def make(store: "Store") -> "Backup":
        return _make(ctx, store, to, scratch_url, with_secret_key=with_secret_key)

    if unattended:
        if sealed_by is not None:
            raise typer.BadParameter(str(Phrase("from a timer nobody seals; later: inkt backup seal")))
        with opened(ctx) as store:
            made = make(store)
            sequence = keeping.record_unattended_backup(store, made)
    else:
        with at_bench(ctx, acting) as (bench, _given):
            keeping.refuse_who_may_not(bench, Permission.KEEP_SITE)
            holder = None if sealed_by is None else _key_holder(bench.store, sealed_by, seal_passphrase_file)
            made = make(bench.store)
            sequence = keeping.record_backup(bench, made).sequence
            if holder is not None and made.manifest.good:
                made, seal = _sealed(holder, lambda: keeping.seal_new_backup(holder, made))
    _give_made(ctx, made, sequence, keep, seal)


def _key_holder(store: "Store", name: str, file: Path | None) -> "Bench":
    """The person who seals, with the key unlocked: asked before the minutes a copy takes."""
    from inkt_mfg.workflow.bench import log_in
    from inkt_mfg.workflow.sealing import unlock

    bench = log_in(store, credentials(name, SEALER_PASSWORD), platform.node() or "command line")
    unlock(bench, passphrase(file))
    return bench


def _sealed(holder: "Bench", act: "Callable[[], Backup]") -> "tuple[Backup, SealOfBackup]":
    from inkt_mfg.store.bundle_seal import keys_of, seal_of

    made = act()
    if holder.sealing.trouble is not None:
        tell(holder.sealing.trouble)  # the manifest is sealed; only the ledger's own seal could not follow
    return made, seal_of(made, keys_of(holder.store))


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


def _give_made(
    ctx: typer.Context, made: "Backup", sequence: int, keep: int | None, seal: "SealOfBackup | None"
) -> None:
    from inkt_mfg.store.backup import Pruned, prune
    from inkt_mfg.store.bundle_seal import seal_of
    from inkt_mfg.workflow.keeping import says

    good = made.manifest.good
    pruned = Pruned([], [])
    if keep and good:
        pruned = prune(made.folder.parent, made.manifest.site, keep, lambda b: _broken(_seals(ctx, [b])[0]))
    gone, ruined = [b.name for b in pruned.gone], [b.name for b in pruned.ruined]
    seal = seal or seal_of(made, ())
    lines = [says(made), Phrase("It lies in {folder}", folder=made.folder)]
    if good:
        lines.append(Phrase("The backup: {seal}", seal=seal.says()))
    if good:
        lines += [Phrase("Head of the chain: {head}", head=made.manifest.head)]
    lines += [Phrase("Deleted, because newer ones hold all of it: {name}", name=name) for name in gone]
    lines += [
        Phrase("{name} is no longer what was proven: it supersedes nothing. Look at that disk.", name=name)
        for name in ruined
    ]
    recorded = {"recorded": sequence, "deleted": gone, "ruined": ruined}
    give(ctx, {**made.as_json(), **seal.as_json(), **recorded}, lines)
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
    seals = _seals(ctx, found)
    lines = [_line(b, s) for b, s in zip(found, seals, strict=True)] or [Phrase("There is no backup.")]
    known = [{**b.as_json(), **s.as_json()} for b, s in zip(found, seals, strict=True)]
    give(ctx, {"backups": known}, lines)


@app.command("seal")
def _seal(
    ctx: typer.Context,
    backup: Annotated[
        Path | None, typer.Argument(help="The folder of the backup (default: the newest good one).")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--in", help="The folder of the backups (default: backups in the site's folder)."),
    ] = None,
    seal_passphrase_file: PassphraseFile = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Sign the manifest of a good backup with the site's key, as its holder."""
    from inkt_mfg.store.bundle import MANIFEST, SIGNATURE, open_backup
    from inkt_mfg.workflow import keeping, sealing

    with at_bench(ctx, acting) as (bench, _given):
        sealing.unlock(bench, passphrase(seal_passphrase_file))
        wanted = newest_good(_backups(ctx, folder), folder) if backup is None else open_backup(backup)
        made, seal = _sealed(bench, lambda: keeping.seal_backup(bench, wanted))
    lines = [
        Phrase("{name}: {seal}", name=made.name, seal=seal.says()),
        Phrase("Check: minisign -V -p seal.pub -m {file}", file=made.folder / MANIFEST),
    ]
    give(ctx, {**made.as_json(), **seal.as_json(), "signature": str(made.folder / SIGNATURE)}, lines)


def _broken(seal: "SealOfBackup") -> bool:
    from inkt_mfg.store.bundle_seal import Sealed

    return seal.sealed is Sealed.BROKEN


def _seals(ctx: typer.Context, found: "list[Backup]") -> "list[SealOfBackup]":
    """How each is sealed, by the keys the site's ledger names; where it cannot be read, by its seal.pub."""
    from inkt_mfg.store.bundle_seal import keys_beside, keys_of, seal_of
    from inkt_mfg.store.folder import find_place, open_site

    if all(b.signature is None for b in found):
        return [seal_of(b, ()) for b in found]
    wanted = asked(ctx)
    try:
        store = open_site(wanted.site, wanted.database_url, inspecting=True)
        try:
            known = keys_of(store)
        finally:
            store.close()
    except (Refusal, Unable):  # a backup is looked for on the day when nothing opens
        known = keys_beside(find_place(wanted.site, wanted.database_url).folder)
    return [seal_of(b, known) for b in found]


def _backups(ctx: typer.Context, folder: Path | None) -> "list[Backup]":
    from inkt_mfg.store.backup import default_folder
    from inkt_mfg.store.bundle import backups_in
    from inkt_mfg.store.folder import find_place

    wanted = asked(ctx)
    place = find_place(wanted.site, wanted.database_url)
    return backups_in(folder or default_folder(place), place.code)


def _line(backup: "Backup", seal: "SealOfBackup") -> Phrase:
    manifest = backup.manifest
    verdict = Phrase("good") if manifest.good and not _broken(seal) else Phrase("NOT GOOD")
    return Phrase("{name}  {verdict}  {n} entries  schema {schema}  {seal}", name=backup.name, verdict=verdict,
                  n=manifest.sequence, schema=manifest.schema, seal=seal.says())  # fmt: skip
