"""Proof, part one: every character the content asks for is in the PDF, in its place and size, and no other is.

Called by ``labels.proof``. Raised exponents are told from ``108`` by where they stand and how large they are, because
extracted text alone cannot tell them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from inkt_mfg.language import Phrase
from labels import fonts
from labels.finding import Finding
from labels.layout import MM, Page, Run
from labels.reading import Characters

PLACE_PT = 0.05  # how far a character may stand from its place
SIZE_PT = 0.01

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expected:
    """Every visible character of a page in the order the writer draws them: where, in which size, of which run."""

    text: str
    runs: tuple[Run, ...]
    of: npt.NDArray[np.intp]  # the number of each character's run
    x: Numbers
    y: Numbers
    size: Numbers
    parts: Numbers  # columns: advance, reach below and above the baseline, in parts of the size

    def run(self, index: int) -> Run:
        return self.runs[int(self.of[index])]


def expected_characters(page: Page) -> Expected:
    """What should be read back of this page."""
    shapes = [shape_of(run.text) for run in page.runs]
    counts = [len(text) for text, _ in shapes]
    of = np.repeat(np.arange(len(counts)), counts)
    start = np.array([(run.x, run.y, run.size) for run in page.runs]).reshape(-1, 3)[of]
    columns = np.concatenate([columns for _, columns in shapes]) if shapes else np.zeros((0, 4))
    return Expected(
        "".join(text for text, _ in shapes),
        page.runs,
        of,
        start[:, 0] + columns[:, 0] * start[:, 2],
        start[:, 1],
        start[:, 2],
        columns[:, 1:],
    )


@lru_cache(maxsize=1024)
def shape_of(text: str) -> tuple[str, Numbers]:
    """The visible characters of a run; for each its place, advance and reach below and above, in parts of the size."""
    advances = [fonts.advance(character) / 1000 for character in text]
    starts = accumulate(advances, initial=0.0)
    rows = [
        (start, advance, *fonts.extent(character))
        for character, start, advance in zip(text, starts, advances, strict=False)
        if character not in f" {fonts.NO_BREAK}"
    ]
    visible = "".join(character for character in text if character not in f" {fonts.NO_BREAK}")
    return visible, np.array(rows, dtype=np.float64).reshape(-1, 4)


def compare_text(expected: Expected, found: Characters) -> Iterator[Finding]:
    """What is missing, wrong or too much."""
    if expected.text == found.text and bool(_same(expected, found).all()):
        return
    wanting, left = _unmatched(_characters(expected), _characters(found))
    for index, want in wanting.items():
        nearest = min(left, key=lambda n: abs(left[n].x - want.x) + abs(left[n].y - want.y), default=None)
        if nearest is not None and _is(want, left[nearest]):
            del left[nearest]
        else:
            yield _missing(expected.run(index), want, left.get(nearest) if nearest is not None else None)
    for extra in left.values():
        place = f"{extra.x / MM:.1f}, {extra.y / MM:.1f} mm"
        what = Phrase("{character!r} at {place} belongs to nothing", character=extra.text, place=place)
        yield Finding("text", "", what)


def _same(expected: Expected, found: Characters) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (
        (np.abs(expected.x - found.x) < PLACE_PT)
        & (np.abs(expected.y - found.y) < PLACE_PT)
        & (np.abs(expected.size - found.size) < SIZE_PT)
    )
    return same


# ---- something is wrong: which characters, one by one


@dataclass(frozen=True, slots=True)
class _Character:
    text: str
    x: float
    y: float
    size: float


def _characters(of: Expected | Characters) -> list[_Character]:
    columns = zip(of.text, of.x.tolist(), of.y.tolist(), of.size.tolist(), strict=True)
    return [_Character(*each) for each in columns]


def _unmatched(
    expected: list[_Character], found: list[_Character]
) -> tuple[dict[int, _Character], dict[int, _Character]]:
    """What is left of both sides after each character was looked for just where it should be."""
    there: dict[tuple[str, int, int], list[int]] = {}
    left = dict(enumerate(found))
    for index, character in left.items():
        there.setdefault((character.text, round(character.x), round(character.y)), []).append(index)
    wanting: dict[int, _Character] = {}
    for index, want in enumerate(expected):
        near = there.get((want.text, round(want.x), round(want.y)), [])
        match = next((n for n in near if _is(want, found[n])), None)
        if match is None:
            wanting[index] = want
        else:
            near.remove(match)
            del left[match]
    return wanting, left


def _is(want: _Character, found: _Character) -> bool:
    return (
        want.text == found.text
        and abs(want.x - found.x) < PLACE_PT
        and abs(want.y - found.y) < PLACE_PT
        and abs(want.size - found.size) < SIZE_PT
    )


def _missing(run: Run, want: _Character, nearest: _Character | None) -> Finding:
    return Finding(
        "raised" if run.raised else "text",
        run.element,
        Phrase(
            "{character!r} of {text!r} is not where it should be, in its size; nearest is {near}",
            character=want.text,
            text=run.text,
            near=f"{nearest.text!r}" if nearest else "nothing",
        ),
    )
