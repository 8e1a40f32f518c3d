"""Labels from prepared to printed, in a worker: drawn and proofed, their files kept, registered, then sent as one job.

The label screen asks here. The labels floor is imported when somebody prints. A label that was prepared before and never
proofed is taken up where it was left; nothing whose proof failed is registered or sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkt_mfg.refusal import Refusal
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.jobs import JobCard
from inkt_mfg.views.label_rows import printings_of
from inkt_mfg.views.printers import printers
from inkt_mfg.workflow import labelling
from inkt_mfg.workflow.bench import Bench
from tui.looking import Looked, look

BY_HAND = "-"  # in the list of printers: the file, printed by hand
Heard = Callable[[int, int], object]  # done, of how many


@dataclass(frozen=True, slots=True)
class ToPrint:
    """Some labels as they stand. ``shown`` is the first, or the first that cannot be printed, with its sheet or refusal."""

    states: dict[str, str]
    shown: Looked | None
    refused: Refusal | None
    failing: tuple[str, ...]
    sent: tuple[str, ...]
    printers: tuple[str, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Those no printer was sent yet."""
        there = {"prepared", "proofed"}
        return tuple(s for s, state in self.states.items() if state in there and s not in self.sent)

    @property
    def to_confirm(self) -> tuple[str, ...]:
        """Those that were sent and that nobody has looked at."""
        return tuple(s for s in self.sent if self.states.get(s) == "proofed")


def look_at_all(store: Store, serials: Sequence[str], heard: Heard) -> ToPrint:
    """Every one of them drawn and proofed. One sheet is kept, so that a thousand take no more room than one."""
    states, sent = printings_of(store, serials)
    shown, refused, failing = None, None, []
    for done, serial in enumerate(states, start=1):
        try:
            looked = look(store, serial)
        except Refusal as no:
            failing.append(serial)
            refused = refused or no
        else:
            if not looked.sheet.proof.passed:
                failing.append(serial)
            if shown is None or (failing == [serial] and refused is None):
                shown = looked
        heard(done, len(states))
    return ToPrint(states, shown, refused, tuple(failing), sent, printers(store))


def print_all(bench: Bench, serials: Sequence[str], printer: str, heard: Heard) -> JobCard:
    """Registered by the hash of their bytes, then sent. Raises Refusal before anything is sent, Unable halfway."""
    from labels.printers.run import (
        print_labels,  # reportlab, pypdfium2 and zxing-cpp: only where labels are printed
    )

    for serial in serials:
        register(bench, serial)
    at = None if printer in {"", BY_HAND} else printer
    return print_labels(bench, serials, printer=at, heard=lambda _what, done, of: heard(done, of))


def register(bench: Bench, serial: str) -> None:
    """The proofed bytes kept in the archive and registered, once."""
    from inkt_mfg.views.labels import label_standing
    from labels.printers.archive import folder_of, keep
    from labels.produce import produce

    standing = label_standing(bench.store, serial)
    if standing.pdf_sha256 is not None:
        return
    sheet = produce(standing.content)
    keep(folder_of(bench.store) / f"{serial}.pdf", sheet.pdf)
    bench.run(labelling.register_label, serial, pdf_sha256=sheet.pdf_sha256, proof=sheet.proof.as_json())


def confirm_all(bench: Bench, serials: Sequence[str], printer: str, heard: Heard) -> str:
    """Each came out whole and legible. The serial of the last; Raises Refusal at the first that may not be confirmed."""
    at = None if printer in {"", BY_HAND} else printer
    code = ""
    for done, serial in enumerate(serials, start=1):
        code = bench.run(labelling.confirm_printed, serial, printer=at).code
        heard(done, len(serials))
    return code
