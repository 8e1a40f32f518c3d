"""Proof, part two: what the PDF says is also to be seen: nothing covered, clipped or faded, and no black elsewhere.

Called by ``labels.proof`` on the image of the coarsest printer. Each character, line and sign is weighed; the rest of
the label must be white.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from inkt_mfg.language import Phrase
from labels import ink
from labels.check_text import Expected, Numbers
from labels.finding import Finding
from labels.layout import MM, Page, Rule
from labels.reading import Image

# Dots are those of a 203.2 dpi printer; a finer one has more of them in the same place.
LESS_INK = 0.12  # share of a character's ink that may be missing, beside a dot and a half
MORE_INK = 0.12  # and too much, beside four dots: a neighbour's edge reaches in, nothing takes ink away
RULE_INK = 0.07
END_INK = 0.2
SIGN_INK = 0.02
STRAY_DOTS = 2.0
MARGIN_DOTS = 1.6  # anti-aliasing at the edge of what should be there


def weigh(page: Page, expected: Expected, image: Image, dpi: Fraction) -> Iterator[Finding]:
    """Every finding about ink on this image."""
    scale = ink.Scale(float(page.template.height_mm) * MM, dpi)
    table = ink.Ink(image)
    weights = ink.weights_of(expected, dpi)
    white = np.array([run.white for run in page.runs], dtype=bool)[expected.of]
    yield from _weigh_characters(expected, white, table, scale, weights)
    yield from _weigh_rules(page, expected, table, scale, np.where(white, weights[:, 0], 0.0))
    yield from _weigh_signs(page, table, scale, dpi)
    yield from _look_for_stray(page, image, scale)


def _weigh_characters(
    expected: Expected, white: npt.NDArray[np.bool_], table: ink.Ink, scale: ink.Scale, weights: Numbers
) -> Iterator[Finding]:
    should, left, right, outside = weights.T
    inside = should - outside
    advance, low, high = expected.parts.T * expected.size
    boxes = np.column_stack([expected.x, expected.y - low, advance, low + high])
    found = table.weigh_all(scale, boxes, white)
    reaching = _reaching_in(expected, left, right)
    wrong = (found < inside * (1 - LESS_INK) - 1.5 * scale.fine) | (
        found > should * (1 + MORE_INK) + reaching + 4 * scale.fine
    )
    for index in np.nonzero(wrong)[0].tolist():
        run = expected.run(index)
        character = expected.text[index]
        what = Phrase(
            "{character!r} of {text!r} is covered, clipped or faded", character=character, text=run.text
        )
        yield Finding("ink", run.element, what)


def _reaching_in(expected: Expected, left: Numbers, right: Numbers) -> Numbers:
    """Ink of its neighbours in the same run that reaches into each character's box, as a J's hook does."""
    together = expected.of[1:] == expected.of[:-1]
    reaching = np.zeros(len(left))
    reaching[1:] += np.where(together, right[:-1], 0.0)
    reaching[:-1] += np.where(together, left[1:], 0.0)
    return reaching


def _weigh_rules(
    page: Page, expected: Expected, table: ink.Ink, scale: ink.Scale, lifted: Numbers
) -> Iterator[Finding]:
    """Each rule has its whole area in ink, but for the white characters (``lifted``: their weight) that stand on it."""
    for rule in page.rules:
        on_it = (rule.x <= expected.x) & (expected.x <= rule.x + rule.width)
        on_it &= (rule.y <= expected.y) & (expected.y <= rule.y + rule.height)
        should = rule.width * rule.height * scale.dots**2 - float(lifted[on_it].sum())
        found = table.weigh(scale.window(rule.x, rule.y, rule.width, rule.height))
        if found < (1 - RULE_INK) * should - 2 * scale.fine:
            yield _broken(rule)
    yield from _weigh_ends(page, table, scale)


def _weigh_ends(page: Page, table: ink.Ink, scale: ink.Scale) -> Iterator[Finding]:
    """Each rule's first and last millimetre, which a clipped edge takes and the whole rule hardly weighs."""
    for rule in page.rules:
        for x, y, wide, high in _ends(rule):
            found = table.weigh(scale.window(x, y, wide, high))
            lettered = any(
                run.white and run.x < x + wide and x < run.x + run.width and y <= run.y <= y + high
                for run in page.runs
            )
            if not lettered and found < (1 - END_INK) * wide * high * scale.dots**2 - scale.fine:
                yield _broken(rule)


def _ends(rule: Rule) -> tuple[tuple[float, float, float, float], ...]:
    x, y, wide, high = rule.x, rule.y, rule.width, rule.height
    if wide >= high:
        end = min(MM, wide / 2)
        return (x, y, end, high), (x + wide - end, y, end, high)
    end = min(MM, high / 2)
    return (x, y, wide, end), (x, y + high - end, wide, end)


def _broken(rule: Rule) -> Finding:
    place = _place(rule.x, rule.y)
    return Finding("rule", "", Phrase("a line or frame at {place} is broken or covered", place=place))


def _weigh_signs(page: Page, table: ink.Ink, scale: ink.Scale, dpi: Fraction) -> Iterator[Finding]:
    for drawing in page.drawings:
        should = ink.sign_weight(drawing.name, drawing.size, dpi)
        found = ink.quarters(table, scale, drawing.x, drawing.y, drawing.size)
        if any(abs(f - s) > SIGN_INK * s + scale.fine for f, s in zip(found, should, strict=True)):
            yield Finding(
                "sign", drawing.element, Phrase("the {name} sign is not as it should be", name=drawing.name)
            )


def _look_for_stray(page: Page, image: Image, scale: ink.Scale) -> Iterator[Finding]:
    rest = 255 - image
    for top, bottom, left, right in _windows(page, scale):
        rest[top:bottom, left:right] = 0
    stray = float(rest.sum()) / 255
    if stray > STRAY_DOTS * scale.fine:
        rows, columns = np.nonzero(rest)
        place = _place(float(columns[0]) / scale.dots, scale.height - float(rows[0]) / scale.dots)
        what = Phrase(
            "{dots} dots of black stand where nothing should, from {place}", dots=round(stray), place=place
        )
        yield Finding("stray", "", what)


def _windows(page: Page, scale: ink.Scale) -> Iterator[ink.Window]:
    """Where there may be ink: every run, rule, sign and symbol with the width of anti-aliasing around."""
    margin = MARGIN_DOTS * scale.fine**0.5
    for run in page.runs:
        yield ink.window_of(run, scale, margin)
    for rule in page.rules:
        yield scale.window(rule.x, rule.y, rule.width, rule.height, margin)
    for drawing in page.drawings:
        yield scale.window(drawing.x, drawing.y, drawing.size, drawing.size, margin)
    for placed in page.symbols:
        left, top = float(placed.left_mm) * MM, scale.height - float(placed.top_mm) * MM
        wide, high = float(placed.symbol.width_mm) * MM, float(placed.symbol.height_mm) * MM
        yield scale.window(left, top - high, wide, high)


def _place(x: float, y: float) -> str:
    return f"{x / MM:.1f}, {y / MM:.1f} mm"
