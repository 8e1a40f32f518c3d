"""Where ``inkt`` begins: the terminal application opens straight away, everything else goes to ``main``.

typer takes longer to import than the log-in screen takes to paint, and ``inkt tui`` has nothing to parse but the site:
so its two options are read here, and whatever else is typed with it (``--help``, a mistake) is typer's to answer.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

GLOBALS = ("--site", "--database-url")


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the command."""
    typed = globals_first(list(sys.argv[1:] if arguments is None else arguments))
    if typed[-1:] == ["tui"] and (place := _only_a_place(typed[:-1])) is not None:
        sys.exit(open_application(*place))
    from inkt_mfg.cli import main  # here: see above

    main.run(typed)


def globals_first(arguments: Sequence[str]) -> list[str]:
    """``inkt ledger verify --site demo`` means ``inkt --site demo ledger verify``: people type it either way."""
    ahead: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in GLOBALS:
            ahead += [argument, *(value for value in [next(waiting, None)] if value is not None)]
        elif argument == "--json" or argument.startswith(tuple(f"{name}=" for name in GLOBALS)):
            ahead.append(argument)
        else:
            rest.append(argument)
    return ahead + rest


def _only_a_place(options: Sequence[str]) -> tuple[Path | None, str | None] | None:
    """The site's folder and address from the options or the environment; None when anything else is among them."""
    said = {"--site": os.environ.get("INKT_SITE"), "--database-url": os.environ.get("INKT_DATABASE_URL")}
    pairs = iter(options)
    for option in pairs:
        name, mark, value = option.partition("=")
        if name not in GLOBALS:
            return None
        said[name] = value if mark else next(pairs, None)
    return (Path(said["--site"]) if said["--site"] else None), said["--database-url"] or None


def open_application(site: Path | None, database_url: str | None) -> int:
    """Start it, and return its exit code; the store opens in a worker once the log-in screen has painted, because SQLModel loads slowly."""
    import platform

    from tui.app import run as run_application

    def open_store() -> object:
        from inkt_mfg.store.folder import open_site

        return open_site(site, database_url)

    return run_application(open_store, platform.node() or "terminal")  # type: ignore[arg-type] # its type would load SQLModel
