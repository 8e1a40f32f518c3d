"""Words and lines: where a text may be broken, how wide a line is, which stretches of it stand raised.

Called by ``labels.layout``. English breaks at spaces, Chinese around any character but before closing marks and within
a word of up to four; a no-break space never breaks, so that a number stays with its unit.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise

from labels import fonts

SEPARATOR = "·"
_WHOLE = 4  # Chinese characters in a row: so short a word is read at once, or not at all
_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|°C|mL|L|min|h|kg|g|mg|IU)(?!\w))"
)  # the space before it, however it was typed
_CLOSING = frozenset("，。、：；！？）」』》%")


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text no line break goes through, with the element it belongs to."""

    element: str
    text: str
    size: float
    bold: bool
    glued: bool = False  # no space before it
    tied: bool = False  # no line begins with it: the first word after its caption


@lru_cache(maxsize=1024)
def words_of(element: str, text: str, size: float, bold: bool) -> tuple[Word, ...]:
    """The text cut where a line may end: at spaces and around each Chinese character, not before closing marks."""
    return tuple(_cut(element, text, size, bold))


def _cut(element: str, text: str, size: float, bold: bool) -> Iterator[Word]:
    for part in _UNIT.sub(fonts.NO_BREAK, text).split(" "):
        glued = False
        word = ""
        for piece in _unbroken(part):
            if word and _may_break(word[-1], piece[0]):
                yield Word(element, word, size, bold, glued)
                word, glued = "", True
            word += piece
        if word:
            yield Word(element, word, size, bold, glued)


def _unbroken(part: str) -> Iterator[str]:
    """What no line may break within: characters one by one in longer Chinese, whole short words, all else."""
    for wide, characters in groupby(part, key=_is_wide):
        together = "".join(characters)
        if wide and len(together) > _WHOLE:
            yield from together
        else:
            yield together


def _may_break(before: str, after: str) -> bool:
    if fonts.NO_BREAK in {before, after} or after in _CLOSING:
        return False
    return _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" or character >= "\U00020000"


def width_of(word: Word) -> float:
    """How wide it is drawn, in points."""
    return fonts.width(word.text, word.size)


def line_width(line: list[Word]) -> float:
    """How wide the line is drawn, in points, with the spaces between."""
    return sum(width_of(piece) for piece in pieces(line))


def pieces(line: list[Word]) -> Iterator[Word]:
    """Neighbouring words of one element, size and weight put together, with the spaces between."""
    kind: tuple[str, float, bool] | None = None
    text = ""
    for word in line:
        spaced = word.text if kind is None or word.glued else f" {word.text}"
        of = (word.element, word.size, word.bold)
        if of == kind:
            text += spaced
            continue
        if kind is not None:
            yield Word(kind[0], text, *kind[1:])
        kind, text = of, spaced
    if kind is not None:
        yield Word(kind[0], text, *kind[1:])


@lru_cache(maxsize=1024)
def levels(text: str) -> tuple[tuple[str, bool], ...]:
    """The text cut into stretches on the baseline and raised ones, superscripts as plain digits."""
    return tuple(_levels(text))


def _levels(text: str) -> Iterator[tuple[str, bool]]:
    stretch, raised = "", False
    for character in text:
        up = character in fonts.RAISED
        if stretch and up != raised:
            yield stretch, raised
            stretch = ""
        raised = up
        stretch += fonts.RAISED.get(character, character)
    if stretch:
        yield stretch, raised


def broken(words: Iterable[Word], width: float) -> Iterator[list[Word]]:
    """The words in lines of at most this width in points; a single wider word has a line of its own, separators none."""
    line: list[Word] = []
    used = 0.0
    waiting = list(words)
    behind = _tied_behind(waiting)
    for word, after in zip(waiting, behind, strict=True):
        alone, advance = width_of(word), _advance(word)
        parts = not word.tied and used + advance + after > width and alone + after <= width
        if line and (parts or used + advance > width):
            yield _trimmed(line)
            line, used = [], 0.0
        if not line and word.text == SEPARATOR:
            continue
        used += advance if line else alone
        line.append(word)
    yield _trimmed(line)


@lru_cache(maxsize=2048)
def tied(word: Word) -> Word:
    """The word as one that no line begins with."""
    return replace(word, tied=True)


def _tied_behind(words: list[Word]) -> list[float]:
    """How far the words tied to each one reach behind it."""
    reach, found = 0.0, []
    for word in reversed(words):
        found.append(reach)
        reach = reach + _advance(word) if word.tied else 0.0
    return found[::-1]


def with_captions_whole(words: list[Word]) -> list[Word]:
    """The same words, those of a caption tied to each other as well: they stand before a tied word of their element."""
    turned: list[Word] = []
    for word, following in pairwise([*reversed(words), words[0]]):
        before = turned[-1] if turned else None
        of_caption = before is not None and before.tied and before.element == word.element
        goes_on = following.element == word.element and following.text != SEPARATOR
        turned.append(tied(word) if of_caption and goes_on else word)
    return turned[::-1]


def _advance(word: Word) -> float:
    return width_of(word) + (0.0 if word.glued else fonts.width(" ", word.size))


def _trimmed(line: list[Word]) -> list[Word]:
    """A separator at the end of a line separates nothing."""
    return line[:-1] if line[-1].text == SEPARATOR else line
