"""Counts: from hemocytometer squares or an instrument's printout to viable cells and iNKT cells.

Pure functions on measured values. Each correction is applied once: an ``InstrumentConcentration`` has its dilution
(and, if it counts viable cells, its viability) inside, and is refused where either would be applied again; a gate path
must start at live cells. Refuses a viability above 100 %, negative counts and an impossible dilution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.science.derivation import STEP_DIGITS, Derivation, Line
from inkt_mfg.units import Measured, show

SQUARE_TO_ML = Decimal("1e4")  # a 1 mm² square under a 0.1 mm deep coverslip holds 10^-4 mL


@dataclass(frozen=True, slots=True)
class InstrumentConcentration:
    """A concentration an instrument printed: corrected for dilution already, of total or of viable cells."""

    concentration: Measured
    of: Literal["total", "viable"]


@dataclass(frozen=True, slots=True)
class Hemocytometer:
    """A manual count: concentration of the undiluted sample, cells counted in all, and the noise that alone explains."""

    concentration: Measured
    counted: int
    poisson_cv: Decimal | None
    derivation: Derivation


def hemocytometer_concentration(counts: Sequence[int], dilution: Decimal) -> Hemocytometer:
    """Mean count per 1 mm² square × 10^4 × dilution, in cell/mL. ``dilution`` 1 is undiluted, 2 is 1 + 1."""
    if not counts or any(count < 0 for count in counts):
        raise _refusal("counts", Phrase("these are no counts of squares"), Phrase("at least one count, none below zero"),
                       ", ".join(map(str, counts)))  # fmt: skip
    _refuse_impossible_dilution(dilution)
    with units.working():
        mean = Decimal(sum(counts)) / len(counts)
        concentration = units.of(mean * SQUARE_TO_ML * dilution, "cell/mL")
    summed = " + ".join(map(str, counts))
    return Hemocytometer(concentration, sum(counts), poisson_cv(sum(counts)), (
        Line("mean = sum of squares / squares", f"({summed}) / {len(counts)}", show(units.of(mean, "1"), STEP_DIGITS)),
        Line("concentration = mean × 10^4 /mL × dilution", f"{show(units.of(mean, '1'), STEP_DIGITS)} × 10^4 /mL × {dilution}",
             show(concentration, STEP_DIGITS)),
    ))  # fmt: skip


def undiluted(concentration: Measured | InstrumentConcentration, dilution: Decimal) -> Measured:
    """The concentration before dilution. Refuses counting.dilution_twice for what an instrument has corrected."""
    if isinstance(concentration, InstrumentConcentration):
        raise _refusal(
            "dilution_twice",
            Phrase("the instrument has already applied its dilution"),
            Phrase("the printed concentration as it stands"),
            str(dilution),
        )
    _refuse_impossible_dilution(dilution)
    with units.working():
        return units.of(concentration.value * dilution, concentration.unit)


def _refuse_impossible_dilution(dilution: Decimal) -> None:
    if dilution < 1:
        raise _refusal(
            "dilution",
            Phrase("a dilution cannot be below 1"),
            Phrase("1 for undiluted, 2 for 1 + 1"),
            str(dilution),
        )


def _refusal(field: str, what: Phrase, expected: Phrase, typed: str) -> Refusal:
    return refuse(f"counting.{field}", what, expected=expected, field=field, typed=typed)


@dataclass(frozen=True, slots=True)
class Replicates:
    """Counts of one sample, all kept. ``sd`` and ``cv`` (in %) are None where one count or a mean of zero has none."""

    values: tuple[Measured, ...]
    mean: Measured
    sd: Measured | None
    cv: Measured | None

    @classmethod
    def of(cls, values: Sequence[Measured]) -> "Replicates":
        """Mean, sample standard deviation (n − 1) and coefficient of variation, in the unit of the first value."""
        if not values:
            raise _refusal("replicates", Phrase("there is no count"), Phrase("at least one count"), "")
        unit = values[0].unit
        numbers = [units.convert(value, unit).value for value in values]
        with units.working():
            mean = sum(numbers, Decimal(0)) / len(numbers)
            sd = cv = None
            if len(numbers) > 1:
                sd = (sum(((x - mean) ** 2 for x in numbers), Decimal(0)) / (len(numbers) - 1)).sqrt()
                cv = units.of(100 * sd / mean, "%") if mean else None
        return cls(tuple(values), units.of(mean, unit), None if sd is None else units.of(sd, unit), cv)

    def asks_recount(self, cv_limit: Measured) -> bool:
        """Whether the scatter is above the protocol's limit; both counts stay on record then."""
        return self.cv is not None and units.compare(self.cv, cv_limit) > 0


def poisson_cv(counted: int) -> Decimal | None:
    """The scatter counting alone causes, in %: 100/√N; no pipette does better. None for no cells."""
    with units.working():
        return 100 / Decimal(counted).sqrt() if counted > 0 else None


