"""A label from prepared to proofed, one floor at a time, in a worker: freeze, draw and proof, keep the file, register.

The labels floor is imported here, when somebody prints. A label that was prepared before and never proofed is taken up
where it was left. Nothing is offered for printing that did not pass its proof.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import labelling
from inkt_mfg.workflow.bench import Bench

STAGES = (
    Phrase("content frozen from the released record"),
    Phrase("laid out and drawn"),
    Phrase("proofed: rendered, symbols decoded, texts compared"),
    Phrase("file kept"),
    Phrase("registered by the hash of its bytes"),
)


@dataclass(frozen=True, slots=True)
class Printed:
    """A proofed label: its serial, its file, and what the proof looked at."""

    serial: str
    file: Path
    sha256: str
    dpi: tuple[float, ...]
    symbols: int
    attached: tuple[str, ...]


def print_label(bench: Bench, serial: str, reached: Callable[[int], object]) -> Printed:
    """A prepared label to a registered file; ``reached`` hears each stage as it is done.

    Raises Refusal with the proof's findings, or Unable.
    """
    reached(0)
    content = label_content(bench.store, serial)
    from labels.produce import produce  # reportlab, pypdfium2 and zxing-cpp: only where a label is printed

    reached(1)
    sheet = produce(content)
    reached(2)
    file = _keep(folder_of(bench) / f"{serial}.pdf", sheet.pdf)
    reached(3)
    bench.run(labelling.register_label, serial, pdf_sha256=sheet.pdf_sha256, proof=sheet.proof.as_json())
    reached(4)
    return Printed(
        serial, file, sheet.pdf_sha256, tuple(sheet.proof.dpi), len(sheet.proof.decoded), sheet.attached
    )


def folder_of(bench: Bench) -> Path:
    """``labels`` beside the site's database, or in the user's own folder when the database is a server."""
    place = Path(bench.store.place)
    if place.is_file():
        return place.parent / "labels"
    from platformdirs import user_data_path

    return user_data_path("inkt") / bench.site.code / "labels"


def _keep(file: Path, pdf: bytes) -> Path:
    """Whole or not at all: written beside, then moved into its place."""
    beside = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(pdf)
        beside.replace(file)
    except OSError as no:
        raise Unable(
            Phrase(
                "The label's file {file} cannot be written: {reason}.", file=file, reason=no.strerror or no
            ),
            Phrase("Put that right and print again: the label is prepared and waits."),
        ) from no
    return file
