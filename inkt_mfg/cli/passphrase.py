"""The passphrase of the seal key: from a file, from INKT_SEAL_PASSPHRASE, or asked for at a terminal; never an argument."""

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from inkt_mfg.files import bytes_of
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

VARIABLE = "INKT_SEAL_PASSPHRASE"
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--seal-passphrase-file", help="A file whose first line is the seal key's passphrase."),
]


def passphrase(file: Path | None) -> str:
    """The passphrase of the key there is. Raises Refusal when there is nobody to ask."""
    return _given(file) or _asked(Phrase("Passphrase of the seal key: "))


def new_passphrase(file: Path | None) -> str:
    """One for a new key; at a terminal it is asked for twice."""
    given = _given(file)
    if given is not None:
        return given
    first = _asked(Phrase("A passphrase for the new seal key: "))
    if _asked(Phrase("The same again: ")) != first:
        raise refuse(
            "R04",
            Phrase("the two passphrases differ"),
            expected=Phrase("the same passphrase twice"),
            field="passphrase",
        )
    return first


def given_elsewhere(file: Path | None) -> bool:
    """Whether there is no need to ask."""
    return file is not None or VARIABLE in os.environ


def _given(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(VARIABLE)
    expected = Phrase("a text file whose first line is the passphrase")
    lines = (
        bytes_of(file, rule="R04", expected=expected, largest=10_000).decode("utf-8", "replace").splitlines()
    )
    return lines[0] if lines else ""


def _asked(question: Phrase) -> str:
    if not sys.stdin.isatty():
        raise refuse(
            "R04",
            Phrase("there is nobody to ask for the passphrase of the seal key"),
            expected=Phrase(
                "a terminal, --seal-passphrase-file, or the passphrase in {variable}", variable=VARIABLE
            ),
            field="passphrase",
        )
    return getpass(str(question))
