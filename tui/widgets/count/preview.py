"""What the count comes to while it is typed: nothing of it is recorded, and nothing is said that cannot be computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.units import Kind, Measured, read, show
from inkt_mfg.workflow.counting import TypedGate, compute, gate_path
from tui.widgets.frame.plain import Plain


@dataclass(frozen=True, slots=True)
class CountTyped:
    """The count as it stands in the form."""

    volume: str
    replicates: tuple[tuple[str, ...], ...]
    gates: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """The preview's lines, or the first thing in the way of computing them."""

    lines: tuple[str, ...]
    stopped: Blocker | None = None


def work_out(typed: CountTyped) -> Worked:
    """Compute in a worker what the workflow will compute. A text that cannot be read is named, not guessed at."""
    complete = [r for r in typed.replicates if all(text.strip() for text in r)]
    if not complete:
        return Worked(())
    try:
        return Worked(tuple(_lines(typed, complete)))
    except Refusal as no:
        return Worked((), no.first)


def _lines(typed: CountTyped, complete: Sequence[tuple[str, ...]]) -> list[str]:
    rows = [
        (read(c, Kind.CELL_CONCENTRATION, field="concentration"), read(v, Kind.PERCENT, field="viability"))
        for c, v in complete
    ]
    volume = read(typed.volume, Kind.VOLUME, field="volume") if typed.volume.strip() else None
    return _said(rows, volume, typed.gates)


def _said(
    rows: list[tuple[Measured, Measured]], volume: Measured | None, gates: tuple[tuple[str, ...], ...]
) -> list[str]:
    from inkt_mfg.science.counting import inkt_cells  # beside compute, which has imported it already
    from inkt_mfg.units import of

    came_to = compute(rows, volume if volume is not None else of(1, "mL"))
    said = [
        str(Phrase("viability {viability}", viability=show(came_to.viability))),
        str(Phrase("viable density {density}", density=show(came_to.density))),
    ]
    if came_to.cv is not None:
        said.append(str(Phrase("CV {cv}", cv=show(came_to.cv, 3))))
    if volume is None:
        return said
    said.append(str(Phrase("viable cells {cells}", cells=show(came_to.viable_cells))))
    path = gate_path([TypedGate(*g) for g in gates if all(text.strip() for text in g)])
    if path is not None:
        found = inkt_cells(came_to.viable_cells, path.fraction_of_live)
        said.append(str(Phrase("iNKT cells {cells}", cells=show(found))))
    return said


class Preview(Plain):
    """The lines, or a dash until two numbers are there."""

    def show_worked(self, worked: Worked) -> None:
        """Draw what was worked out."""
        if worked.stopped is not None:
            self.update(f"– {worked.stopped.what} ({worked.stopped.typed}): {worked.stopped.expected}")
        else:
            self.update("   ".join(worked.lines) or str(Phrase("comes to: –")))
