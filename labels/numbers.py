"""Cell numbers as a label prints them: raised powers of ten, and a second way to say them. Pure functions on Decimal.

Called by ``labels.elements``. A number that is compared with a window is printed with as many digits as it takes for
the printed number to give the exact number's verdict, three at least: 1.004e9 never prints as 1.00 beside 1.0e9.
"""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from labels.fonts import NO_BREAK

LEAST_DIGITS = 3
_TO_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def rounded(value: Decimal, digits: int) -> Decimal:
    """The value to this many significant digits, half to even; exact arithmetic, any length."""
    with localcontext() as context:
        context.prec = digits
        context.rounding = ROUND_HALF_EVEN
        return +value


def judge(value: Decimal, low: Decimal, high: Decimal) -> str:
    """``below``, ``within`` or ``above`` the closed window."""
    if value < low:
        return "below"
    return "above" if value > high else "within"


def telling_digits(value: Decimal, low: Decimal, high: Decimal) -> int:
    """The fewest digits (≥ 3) at which the rounded value is judged as the exact one is."""
    exact = judge(value, low, high)
    digits = LEAST_DIGITS
    while judge(rounded(value, digits), low, high) != exact:
        digits += 1
    return digits


def power_of_ten(value: Decimal, digits: int) -> str:
    """``8.52 × 10⁸``: unbreakable, the exponent in superscript characters, which the layout draws raised."""
    short = rounded(value, digits)
    if short == 0:
        return "0"
    exponent = short.adjusted()
    mantissa = short.scaleb(-exponent)
    raised = str(exponent).translate(_TO_RAISED)
    return f"{mantissa:.{digits - 1}f}{NO_BREAK}×{NO_BREAK}10{raised}"


def limit(value: Decimal) -> str:
    """A window's limit as short as it is exact: ``5 × 10⁸``, ``1 × 10⁹``."""
    return power_of_ten(value, max(1, len(value.normalize().as_tuple().digits)))


def counted_in(value: Decimal, digits: int, unit_size: Decimal) -> str:
    """The same rounded number in millions or 亿: ``852`` (millions), ``8.52`` (亿); no exponent, no grouping."""
    counted = rounded(value, digits) / unit_size
    text = f"{counted:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