def check_viability(viability: Measured) -> Measured:
    """The same viability. Refuses counting.viability outside 0–100 %."""
    if not 0 <= viability.value <= 100:
        raise _refusal(
            "viability",
            Phrase("no cells are {viability} alive", viability=show(viability, beside=[units.of(100, "%")])),
            Phrase("a viability from 0 % to 100 %"),
            viability.typed or show(viability),
        )
    return viability


def viability(live: int, dead: int) -> Measured:
    """Live cells as a percentage of live and dead ones. Refuses a count of no cells."""
    if live < 0 or dead < 0 or live + dead == 0:
        raise _refusal(
            "counts",
            Phrase("viability needs cells"),
            Phrase("counts of live and dead cells"),
            f"{live}, {dead}",
        )
    with units.working():
        return units.of(100 * Decimal(live) / (live + dead), "%")


def viable_cell_density(total: Measured | InstrumentConcentration, viability: Measured) -> Measured:
    """Total concentration × viability. Refuses counting.viability_twice for a concentration of viable cells."""
    check_viability(viability)
    if isinstance(total, InstrumentConcentration):
        if total.of == "viable":
            raise _refusal(
                "viability_twice",
                Phrase("this concentration counts viable cells only; viability is in it"),
                Phrase("the total concentration, or the viable one without a viability"),
                show(viability),
            )
        total = total.concentration
    with units.working():
        return units.of(total.value * viability.value / 100, total.unit)


def total_viable_cells(density: Measured, volume: Measured) -> Measured:
    """Viable cell density × volume."""
    return _cells_in(density, volume)


def total_nucleated_cells(concentration: Measured, volume: Measured) -> Measured:
    """Total concentration × volume; dead cells included."""
    return _cells_in(concentration, volume)


def _cells_in(concentration: Measured, volume: Measured) -> Measured:
    with units.working():
        return units.measured(units.quantity(concentration) * units.quantity(volume), "cell")


LIVE = "live"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate as the cytometer reports it: this population as a percentage of its parent."""

    name: str
    parent: str
    percent: Measured


@dataclass(frozen=True, slots=True)
class GatePath:
    """Gates from live cells down to iNKT. Refuses counting.gate_path when a link is missing or it starts elsewhere."""

    gates: tuple[Gate, ...]

    def __post_init__(self) -> None:
        parent = LIVE
        for gate in self.gates:
            if gate.parent != parent:
                raise self._broken(gate, parent)
            if not 0 <= gate.percent.value <= 100 or gate.percent.unit != "%":
                raise _refusal(
                    "gate_path",
                    Phrase(
                        "{gate} cannot be {percent} of its parent", gate=gate.name, percent=show(gate.percent)
                    ),
                    Phrase("a percentage from 0 % to 100 %"),
                    gate.percent.typed or show(gate.percent),
                )
            parent = gate.name
        if not self.gates:
            raise _refusal(
                "gate_path", Phrase("there is no gate"), Phrase("at least one gate of live cells"), ""
            )

    @staticmethod
    def _broken(gate: Gate, parent: str) -> Refusal:
        return _refusal(
            "gate_path",
            Phrase("{gate} is given as a percentage of {parent}", gate=gate.name, parent=gate.parent),
            Phrase("a percentage of {parent}: the path runs from live cells without a gap", parent=parent),
            f"{show(gate.percent)} of {gate.parent}",
        )

    @property
    def fraction_of_live(self) -> Decimal:
        """The last population as a fraction of live cells: the product down the path."""
        fraction = Decimal(1)
        with units.working():
            for gate in self.gates:
                fraction *= gate.percent.value / 100
        return fraction

    @property
    def derivation(self) -> Derivation:
        steps = " × ".join(
            f"{show(gate.percent, STEP_DIGITS)} ({gate.name} of {gate.parent})" for gate in self.gates
        )
        return (
            Line(
                "fraction of live = product of gates",
                steps,
                show(units.of(self.fraction_of_live, "1"), STEP_DIGITS),
            ),
        )


def fraction_from_events(inkt: int, live: int) -> Decimal:
    """INKT events over live events of one acquisition. Refuses more iNKT than live events."""
    if not 0 <= inkt <= live or live == 0:
        raise _refusal(
            "events",
            Phrase("iNKT events are a part of live events"),
            Phrase("0 ≤ iNKT ≤ live events"),
            f"{inkt}, {live}",
        )
    with units.working():
        return Decimal(inkt) / live


def inkt_cells(viable_cells: Measured, fraction_of_live: Decimal) -> Measured:
    """Viable cells × iNKT as a fraction of *live* cells; viability is not applied again."""
    if not 0 <= fraction_of_live <= 1:
        raise _refusal(
            "fraction",
            Phrase("a fraction lies from 0 to 1"),
            Phrase("iNKT over live cells"),
            str(fraction_of_live),
        )
    with units.working():
        return units.of(viable_cells.value * fraction_of_live, viable_cells.unit)
