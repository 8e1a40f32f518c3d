"""``inkt ledger``: check the audit trail of a site, read it, seal it, export it.

``verify`` opens a site that no longer protects its ledger, too, and says so. It writes nothing. Exit code 4 when
anything is wrong. ``show``, ``seal``, ``key`` and ``export`` are in modules of their own.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli import ledger_export, ledger_seal, ledger_show
from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give, tell
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.files import bytes_of
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from inkt_mfg.ledger.findings import Finding, Verification
    from inkt_mfg.ledger.minisign import PublicKey
    from inkt_mfg.ledger.seals import Outside

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def _ledger() -> None:
    """Check the audit trail, read it, seal it, export it."""


app.command("show")(ledger_show.show)
ledger_seal.register(app)
ledger_export.register(app)


@app.command("verify")
def _verify(
    ctx: typer.Context,
    seal: Annotated[
        list[Path] | None,
        typer.Option(
            "--seal", help="A seal kept elsewhere, as a file or as typed from paper; may be repeated."
        ),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="The site's seal.pub, as it was kept elsewhere.")
    ] = None,
    _json: WantsJson = False,
) -> None:
    """Recompute the chain, replay it, compare it with every row of every table, and check every seal."""
    # Here: SQLModel takes 0.4 s to import, and `inkt --help` needs none of it.
    from inkt_mfg.store.folder import open_site
    from inkt_mfg.store.verification import verify

    outside = [_outside(file) for file in seal or ()]
    trusted = None if public_key is None else _public_key(public_key)
    wanted = asked(ctx)
    store = open_site(wanted.site, wanted.database_url, inspecting=True)
    if store.concern is not None:
        tell(store.concern)
    try:
        with progress_bar() as progress:
            checked = verify(store, progress, outside=outside, trusted=trusted)
    finally:
        store.close()
    give(ctx, checked.as_json(), _lines(checked, outside, trusted))
    if not checked.ok:
        raise typer.Exit(NOT_VERIFIED)


def _outside(file: Path) -> "Outside":
    """A seal from a file: the whole sheet, or a statement with its ``.minisig`` beside it, or a statement alone."""
    from inkt_mfg.ledger.seal_statement import NotASeal, Sheet
    from inkt_mfg.ledger.seals import Outside

    expected = Phrase("a seal: a file made by `inkt ledger seal`, or the lines printed on its page")
    text = _text(file, expected)
    beside = file.with_name(f"{file.name}.minisig")
    if beside.exists() and "untrusted comment:" not in text:
        text = f"{text.rstrip()}\n{_text(beside, expected)}"
    try:
        return Outside(file.name, Sheet.read(text))
    except NotASeal as wrong:
        raise refuse(
            "R04",
            Phrase("{file} is not a seal: {why}", file=file.name, why=wrong),
            expected=expected,
            field="seal",
            typed=str(file),
        ) from wrong


def _public_key(file: Path) -> "PublicKey":
    from inkt_mfg.ledger.minisign import NotMinisign, PublicKey

    expected = Phrase("a minisign public key file, such as seal.pub")
    try:
        return PublicKey.read(_text(file, expected))
    except NotMinisign as wrong:
        raise refuse(
            "R04",
            Phrase("{file} is not a public key: {why}", file=file.name, why=wrong),
            expected=expected,
            field="public_key",
            typed=str(file),
        ) from wrong


def _text(file: Path, expected: Phrase) -> str:
    return bytes_of(file, rule="R04", expected=expected, largest=100_000).decode("utf-8", "replace")


def _lines(
    checked: "Verification", outside: "Sequence[Outside]", trusted: "PublicKey | None"
) -> Iterator[Phrase]:
    for finding in checked.findings:
        yield _line(finding)
    if not checked.ok:
        yield Phrase("{n} entries, {m} findings.", n=checked.entries, m=len(checked.findings))
        return
    yield Phrase(
        "Nothing wrong. Entries, chain and replay: {n}; seals: {m}.", n=checked.entries, m=checked.seals
    )
    yield Phrase("Head of the chain: {head}", head=checked.head)
    for brought in outside:
        yield from _proved(brought, trusted)
    yield from _not_proved(checked, outside, trusted)


def _proved(brought: "Outside", trusted: "PublicKey | None") -> Iterator[Phrase]:
    said = brought.sheet.statement
    yield Phrase(
        "{file}: the first {n} entries are still exactly those sealed at {at}.",
        file=brought.name,
        n=said.size,
        at=said.sealed_at,
    )
    if brought.sheet.signature is None:
        yield Phrase(
            "{file} has no signature: it is worth as much as the place it was kept in.", file=brought.name
        )
    elif trusted is None or trusted.name != said.key:
        yield Phrase(
            "Its signature was checked with the key in this database; --public-key checks it with yours.",
        )


def _not_proved(
    checked: "Verification", outside: "Sequence[Outside]", trusted: "PublicKey | None"
) -> Iterator[Phrase]:
    """What cannot be seen from here, in so many words."""
    covered = max((o.sheet.statement.size for o in outside), default=0)
    if not outside:
        yield Phrase(
            "Not shown by this: that no tail was cut off with its rows, that the chain was not written anew, and that this "
            "is not an older copy. For that, compare with a seal kept elsewhere: inkt ledger verify --seal FILE"
        )
    elif covered < checked.entries:
        yield Phrase(
            "Not shown by this: anything about the {n} entries after entry {covered}, which no seal kept elsewhere covers.",
            n=checked.entries - covered,
            covered=covered,
        )
    if checked.seals and trusted is None:
        yield Phrase("The stored seals were checked with the keys stored beside them.")


def _line(finding: "Finding") -> Phrase:
    if finding.field is None and finding.expected is None and finding.found is None:
        return Phrase("{kind}: {table} {key}", kind=finding.kind.value, table=finding.table, key=finding.key)
    return Phrase(
        "{kind}: {table} {key} {field}: expected {expected}, found {found}",
        kind=finding.kind.value,
        table=finding.table,
        key=finding.key,
        field=finding.field or "",
        expected=finding.expected,
        found=finding.found,
    )
