"""``inkt user second-factor``: enrolling an authenticator, showing that it works, and taking it away.

The secret is shown once, as a QR code at a terminal and as its address; nothing of it is kept in a file.
"""

import sys
from typing import Annotated

import typer

from inkt_mfg.cli.answers import Drawn, WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
_Code = Annotated[str, typer.Argument(help="The six digits the authenticator shows now.")]


@app.callback()
def _second_factor() -> None:
    """The code of an authenticator beside the password, at the log-in."""


@app.command("enrol")
def enrol(ctx: typer.Context, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """A new secret for your authenticator; it is asked for once `confirm` has shown that it works."""
    from inkt_mfg.workflow.enrolling import enrol_second_factor

    with at_bench(ctx, acting) as (bench, given):
        receipt = bench.run(enrol_second_factor, password=given.password)
    address = str(receipt.says)
    lines: list[object] = [
        Phrase("Scan this with your authenticator. It is shown this once."),
        *_dots(address),
        address,
        Phrase("Then: inkt user second-factor confirm CODE"),
    ]
    give(ctx, {"address": address, "sequence": receipt.sequence}, lines)


@app.command("confirm")
def confirm(ctx: typer.Context, code: _Code, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """A first code: from here on your log-in asks for one."""
    from inkt_mfg.workflow.enrolling import confirm_second_factor

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(confirm_second_factor, code=code)
    give(ctx, {"sequence": receipt.sequence}, [receipt.says])


@app.command("drop")
def drop(ctx: typer.Context, code: _Code, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """Take your own away, with another code than the log-in's: for another phone."""
    from inkt_mfg.workflow.enrolling import drop_second_factor

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(drop_second_factor, code=code)
    give(ctx, {"sequence": receipt.sequence}, [receipt.says])


@app.command("reset")
def reset(
    ctx: typer.Context,
    user_name: Annotated[str, typer.Argument(help="Who lost the authenticator.")],
    identity_checked: Annotated[str, typer.Option(help="How and by whom the person was identified.")],
    reason: Annotated[str, typer.Option(help="Why it is taken away.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Take a lost one away; the password alone lets its owner in until they enrol again."""
    from inkt_mfg.workflow.enrolling import reset_second_factor

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(
            reset_second_factor, reason=reason, user_name=user_name, identity_checked=identity_checked
        )
    give(ctx, {"user_name": user_name, "sequence": receipt.sequence}, [receipt.says])


def _dots(text: str) -> list[Drawn]:
    """A QR code of this text in half blocks, dark on light whatever the terminal's colours; none where nobody looks."""
    if not sys.stdout.isatty():
        return []
    import zxingcpp  # here: nothing else of `inkt user` draws

    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = memoryview(zxingcpp.write_barcode_to_image(barcode, scale=1))  # type: ignore[arg-type] # it has the buffer's protocol
    high, wide = image.shape or (0, 0)
    dark = [[image[y, x] < 128 for x in range(wide)] for y in range(high)] + [[False] * wide]
    blocks = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
    return [
        Drawn(
            "\x1b[30;107m"
            + "".join(blocks[upper, lower] for upper, lower in zip(dark[y], dark[y + 1], strict=True))
            + "\x1b[0m"
        )
        for y in range(0, high, 2)
    ]
