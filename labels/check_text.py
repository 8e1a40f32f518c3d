"""Proof, part one: every character the content asks for is in the PDF, in its place and size, and no other is.

Called by ``labels.proof``. Raised exponents are told from ``108`` by where they stand and how large they are, because
extracted text alone cannot tell them apart.
"""

from collections.abc import Iterator

from inkt_mfg.language import Phrase
from labels import fonts
from labels.finding import Finding
from labels.layout import MM, Page, Run
from labels.reading import Character

PLACE_PT = 0.05  # how far a character may stand from its place
SIZE_PT = 0.01

Expected = tuple[str, float, float, Run]  # character, x, y, the run it is of


def compare_text(page: Page, found: list[Character]) -> Iterator[Finding]:
    """What is missing, wrong or too much."""
    expected = list(expected_characters(page))
    if len(found) == len(expected) and all(_same(e, f) for e, f in zip(expected, found, strict=True)):
        return
    left, wanting = _unmatched(expected, found)
    for want in wanting:
        nearest = min(left, key=lambda f: abs(f.x - want[1]) + abs(f.y - want[2]), default=None)
        if nearest is not None and _same(want, nearest):
            left.remove(nearest)
        else:
            yield _missing(want, nearest)
    for extra in left:
        place = f"{extra.x / MM:.1f}, {extra.y / MM:.1f} mm"
        yield Finding(
            "text",
            "",
            Phrase("{character!r} at {place} belongs to nothing", character=extra.text, place=place),
        )


def _unmatched(expected: list[Expected], found: list[Character]) -> tuple[list[Character], list[Expected]]:
    """What is left of both sides after each character was looked for just where it should be."""
    there: dict[tuple[str, int, int], list[Character]] = {}
    for character in found:
        there.setdefault((character.text, round(character.x), round(character.y)), []).append(character)
    wanting: list[Expected] = []
    for want in expected:
        near = there.get((want[0], round(want[1]), round(want[2])), [])
        match = next((f for f in near if _same(want, f)), None)
        if match is None:
            wanting.append(want)
        else:
            near.remove(match)
    return [f for near in there.values() for f in near], wanting


def expected_characters(page: Page) -> Iterator[Expected]:
    """Every visible character with its place, in the order the writer draws them."""
    for run in page.runs:
        x = run.x
        for character in run.text:
            if character not in f" {fonts.NO_BREAK}":
                yield character, x, run.y, run
            x += fonts.width(character, run.size)


def _same(want: Expected, found: Character) -> bool:
    character, x, y, run = want
    return (
        character == found.text
        and abs(x - found.x) < PLACE_PT
        and abs(y - found.y) < PLACE_PT
        and abs(run.size - found.size) < SIZE_PT
    )


def _missing(want: Expected, nearest: Character | None) -> Finding:
    character, _, _, run = want
    return Finding(
        "raised" if run.raised else "text",
        run.element,
        Phrase(
            "{character!r} of {text!r} is not where it should be, in its size; nearest is {near}",
            character=character,
            text=run.text,
            near=f"{nearest.text!r}" if nearest else "nothing",
        ),
    )
