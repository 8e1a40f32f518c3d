"""How the characters of an ISBT 128 structure are held to their sets, and how what is wrong with them is said.

For ``isbt128`` alone. Places are counted from 1 in the whole text, so that a reader can put a finger on the character.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, NamedTuple, Protocol

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse


class Characters(NamedTuple):
    """A set of characters, and how it is said."""

    characters: str
    says: Phrase


class Part(NamedTuple):
    """So many characters of a set, one after the other."""

    named: Phrase
    times: int
    of: Characters


_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS: Final = Characters(_DIGITS, Phrase("a digit, 0–9"))
LETTERS_AND_DIGITS: Final = Characters(_DIGITS + _LETTERS, Phrase("a digit or a capital letter, 0–9 or A–Z"))
ALPHA: Final = Characters(
    _DIGITS[1:] + _LETTERS.replace("O", ""), Phrase("A–N, P–Z or 1–9: never the letter O, never zero")
)
_AGAIN = Phrase("whoever scanned or typed it, by scanning the code again")


class _Laid(Protocol):
    layout: ClassVar[tuple[Part, ...]]
    identifier: ClassVar[str]

    @property
    def body(self) -> str: ...


def hold(structure: _Laid, *sized: tuple[str, int]) -> None:
    """Hold what a structure was made with to its layout. Raises ``isbt.length`` or ``isbt.character``."""
    text = f"{structure.identifier}{structure.body}"
    for value, count in sized:
        if len(value) != count:
            raise wrong_length(value, len(value), Phrase("{count} characters", count=count))
    hold_characters(text, structure.body, structure.layout, before=len(structure.identifier))


def hold_characters(text: str, body: str, layout: Iterable[Part], *, before: int) -> None:
    """Refuse the first character outside its set (``isbt.character``). ``before`` characters of text precede the body."""
    for place, (character, part) in enumerate(zip(body, _each(layout), strict=True), start=before + 1):
        if character not in part.of.characters:
            raise wrong(
                "isbt.character",
                text,
                Phrase(
                    "character {place} ({part}) is {character!r}",
                    place=place,
                    part=part.named,
                    character=character,
                ),
                part.of.says,
            )


def _each(layout: Iterable[Part]) -> Iterator[Part]:
    """The part each character belongs to."""
    return (part for part in layout for _ in range(part.times))


def wrong_length(text: str, found: int, expected: Phrase) -> Refusal:
    """``isbt.length``."""
    return wrong("isbt.length", text, Phrase("it has {found} characters", found=found), expected)


def wrong(rule: str, text: str, what: Phrase, expected: Phrase) -> Refusal:
    """A refusal of this text."""
    return refuse(rule, what, expected=expected, resolve_by=_AGAIN, field="code", typed=text)
