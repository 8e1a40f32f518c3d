"""PostgreSQL's own programs (``pg_dump``, ``pg_restore``): finding them, and running them without showing a password.

Called by ``copying`` and ``restoring``. It refuses to go on when one is missing or too old for the server, and says what the
program itself said.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import URL

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable


def found_tool(name: str) -> Path:
    """The program on this machine's PATH. Raises Unable, naming the package that brings it."""
    where = shutil.which(name)
    if where is None:
        raise Unable(
            Phrase("{tool} is not on this machine's PATH.", tool=name),
            Phrase(
                "Install PostgreSQL's client programs of the server's version (Debian: postgresql-client), then do it again."
            ),
        )
    return Path(where)


def run_tool(name: str, url: URL, arguments: Sequence[str]) -> None:
    """Run it against this database. Raises Unable with its last words when it fails."""
    address = url.set(drivername="postgresql")._replace(password=None).render_as_string()
    environment = {**os.environ, "LC_ALL": "C"}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)  # a command line can be read by others, this cannot
    command = [str(found_tool(name)), *arguments, f"--dbname={address}"]
    ended = subprocess.run(  # noqa: S603 — a program found on PATH, our own arguments, no shell
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if ended.returncode != 0:
        words = [line for line in ended.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise Unable(
            Phrase("{tool} could not do it: {why}.", tool=name, why=" ".join(words[-3:])),
            Phrase("Nothing was kept. Put that right, then do it again."),
        )
