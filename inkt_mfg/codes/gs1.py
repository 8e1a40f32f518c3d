"""GS1 element strings, as reagents carry them: article (01), lot (10), expiry (17), serial (21), read strictly.

Scan fields and ``inkt label parse`` read them. Every other application identifier is refused by name, and so are a wrong
check digit, a date that does not exist, a character outside GS1's set of 82, a field too short or too long, and a field
said twice. Refusals are ``gs1.identifier``, ``.character``, ``.length``, ``.check``, ``.date``, ``.repeated``, ``.form``.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from inkt_mfg.codes.sent import AGAIN, EOT, GS, RS, Sent
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse

CHARACTERS_82: Final = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
LONGEST: Final = 20  # characters of a lot or serial number
_DIGITS: Final = frozenset("0123456789")
_MESSAGE = f"[)>{RS}"  # ISO/IEC 15434: a message of records, each of one format
_FORMAT_05 = f"05{GS}"  # the format whose records are GS1 element strings
_PRINTED = re.compile(r"\((\d{2,4})\)")
_ARTICLE_FIRST = re.compile(r"01(\d{14})(?:$|\x1d|10|17|21)")
# Identifiers often met beside the four, so that a refusal can say what they are.
_OTHERS: Final = {
    "00": "SSCC",
    "02": "CONTENT",
    "11": "PROD DATE",
    "13": "PACK DATE",
    "15": "BEST BEFORE",
    "16": "SELL BY",
    "20": "VARIANT",
    "22": "CPV",
    "30": "VAR. COUNT",
    "37": "COUNT",
    "240": "ADDITIONAL ID",
    "241": "CUST. PART No.",
    "250": "SECONDARY SERIAL",
    "422": "ORIGIN",
    "7003": "EXPIRY TIME",
}


@dataclass(frozen=True, slots=True)
class ElementString:
    """What one symbol says; None where it does not say it."""

    gtin: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    serial: str | None = None

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over. ``today`` is the site's own calendar day: a date alone lasts to its end there."""
        return self.expires_on is not None and self.expires_on < today

    def fields(self) -> dict[str, object]:
        """As JSON gives them: only what the symbol says."""
        said = {"gtin": self.gtin, "lot": self.lot, "expires_on": self.expires_on, "serial": self.serial}
        return {name: str(value) for name, value in said.items() if value is not None}


class _Element(NamedTuple):
    """One element as found: its identifier, its value, and how many characters precede the value."""

    identifier: str
    value: str
    before: int


class _Kind(NamedTuple):
    """How an identifier's value is made: the field it fills, its least and greatest length, its characters."""

    field: str
    least: int
    most: int
    characters: frozenset[str]


_KINDS: Final = {
    "01": _Kind("gtin", 14, 14, _DIGITS),
    "10": _Kind("lot", 1, LONGEST, CHARACTERS_82),
    "17": _Kind("expires_on", 6, 6, _DIGITS),
    "21": _Kind("serial", 1, LONGEST, CHARACTERS_82),
}


def looks_like_gs1(sent: Sent) -> bool:
    """Whether this can hardly be anything else, a lot number typed by hand least of all.

    The symbol says so (AIM ``]d2``, ``]C1``, ``]Q3``, …); or a separator stands in it; or it is an ISO 15434 message, or begins
    as the print beside a symbol does, ``(01)``; or it is 01 and fourteen digits of which the last checks, and then ends or goes on
    with 10, 17 or 21.
    """
    text = sent.text
    if sent.says_gs1 or GS in text or text.startswith(_MESSAGE[:3]) or _PRINTED.match(text):
        return True
    article = _ARTICLE_FIRST.match(text)
    return article is not None and check_digit(article[1][:-1]) == article[1][-1]


def check_digit(digits: str) -> str:
    """GS1's modulo-10 check digit of the digits before it: weights 3, 1, 3, … from the right (GTIN-14 and the others)."""
    total = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def full_year(two_digits: int, today: date) -> int:
    """GS1 General Specifications 7.12: the year nearest by, from 49 years ago to 50 years ahead of the present one.

    A difference to the present year's last two digits of 51 to 99 is the century before, of −50 to −99 the century after.
    """
    difference = two_digits - today.year % 100
    century = today.year // 100 + (-1 if difference >= 51 else 1 if difference <= -50 else 0)
    return century * 100 + two_digits


def read_gs1(text: str, today: date) -> ElementString:
    """The element string a symbol holds, or its human-readable ``(01)…(17)…`` form. ``today`` tells the century.

    ``text`` is without AIM prefix (``sent.unwrap``). Raises Refusal; places are counted from 1 in ``text``.
    """
    found: dict[str, str] = {}
    expires_on: date | None = None
    for element in _elements(text):
        kind = _KINDS[element.identifier]
        if kind.field in found:
            raise _wrong(
                "gs1.repeated",
                text,
                Phrase("({identifier}) is said twice", identifier=element.identifier),
                Phrase("each field once"),
            )
        _hold(text, element, kind)
        found[kind.field] = element.value
        if kind.field == "gtin":
            _expect_check_digit(text, element)
        elif kind.field == "expires_on":
            expires_on = _read_date(text, element, today)
    return ElementString(found.get("gtin"), found.get("lot"), expires_on, found.get("serial"))


