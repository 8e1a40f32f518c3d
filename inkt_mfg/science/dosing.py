"""The dose: cells per body surface or body weight, its verdict against the protocol's window, and the volume to give.

Pure functions on measured values, each with the derivation a QA officer can check by hand. The verdict is decided by
exact cross-multiplication on the closed window, before anything is rounded; whether a dose may be given is a rule of
the workflow, not of this module. Refuses volumes that cannot be drawn; nothing is clamped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.science.body import Body, body_surface_area, surface_line
from inkt_mfg.science.derivation import STEP_DIGITS, Derivation, Line
from inkt_mfg.units import Kind, Measured, show


class Verdict(StrEnum):
    """Where a dose lies against the closed window; both limits themselves are within."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


# What the cells of a dose are counted as.
BASES: dict[str, Phrase] = {
    "viable_inkt": Phrase("viable iNKT cells"),
    "total_viable": Phrase("all viable cells"),
}


@dataclass(frozen=True, slots=True)
class DoseWindow:
    """The closed interval a dose must lie in, in cells per area or per body weight. ValueError when empty or mixed."""

    low: Measured
    high: Measured

    def __post_init__(self) -> None:
        kinds = units.kind_of(self.low.unit) & units.kind_of(self.high.unit)
        if not kinds & {Kind.CELLS_PER_AREA, Kind.CELLS_PER_BODY_WEIGHT}:
            raise ValueError("a dose window is in cells per body surface or in cells per body weight")
        if units.compare(self.low, self.high) > 0:
            raise ValueError("a dose window begins below its end")

    @property
    def per(self) -> Literal["area", "body_weight"]:
        return "area" if Kind.CELLS_PER_AREA in units.kind_of(self.low.unit) else "body_weight"

    @property
    def unit(self) -> str:
        """The unit doses are shown in: cell/m^2 or cell/kg."""
        return "cell/m^2" if self.per == "area" else "cell/kg"

    def as_json(self) -> dict[str, dict[str, str]]:
        return {limit: units.convert(getattr(self, limit), self.unit).as_json() for limit in ("low", "high")}


@dataclass(frozen=True, slots=True)
class DoseJudgement:
    """A dose and its verdict. ``bsa`` is None for a dose per body weight; ``max_cells`` is never above the window."""

    cells: Measured
    dose: Measured
    bsa: Measured | None
    window: DoseWindow
    verdict: Verdict
    min_cells: Measured
    max_cells: Measured
    derivation: Derivation


def judge_dose(cells: Measured, body: Body, formula: str | None, window: DoseWindow) -> DoseJudgement:
    """Cells over body surface (by ``formula``) or body weight, against the window. The body was checked before."""
    bsa: Measured | None = None
    lines: list[Line] = []
    size = body.weight
    if window.per == "area":
        assert formula is not None, "a protocol that doses per area names its formula"
        size = bsa = body_surface_area(formula, body.height, body.weight)
        lines.append(surface_line(formula, body.height, body.weight, bsa))
    _refuse_no_size(size)
    with units.working():
        dose = units.measured(units.quantity(cells) / units.quantity(size), window.unit)
    verdict = _verdict(units.exact(cells), units.exact(size), window)
    least, most = _cells_at(window.low, size, ROUND_CEILING), _cells_at(window.high, size, ROUND_FLOOR)
    lines += [
        _dose_line(cells, size, dose, window),
        _verdict_line(dose, window, verdict),
        _most_line(size, window, most),
    ]
    return DoseJudgement(cells, dose, bsa, window, verdict, least, most, tuple(lines))


def _refuse_no_size(size: Measured) -> None:
    if size.value <= 0:
        raise refuse(
            "dose.body",
            Phrase("a dose cannot be divided by {size}", size=show(size)),
            expected=Phrase("a body surface or weight above zero"),
            typed=size.typed or None,
        )


def _verdict(cells: Fraction, size: Fraction, window: DoseWindow) -> Verdict:
    """Exact: cells are compared with limit × size, so that no division has rounded anything."""
    if cells < units.exact(window.low) * size:
        return Verdict.BELOW
    return Verdict.ABOVE if cells > units.exact(window.high) * size else Verdict.WITHIN


def _cells_at(limit: Measured, size: Measured, rounding: str) -> Measured:
    """Limit × size in cells, its last digit rounded towards the inside of the window."""
    product = units.exact(limit) * units.exact(size)
    inward = Context(prec=units.PRECISION, rounding=rounding)
    return units.of(inward.divide(Decimal(product.numerator), Decimal(product.denominator)), "cell")


def _size_name(window: DoseWindow) -> str:
    return "BSA" if window.per == "area" else "body weight"


def _dose_line(cells: Measured, size: Measured, dose: Measured, window: DoseWindow) -> Line:
    values = f"{show(cells, STEP_DIGITS)} / {show(size, STEP_DIGITS)}"
    return Line(f"dose = cells / {_size_name(window)}", values, _dose_shown(dose, window))


def _dose_shown(dose: Measured, window: DoseWindow) -> str:
    return show(dose, STEP_DIGITS, beside=(window.low, window.high))


def _verdict_line(dose: Measured, window: DoseWindow, verdict: Verdict) -> Line:
    low, high = (show(units.convert(limit, window.unit), STEP_DIGITS) for limit in (window.low, window.high))
    return Line("low ≤ dose ≤ high", f"{low} ≤ {_dose_shown(dose, window)} ≤ {high}", verdict.value)


