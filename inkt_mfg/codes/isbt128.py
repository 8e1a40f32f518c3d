"""ISBT 128 structures as text: donation (001), product (003), expiry (005), collected (007), and a compound of them (023).

Anyone may read and write them as text; printing them needs the site's own registration, which is not asked here. The
specification is the site's design rules, not ICCBBA's tables, of which none is shipped: what those rules leave open (other
structures, other flags, other centuries, donation types that are not autologous) is refused, never guessed.

``str()`` of a structure is its text and ``read_isbt`` reads it; both hold every character to its set. Refusals are
``isbt.structure``, ``.length``, ``.character``, ``.check``, ``.flags``, ``.donation``, ``.century``, ``.day``, ``.time``, ``.count``.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar, Final, Self

from inkt_mfg.codes import isbt_text
from inkt_mfg.codes.isbt_text import ALPHA, DIGITS, LETTERS_AND_DIGITS, Part, wrong
from inkt_mfg.codes.label_code import check_character
from inkt_mfg.language import Phrase

FLAGS: Final = {"00": Phrase("no flag"), "05": Phrase("reprint")}
DONATION_TYPES: Final = {"1": Phrase("autologous"), "X": Phrase("autologous, biohazard")}
NO_TIME_GIVEN: Final = time(23, 59)
_DIN_LENGTH = 13


@dataclass(frozen=True, slots=True)
class Donation:
    """001, the donation identification number: facility, year, serial; 13 characters identify, the flags do not."""

    facility: str
    year: str
    serial: str
    flags: str = "00"

    structure: ClassVar[str] = "001"
    identifier: ClassVar[str] = "="
    layout: ClassVar[tuple[Part, ...]] = (
        Part(Phrase("facility"), 1, ALPHA),
        Part(Phrase("facility"), 4, DIGITS),
        Part(Phrase("year"), 2, DIGITS),
        Part(Phrase("serial number"), 6, DIGITS),
        Part(Phrase("flags"), 2, DIGITS),
    )

    def __post_init__(self) -> None:
        isbt_text.hold(self, (self.facility, 5), (self.year, 2), (self.serial, 6), (self.flags, 2))
        if self.flags not in FLAGS:
            raise wrong(
                "isbt.flags",
                str(self),
                Phrase("the flags are {flags}", flags=self.flags),
                Phrase("{known}; no others are specified here", known=", ".join(FLAGS)),
            )

    @classmethod
    def of(cls, body: str) -> Self:
        """From the characters after the identifier, whose sets have been held."""
        return cls(body[:5], body[5:7], body[7:13], body[13:])

    @property
    def din(self) -> str:
        """The 13 characters that identify."""
        return f"{self.facility}{self.year}{self.serial}"

    @property
    def check(self) -> str:
        """K, which is printed boxed beside the number for whoever types it, and is not in the symbol."""
        return check_character(self.din)

    @property
    def is_test_facility(self) -> bool:
        """A9990–A9999: nothing it stands on is for clinical use."""
        return is_test_facility(self.facility)

    @property
    def body(self) -> str:
        """What follows the identifier."""
        return f"{self.din}{self.flags}"

    def __str__(self) -> str:
        return f"{self.identifier}{self.body}"

    def fields(self) -> dict[str, object]:
        """As JSON gives them."""
        return {
            "din": self.din,
            "facility": self.facility,
            "year": self.year,
            "serial": self.serial,
            "flags": self.flags,
            "check_character": self.check,
            "test_facility": self.is_test_facility,
        }


@dataclass(frozen=True, slots=True)
class Product:
    """003, the product: description code (local ones begin with D), donation type, division."""

    code: str
    donation_type: str
    division: str = "00"

    structure: ClassVar[str] = "003"
    identifier: ClassVar[str] = "=<"
    layout: ClassVar[tuple[Part, ...]] = (
        Part(Phrase("product code"), 1, ALPHA),
        Part(Phrase("product code"), 4, LETTERS_AND_DIGITS),
        Part(Phrase("donation type"), 1, LETTERS_AND_DIGITS),
        Part(Phrase("division"), 2, LETTERS_AND_DIGITS),
    )

    def __post_init__(self) -> None:
        isbt_text.hold(self, (self.code, 5), (self.donation_type, 1), (self.division, 2))
        if self.donation_type not in DONATION_TYPES:
            raise wrong(
                "isbt.donation",
                str(self),
                Phrase("the donation type is {typed!r}", typed=self.donation_type),
                Phrase("1 (autologous) or X (autologous, biohazard); no others are specified here"),
            )

    @classmethod
    def of(cls, body: str) -> Self:
        """From the characters after the identifier, whose sets have been held."""
        return cls(body[:5], body[5], body[6:])

    @property
    def is_local(self) -> bool:
        """Whether the code is the site's own."""
        return self.code.startswith("D")

    @property
    def body(self) -> str:
        """What follows the identifier."""
        return f"{self.code}{self.donation_type}{self.division}"

    def __str__(self) -> str:
        return f"{self.identifier}{self.body}"

    def fields(self) -> dict[str, object]:
        """As JSON gives them."""
        return {
            "product_code": self.code,
            "local": self.is_local,
            "donation_type": self.donation_type,
            "donation": DONATION_TYPES[self.donation_type].english,
            "division": self.division,
        }


