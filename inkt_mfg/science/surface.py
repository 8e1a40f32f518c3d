"""Body surface area: every published formula we can name a source for, and the surface by one of them.

Each formula is data with its text, its citation and what is doubtful about it. A protocol names one; nobody chooses at
dose time, because the formula can change the verdict. Refuses a formula name that is not in the table; whether the
height and weight can be a patient's is asked in ``body``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.science.derivation import STEP_DIGITS, Line
from inkt_mfg.units import Kind, Measured


@dataclass(frozen=True, slots=True)
class BsaFormula:
    """A published surface-area formula: height H in cm and weight W in kg give m². ``sex`` when it holds for one only.

    ``attributed`` is False where we know the coefficients from one uncited source or the citation from memory only.
    """

    key: str
    template: str
    citation: str
    surface: Callable[[Decimal, Decimal], Decimal]
    note: str = ""
    attributed: bool = True
    sex: Literal["male", "female"] | None = None

    @property
    def text(self) -> str:
        """The formula in H and W, as printed beside its result."""
        return self.template.format(H="H", W="W")


def _power(factor: str, height: str, weight: str) -> Callable[[Decimal, Decimal], Decimal]:
    a, b, c = Decimal(factor), Decimal(height), Decimal(weight)
    return lambda h, w: a * h**b * w**c


def _linear(height: str, weight: str, constant: str) -> Callable[[Decimal, Decimal], Decimal]:
    a, b, c = Decimal(height), Decimal(weight), Decimal(constant)
    return lambda h, w: a * h + b * w + c


def _mosteller(h: Decimal, w: Decimal) -> Decimal:
    return (h * w / 3600).sqrt()


def _boyd(h: Decimal, w: Decimal) -> Decimal:
    grams = 1000 * w
    return (
        Decimal("0.0003207")
        * h ** Decimal("0.3")
        * grams ** (Decimal("0.7285") - Decimal("0.0188") * grams.log10())
    )


def _livingston_lee(h: Decimal, w: Decimal) -> Decimal:
    del h  # by weight alone
    return (
        Decimal("0.1173") * w ** Decimal("0.6466") if w >= 10 else Decimal("0.1037") * w ** Decimal("0.6724")
    )


_HU_NOTE = "attribution from general knowledge; one uncited source"
_ZHAO_NOTE = "one source"
FORMULAS: Mapping[str, BsaFormula] = {
    formula.key: formula
    for formula in (
        BsaFormula(
            "dubois", "0.007184 × {H}^0.725 × {W}^0.425", "Du Bois 1916 Arch Intern Med 17:863",
            _power("0.007184", "0.725", "0.425"),
        ),
        BsaFormula("mosteller", "√({H} × {W} / 3600)", "Mosteller 1987 NEJM 317:1098", _mosteller),
        BsaFormula(
            "haycock", "0.024265 × {H}^0.3964 × {W}^0.5378", "Haycock 1978 J Pediatr 93:62",
            _power("0.024265", "0.3964", "0.5378"),
        ),
        BsaFormula(
            "gehan_george", "0.0235 × {H}^0.42246 × {W}^0.51456",
            "Gehan & George 1970 Cancer Chemother Rep 54:225", _power("0.0235", "0.42246", "0.51456"),
        ),
        BsaFormula(
            "boyd", "0.0003207 × {H}^0.3 × (1000 × {W})^(0.7285 - 0.0188 × log10(1000 × {W}))", "Boyd 1935", _boyd,
            note="the form printed for kilograms differs by at most 0.00024 m^2",
        ),
        BsaFormula(
            "fujimoto", "0.008883 × {H}^0.663 × {W}^0.444", "Fujimoto 1968 Nippon Eiseigaku Zasshi 5:443",
            _power("0.008883", "0.663", "0.444"),
        ),
        BsaFormula(
            "takahira", "0.007241 × {H}^0.725 × {W}^0.425", "Fujimoto 1968 (Takahira 1925)",
            _power("0.007241", "0.725", "0.425"),
        ),
        BsaFormula(
            "shuter_aslani", "0.00949 × {H}^0.655 × {W}^0.441", "Shuter & Aslani 2000 Eur J Appl Physiol 82:250",
            _power("0.00949", "0.655", "0.441"),
        ),
        BsaFormula(
            "schlich_male", "0.000579479 × {H}^1.24 × {W}^0.38", "Schlich 2010 Ernaehrungs Umschau 57:178",
            _power("0.000579479", "1.24", "0.38"), sex="male",
        ),
        BsaFormula(
            "schlich_female", "0.000975482 × {H}^1.08 × {W}^0.46", "Schlich 2010 Ernaehrungs Umschau 57:178",
            _power("0.000975482", "1.08", "0.46"), sex="female",
            note="a published app has 0.000975382 by mistake",
        ),
        BsaFormula(
            "livingston_lee", "0.1173 × {W}^0.6466 (from 10 kg; below, 0.1037 × {W}^0.6724)",
            "Livingston & Lee 2001 Am J Physiol Endocrinol Metab", _livingston_lee, note="weight only",
        ),
        BsaFormula(
            "shintani", "0.007358 × {H}^0.725 × {W}^0.425", "Shintani", _power("0.007358", "0.725", "0.425"),
            note="one source, without a full citation", attributed=False,
        ),
        BsaFormula(
            "stevenson", "0.0061 × {H} + 0.0128 × {W} - 0.1529", "Stevenson 1937",
            _linear("0.0061", "0.0128", "-0.1529"),
            note="one source calls it paediatric; citation from general knowledge", attributed=False,
        ),
        BsaFormula(
            "zhao_male", "0.00607 × {H} + 0.0127 × {W} - 0.0698", "Zhao Songshan 1984 Acta Nutr Sin 6:87",
            _linear("0.00607", "0.0127", "-0.0698"), note=_ZHAO_NOTE, sex="male",
        ),
        BsaFormula(
            "zhao_female", "0.00586 × {H} + 0.0126 × {W} - 0.0461", "Zhao Songshan 1987 Acta Nutr Sin 9(3):200",
            _linear("0.00586", "0.0126", "-0.0461"), note=_ZHAO_NOTE, sex="female",
        ),
        BsaFormula(
            "hu_general", "0.0061 × {H} + 0.0124 × {W} - 0.0099", "Hu Yongmei 1999 Acta Physiol Sin",
            _linear("0.0061", "0.0124", "-0.0099"), note=_HU_NOTE, attributed=False,
        ),
        BsaFormula(
            "hu_male", "0.0057 × {H} + 0.0121 × {W} + 0.0882", "Hu Yongmei 1999 Acta Physiol Sin",
            _linear("0.0057", "0.0121", "0.0882"), note=_HU_NOTE, attributed=False, sex="male",
        ),
        BsaFormula(
            "hu_female", "0.0073 × {H} + 0.0127 × {W} - 0.2106", "Hu Yongmei 1999 Acta Physiol Sin",
            _linear("0.0073", "0.0127", "-0.2106"), note=_HU_NOTE, attributed=False, sex="female",
        ),
    )
}  # fmt: skip


def formula_named(key: str) -> BsaFormula:
    """The formula of this key. Refuses body.formula."""
    if key not in FORMULAS:
        raise refuse(
            "body.formula",
            Phrase("there is no body-surface formula of this name"),
            expected=Phrase("one of {keys}", keys=", ".join(FORMULAS)),
            field="formula",
            typed=key,
        )
    return FORMULAS[key]


def body_surface_area(formula: str, height: Measured, weight: Measured) -> Measured:
    """Surface in m², 34 digits, by the named formula. Plausibility is ``check_body``'s."""
    with units.working():
        surface = formula_named(formula).surface(
            units.canonical(height, Kind.HEIGHT), units.canonical(weight, Kind.BODY_WEIGHT)
        )
    return units.of(surface, "m^2")


def surface_line(formula: str, height: Measured, weight: Measured, surface: Measured) -> Line:
    """The surface as one line of a derivation, the values in cm and kg as the formula takes them."""
    named = formula_named(formula)
    cm, kg = units.convert(height, "cm"), units.convert(weight, "kg")
    return Line(
        f"BSA ({named.key}) = {named.text}",
        named.template.format(H=units.show(cm, STEP_DIGITS), W=units.show(kg, STEP_DIGITS)),
        units.show(surface, STEP_DIGITS),
    )
