"""How every command answers: one JSON document on stdout or text for people, messages on stderr, and the exit code.

Exit codes: 0 done; 2 unknown or missing arguments; 3 refused or not a pass; 4 verification failed; 5 the machine
cannot, nothing recorded; 1 our own bug. A command gives its answer with ``give`` and raises ``typer.Exit`` with its
code; refusals are raised, and printed here in one place.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable, unseen, visible

if TYPE_CHECKING:
    from typer._click import ClickException

DONE: Final = 0
BUG: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NOT_VERIFIED: Final = 4
UNABLE: Final = 5


@dataclass(slots=True)
class Asked:
    """What the global options asked for. Kept by ``run`` so that a refusal is printed the same way as an answer."""

    json: bool = False
    site: Path | None = None
    database_url: str | None = None


def asked(ctx: typer.Context) -> Asked:
    """The global options of this run, from any command's context."""
    found = ctx.find_root().ensure_object(Asked)
    assert isinstance(found, Asked), "run() gave it"
    return found


def _remember(ctx: typer.Context, value: bool) -> None:
    if value:
        asked(ctx).json = True


# ``--json`` is accepted before the noun and after the verb, and means the same.
WantsJson = Annotated[
    bool, typer.Option("--json", callback=_remember, expose_value=False, help="One JSON document on stdout.")
]


class Drawn(str):
    """A line this program drew itself, whose colours the terminal is to obey. Never text of a record."""

    __slots__ = ()


def give(ctx: typer.Context, answer: Mapping[str, Any], text: Iterable[object]) -> None:
    """Print the answer: the JSON document when asked for, else the lines for people."""
    if asked(ctx).json:
        _print_json(answer)
        return
    for line in text:
        _write(line if isinstance(line, Drawn) else visible(str(line), keep="\n"), sys.stdout)


def tell(message: object) -> None:
    """A message for whoever sits there, on stderr."""
    _write(visible(str(message), keep="\n"), sys.stderr)


def _print_json(document: Mapping[str, Any]) -> None:
    written = json.dumps(document, ensure_ascii=False)
    # JSON itself escapes only what is below U+0020; a terminal obeys U+009B as well.
    _write(written.translate({ord(c): json.dumps(c)[1:-1] for c in unseen(written)}), sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    """One line, flushed here, where a full disk behind the stream is still ours to report."""
    try:
        print(text, file=stream, flush=True)
    except (
        BrokenPipeError
    ):  # whoever read us has gone (``inkt … | head``): what was asked for is done all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        what = Phrase(
            "The answer could not be written: {reason}.", reason=error.strerror or type(error).__name__
        )
        remedy = Phrase("Look up whether the command was carried out before you repeat it.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise Unable(what, remedy) from error


def refused(refusal: Refusal, wanted: Asked) -> int:
    """Print a refusal: every reason on stderr, the first as the one document on stdout when JSON was asked for."""
    if wanted.json:
        _print_json({"refused": refusal.first.as_json()})
    tell(refusal)
    return REFUSED


def unable(error: Unable, wanted: Asked) -> int:
    """Print what the machine cannot do and what would help."""
    if wanted.json:
        _print_json({"unable": {"what": error.what.english, "remedy": error.remedy.english}})
    tell(error)
    return UNABLE


def misused(error: "ClickException", wanted: Asked) -> int:
    """Print what is unknown or missing in what was typed: how the command is used on stderr, one document on stdout."""
    from typer._click.exceptions import NoArgsIsHelpError  # here: typer has imported it by now

    if wanted.json:
        # A noun without its verb is answered with its help, which stderr shows.
        what = "Missing command." if isinstance(error, NoArgsIsHelpError) else error.format_message()
        _print_json({"usage": {"what": what}})
    error.show()
    return error.exit_code
