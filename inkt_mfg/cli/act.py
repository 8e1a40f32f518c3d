"""``inkt act``: any command of the workflow from a shell, the headless twin of every form.

``inkt act batch.feed B-00012 performed_at="2026-12-01 10:00" readings.volume_added="80 mL" lots.medium=MX-3310
--as li.tech``. A name with dots fills a mapping or, with a number, the n-th of a list. ``inkt act`` alone lists them.
"""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

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
    from inkt_mfg.workflow.catalogue import named
    from inkt_mfg.workflow.command import CATALOGUE

    if command is None:
        assert named("batch.plan")
        listed = [
            {"command": c.name, "title": c.title.english, "signs": bool(c.signs)} for c in CATALOGUE.values()
        ]
        give(ctx, {"commands": listed}, [f"{c.name:<28} {c.title}" for c in CATALOGUE.values()])
        return
    declared = _declared(command)
    on, typed = _split(declared, entries or [])
    _refuse_unknown_fields(declared, typed)
    with at_bench(ctx, acting) as (bench, given):
        sign = {"sign_with": given} if declared.signs else {}
        receipt = bench.run(declared, on, reason=reason, **sign, **_in_shape(typed))
    answer = {"command": receipt.command, "code": receipt.code or None, "says": receipt.says.english,
              "sequence": receipt.sequence, "hash": receipt.hash}  # fmt: skip
    give(ctx, answer, [receipt.says])


def _declared(name: str) -> "Command":
    from inkt_mfg.workflow.catalogue import named

    try:
        return named(name)
    except KeyError:
        raise typer.BadParameter(
            str(Phrase("there is no command {name}; `inkt act` lists them", name=name))
        ) from None


def _split(declared: "Command", entries: list[str]) -> tuple[str | None, dict[str, str]]:
    on = None
    if declared.on is not None:
        if not entries or "=" in entries[0]:
            raise typer.BadParameter(
                str(Phrase("{command} is about a {record}: its code comes first", command=declared.name,
                           record=declared.on.__name__))
            )  # fmt: skip
        on, entries = entries[0], entries[1:]
    typed: dict[str, str] = {}
    for entry in entries:
        name, mark, value = entry.partition("=")
        if not mark:
            raise typer.BadParameter(str(Phrase("{entry} is not field=value", entry=entry)))
        typed[name] = value
    return on, typed


def _refuse_unknown_fields(declared: "Command", typed: Mapping[str, str]) -> None:
    """A field nobody asked for, or one missing, is a wrong argument (exit 2) before anybody is logged in."""
    asked = inspect.signature(declared.run).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in asked.values())
    known = [n for n in asked if n not in {"act", "on"}]
    unknown = [n for n in (t.split(".")[0] for t in typed) if n not in known and not takes_any]
    missing = [
        n for n in known if asked[n].default is inspect.Parameter.empty and asked[n].kind is inspect.Parameter.KEYWORD_ONLY
        and n not in {t.split(".")[0] for t in typed}
    ]  # fmt: skip
    if unknown or missing:
        raise typer.BadParameter(
            str(Phrase("unknown fields: {unknown}; missing: {missing}; it takes {known}",
                       unknown=", ".join(unknown) or "–", missing=", ".join(missing) or "–", known=", ".join(known)))
        )  # fmt: skip


def _in_shape(typed: Mapping[str, str]) -> dict[str, Any]:
    """Dotted names to mappings, numbered ones to lists of replicates or gates."""
    from inkt_mfg.workflow.counting import TypedGate, TypedReplicate

    shaped: dict[str, Any] = {}
    for name, value in typed.items():
        parts = name.split(".")
        place = shaped
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    for name, made in (("replicates", TypedReplicate), ("gates", TypedGate)):
        if name in shaped:
            numbered = shaped[name]
            shaped[name] = [_row(made, name, numbered[n]) for n in sorted(numbered, key=int)]
    return shaped


def _row(made: type, name: str, fields: dict[str, str]) -> object:
    try:
        return made(**fields)
    except TypeError as wrong:
        raise refuse(
            "entry.unknown",
            Phrase("{name} has other fields", name=name),
            expected=Phrase("{fields}", fields=", ".join(made.__dataclass_fields__)),  # type: ignore[attr-defined]
            field=name,
            typed=", ".join(fields),
        ) from wrong
