"""``inkt ledger export``: a zip of the ledger, or of a part of it, that an outsider checks without this program."""

from pathlib import Path
from typing import Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.cli.passphrase import PassphraseFile, passphrase
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase


def register(ledger: typer.Typer) -> None:
    """Add the command to ``inkt ledger``."""
    ledger.command("export")(_export)


def _export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The zip to write.")],
    batch: Annotated[str | None, typer.Option(help="Only what concerns this batch.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what concerns this subject.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what was recorded from this day on.")] = None,
    seal: Annotated[bool, typer.Option("--seal", help="Seal first, so that all of it is proved.")] = False,
    seal_passphrase_file: PassphraseFile = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Write entries, seals, keys, proofs and a verifier. That it was exported is itself an entry."""
    # Here: SQLModel takes 0.4 s to import, and `inkt ledger --help` needs none of it.
    from inkt_mfg.workflow import sealing
    from inkt_mfg.workflow.ledger_exports import Wanted, export

    with at_bench(ctx, acting) as (bench, _given), progress_bar() as tell:
        if seal:
            sealing.unlock(bench, passphrase(seal_passphrase_file))
            sealing.seal(bench)
        receipt, done = export(bench, out, Wanted(batch, subject, since), tell)
    answer = {
        "file": str(out),
        "entries": done.entries,
        "sealed": done.sealed,
        "seals": done.seals,
        "recorded": receipt.sequence,
    }
    lines = [
        Phrase(
            "{n} entries are in {file}; {sealed} of them a seal covers.",
            n=done.entries,
            file=out,
            sealed=done.sealed,
        ),
        Phrase("Whoever gets it unpacks it and runs: python3 -I verify_ledger.py"),
    ]
    others = done.entries - done.sealed
    if others and seal:
        lines.append(
            Phrase("The other {n} came after it: the seal's own entry and that of this export.", n=others)
        )
    elif others:
        lines.append(Phrase("Nothing proves the other {n}: seal first, or export with --seal.", n=others))
    give(ctx, answer, lines)
