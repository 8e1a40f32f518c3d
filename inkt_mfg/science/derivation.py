"""How a computed value is shown to the person who answers for it: one line per step, each checkable by hand.

A line holds the formula in symbols, the same formula with its values and units, and the result. Every science module
may write them; screens, printouts and the command line only show them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One step: ``dose = cells ÷ BSA``, ``1.75×10^9 cells ÷ 1.741647 m^2``, ``1.004796×10^9 cells/m^2``."""

    formula: str
    values: str
    result: str

    def as_json(self) -> dict[str, str]:
        return {"formula": self.formula, "values": self.values, "result": self.result}

    def __str__(self) -> str:
        return f"{self.formula} = {self.values} = {self.result}"


Derivation = tuple[Line, ...]
STEP_DIGITS = 10  # digits of an intermediate value: enough to repeat the next step on a pocket calculator
