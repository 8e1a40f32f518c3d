"""``inkt ledger seal``, ``seals`` and ``key``: seal the ledger, list and copy its seals, make and replace its key.

Whoever seals logs in as for any act and gives the key's passphrase besides. ``seals`` only reads.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.cli.passphrase import PassphraseFile, new_passphrase, passphrase
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable

if TYPE_CHECKING:
    from inkt_mfg.views.seals import ShownSeal

key = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the statement here and its signature beside it, for `minisign -V`."),
]
Print = Annotated[Path | None, typer.Option("--print", help="Write a page to file on paper here, as PDF.")]


def register(ledger: typer.Typer) -> None:
    """Add these commands to ``inkt ledger``."""
    ledger.command("seal")(_seal)
    ledger.command("seals")(_seals)
    ledger.add_typer(key, name="key")


@key.callback()
def _key() -> None:
    """The key seals are made with."""


def _seal(
    ctx: typer.Context,
    out: Out = None,
    print_to: Print = None,
    day_end: Annotated[bool, typer.Option("--day-end", help="This seal closes the day.")] = False,
    seal_passphrase_file: PassphraseFile = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Seal every entry there is with the site's key."""
    from inkt_mfg.records.words import SealOccasion
    from inkt_mfg.views.seals import shown_seals
    from inkt_mfg.workflow.sealing import seal, unlock

    with at_bench(ctx, acting) as (bench, _given):
        unlock(bench, passphrase(seal_passphrase_file))
        receipt = seal(bench, SealOccasion.DAY_END if day_end else SealOccasion.ON_DEMAND)
        (made,) = shown_seals(bench.store, receipt.code)
    _copy(made, out, print_to)
    give(
        ctx,
        _as_json(made),
        [Phrase("{code}: {says}", code=made.code, says=receipt.says), *_where(out, print_to)],
    )


def _seals(
    ctx: typer.Context,
    code: Annotated[str | None, typer.Argument(help="One seal, such as SEAL-00003; all without it.")] = None,
    out: Out = None,
    print_to: Print = None,
    _json: WantsJson = False,
) -> None:
    """List the seals, or copy one: to a file, or to a page to print."""
    from inkt_mfg.views.seals import shown_seals

    if code is None and (out or print_to):
        raise typer.BadParameter(str(Phrase("which seal is not said: `inkt ledger seals` lists their codes")))
    with opened(ctx) as store:
        found = shown_seals(store, code)
    if code is not None:
        _copy(found[0], out, print_to)
    lines = [_line(s) for s in found] or [Phrase("There is no seal.")]
    give(ctx, {"seals": [_as_json(s) for s in found]}, [*lines, *_where(out, print_to)])


@key.command("make")
def _make(
    ctx: typer.Context,
    seal_passphrase_file: PassphraseFile = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Make the first key of a site that has none."""
    from inkt_mfg.workflow.sealing import adopt

    with at_bench(ctx, acting) as (bench, _given):
        receipt = adopt(bench, new_passphrase(seal_passphrase_file))
        _give_key(ctx, bench.store, receipt.says)


@key.command("rotate")
def _rotate(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option(help="Why the key is replaced.")],
    seal_passphrase_file: PassphraseFile = None,
    new_passphrase_file: Annotated[
        Path | None, typer.Option(help="A file whose first line is the new key's passphrase.")
    ] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Make a new key; the old one names it in a last seal and is gone. Old seals stay valid."""
    from inkt_mfg.workflow.sealing import rotate, unlock

    with at_bench(ctx, acting) as (bench, _given):
        unlock(bench, passphrase(seal_passphrase_file))
        receipt = rotate(bench, new_passphrase(new_passphrase_file), reason=reason)
        _give_key(ctx, bench.store, receipt.says)


def _give_key(ctx: typer.Context, store: Any, says: Phrase) -> None:
    from inkt_mfg.workflow.sealing import present_key

    row = present_key(store)
    assert row is not None, "it was just made"
    lines = [
        says,
        Phrase("Public key: {key}", key=row.public_key),
        Phrase(
            "Give seal.pub to whoever shall check seals, and keep the passphrase apart from this machine."
        ),
    ]
    give(ctx, {"key": row.key_id, "public_key": row.public_key}, lines)


def _copy(seal: "ShownSeal", out: Path | None, print_to: Path | None) -> None:
    from inkt_mfg.reports.seal_page import seal_page

    signature = seal.sheet.signature
    assert signature is not None, "a stored seal has one"
    if out is not None:
        _write(out, seal.statement.text.encode())
        _write(out.with_name(f"{out.name}.minisig"), signature.file.encode())
    if print_to is not None:
        _write(print_to, seal_page(seal))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as wrong:
        raise Unable(
            Phrase("{file} cannot be written: {why}.", file=path, why=wrong.strerror or wrong),
            Phrase("The seal is on record: copy it with `inkt ledger seals CODE --out FILE`."),
        ) from wrong


def _where(out: Path | None, print_to: Path | None) -> Iterator[Phrase]:
    if out is not None:
        yield Phrase(
            "Written to {file} and {file}.minisig; check: minisign -V -p seal.pub -m {file}", file=out
        )
    if print_to is not None:
        yield Phrase("Written to {file}", file=print_to)


def _line(seal: "ShownSeal") -> Phrase:
    said = seal.statement
    return Phrase(
        "{code}  {at}  {size} entries  {fingerprint}  {occasion}  key {key}",
        code=seal.code,
        at=said.sealed_at,
        size=said.size,
        fingerprint=said.fingerprint,
        occasion=said.occasion,
        key=said.key,
    )


def _as_json(seal: "ShownSeal") -> dict[str, Any]:
    said, signature = seal.statement, seal.sheet.signature
    return {
        "seal": seal.code,
        "size": said.size,
        "head": said.head,
        "merkle_root": said.merkle_root,
        "sealed_at": said.sealed_at,
        "occasion": said.occasion,
        "key": said.key,
        "statement": said.text,
        "signature": signature.file if signature else None,
    }
