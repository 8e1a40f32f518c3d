"""``inkt ledger``: check the audit trail of a site.

``verify`` opens a site that no longer protects its ledger, too, and says so. It writes nothing. Exit code 4 when
anything is wrong.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from inkt_mfg.cli import ledger_show
from inkt_mfg.cli.answers import NOT_VERIFIED, WantsJson, asked, give
from inkt_mfg.cli.progress import progress_bar
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.ledger.findings import Finding, Verification

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def _ledger() -> None:
    """Check the audit trail."""


app.command("show")(ledger_show.show)


@app.command("verify")
def _verify(ctx: typer.Context, _json: WantsJson = False) -> None:
    """Recompute the chain, replay it, and compare it with every row of every table."""
    # Here: SQLModel takes 0.4 s to import, and `inkt --help` needs none of it.
    from inkt_mfg.store.folder import open_site
    from inkt_mfg.store.verification import verify

    wanted = asked(ctx)
    store = open_site(wanted.site, wanted.database_url, inspecting=True)
    try:
        with progress_bar() as progress:
            checked = verify(store, progress)
    finally:
        store.close()
    give(ctx, checked.as_json(), _lines(checked))
    if not checked.ok:
        raise typer.Exit(NOT_VERIFIED)


def _lines(checked: "Verification") -> Iterator[Phrase]:
    for finding in checked.findings:
        yield _line(finding)
    if checked.ok:
        yield Phrase("{n} entries, chain and replay: nothing wrong.", n=checked.entries)
        yield Phrase("Head of the chain: {head}", head=checked.head)
        yield Phrase(
            "A tail cut off with its rows, or a chain written anew, shows only against a head kept elsewhere."
        )
    else:
        yield Phrase("{n} entries, {m} findings.", n=checked.entries, m=len(checked.findings))


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
