"""``inkt printer``: the label printers of a site: list, register, change, retire them, and try one with its test page."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.printers import PrinterCard
    from inkt_mfg.workflow.bench import Receipt

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The name on the printer, such as ZEBRA-1.")]
Dpi = Annotated[
    str | None, typer.Option("--dpi", help="Dots per inch as its maker says: 203.2, 304.8 or 609.6.")
]
Media = Annotated[
    str | None, typer.Option(help="The labels loaded, width x height in mm, such as 100x100; measure them.")
]
By = Annotated[
    str | None, typer.Option("--transport", help="How it is reached: tcp, cups, or file (printed by hand).")
]
Language = Annotated[str | None, typer.Option(help="What it is sent: zpl, pdf, or png into a file.")]
Address = Annotated[
    str | None, typer.Option(help="host:port (tcp), the queue's name (cups), or a folder (file).")
]
Across = Annotated[
    str | None, typer.Option(help="Millimetres to move every print to the right; negative: left.")
]
Down = Annotated[str | None, typer.Option(help="Millimetres to move every print down; negative: up.")]
Why = Annotated[str | None, typer.Option(help="Why; it is asked for.")]


@app.callback()
def _printer() -> None:
    """Label printers: list, register, change, retire, test."""


@app.command("list")
def list_printers(ctx: typer.Context, _json: WantsJson = False) -> None:
    """Every printer of the site: resolution, labels loaded, how it is reached, its offset."""
    from inkt_mfg.views.printers import printer_cards

    with opened(ctx) as store:
        cards = printer_cards(store)
    lines: list[object] = [_line(card) for card in cards] or [
        Phrase("No printer is registered: `inkt printer register`.")
    ]
    give(ctx, {"printers": [_as_json(card) for card in cards]}, lines)


def _line(card: "PrinterCard") -> str:
    offset = Phrase("offset {offset} mm", offset=f"{card.offset_across:+} / {card.offset_down:+}")
    parts = [
        f"{card.code:<12}",
        f"{card.dots_per_inch} dpi",
        f"{card.media} mm",
        f"{card.transport} {card.language}",
        card.address or "–",
        str(offset),
    ]
    return "  ".join([*parts, str(Phrase("(out of use)"))] if card.retired else parts)


def _as_json(card: "PrinterCard") -> dict[str, Any]:
    return {
        "printer": card.code,
        "dpi": str(card.dots_per_inch),
        "media": card.media,
        "transport": card.transport,
        "language": card.language,
        "address": card.address or None,
        "offset_across": str(card.offset_across),
        "offset_down": str(card.offset_down),
        "retired": card.retired,
    }


@app.command("register")
def register(
    ctx: typer.Context,
    name: Name,
    dpi: Dpi,
    media: Media,
    transport: By = None,
    language: Language = None,
    address: Address = None,
    offset_across: Across = None,
    offset_down: Down = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Register a printer. Then try it: `inkt printer test NAME`."""
    from inkt_mfg.workflow import printers

    typed = _typed(dpi, media, transport, language, address, offset_across, offset_down)
    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(printers.register_printer, name=name, **typed)
    _give(ctx, receipt, Phrase("Now try it: inkt printer test {name}", name=receipt.code))


@app.command("change")
def change(
    ctx: typer.Context,
    name: Name,
    dpi: Dpi = None,
    media: Media = None,
    transport: By = None,
    language: Language = None,
    address: Address = None,
    offset_across: Across = None,
    offset_down: Down = None,
    reason: Why = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Change what is registered of a printer: other labels loaded, another address, the offset its test page showed."""
    from inkt_mfg.workflow import printers

    typed = _typed(dpi, media, transport, language, address, offset_across, offset_down)
    if not typed:
        raise typer.BadParameter(str(Phrase("nothing to change is said; `inkt printer change --help`")))
    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(printers.change_printer, name, reason=reason, **typed)
    _give(ctx, receipt, Phrase("Now try it: inkt printer test {name}", name=name))


def _typed(
    dpi: str | None,
    media: str | None,
    transport: str | None,
    language: str | None,
    address: str | None,
    offset_across: str | None,
    offset_down: str | None,
) -> dict[str, Any]:
    """What was said, under the command's own names."""
    said = {
        "dots_per_inch": dpi,
        "media": media,
        "transport": transport,
        "language": language,
        "address": address,
        "offset_across": offset_across,
        "offset_down": offset_down,
    }
    return {name: text for name, text in said.items() if text is not None}


@app.command("retire")
def retire(
    ctx: typer.Context, name: Name, reason: Why = None, acting: ActingAs = None, _json: WantsJson = False
) -> None:
    """Take a printer out of use; what came out of it stays on record."""
    from inkt_mfg.workflow import printers

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(printers.retire_printer, name, reason=reason)
    _give(ctx, receipt)


@app.command("test")
def try_(ctx: typer.Context, name: Name, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """Print the test page: rulers from each edge, symbols of 1 to 10 dots a module, what is registered."""
    from labels.printers.run import try_printer  # it draws

    with at_bench(ctx, acting) as (bench, _given):
        receipt = try_printer(bench, name)
    _give(
        ctx,
        receipt,
        Phrase("Measure from the left and from the upper edge of the paper to the marks 10: 10 mm each."),
        Phrase(
            "If not: inkt printer change {name} --offset-across MM --offset-down MM --reason …", name=name
        ),
    )


def _give(ctx: typer.Context, receipt: "Receipt", *more: Phrase) -> None:
    answer = {"command": receipt.command, "code": receipt.code, "says": receipt.says.english}
    give(ctx, answer, [receipt.says, *more])
