"""The command ``inkt``: the table of nouns, the global options, and the one place where errors become exit codes.

Each noun lives in a module of its own, imported only when that noun is used, so that ``inkt bsa`` starts as fast as
typer and pint allow. To add one, write ``NOUN = typer.Typer(...)`` in a module of this package and a row in ``NOUNS``.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from inkt_mfg.cli.answers import BUG, DONE, Asked, WantsJson, asked, misused, refused, unable
from inkt_mfg.cli.start import globals_first
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable, visible

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


# What a log-in is given: `bench.log_in` refuses and counts what is no text among it.
_LOG_IN_OPTIONS = ("--as", "--sealed-by")
_LOG_IN_VARIABLES = frozenset({"INKT_USER", "INKT_PASSWORD", "INKT_CODE", "INKT_SEALER_PASSWORD"})
_SHOWN = 80  # characters of an argument in a message


class Noun(NamedTuple):
    """Where a noun's commands live ("module:attribute", a typer.Typer) and what they are for."""

    target: str
    summary: str


NOUNS: dict[str, Noun] = {
    "bsa": Noun("inkt_mfg.cli.calculators:bsa", "Body surface area by a published formula."),
    "criterion": Noun("inkt_mfg.cli.calculators:criterion", "Judge a result by a release criterion."),
    "dose": Noun("inkt_mfg.cli.calculators:dose", "Judge a dose by the protocol's window."),
    "growth": Noun("inkt_mfg.cli.calculators:growth", "Fold, doublings and doubling time of a culture."),
    "ledger": Noun("inkt_mfg.cli.ledger:app", "Check the audit trail of a site."),
    "schedule": Noun(
        "inkt_mfg.cli.calculators:schedule", "Infusions, cultures, read-outs and IL-2 of a subject."
    ),
    "act": Noun("inkt_mfg.cli.act:app", "Run any command of the workflow as a person of the site."),
    "backup": Noun("inkt_mfg.cli.backup:app", "Backups that prove themselves; put one back."),
    "batch": Noun("inkt_mfg.cli.batch:app", "Batches: list them, show one."),
    "board": Noun("inkt_mfg.cli.board:app", "What is due and what is blocked, for one person."),
    "demo": Noun(
        "inkt_mfg.cli.demo:app", "Simulate the trial at a training site and walk one patient through."
    ),
    "init": Noun("inkt_mfg.cli.site:app", "Make a site."),
    "isbt": Noun("inkt_mfg.cli.isbt:app", "ISBT 128 as text: check characters and structures."),
    "job": Noun("inkt_mfg.cli.job:app", "Print jobs: list them, show one, resume or stop it."),
    "label": Noun("inkt_mfg.cli.label:app", "Infusion labels: produce, proof and account for them."),
    "printer": Noun("inkt_mfg.cli.printer:app", "Label printers: list, register, change, retire, test."),
    "protocol": Noun("inkt_mfg.cli.protocol:app", "Protocols: list them, show one, check a file."),
    "report": Noun("inkt_mfg.cli.report:app", "The trial's table, batch records and certificates."),
    "site": Noun("inkt_mfg.cli.move:app", "Move a site to a PostgreSQL server."),
    "tui": Noun("inkt_mfg.cli.tui:app", "The terminal application."),
    "upgrade": Noun("inkt_mfg.cli.upgrade:app", "Bring a site's database to this program's schema."),
    "user": Noun("inkt_mfg.cli.user:app", "People of the site: the register, adding, unlocking, failures."),
}


class Nouns(TyperGroup):
    """Looks a noun up in the table and imports its module only then; the list of nouns needs no import at all."""

    def list_commands(self, ctx: "Context") -> list[str]:
        del ctx
        return sorted(NOUNS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        del ctx
        if cmd_name not in NOUNS:
            return None
        module, _, attribute = NOUNS[cmd_name].target.partition(":")
        return typer.main.get_command(getattr(import_module(module), attribute))

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, NOUNS[name].summary) for name in sorted(NOUNS)])


# rich_markup_mode=None keeps rich out of the start-up: plain help, and a third less to import.
app = typer.Typer(
    cls=Nouns,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Batch records for autologous iNKT cells: from a blood collection to a released, labelled dose.",
)


@app.callback()
def _globals(
    ctx: typer.Context,
    site: Annotated[Path | None, typer.Option(envvar="INKT_SITE", help="The folder of the site.")] = None,
    database_url: Annotated[
        str | None,
        typer.Option(envvar="INKT_DATABASE_URL", help="A PostgreSQL database to use instead of SQLite."),
    ] = None,
    _json: WantsJson = False,
) -> None:
    wanted = asked(ctx)
    wanted.site = site
    wanted.database_url = database_url


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point. Every way a command can end becomes its exit code here; an unforeseen exception is our bug, 1."""
    _speak_utf8()
    wanted = Asked()
    try:
        code = _answer(arguments, wanted)
    except Refusal as refusal:
        code = refused(refusal, wanted)
    except Unable as error:
        code = unable(error, wanted)
    except OSError as error:
        code = unable(_machine_cannot(error), wanted)
    sys.exit(code)


def _answer(arguments: Sequence[str] | None, wanted: Asked) -> int:
    from typer._click import ClickException  # here: typer has imported it by now

    command: Any = typer.main.get_command(app)
    typed = globals_first(sys.argv[1:] if arguments is None else arguments)
    wanted.json = "--json" in takewhile(lambda a: a != "--", typed)  # also where nothing can be parsed
    try:
        _refuse_no_text(typed)
        # Not standalone: what is wrong with the arguments is answered as everything else is.
        ended = command.main(args=typed, prog_name="inkt", obj=wanted, standalone_mode=False)
    except ClickException as error:
        return misused(error, wanted)
    except typer.Abort:
        return BUG
    return ended if isinstance(ended, int) else DONE  # the code a command chose by typer.Exit


def _refuse_no_text(typed: Sequence[str]) -> None:
    """Raises UsageError for bytes that are not UTF-8, which Python hands on as halves of characters.

    A name, password or code of a log-in may hold them: it fits nobody, and the failure is counted.
    """
    said = [a for before, a in pairwise(["", *typed]) if before not in _LOG_IN_OPTIONS]
    said = [a for a in said if not a.startswith(tuple(f"{name}=" for name in _LOG_IN_OPTIONS))]
    kept = {v: text for v, text in os.environ.items() if v.startswith("INKT_") and v not in _LOG_IN_VARIABLES}
    for what, text in [*((a, a) for a in said), *kept.items()]:
        if not _is_text(text):
            raise typer.BadParameter(
                str(Phrase("{what} is not written in UTF-8", what=visible(what)[:_SHOWN]))
            )


def _is_text(typed: str) -> bool:
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True


def _machine_cannot(error: OSError) -> Unable:
    reason = error.strerror or type(error).__name__
    places = [str(place) for place in (error.filename, error.filename2) if place is not None]
    what = (
        Phrase("The machine could not do it, at {place}: {reason}.", place=" → ".join(places), reason=reason)
        if places
        else Phrase("The machine could not do it: {reason}.", reason=reason)
    )
    return Unable(what, Phrase("Put that right and try again."))


def _speak_utf8() -> None:
    """≥, × and Chinese names also on a Windows pipe or in the C locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
