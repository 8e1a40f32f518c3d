"""Ways in which a label can be wrong: each takes a good label and gives the bytes of a bad one, or another's record.

``ways(content)`` yields (name, function of nothing that gives the PDF and the content to compare it with). Deterministic, so that a way that slips through is named.
"""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from inkt_mfg.views.label_content import LabelContent, content_of
from labels import fonts, symbols
from labels import pdf as writer
from labels.layout import MM, Page, Rule, Run, lay_out

Spoilt = Callable[[], tuple[bytes, LabelContent]]  # drawn only when it is looked at
Way = tuple[str, Spoilt]


def ways(good: LabelContent) -> Iterator[Way]:
    """Every way this label can be spoilt."""
    page = lay_out(good)
    for name, spoilt in _pages(page):
        yield name, lambda spoilt=spoilt: (writer.draw(spoilt), good)
    for name, make in _canvases(page):
        yield name, lambda make=make: (make(), good)
    for name, record in _records(good):
        yield name, lambda record=record: (writer.draw(page), record)
    for name, other in _symbols_of_others(good):
        yield name, lambda other=other: (writer.draw(lay_out(other)), other)


def _pages(page: Page) -> Iterator[tuple[str, Page]]:
    """One thing on the page is another, elsewhere or gone."""
    seen: set[str] = set()
    for run in page.runs:
        if run.element in seen or not run.text.strip(f" ·{fonts.NO_BREAK}"):
            continue
        seen.add(run.element)
        last = run.text.rstrip(f" {fonts.NO_BREAK}")[-1]
        other = run.text.rstrip(f" {fonts.NO_BREAK}")[:-1] + ("7" if last != "7" else "1")
        yield f"{run.element}: one character", _with(page, run, text=other)
        yield f"{run.element}: gone", dataclasses.replace(page, runs=_without(page, run.element))
        yield f"{run.element}: moved 2 mm right", _with(page, run, x=run.x + 2 * MM)
        yield f"{run.element}: moved 0.1 mm up", _with(page, run, y=run.y + 0.1 * MM)
        yield f"{run.element}: larger", _with(page, run, size=run.size * 1.1)
        yield f"{run.element}: other weight", _with(page, run, bold=not run.bold)
        yield f"{run.element}: white", _with(page, run, white=not run.white)
    for run in (r for r in page.runs if r.raised):
        base = next(r for r in reversed(page.runs[: page.runs.index(run)]) if not r.raised)
        yield f"{run.element}: exponent not raised", _with(page, run, y=base.y)
        yield f"{run.element}: exponent in full size", _with(page, run, size=base.size)
        yield f"{run.element}: exponent one more", _with(page, run, text=str(int(run.text[-1]) + 1))
    for placed in page.symbols:
        for name, spoilt in _symbol(placed):
            others = tuple(spoilt if s is placed else s for s in page.symbols)
            kept = tuple(s for s in others if s is not None)
            yield f"{placed.element}: {name}", dataclasses.replace(page, symbols=kept)
    for drawing in page.drawings:
        yield "sign: gone", dataclasses.replace(page, drawings=())
        small = dataclasses.replace(drawing, size=drawing.size * 0.9)
        yield "sign: smaller", dataclasses.replace(page, drawings=(small,))
        moved = dataclasses.replace(drawing, x=drawing.x + MM)
        yield "sign: moved 1 mm", dataclasses.replace(page, drawings=(moved,))
    for number, rule in enumerate(page.rules):
        rules = tuple(r for r in page.rules if r is not rule)
        yield f"rule {number}: gone", dataclasses.replace(page, rules=rules)
    for number, (x, y) in enumerate(((1, 1), (30, 2), (3, 40), (60, 20))):
        if not any(r.x - 2 < x < r.x + r.width + 2 and r.y - 3 < y < r.y + r.size for r in page.runs):
            yield f"stray mark {number}", dataclasses.replace(page, rules=(*page.rules, Rule(x, y, 1.2, 1.2)))


