"""Opening the site a command means, and logging somebody in at it.

Commands that read need no log-in and show no patient's name (whoever can read the database can read it anyway); every
command that writes acts as a person: ``--as`` or INKT_USER, and the password from INKT_PASSWORD or asked for.
"""

import getpass
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import asked, tell
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from inkt_mfg.store.unit_of_work import Store
    from inkt_mfg.workflow.bench import Bench
    from inkt_mfg.workflow.signing import Credentials

ActingAs = Annotated[
    str | None, typer.Option("--as", envvar="INKT_USER", help="The user name of the person acting.")
]


@contextmanager
def opened(ctx: typer.Context) -> "Iterator[Store]":
    """The store of the site meant by the global options. Raises Refusal or Unable when there is none."""
    # Here, not above: SQLModel takes 0.4 s to import, and `inkt --help` needs none of it.
    from inkt_mfg.store.folder import open_site

    wanted = asked(ctx)
    store = open_site(wanted.site, wanted.database_url)
    if store.concern is not None:
        tell(store.concern)
    try:
        yield store
    finally:
        store.close()


def credentials(user_name: str | None) -> "Credentials":
    """Who acts, and the password: from INKT_PASSWORD, or asked for at a terminal."""
    from inkt_mfg.workflow.signing import Credentials

    if user_name is None:
        raise typer.BadParameter(str(Phrase("who acts is not said: --as USER or INKT_USER")))
    password = os.environ.get("INKT_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            raise refuse(
                "R21",
                Phrase("there is nobody to ask for the password"),
                expected=Phrase("a terminal, or the password in INKT_PASSWORD"),
                field="password",
            )
        password = getpass.getpass(str(Phrase("Password of {name}: ", name=user_name)))
    return Credentials(user_name, password)


@contextmanager
def at_bench(ctx: typer.Context, user_name: str | None) -> "Iterator[tuple[Bench, Credentials]]":
    """The site with this person logged in, and what they would sign with."""
    from inkt_mfg.workflow.bench import log_in

    given = credentials(user_name)
    with opened(ctx) as store:
        yield log_in(store, given, platform.node() or "command line"), given
