"""The endotoxin limit of one patient's dose: K/M, by body weight and by body surface, both shown, one in force.

K is the threshold in EU per kg and hour, M what is given per kg and hour. Source: USP <85>. An infusion shorter than
an hour counts as a whole one. Called by ``Protocol``; its values were refused or accepted when the file was read.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from inkt_mfg import units
from inkt_mfg.protocol.dosing import Endotoxin
from inkt_mfg.science.acceptance import Criterion
from inkt_mfg.units import Measured

_DIGITS = 25  # of a limit that does not end in decimal; cut towards zero, the strict side


@dataclass(frozen=True, slots=True)
class EndotoxinLimit:
    """Both limits in EU/mL for the volume given, and the criterion made of the one QA has chosen."""

    by_body_weight: Measured
    by_area: Measured
    criterion: Criterion


def endotoxin_limit(
    chosen: Endotoxin, *, weight: Measured, area: Measured, volume: Measured
) -> EndotoxinLimit:
    """The limits for a patient of this weight (kg) and surface (m²) who is given this volume (mL)."""
    hours = max(units.exact(chosen.infusion_time), units.exact(units.of(1, "h")))
    per_litre = hours / units.exact(volume)
    heavy = units.exact(chosen.k_body_weight) * units.exact(weight) * per_litre
    per_square_metre = units.exact(chosen.reference_weight) / units.exact(chosen.reference_area)
    wide = units.exact(chosen.k_area) * per_square_metre * units.exact(area) * per_litre
    by_body_weight, by_area = _concentration(heavy), _concentration(wide)
    in_force = by_body_weight if chosen.in_force == "body_weight" else by_area
    return EndotoxinLimit(by_body_weight, by_area, Criterion.read(f"<= {in_force.value} {in_force.unit}"))


def _concentration(exact: Fraction) -> Measured:
    per_mL = exact / units.exact(units.of(1, "EU/mL"))  # noqa: N806 - the unit's own spelling
    cut = Context(prec=_DIGITS, rounding=ROUND_FLOOR)
    return units.of(cut.divide(Decimal(per_mL.numerator), Decimal(per_mL.denominator)), "EU/mL")