def _most_line(size: Measured, window: DoseWindow, most: Measured) -> Line:
    high = show(units.convert(window.high, window.unit), STEP_DIGITS)
    values = f"{high} × {show(size, STEP_DIGITS)}"
    return Line(f"max cells = high × {_size_name(window)}", values, show(most, STEP_DIGITS))


@dataclass(frozen=True, slots=True)
class DoseCells:
    """What one container holds for the patient: usable volume and the basis cells in it."""

    volume: Measured
    cells: Measured
    derivation: Derivation


def dose_cells(concentration: Measured, fill: Measured, taken: Sequence[Measured]) -> DoseCells:
    """Concentration counted on the formulated product × (fill − everything ``taken``: QC, retains, line residual)."""
    usable = units.exact(fill) - sum((units.exact(volume) for volume in taken), Fraction(0))
    if usable <= 0:
        raise refuse(
            "dose.volume",
            Phrase("samples, retains and line residual leave nothing of {fill}", fill=show(fill)),
            expected=Phrase("a fill volume above the sum of what is taken from it"),
            field="volume",
            typed=fill.typed or None,
        )
    with units.working():
        volume = units.of(
            sum((-units.canonical(v, Kind.VOLUME) for v in taken), units.canonical(fill, Kind.VOLUME)), "mL"
        )
        cells = units.measured(units.quantity(concentration) * units.quantity(volume), "cell")
    minus = "".join(f" - {show(v, STEP_DIGITS)}" for v in taken)
    return DoseCells(volume, cells, (
        Line("volume = fill - taken", f"{show(fill, STEP_DIGITS)}{minus}", show(volume, STEP_DIGITS)),
        _cells_line(concentration, volume, cells),
    ))  # fmt: skip


def _cells_line(concentration: Measured, volume: Measured, cells: Measured) -> Line:
    values = f"{show(concentration, STEP_DIGITS)} × {show(volume, STEP_DIGITS)}"
    return Line("cells = concentration × volume", values, show(cells, STEP_DIGITS))


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """A volume the syringe can measure, the cells it really holds, and their own judgement."""

    volume: Measured
    unrounded: Measured
    judgement: DoseJudgement
    derivation: Derivation


def volume_for(
    target: Measured,
    concentration: Measured,
    step: Measured,
    *,
    body: Body,
    formula: str | None,
    window: DoseWindow,
) -> MeasuredPart:
    """The volume for a target number of cells, rounded down to the syringe step and judged again as rounded."""
    for name, called, m in (
        ("concentration", Phrase("concentration"), concentration),
        ("step", Phrase("syringe step"), step),
    ):
        if m.value <= 0:
            raise refuse(
                "dose.volume",
                Phrase("a {name} of {value} cannot be drawn from", name=called, value=show(m)),
                expected=Phrase("a {name} above zero", name=called),
                field=name,
                typed=m.typed or None,
            )
    steps = units.exact(target) / units.exact(concentration) / units.exact(step)
    with units.working():
        unrounded = units.measured(units.quantity(target) / units.quantity(concentration), step.unit)
        volume = units.of(step.value * (steps.numerator // steps.denominator), step.unit)
        cells = units.measured(units.quantity(concentration) * units.quantity(volume), "cell")
    judgement = judge_dose(cells, body, formula, window)
    lines = (
        Line(
            "volume = target / concentration",
            f"{show(target, STEP_DIGITS)} / {show(concentration, STEP_DIGITS)}",
            show(unrounded, STEP_DIGITS),
        ),
        Line(
            "rounded down to the syringe step",
            f"steps of {show(step, STEP_DIGITS)}",
            show(volume, STEP_DIGITS),
        ),
        _cells_line(concentration, volume, cells),
    )
    return MeasuredPart(volume, unrounded, judgement, lines + judgement.derivation)


def largest_usable_part(
    available: Measured,
    concentration: Measured,
    step: Measured,
    *,
    body: Body,
    formula: str | None,
    window: DoseWindow,
) -> MeasuredPart | None:
    """The most that may be given of an available volume: within the window as rounded, or None when no part is."""
    with units.working():
        held = units.measured(units.quantity(concentration) * units.quantity(available), "cell")
    most = judge_dose(held, body, formula, window).max_cells
    target = most if units.compare(held, most) > 0 else held
    part = volume_for(target, concentration, step, body=body, formula=formula, window=window)
    return part if part.judgement.verdict is Verdict.WITHIN else None


@dataclass(frozen=True, slots=True)
class Il2Course:
    """IL-2 after an infusion: units per day, days, and the total to prescribe."""

    per_day: Measured
    days: int
    total: Measured
    derivation: Derivation


def il2_course(weight: Measured, rate: Measured, days: int) -> Il2Course:
    """Rate (IU/kg/d) × weight, for a number of days the protocol names."""
    if days < 1:
        raise refuse(
            "dose.il2_days",
            Phrase("a course lasts at least one day"),
            expected=Phrase("a number of days such as 14"),
            field="days",
            typed=str(days),
        )
    with units.working():
        per_day = units.measured(units.quantity(rate) * units.quantity(weight), "IU/d")
        course = units.quantity(per_day) * units.quantity(units.of(days, "d"))
        total = units.measured(course, "IU")
    return Il2Course(per_day, days, total, (
        Line("IL-2 per day = rate × weight", f"{show(rate, STEP_DIGITS)} × {show(weight, STEP_DIGITS)}",
             show(per_day, STEP_DIGITS)),
        Line("total = per day × days", f"{show(per_day, STEP_DIGITS)} × {days} days", show(total, STEP_DIGITS)),
    ))  # fmt: skip
