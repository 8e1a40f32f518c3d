"""``inkt label proof``, ``preview`` and ``contact-sheet``: what a label's file says, looks like, and how all kinds look.

Added to ``inkt label`` by ``cli/label.py``. They change no record; only with ``--site`` or ``--database`` do they read one.
"""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import REFUSED, WantsJson, asked, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import opened
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from labels.finding import Finding

Dpi = Annotated[
    float, typer.Option(help="The printer's resolution in dots per inch, such as 203.2, 304.8 or 609.6.")
]


def proof(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A label's PDF.")],
    dpi: Dpi = 203.2,
    _json: WantsJson = False,
) -> None:
    """Render a label's PDF as it would print, read everything back, and say whether it is what it should be."""
    from labels.proof import proof_of_file

    pdf = _read(file)
    content, found = proof_of_file(pdf, (_resolution(dpi),))
    findings = [*found.findings]
    record = None
    if asked(ctx).site is not None or asked(ctx).database_url is not None:
        record = content.serial
        findings += _against_record(ctx, content.serial, found.content_sha256, found.pdf_sha256)
    passed = not findings
    answer: dict[str, Any] = {
        **found.as_json(),
        "passed": passed,
        "findings": [finding.as_json() for finding in findings],
        "file": str(file),
        "serial": content.serial,
        "kind": content.kind,
        "record": record,
    }
    give(ctx, answer, _said(content.serial, findings, with_record=record is not None))
    if not passed:
        raise typer.Exit(REFUSED)


def _said(serial: str, findings: "list[Finding]", *, with_record: bool) -> list[Phrase]:
    if findings:
        return [
            Phrase("Label {serial} does NOT pass its proof: do not use it.", serial=serial),
            *(Phrase("- {element} {what}", element=f.element, what=f.what) for f in findings),
        ]
    if with_record:
        return [Phrase("Label {serial} passes its proof and is what the record holds.", serial=serial)]
    return [
        Phrase("Label {serial} passes its proof: the page says what its own content says.", serial=serial),
        Phrase("Whether that is what the record holds, --site tells."),
    ]


def _against_record(ctx: typer.Context, serial: str, content_sha256: str, pdf_sha256: str) -> "list[Finding]":
    from inkt_mfg.views.labels import label_standing
    from labels.finding import Finding

    with opened(ctx) as store:
        standing = label_standing(store, serial)
    found = []
    if standing.content.sha256 != content_sha256:
        what = Phrase("the record froze another content under serial {serial}", serial=serial)
        found.append(Finding("record", "", what))
    if standing.pdf_sha256 is not None and standing.pdf_sha256 != pdf_sha256:
        what = Phrase("other bytes are registered under serial {serial}", serial=serial)
        found.append(Finding("record", "", what))
    return found


def preview(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(help="A label's PDF, or the serial of a label on record.")],
    out: Annotated[Path | None, typer.Option(help="The PNG to write; else beside, and opened.")] = None,
    dpi: Dpi = 203.2,
    _json: WantsJson = False,
) -> None:
    """Show a label as it prints: a PNG at the printer's resolution, written or opened."""
    from inkt_mfg.views.labels import label_content
    from labels.produce import produce
    from labels.proof import proof_of_file
    from labels.raster import as_png

    at = _resolution(dpi)
    if Path(label).suffix.lower() == ".pdf":
        content, _ = proof_of_file(_read(Path(label)), (at,))
    else:
        with opened(ctx) as store:
            content = label_content(store, label)
    sheet = produce(content, (at,))
    file = out or Path(f"{content.serial}.png")
    write_whole(file, as_png(sheet, at))
    if out is None:
        typer.launch(str(file))
    answer = {
        "label": content.serial,
        "file": str(file),
        "dpi": dpi,
        "proof": sheet.proof.as_json(),
        "attached": list(sheet.attached),
    }
    give(ctx, answer, [Phrase("Label {serial}: {file}", serial=content.serial, file=file)])


def contact_sheet(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder for the pictures.")],
    _json: WantsJson = False,
) -> None:
    """Draw every kind of label in every profile and language, as it prints, on pictures with captions."""
    from labels.contact_sheet import draw_picture, index, pictures

    out.mkdir(parents=True, exist_ok=True)
    drawn = {picture.name: draw_picture(picture) for picture in pictures()}
    for name, picture in drawn.items():
        write_whole(out / f"{name}.png", picture)
    write_whole(out / "contact-sheet.json", index(drawn).encode())
    size = sum(len(picture) for picture in drawn.values())
    give(
        ctx,
        {"folder": str(out), "pictures": sorted(drawn), "bytes": size},
        [Phrase("{count} pictures in {folder}", count=len(drawn), folder=out)],
    )


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise refuse(
            "label.proof",
            Phrase("there is no file {file}", file=file),
            expected=Phrase("a label's PDF"),
            resolve_by=Phrase("whoever typed the name"),
            field="file",
            typed=str(file),
        )
    return file.read_bytes()


def _resolution(dpi: float) -> Fraction:
    """Dots per inch as the exact fraction typed."""
    exact = Fraction(str(dpi))
    if not 50 <= exact <= 2400:
        raise refuse(
            "label.dpi",
            Phrase("no label printer has {dpi} dpi", dpi=dpi),
            expected=Phrase("203.2, 304.8 or 609.6: whole dots in a millimetre"),
            resolve_by=Phrase("whoever typed it"),
            field="dpi",
            typed=str(dpi),
        )
    return exact
