"""The archive of label PDFs: one file for each serial, whose bytes are the registered ones or are drawn anew and compared.

Whoever prints a label or is asked for its PDF again calls ``archived``. A file whose SHA-256 is not the registered one is
never used: it is laid aside, and refused for good (R51) when the frozen content drawn again gives other bytes too.
"""

import contextlib
import hashlib
import os
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable, refuse
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.jobs import LabelToPrint, label_to_print
from inkt_mfg.workflow.labelling import refuse_other_bytes
from labels.produce import produce


def folder_of(store: Store) -> Path:
    """``labels`` in the site's folder, beside its database, or in the user's own folder where the database is a server."""
    if store.folder is not None:
        return store.folder / "labels"
    place = Path(store.place)
    if place.is_file():
        return place.parent / "labels"
    from platformdirs import user_data_path  # here: only a site on a server without a folder asks for it

    return user_data_path("inkt") / store.site / "labels"


def registered(store: Store, serial: str) -> LabelToPrint:
    """What was registered under this serial. Raises Refusal R51 for a label without a proof."""
    found = label_to_print(store, serial)
    if found is None:
        raise refuse(
            "R51",
            Phrase("label {label} is not proofed", label=serial),
            expected=Phrase("a label whose proof passed"),
            resolve_by=Phrase("whoever prints, by producing and proofing it first"),
            field="labels",
            typed=serial,
        )
    return found


def archived(store: Store, serial: str) -> bytes:
    """The registered PDF of this label, byte for byte. Raises Refusal R51, or Unable when it cannot be kept."""
    return archived_label(folder_of(store), registered(store, serial))


def archived_label(folder: Path, label: LabelToPrint) -> bytes:
    """As ``archived``, for a label already looked up."""
    file = folder / f"{label.serial}.pdf"
    try:
        pdf = file.read_bytes()
    except FileNotFoundError:
        pdf = b""
    except OSError as no:
        raise _cannot(file, no) from no
    if hashlib.sha256(pdf).hexdigest() == label.pdf_sha256:
        return pdf
    sheet = produce(label.content)
    refuse_other_bytes(label.serial, label.pdf_sha256, sheet.pdf_sha256)
    if pdf:
        _lay_aside(file, pdf)
    keep(file, sheet.pdf)
    return sheet.pdf


def _lay_aside(file: Path, pdf: bytes) -> None:
    """Somebody changed it: it stays there to be looked at, under a name nobody prints from."""
    digest = hashlib.sha256(pdf).hexdigest()
    keep(file.with_name(f"{file.stem}.not-registered-{digest[:12]}.pdf"), pdf)


def keep(file: Path, content: bytes) -> None:
    """The file holds all of it, on the disk, or what was there before still is. Raises Unable."""
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as no:
        raise _cannot(file, no) from no
    finally:
        with contextlib.suppress(OSError):  # what went wrong with the folder is said already
            part.unlink(missing_ok=True)


def _cannot(file: Path, no: OSError) -> Unable:
    return Unable(
        Phrase("The file {file} cannot be read or written: {reason}.", file=file, reason=no.strerror or no),
        Phrase("Free some space, or let this user write there."),
    )
