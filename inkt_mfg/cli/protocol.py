"""``inkt protocol``: which protocols there are, what one says, and whether a file could be one.

Anyone may ask; nothing is recorded. ``check`` prints every fault of a file with its key and line and ends with exit
code 3; values nobody has published are listed wherever a protocol is shown.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import REFUSED, WantsJson, asked, give, refused
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.units import show

if TYPE_CHECKING:
    from inkt_mfg.protocol import Protocol

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)


@app.callback()
def _protocol() -> None:
    """Protocols: list them, show one, check a file."""


@app.command("list")
def _list(ctx: typer.Context, _json: WantsJson = False) -> None:
    """The protocols that come with the program."""
    # Here, and in every command below: the protocol's model loads pydantic, which ``--help`` does not need.
    from inkt_mfg.protocol import available, load

    protocols = [load(name) for name in available()]
    answer = {"protocols": [_summary(protocol) for protocol in protocols]}
    give(ctx, answer, [f"{p.id}  {p.version}  {p.title}" for p in protocols])


@app.command("show")
def _show(
    ctx: typer.Context,
    protocol: Annotated[str, typer.Argument(help="Its id, as the list shows it.")],
    _json: WantsJson = False,
) -> None:
    """What a protocol says: dose, schedule, steps, tests, and what the site still has to approve."""
    from inkt_mfg.protocol import load

    found = load(protocol)
    give(ctx, {"protocol": found.as_json(), "site_values": _site_values(found)}, _pages(found))


@app.command("check")
def _check(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A protocol file (TOML).")],
    _json: WantsJson = False,
) -> None:
    """Read a protocol file and report everything wrong in it, with key and line."""
    from inkt_mfg.protocol import check

    try:
        found = check(file)
    except Refusal as refusal:
        raise typer.Exit(_all_faults(ctx, refusal)) from refusal
    heading = Phrase(
        "{file} is a protocol: {id} {version}", file=file.name, id=found.id, version=found.version
    )
    answer = {"ok": True, **_summary(found), "site_values": _site_values(found)}
    give(ctx, answer, [heading, *_waiting(found)])


def _all_faults(ctx: typer.Context, refusal: Refusal) -> int:
    """The first fault as every refusal is answered, and beside it all of them, for a program that marks them."""
    if not asked(ctx).json:
        return refused(refusal, asked(ctx))
    answer: dict[str, Any] = {
        "refused": refusal.first.as_json(),
        "faults": [b.as_json() for b in refusal.blockers],
    }
    give(ctx, answer, ())
    return REFUSED


def _summary(protocol: "Protocol") -> dict[str, Any]:
    return {
        "id": protocol.id,
        "version": protocol.version,
        "title": protocol.title,
        "content_sha256": protocol.content_sha256,
        "illustrative": protocol.is_illustrative,
    }


def _site_values(protocol: "Protocol") -> list[dict[str, Any]]:
    return [
        {"key": v.key, "value": v.value, "citation": v.citation, "illustrative": v.illustrative}
        for v in protocol.site_values()
    ]


def _pages(protocol: "Protocol") -> Iterator[object]:
    """A protocol for people, in the order in which it is used."""
    window = protocol.dose_window
    yield Phrase("{id} {version}: {title}", id=protocol.id, version=protocol.version, title=protocol.title)
    yield Phrase("SHA-256 {hash}", hash=protocol.content_sha256)
    yield Phrase(
        "Dose: {low} to {high}, both ends inside; basis {basis}; formula {formula}",
        low=show(window.low),
        high=show(window.high),
        basis=protocol.dose_basis,
        formula=protocol.bsa_formula,
    )
    days = ", ".join(str(day) for day in protocol.schedule_plan.infusion_days)
    yield Phrase("Infusions on days {days} after the first TAE/TACE", days=days)
    for step in protocol.steps:
        yield Phrase(
            "Step {code}, day {first} to {last}: {title}",
            code=step.code, first=step.earliest_day, last=step.latest_day, title=step.title,
        )  # fmt: skip
    for test in protocol.tests:
        criterion = test.criterion.text if test.criterion else Phrase("computed for each patient")
        yield Phrase(
            "Test {code} ({due}): {criterion}", code=test.code, due=test.due.value, criterion=criterion
        )
    yield from _waiting(protocol)


def _waiting(protocol: "Protocol") -> Iterator[object]:
    """What nobody has published, and whether it may be used at all."""
    values = protocol.site_values()
    yield Phrase("{count} values are the site's own and must be approved:", count=len(values))
    for value in values:
        mark = Phrase(" (illustrative)") if value.illustrative else Phrase("")
        yield Phrase("  {key}: {value}{mark}", key=value.key, value=value.value, mark=mark)
    if protocol.is_illustrative:
        yield Phrase("ILLUSTRATIVE VALUES – NOT FOR CLINICAL USE")
