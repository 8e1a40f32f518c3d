"""``inkt isbt``: ISBT 128 texts checked and taken apart. It records nothing and needs no site and no registration."""

from typing import Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.codes.isbt128 import Compound, check_of, read_isbt
from inkt_mfg.codes.reading import isbt_as_json
from inkt_mfg.codes.sent import unwrap

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


@app.callback()
def _isbt() -> None:
    """ISBT 128 as text: check characters and structures."""


@app.command("check-character")
def _check_character(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="The 13 characters; with K after them, K is checked.")],
    _json: WantsJson = False,
) -> None:
    """The check character K of a donation identification number (ISO 7064 MOD 37-2)."""
    check = check_of(number)
    give(ctx, {"din": number[:13], "check_character": check}, [check])


@app.command("parse")
def _parse(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="What the symbol holds, such as '=G12341765432100'.")],
    _json: WantsJson = False,
) -> None:
    """Take a structure apart: 001, 003, 005, 007 or a compound 023 of them. Anything malformed is refused."""
    code = read_isbt(unwrap(text).text)
    parts = code.parts if isinstance(code, Compound) else (code,)
    lines = [f"{part.structure}  {name}: {value}" for part in parts for name, value in part.fields().items()]
    give(ctx, isbt_as_json(code), lines)