@dataclass(frozen=True, slots=True)
class _Moment:
    """A date and time at the site's own clock, to the minute, in the years 2000 to 2099."""

    at: datetime

    structure: ClassVar[str]
    identifier: ClassVar[str]
    named: ClassVar[str]
    layout: ClassVar[tuple[Part, ...]] = (
        Part(Phrase("century"), 1, DIGITS),
        Part(Phrase("year"), 2, DIGITS),
        Part(Phrase("day of the year"), 3, DIGITS),
        Part(Phrase("hour"), 2, DIGITS),
        Part(Phrase("minute"), 2, DIGITS),
    )

    def __post_init__(self) -> None:
        at = self.at
        if at.tzinfo is not None or at.second or at.microsecond or at.year // 100 != 20:
            raise wrong(
                "isbt.time",
                str(at),
                Phrase("this time cannot be written"),
                Phrase("the site's own date and time to the minute, from 2000 to 2099"),
            )

    @classmethod
    def of(cls, body: str) -> Self:
        """From the characters after the identifier. Raises ``isbt.century``, ``isbt.day`` or ``isbt.time``."""
        return cls(_read_moment(f"{cls.identifier}{body}", body))

    @property
    def body(self) -> str:
        """What follows the identifier: century digit, year, day of the year, hour, minute."""
        return f"0{self.at:%y%j%H%M}"

    def __str__(self) -> str:
        return f"{self.identifier}{self.body}"

    def fields(self) -> dict[str, object]:
        """As JSON gives them: ISO text."""
        return {self.named: self.at.isoformat(timespec="minutes")}


class Expiry(_Moment):
    """005, when the product expires. With no time given a day expires at 23:59: ``NO_TIME_GIVEN``."""

    __slots__ = ()
    structure, identifier, named = "005", "&>", "expires_at"


class Collected(_Moment):
    """007, when it was collected."""

    __slots__ = ()
    structure, identifier, named = "007", "&*", "collected_at"


Simple = Donation | Product | Expiry | Collected


@dataclass(frozen=True, slots=True)
class Compound:
    """023, two or more of the others in one symbol, none of them twice, nothing between them."""

    parts: tuple[Simple, ...]

    structure: ClassVar[str] = "023"
    identifier: ClassVar[str] = "=+"

    def __post_init__(self) -> None:
        kinds = [part.structure for part in self.parts]
        if len(kinds) < 2 or len(set(kinds)) != len(kinds):
            raise wrong(
                "isbt.count",
                str(self),
                Phrase("it holds {kinds}", kinds=", ".join(kinds) or "–"),
                Phrase("two or more structures, none of them twice"),
            )

    def __str__(self) -> str:
        return f"{self.identifier}{len(self.parts):02d}000{''.join(map(str, self.parts))}"

    def fields(self) -> dict[str, object]:
        """The fields of all parts together: no two parts share one."""
        return {name: value for part in self.parts for name, value in part.fields().items()}


Isbt = Simple | Compound
_SIMPLE: Final[tuple[type[Simple], ...]] = (Product, Expiry, Collected, Donation)


def is_test_facility(facility: str) -> bool:
    """Whether a facility identification number is one of the test facilities, A9990–A9999."""
    return len(facility) == 5 and facility.startswith("A999") and facility[4] in DIGITS.characters


def check_of(typed: str) -> str:
    """K of a donation number of 13 characters; of 14, the last is K as printed and must be right. Raises Refusal."""
    if len(typed) not in {_DIN_LENGTH, _DIN_LENGTH + 1}:
        raise isbt_text.wrong_length(
            typed, len(typed), Phrase("the 13 characters αppppyynnnnnn, with or without K")
        )
    isbt_text.hold_characters(typed, typed[:_DIN_LENGTH], Donation.layout[:-1], before=0)
    check = check_character(typed[:_DIN_LENGTH])
    _expect_check(typed, typed[_DIN_LENGTH:], check)
    return check


