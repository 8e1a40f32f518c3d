"""``inkt act``: any command of the workflow from a shell, the headless twin of every form.

``inkt act batch.feed B-00012 performed_at="2026-12-01 10:00" readings.volume_added="80 mL" lots.medium=MX-3310
--as li.tech``. ``inkt act`` alone lists them. What is typed is put into shape by ``entries``, and refused by the command.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.workflow.command import Command

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def act(
    ctx: typer.Context,
    command: Annotated[str | None, typer.Argument(help="Its name, such as batch.feed.")] = None,
    entries: Annotated[list[str] | None, typer.Argument(help="The record's code, then field=value …")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, where a reason is due.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Run one command; it is signed with the same password when it asks for a signature."""
    if command is None:
        _list(ctx)
        return
    # Here: SQLModel takes 0.4 s to import, and `inkt act --help` needs none of it.
    from inkt_mfg.cli.entries import code_and_entries, in_shape, passwords

    declared = _declared(command)
    on, rest = code_and_entries(declared, entries or [])
    said = in_shape(declared, rest)
    with at_bench(ctx, acting) as (bench, given):
        said |= passwords(declared, said, given.password)
        signing = given if declared.signs else None
        receipt = bench.run(declared, on, reason=reason, sign_with=signing, **said)
    answer = {"command": receipt.command, "code": receipt.code or None, "codes": list(receipt.codes),
              "says": receipt.says.english, "sequence": receipt.sequence, "hash": receipt.hash}  # fmt: skip
    give(ctx, answer, [receipt.says])


def _declared(name: str) -> "Command":
    from inkt_mfg.workflow.catalogue import named

    try:
        return named(name)
    except KeyError:
        raise typer.BadParameter(
            str(Phrase("there is no command {name}; `inkt act` lists them", name=name))
        ) from None


def _list(ctx: typer.Context) -> None:
    """Every command with what it takes."""
    from inkt_mfg.cli.entries import fields_of
    from inkt_mfg.workflow.catalogue import JOBS
    from inkt_mfg.workflow.command import CATALOGUE

    assert JOBS, "importing them declares the commands"
    every = list(CATALOGUE.values())
    listed = [
        {
            "command": c.name,
            "title": c.title.english,
            "on": c.on.__name__ if c.on else None,
            "fields": [{"name": f.name, "required": f.required} for f in fields_of(c).values()],
            "signs": c.signs.value if c.signs else None,
            "asks_reason": c.asks_reason,
        }
        for c in every
    ]
    give(ctx, {"commands": listed}, _lines(every))


def _lines(every: "list[Command]") -> Iterator[Any]:
    from inkt_mfg.cli.entries import fields_of

    for c in every:
        on = [c.on.__name__.upper()] if c.on else []
        takes = [f.spelled if f.required else f"[{f.spelled}]" for f in fields_of(c).values()]
        yield f"{c.name:<28} {c.title}"
        yield f"    {' '.join([*on, *takes])}"
