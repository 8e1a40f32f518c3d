"""``inkt tui``, as typer knows it: its help, and the way in when it was typed with more than the site."""

import typer

from inkt_mfg.cli.answers import asked
from inkt_mfg.cli.start import open_application

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def tui(ctx: typer.Context) -> None:
    """Open the terminal application."""
    run_tui(ctx)


def run_tui(ctx: typer.Context) -> None:
    """Open it on the site meant by the global options."""
    wanted = asked(ctx)
    if code := open_application(wanted.site, wanted.database_url):
        raise typer.Exit(code)
