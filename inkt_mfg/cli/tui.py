"""``inkt tui``: the terminal application on the site meant by the global options."""

import platform

import typer

from inkt_mfg.cli.answers import asked

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def tui(ctx: typer.Context) -> None:
    """Open the terminal application."""
    run_tui(ctx)


def run_tui(ctx: typer.Context) -> None:
    """Start it; the store opens in a worker once the log-in screen has painted, because SQLModel loads slowly."""
    from tui.app import run

    wanted = asked(ctx)

    def open_store() -> object:
        from inkt_mfg.store.folder import open_site

        return open_site(wanted.site, wanted.database_url)

    run(open_store, platform.node() or "terminal")  # type: ignore[arg-type] # the store's type would load SQLModel here