def read_isbt(text: str) -> Isbt:
    """One of the five structures, the whole text of it. A donation number may be followed by K, which is then checked."""
    if text.startswith(Compound.identifier):
        return _read_compound(text)
    kind = _kind_at(text, 0)
    whole = _length(kind)
    if kind is Donation and len(text) == whole + 1:
        found = _read_at(text[:whole], 0)
        assert isinstance(found, Donation)
        _expect_check(text, text[-1], found.check)
        return found
    if len(text) != whole:
        raise isbt_text.wrong_length(
            text,
            len(text),
            Phrase("{count} in structure {structure}, {identifier} included", count=whole, structure=kind.structure,
                   identifier=kind.identifier),
        )  # fmt: skip
    return _read_at(text, 0)


def _read_compound(text: str) -> Compound:
    head = len(Compound.identifier) + 5
    if len(text) < head:
        raise isbt_text.wrong_length(
            text, len(text), Phrase("at least {head}: =+, the count and 000", head=head)
        )
    isbt_text.hold_characters(
        text,
        text[2:head],
        (Part(Phrase("count"), 2, DIGITS), Part(Phrase("the three zeros"), 3, DIGITS)),
        before=2,
    )
    if text[4:head] != "000":
        raise wrong(
            "isbt.structure",
            text,
            Phrase("characters 5 to 7 are {found!r}", found=text[4:head]),
            Phrase("000; no other compound is specified here"),
        )
    parts: list[Simple] = []
    at = head
    while at < len(text):
        parts.append(_read_at(text, at))
        at += _length(type(parts[-1]))
    if len(parts) != int(text[2:4]):
        raise wrong(
            "isbt.count",
            text,
            Phrase("it says it holds {said} structures and holds {found}", said=int(text[2:4]), found=len(parts)),
            Phrase("as many structures as its count says"),
        )  # fmt: skip
    return Compound(tuple(parts))


def _read_at(text: str, at: int) -> Simple:
    """The structure that begins there, all of it."""
    kind = _kind_at(text, at)
    end, begin = at + _length(kind), at + len(kind.identifier)
    if len(text) < end:
        raise isbt_text.wrong_length(
            text,
            len(text),
            Phrase("{count} more for structure {structure}", count=end - len(text), structure=kind.structure),
        )
    isbt_text.hold_characters(text, text[begin:end], kind.layout, before=begin)
    return kind.of(text[begin:end])


def _kind_at(text: str, at: int) -> type[Simple]:
    """By its identifier: ``=<``, ``&>``, ``&*``, or ``=`` before a letter or digit."""
    for kind in _SIMPLE:
        if kind is not Donation and text.startswith(kind.identifier, at):
            return kind
    if text.startswith("=", at) and text[at + 1 : at + 2].isalnum():
        return Donation
    raise wrong(
        "isbt.structure",
        text,
        Phrase("at character {place} stands {found!r}", place=at + 1, found=text[at : at + 2]),
        Phrase("the identifier of a structure read here: = (001), =< (003), &> (005), &* (007), =+ (023)"),
    )


def _length(kind: type[Simple]) -> int:
    return len(kind.identifier) + sum(part.times for part in kind.layout)


def _expect_check(text: str, found: str, expected: str) -> None:
    if found and found != expected:
        raise wrong(
            "isbt.check",
            text,
            Phrase("character {place}, the check character, is {found!r}", place=len(text), found=found),
            Phrase(
                "the check character {expected}, so a character was misread or mistyped", expected=expected
            ),
        )


def _read_moment(text: str, body: str) -> datetime:
    century, year, day = body[0], 2000 + int(body[1:3]), int(body[3:6])
    if century != "0":
        raise wrong(
            "isbt.century",
            text,
            Phrase("the century digit is {found}", found=century),
            Phrase("0, the years 2000 to 2099; no other is specified here"),
        )
    days = (datetime(year + 1, 1, 1) - datetime(year, 1, 1)).days  # noqa: DTZ001 — a calendar, no instant
    if not 1 <= day <= days:
        raise wrong(
            "isbt.day",
            text,
            Phrase("{year} has no day {day}", year=year, day=body[3:6]),
            Phrase("001 to {days}", days=days),
        )
    if int(body[6:8]) > 23 or int(body[8:]) > 59:
        raise wrong(
            "isbt.time",
            text,
            Phrase("there is no time {hour}:{minute}", hour=body[6:8], minute=body[8:]),
            Phrase("0000 to 2359; midnight is 0000 of the day that begins"),
        )
    first = datetime(year, 1, 1, int(body[6:8]), int(body[8:]))  # noqa: DTZ001 — as printed, at the site's clock
    return first + timedelta(days=day - 1)
