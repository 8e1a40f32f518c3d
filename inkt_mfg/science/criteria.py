"""Reading release criteria and laboratory results from the text they are printed in.

A criterion is a comparison, a range, an equality, ``negative`` or report only; a result is a number, a censored number,
a word, an interim reading or missing. ``acceptance`` judges one by the other. Refuses text that is neither, and text
that begins like a number and is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inkt_mfg import units
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.science.intervals import Interval
from inkt_mfg.units import Measured

Terms = Mapping[
    str, str
]  # a laboratory's word -> the result text it stands for, as the protocol says ("No beads": "0")


class Meaning(StrEnum):
    """What a criterion asks for, or what a result reports."""

    NUMBER = "number"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    REPORT_ONLY = "report only"
    MISSING = "missing"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A release criterion as printed. ``sure`` is set when the text can be read two ways: only what lies in ``sure`` passes.

    ``day`` is the day a negative reading has to reach, ``interim`` that a reading "to date" is enough.
    """

    text: str
    asks: Meaning
    allowed: Interval | None = None
    sure: Interval | None = None
    day: int | None = None
    interim: bool = False

    @classmethod
    def read(cls, text: str) -> "Criterion":
        """``>= 70 %``, ``<0.8``, ``0.1 to 0.5 EU/mL``, ``= 0``, ``negative``, ``no growth (14 d)``, ``report only``.

        Refuses acceptance.criterion, acceptance.range, units.number, units.unknown.
        """
        plain = _plain(text)
        if plain in _REPORT_ONLY:
            return cls(text, Meaning.REPORT_ONLY)
        words = _Words.of(plain)
        if words is not None and words.meaning is Meaning.NEGATIVE:
            return cls(text, Meaning.NEGATIVE, day=words.day, interim=words.to_date)
        if (operator := _operator(text)) is not None:
            sign, rest = operator
            return cls(text, Meaning.NUMBER, _bounded(sign, units.read_any(rest, field="criterion")))
        if (ends := _range_ends(text)) is not None:
            allowed, sure = _read_range(*ends, text)
            return cls(text, Meaning.NUMBER, allowed, sure)
        raise refuse(
            "acceptance.criterion",
            Phrase("this is no criterion that can be judged"),
            expected=Phrase(
                ">, ≥, <, ≤ or = and a number, a range such as 70-90 %, negative, or report only"
            ),
            field="criterion",
            typed=text,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """A laboratory result as printed; ``day`` and ``to_date`` for a reading that may still change."""

    text: str
    reports: Meaning
    value: Interval | None = None
    day: int | None = None
    to_date: bool = False

    @classmethod
    def read(cls, text: str, terms: Terms | None = None) -> "Result":
        """A number, a censored one (``<0.3 EU/mL``), a word of ``terms``, ``negative to date (day 7)``, ``nd``.

        Refuses units.number, units.unknown when it begins like a number and is none.
        """
        plain = _plain(text)
        if plain in _MISSING:  # before the terms: no term map turns a missing result into a number
            return cls(text, Meaning.MISSING)
        stands_for = {_plain(term): meant for term, meant in (terms or {}).items()}.get(plain)
        if stands_for is not None:
            meant = cls.read(stands_for)
            return cls(text, meant.reports, meant.value, meant.day, meant.to_date)
        if (operator := _operator(text)) is not None:
            sign, rest = operator
            return cls(text, Meaning.NUMBER, _bounded(sign, units.read_any(rest, field="result")))
        if _BEGINS_LIKE_A_NUMBER.match(plain):
            return cls(text, Meaning.NUMBER, _bounded("=", units.read_any(text, field="result")))
        words = _Words.of(plain)
        return cls(text, words.meaning, None, words.day, words.to_date) if words else cls(text, Meaning.WORDS)


_OPERATORS = {
    ">=": ">=", "≥": ">=", "<=": "<=", "≤": "<=", ">": ">", "<": "<", "=": "=", "NLT": ">=", "NMT": "<=",
}  # fmt: skip
_BEGINS_WITH_OPERATOR = re.compile(r"\s*(>=|≥|<=|≤|>|<|=(?![<>])|NLT\b|NMT\b)\s*")
_BEGINS_LIKE_A_NUMBER = re.compile(r"[+\-−.,]?[0-9０-９]")
_BETWEEN = re.compile(r"\s*(?:–|-|\bto\b)\s*")

_REPORT_ONLY = frozenset({"report", "report only", "report-only", "report result", "for information only"})
_MISSING = frozenset({"", "-", "--", "–", "nd", "n.d.", "na", "n.a.", "n/a", "not determined", "not done", "not tested",
                      "not available", "pending", "missing", "none", "nan"})  # fmt: skip
_NEGATIVE = frozenset({"negative", "neg", "no growth", "absent", "not detected", "sterile", "no organism",
                       "no organisms", "no organisms seen", "阴性", "无菌生长", "未检出"})  # fmt: skip
_POSITIVE = frozenset(
    {"positive", "pos", "growth", "present", "detected", "not sterile", "organisms seen", "阳性"}
)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class _Words:
    meaning: Meaning
    day: int | None
    to_date: bool

    @classmethod
    def of(cls, plain: str) -> "_Words | None":
        """Negative or positive, with ``to date`` and ``(day 7)``, ``(14 d)`` or ``(after 10 d)`` when they follow."""
        match = _WORDS.fullmatch(plain)
        word = match["word"].strip() if match else ""
        if match is None or word not in _NEGATIVE | _POSITIVE:
            return None
        day = match["day"] or match["days"]
        meaning = Meaning.NEGATIVE if word in _NEGATIVE else Meaning.POSITIVE
        return cls(meaning, int(day) if day else None, match["to_date"] is not None)


_WORDS = re.compile(
    r"(?P<word>[^0-9()]+?)(?P<to_date>[\s-]to[\s-]date)?"
    r"(?:\s*\(?(?:day\s*(?P<day>[0-9]{1,3})|(?:after\s*)?(?P<days>[0-9]{1,3})\s*d(?:ays)?)\)?)?"
)


def _operator(text: str) -> tuple[str, str] | None:
    match = _BEGINS_WITH_OPERATOR.match(text)
    return (_OPERATORS[match[1]], text[match.end() :]) if match else None


def _bounded(sign: str, m: Measured) -> Interval:
    """The numbers that stand in this relation to the bound."""
    if sign == "=":
        return Interval(m, m)
    included = sign.endswith("=")
    return Interval(m, None, included) if sign.startswith(">") else Interval(None, m, True, included)


def _range_ends(text: str) -> tuple[str, str] | None:
    """The two ends of ``70-90 %``, ``1e-3–2e-3`` or ``70 to 90 %``; None when it is no range."""
    for match in _BETWEEN.finditer(text.strip()):
        left, right = text.strip()[: match.start()], text.strip()[match.end() :]
        if _BEGINS_LIKE_A_NUMBER.match(left) and right and not left.endswith(("e", "E", "^")):
            return left, right
    return None


def _read_range(left: str, right: str, typed: str) -> tuple[Interval, Interval | None]:
    low, high = units.read_any(left, field="criterion"), units.read_any(right, field="criterion")
    if low.unit == "1":  # a unit written once, at the end, is the range's
        low = units.of(low.value, high.unit)
    if not units.kind_of(low.unit) & units.kind_of(high.unit):
        raise _no_range(Phrase("its two ends measure different things"), typed)
    if units.compare(low, high) > 0:
        raise _no_range(Phrase("it begins above its end"), typed)
    return Interval(low, high), _narrower_reading(left, low, right, high)


def _no_range(what: Phrase, typed: str) -> Refusal:
    expected = Phrase("a range such as 70-90 % or 1e10-2e11 cells, its lower end first")
    return refuse("acceptance.range", what, expected=expected, field="criterion", typed=typed)


_POWER = re.compile(r"(?:[eE]|10\^|10[⁰¹²³⁴⁵⁶⁷⁸⁹])")


def _narrower_reading(left: str, low: Measured, right: str, high: Measured) -> Interval | None:
    """``0.1-2e11`` may mean 0.1e11 to 2e11. The narrower reading is what surely passes; None when there is only one."""
    if _POWER.search(left) or not _POWER.search(right):
        return None
    power = units.read_any(re.sub(r"^[0-9.]+", "1", right), field="criterion").value
    narrow = units.of(low.value * power, low.unit)
    return Interval(narrow, high) if units.compare(low, narrow) < 0 <= units.compare(high, narrow) else None
