"""Proof, part two: what the PDF says is also to be seen: nothing covered, clipped or faded, and no black elsewhere.

Called by ``labels.proof`` on the image of the coarsest printer. Each character, line and sign is weighed; the rest of
the label must be white.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from inkt_mfg.language import Phrase
from labels import fonts, ink
from labels.check_text import Expected, expected_characters
from labels.finding import Finding
from labels.layout import MM, Page, Rule, Run
from labels.reading import Image

# Dots are those of a 203.2 dpi printer; a finer one has more of them in the same place.
LESS_INK = 0.12  # share of a character's ink that may be missing, beside a dot and a half
MORE_INK = 0.12  # and too much, beside four dots: a neighbour's edge reaches in, nothing takes ink away
RULE_INK = 0.07
END_INK = 0.2
SIGN_INK = 0.02
STRAY_DOTS = 2.0
MARGIN_DOTS = 1.6  # anti-aliasing at the edge of what should be there


def weigh(page: Page, image: Image, dpi: Fraction) -> Iterator[Finding]:
    """Every finding about ink on this image."""
    scale = ink.Scale(float(page.template.height_mm) * MM, dpi)
    table = ink.Ink(image)
    expected = list(expected_characters(page))
    weights = ink.weights(sorted({(character, run.size, run.bold) for character, _, _, run in expected}), dpi)
    yield from _weigh_characters(expected, table, scale, weights)
    lifted = [
        (x, y, weights[character, run.size, run.bold].ink) for character, x, y, run in expected if run.white
    ]
    yield from _weigh_rules(page, table, scale, lifted)
    yield from _weigh_signs(page, table, scale, dpi)
    yield from _look_for_stray(page, image, scale)


def _weigh_characters(
    expected: list[Expected], table: ink.Ink, scale: ink.Scale, weights: dict[ink.Glyph, ink.Weight]
) -> Iterator[Finding]:
    own = [weights[character, run.size, run.bold] for character, _, _, run in expected]
    should = np.array([weight.ink for weight in own])
    inside = np.array([weight.ink - weight.left - weight.right for weight in own])
    reaching = np.array(list(_reaching_in(expected, own)))
    boxes = [_box(character, x, y, run) for character, x, y, run in expected]
    found = table.weigh_all(scale, np.array(boxes), np.array([run.white for _, _, _, run in expected]))
    wrong = (found < inside * (1 - LESS_INK) - 1.5 * scale.fine) | (
        found > should * (1 + MORE_INK) + reaching + 4 * scale.fine
    )
    for index in np.nonzero(wrong)[0]:
        character, _, _, run = expected[index]
        what = Phrase(
            "{character!r} of {text!r} is covered, clipped or faded", character=character, text=run.text
        )
        yield Finding("ink", run.element, what)


def _box(character: str, x: float, y: float, run: Run) -> tuple[float, float, float, float]:
    """Where a character's ink is: left, bottom, width and height in points."""
    low, high = fonts.extent(character)
    return x, y - low * run.size, fonts.width(character, run.size), (low + high) * run.size


def _reaching_in(expected: list[Expected], own: list[ink.Weight]) -> Iterator[float]:
    """Ink of its neighbours in the same run that reaches into each character's box, as a J's hook does."""
    for index, (_, _, _, run) in enumerate(expected):
        before = index > 0 and expected[index - 1][3] is run
        after = index + 1 < len(expected) and expected[index + 1][3] is run
        yield (own[index - 1].right if before else 0.0) + (own[index + 1].left if after else 0.0)


def _weigh_rules(
    page: Page, table: ink.Ink, scale: ink.Scale, lifted: list[tuple[float, float, float]]
) -> Iterator[Finding]:
    """Each rule has its whole area in ink, but for the white characters (place, weight) that stand on it."""
    for rule in page.rules:
        white = sum(weight for x, y, weight in lifted if _holds(rule, x, y))
        should = rule.width * rule.height * scale.dots**2 - white
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


def _holds(rule: Rule, x: float, y: float) -> bool:
    return rule.x <= x <= rule.x + rule.width and rule.y <= y <= rule.y + rule.height


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