def _elements(text: str) -> Iterator[_Element]:
    if _PRINTED.match(text):
        return _printed_elements(text)
    if text.startswith(_MESSAGE[:3]):
        if not text.startswith(_MESSAGE + _FORMAT_05):
            raise _wrong(
                "gs1.form",
                text,
                Phrase("it is an ISO 15434 message of another format"),
                Phrase("[)> RS 05 GS, the format of GS1 element strings"),
            )
        end = len(text.rstrip(f"{RS}{EOT}"))
        return _encoded_elements(text[:end], len(_MESSAGE + _FORMAT_05))
    return _encoded_elements(text, 0)


def _printed_elements(text: str) -> Iterator[_Element]:
    marks = list(_PRINTED.finditer(text))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        _expect_known(text, mark[1], mark.start(1))
        value = text[mark.end() : following.start() if following else None]
        if "(" in value or ")" in value:
            raise _wrong(
                "gs1.form",
                text,
                Phrase("a bracket stands inside ({identifier})", identifier=mark[1]),
                Phrase("the symbol itself: in print, such a bracket cannot be told from the next field"),
            )
        yield _Element(mark[1], value, mark.end())


def _encoded_elements(text: str, at: int) -> Iterator[_Element]:
    while at < len(text):
        identifier = text[at : at + 2]
        _expect_known(text, identifier if identifier in _KINDS else _named_at(text, at), at)
        begin, kind = at + 2, _KINDS[identifier]
        end = begin + kind.most if kind.least == kind.most else _next_separator(text, begin)
        yield _Element(identifier, text[begin:end], begin)
        at = end + 1 if text[end : end + 1] == GS else end  # allowed, though not needed, after a fixed length


def _next_separator(text: str, begin: int) -> int:
    at = text.find(GS, begin)
    return at if at >= 0 else len(text)


def _named_at(text: str, at: int) -> str:
    """The identifier there as far as it is known; its first two characters otherwise."""
    return next((text[at : at + n] for n in (4, 3, 2) if text[at : at + n] in _OTHERS), text[at : at + 2])


def _expect_known(text: str, identifier: str, at: int) -> None:
    if identifier in _KINDS:
        return
    named = f"({identifier}) {_OTHERS.get(identifier, '')}".rstrip()
    raise _wrong(
        "gs1.identifier",
        text,
        Phrase("at character {place} stands {identifier!r}", place=at + 1, identifier=named),
        Phrase("a GS1 application identifier read here: 01 (article), 10 (lot), 17 (expiry), 21 (serial)"),
    )


def _hold(text: str, element: _Element, kind: _Kind) -> None:
    for place, character in enumerate(element.value, start=element.before + 1):
        if character not in kind.characters:
            raise _wrong(
                "gs1.character",
                text,
                Phrase(
                    "character {place}, in ({identifier}), is {character!r}",
                    place=place,
                    identifier=element.identifier,
                    character=character,
                ),
                Phrase("a digit, 0–9")
                if kind.characters is _DIGITS
                else Phrase("one of GS1's 82 characters: letters, digits and !\"%&'()*+,-./:;<=>?_"),
            )
    if not kind.least <= len(element.value) <= kind.most:
        raise _wrong(
            "gs1.length",
            text,
            Phrase(
                "({identifier}) has {found} characters",
                identifier=element.identifier,
                found=len(element.value),
            ),
            Phrase("{count} characters", count=kind.most)
            if kind.least == kind.most
            else Phrase("{least} to {most} characters", least=kind.least, most=kind.most),
        )


def _expect_check_digit(text: str, element: _Element) -> None:
    expected, found = check_digit(element.value[:-1]), element.value[-1]
    if found != expected:
        raise _wrong(
            "gs1.check",
            text,
            Phrase(
                "character {place}, the check digit, is {found}",
                place=element.before + len(element.value),
                found=found,
            ),
            Phrase("the check digit {expected}, so a digit was misread or mistyped", expected=expected),
        )


def _read_date(text: str, element: _Element, today: date) -> date:
    """``YYMMDD``; day 00 is the month's last."""
    year = full_year(int(element.value[:2]), today)
    month, day = int(element.value[2:4]), int(element.value[4:])
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError as none:
        raise _wrong(
            "gs1.date",
            text,
            Phrase(
                "(17) at character {place} is {found}, which is no date",
                place=element.before + 1,
                found=element.value,
            ),
            Phrase("year, month, day as YYMMDD; day 00 for the month's last"),
        ) from none


def _wrong(rule: str, text: str, what: Phrase, expected: Phrase) -> Refusal:
    return refuse(rule, what, expected=expected, resolve_by=AGAIN, field="code", typed=text)
