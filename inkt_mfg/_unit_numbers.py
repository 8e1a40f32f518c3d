"""The strict reader of numbers as people type them; private to ``inkt_mfg.units``.

It accepts digits with a point, and a power of ten as ``e8``, ``×10^8``, ``x 10^8`` or ``·10⁸``. Everything that
another reader might take differently is refused with the reason: commas, spaces between digits, two points, a point
without a digit on both sides, full-width digits, words, and powers too large to be a measurement.
"""

import re
from decimal import Decimal

from inkt_mfg._unit_table import lower_exponents
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

_DIGITS = 30  # significant digits: more than any instrument has, few enough to keep every product exact
_POWER = 30  # the largest power of ten: beyond any count of cells
_LENGTH = 60

_NUMBER = re.compile(
    r"""(?P<sign>[+\-−]?)
        (?:(?P<mantissa>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)
           (?:[eE](?P<e>[+\-]?[0-9]+)|\s*[xX×·⋅*]\s*10\^(?P<times>[\-−]?[0-9]+))?)""",
    re.VERBOSE,
)
_BARE_POWER = re.compile(r"10\^(?P<power>-?[0-9]+)")
EXPECTED = Phrase("a number such as 168, 1.75e9 or 5×10^8, with a point for decimals and no separators")


def split_number(text: str, *, field: str) -> tuple[Decimal, str]:
    """The number a text begins with, and what follows it (the unit, not yet looked up). Refuses ``units.number``."""
    plain = lower_exponents(text.strip())
    if len(plain) > _LENGTH:
        raise refuse_number(Phrase("the text is too long to be one number"), field, text)
    bare = _BARE_POWER.match(plain)
    match = None if bare else _NUMBER.match(plain)
    end = bare.end() if bare else match.end() if match else 0
    rest = plain[end:].strip()
    reason = _reason_against(plain, plain[end:])
    if reason is not None:
        raise refuse_number(reason, field, text)
    return (_power_of_ten(bare["power"], field, text) if bare else _value(match, field, text)), rest


def read_number(text: str, *, field: str) -> Decimal:
    """A plain number without a unit, trailing zeros kept. Refuses ``units.number``."""
    number, rest = split_number(text, field=field)
    if rest:
        raise refuse_number(Phrase("{rest} follows the number", rest=repr(rest)), field, text)
    return number


def refuse_number(reason: Phrase, field: str, typed: str, expected: Phrase = EXPECTED) -> Refusal:
    """The refusal of what is not a number we would stake a dose on."""
    return refuse("units.number", reason, expected=expected, field=field, typed=typed)


# What speaks against a whole text, in the order in which the most helpful reason comes first.
_AGAINST_TEXT: tuple[tuple[str, Phrase], ...] = (
    (r"\Z", Phrase("nothing was typed")),
    (
        r".*[０-９．，]",
        Phrase("full-width digits or signs are easily misread; switch the keyboard to half width"),
    ),
    (r".*,", Phrase("a comma may mean a decimal or a thousand, a factor of 1000 apart")),
    (r"[+\-−]?(?:nan|inf)", Phrase("it is not a number")),
    (r"[+\-−]?\.[0-9]", Phrase("a point without a digit before it is easily overlooked; write 0.5, not .5")),
    (r"(?![+\-−]?[0-9])", Phrase("it does not begin with a number")),
)
# What speaks against the rest after the number.
_AGAINST_TAIL: tuple[tuple[str, Phrase], ...] = (
    (r"\.", Phrase("there is a decimal point too many, or no digit after it")),
    (r"\s*\*|\^", Phrase("sums are not worked out here; type the result")),
    (r"[0-9]", Phrase("leading zeros are for identifiers, not for numbers")),
    (r"\s+(?!10\^)[0-9.]", Phrase("a space between digits may hide a missing point or a second number")),
)


def _reason_against(plain: str, tail: str) -> Phrase | None:
    """Why this text is not read as a number, or None when nothing speaks against it."""
    for text, reasons in ((plain, _AGAINST_TEXT), (tail, _AGAINST_TAIL)):
        for pattern, reason in reasons:
            if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
                return reason
    return None


def _value(match: re.Match[str] | None, field: str, typed: str) -> Decimal:
    assert match, "a text without a number was refused above"
    power = (match["e"] or match["times"] or "0").replace("−", "-")
    mantissa = match["mantissa"]
    _refuse_beyond_bounds(len(mantissa.replace(".", "")), power, field, typed)
    sign = "-" if match["sign"] in {"-", "−"} else ""
    return Decimal(f"{sign}{mantissa}E{power}")


def _power_of_ten(power: str, field: str, typed: str) -> Decimal:
    _refuse_beyond_bounds(1, power, field, typed)
    return Decimal(f"1E{power}")


def _refuse_beyond_bounds(digits: int, power: str, field: str, typed: str) -> None:
    # The length is looked at before int(): a power of a million digits is refused, not computed.
    if len(power) > 4 or abs(int(power)) > _POWER:
        raise refuse_number(Phrase("the power of ten is beyond {limit}", limit=_POWER), field, typed)
    if digits > _DIGITS:
        raise refuse_number(Phrase("more than {limit} digits", limit=_DIGITS), field, typed)