def _symbol(placed: Any) -> Iterator[tuple[str, Any]]:
    symbol = placed.symbol
    yield "gone", None
    for by in (Fraction(1, 8), Fraction(1, 4), Fraction(2)):
        yield f"moved {float(by)} mm", dataclasses.replace(placed, left_mm=placed.left_mm - by)
        yield f"lower {float(by)} mm", dataclasses.replace(placed, top_mm=placed.top_mm + by)
    for scale in (Fraction(9, 10), Fraction(11, 10), Fraction(1, 2)):
        thinner = dataclasses.replace(symbol, module_mm=symbol.module_mm * scale)
        yield f"modules × {scale}", dataclasses.replace(placed, symbol=thinner)
    flipped = [list(row) for row in symbol.rows]
    at = len(flipped) // 2
    flipped[at][len(flipped[0]) // 2] = not flipped[at][len(flipped[0]) // 2]
    rows = tuple(tuple(row) for row in flipped)
    yield "one module flipped", dataclasses.replace(placed, symbol=dataclasses.replace(symbol, rows=rows))
    mirrored = tuple(tuple(reversed(row)) for row in symbol.rows)
    yield "mirrored", dataclasses.replace(placed, symbol=dataclasses.replace(symbol, rows=mirrored))
    inverse = tuple(tuple(not module for module in row) for row in symbol.rows)
    yield "inverse", dataclasses.replace(placed, symbol=dataclasses.replace(symbol, rows=inverse))
    text = symbol.text[:-1] + ("9" if symbol.text[-1] != "9" else "8")
    if symbol.kind == symbols.DATA_MATRIX:
        other = symbols.data_matrix(text, symbol.module_mm)
    else:
        other = symbols.code_128(text, symbol.module_mm, symbol.row_mm)
    yield "another check character", dataclasses.replace(placed, symbol=other)


def _canvases(page: Page) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The whole label scaled, shifted, turned, clipped or painted over, as a driver, a print dialogue or a hand would."""
    height = float(page.template.height_mm) * MM
    width = float(page.template.width_mm) * MM

    def nothing(_: Any) -> None:
        pass

    def on(
        before: Callable[[Any], Any] = nothing, after: Callable[[Any], Any] = nothing
    ) -> Callable[[], bytes]:
        return lambda: _drawn(page, before, after)

    for scale in (0.95, 0.97, 0.99, 1.01, 1.03):
        yield f"scaled to {scale}", on(lambda c, s=scale: c.scale(s, s))
    for x, y in ((2, 0), (-2, 0), (0, 2), (0, -2), (0.2, 0), (0, 0.2), (1, 1)):
        yield f"shifted {x}, {y} mm", on(lambda c, x=x, y=y: c.translate(x * MM, y * MM))
    yield "turned half round", on(lambda c: (c.translate(width, height), c.rotate(180)))
    yield "turned by half a degree", on(lambda c: c.rotate(0.5))
    for name, box in _edges(page, width, height).items():
        yield (
            f"{name} edge clipped",
            on(after=lambda c, b=box: (c.setFillGray(1), c.rect(*b, stroke=0, fill=1))),
        )
    for run in _one_each(page):
        white = (run.x + run.width * 0.4, run.y - 0.2 * run.size, run.width * 0.6, run.size)
        yield (
            f"{run.element}: covered",
            on(after=lambda c, b=white: (c.setFillGray(1), c.rect(*b, stroke=0, fill=1))),
        )
        bar = (run.x, run.y + 0.2 * run.size, max(run.width, 4), 0.3 * run.size)
        yield (
            f"{run.element}: struck out",
            on(
                after=lambda c, b=bar: (
                    c.setFillGray(0 if not _on_black(b, page) else 1),
                    c.rect(*b, stroke=0, fill=1),
                )
            ),
        )
        yield f"{run.element}: another face", lambda run=run: _helvetica(page, run, width, height)
    for placed in page.symbols:
        symbol, top = placed.symbol, height - float(placed.top_mm) * MM
        left, wide = float(placed.left_mm) * MM, float(symbol.width_mm) * MM
        tall, quiet = float(symbol.height_mm) * MM, float(symbol.quiet_mm) * MM
        for side, x in (("left", left - quiet / 2), ("right", left + wide + quiet / 2 - 0.6)):
            line = (x, top - tall, 0.6, tall)
            yield (
                f"{placed.element}: line in the {side} quiet zone",
                on(after=lambda c, b=line: c.rect(*b, stroke=0, fill=1)),
            )
        scratch = (left, top - tall / 2, wide, 0.6)
        yield (
            f"{placed.element}: scratched",
            on(after=lambda c, b=scratch: (c.setFillGray(1), c.rect(*b, stroke=0, fill=1))),
        )


def _drawn(page: Page, before: Callable[[Any], Any], after: Callable[[Any], Any]) -> bytes:
    """The label with something done to the canvas before it, and on top of it."""
    height = float(page.template.height_mm) * MM
    canvas, buffer = writer.sheet(float(page.template.width_mm) * MM, height)
    canvas.saveState()
    before(canvas)
    writer.paint(canvas, page, height)
    canvas.restoreState()
    after(canvas)
    canvas.showPage()
    canvas.save()
    return bytes(buffer.getvalue())


def _edges(page: Page, width: float, height: float) -> dict[str, tuple[float, float, float, float]]:
    """Strips along each edge that reach a millimetre into what is printed."""
    runs = [r for r in page.runs if r.text.strip(f" {fonts.NO_BREAK}")]
    left = min([r.x for r in runs] + [r.x for r in page.rules]) + MM
    right = max([r.x + r.width for r in runs] + [r.x + r.width for r in page.rules]) - MM
    top = max([r.y + r.size * 0.7 for r in runs] + [r.y + r.height for r in page.rules]) - MM
    low = min([r.y for r in runs] + [r.y for r in page.rules]) + MM
    return {
        "left": (0, 0, left, height),
        "right": (right, 0, width - right, height),
        "top": (0, top, width, height - top),
        "bottom": (0, 0, width, low),
    }


def _on_black(box: tuple[float, float, float, float], page: Page) -> bool:
    """Whether this place is on the black ground of a banner."""
    x, y, _, _ = box
    return any(r.x <= x <= r.x + r.width and r.y <= y <= r.y + r.height and r.height > 4 for r in page.rules)


def _helvetica(page: Page, run: Run, width: float, height: float) -> bytes:
    canvas, buffer = writer.sheet(width, height)
    writer.paint(canvas, dataclasses.replace(page, runs=tuple(r for r in page.runs if r is not run)), height)
    canvas.setFillGray(1 if run.white else 0)
    canvas.setFont("Helvetica-Bold" if run.bold else "Helvetica", run.size)
    canvas.drawString(run.x, run.y, run.text)
    canvas.showPage()
    canvas.save()
    return bytes(buffer.getvalue())


def _records(good: LabelContent) -> Iterator[tuple[str, LabelContent]]:
    """The record is another: one digit, a day, a patient, a serial."""
    for field in dataclasses.fields(good.facts):
        value = getattr(good.facts, field.name)
        other: Any = None
        if isinstance(value, Decimal) and field.name not in _UNPRINTED:
            other = value + Decimal(10) ** (value.adjusted() - 1)
        elif field.name in _CODES:
            other = value[:-1] + ("7" if value[-1] != "7" else "1")
        elif field.name == "expires_at":
            other = value + timedelta(minutes=1)
        elif field.name == "containers":
            other = value + 1
        if other is None:
            continue
        try:
            changed = _remade(good, dataclasses.replace(good.facts, **{field.name: other}))
            if lay_out(changed) == lay_out(good):
                continue  # this size does not show it: its tag or the papers do
        except Exception:  # noqa: BLE001 – a record that refuses its own label is no way to spoil one
            continue
        yield f"record: {field.name}", changed
    yield "record: serial", _remade(good, good.facts, serial="L-000124")
    yield "record: reprint", _remade(good, good.facts, reprint=good.reprint + 1)
    yield "record: training", _remade(good, good.facts, training=not good.training)


_CODES = frozenset(
    {
        "patient_id",
        "patient_name",
        "batch",
        "chain_of_identity",
        "collection_code",
        "certificate",
        "subject_number",
    }
    | {"product_code", "site_code"}
)
_UNPRINTED = frozenset({"dose_low", "dose_high"})


def _remade(good: LabelContent, facts: Any, **label: Any) -> LabelContent:
    kept = {"serial": good.serial, "training": good.training, "reprint": good.reprint} | label
    return content_of(
        good.kind, facts, profile=good.profile, languages=good.languages, template=good.template, **kept
    )


def _symbols_of_others(good: LabelContent) -> Iterator[tuple[str, LabelContent]]:
    """The words are this patient's, the code is another's."""
    facts = good.facts
    other = _remade(good, dataclasses.replace(facts, chain_of_identity="COI-000000"))
    yield "code: another chain of identity", dataclasses.replace(good, payload=other.payload)
    yield (
        "code: another serial",
        dataclasses.replace(good, payload=_remade(good, facts, serial="L-000999").payload),
    )
    turned = _remade(good, facts, training=not good.training)
    yield "code: training for clinical", dataclasses.replace(good, payload=turned.payload)
    if any(s.symbol.text == good.linear for s in lay_out(good).symbols):
        elsewhere = _remade(good, dataclasses.replace(facts, collection_code="C-26-9999"))
        yield "code: another collection", dataclasses.replace(good, linear=elsewhere.linear)


def _with(page: Page, old: Run, **changed: Any) -> Page:
    new = dataclasses.replace(old, **changed)
    return dataclasses.replace(page, runs=tuple(new if run is old else run for run in page.runs))


def _without(page: Page, element: str) -> tuple[Run, ...]:
    return tuple(run for run in page.runs if run.element != element)


def _one_each(page: Page) -> Iterator[Run]:
    seen: set[str] = set()
    for run in page.runs:
        if run.element not in seen and len(run.text.strip()) > 1 and not run.raised:
            seen.add(run.element)
            yield run
