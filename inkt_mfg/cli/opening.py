"""Opening the site a command means, and logging somebody in at it.

Commands that read need no log-in and show no patient's name (whoever can read the database can read it anyway); every
command that writes acts as a person: ``--as`` or INKT_USER, the password from INKT_PASSWORD and the code of a second factor
from INKT_CODE, or asked for.
"""

import getpass
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import asked, tell
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse, visible

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


def credentials(user_name: str | None, variable: str = "INKT_PASSWORD") -> "Credentials":
    """Who acts, and the password: from INKT_PASSWORD (or another ``variable``), or asked for at a terminal."""
    from inkt_mfg.workflow.signing import Credentials

    if user_name is None:
        raise typer.BadParameter(str(Phrase("who acts is not said: --as USER or INKT_USER")))
    password = os.environ.get(variable)
    if password is None:
        if not sys.stdin.isatty():
            raise refuse(
                "R21",
                Phrase("there is nobody to ask for the password"),
                expected=Phrase("a terminal, or the password in {variable}", variable=variable),
                field="password",
            )
        password = getpass.getpass(str(Phrase("Password of {name}: ", name=visible(user_name))))
    return Credentials(user_name, password, os.environ.get("INKT_CODE", ""))


@contextmanager
def at_bench(ctx: typer.Context, user_name: str | None) -> "Iterator[tuple[Bench, Credentials]]":
    """The site with this person logged in, and what they would sign with."""
    given = credentials(user_name)
    with opened(ctx) as store:
        yield _logged_in(store, given), given


def _logged_in(store: "Store", given: "Credentials") -> "Bench":
    """With the code of a second factor, asked for at a terminal where the log-in asks for one."""
    from inkt_mfg.workflow.bench import log_in

    workstation = platform.node() or "command line"
    try:
        return log_in(store, given, workstation)
    except Refusal as no:
        if no.first.field != "code" or given.code or not sys.stdin.isatty():
            raise
        code = getpass.getpass(str(Phrase("Code of {name}'s authenticator: ", name=given.user_name)))
        return log_in(store, replace(given, code=code), workstation)
