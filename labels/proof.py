"""The proof of a label: the very bytes to be printed are rendered, read back and compared with the record (rule R51).

Anyone may call ``proof(pdf, content)`` on any of our PDFs. It works by white-list: every character, rule, pictogram and
symbol the content asks for must be there, in place, in full black, and nothing else may be. It refuses nothing itself:
it returns findings, and ``labels.produce`` hands out no label whose proof has any.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_code import CodeKind, CollectionCode, LabelCode, read_code
from inkt_mfg.views.label_content import LabelContent
from labels import fonts, ink
from labels.elements import dose_of
from labels.layout import MM, Page, Placed, Run, lay_out
from labels.reading import Character, Decoded, Image, Reading, decode, one_bit
from labels.symbols import DATA_MATRIX, dots

PLACE_PT = 0.05  # how far a character may stand from its place
SIZE_PT = 0.01
LESS_INK = 0.10  # share of a character's ink that may be missing, beside a dot and a half
MORE_INK = 0.20  # and too much, beside three dots: a neighbour's edge reaches in, nothing takes ink away
STRAY_DOTS = 2.0  # black outside everything that should be there
MARGIN_DOTS = 1.6


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the label is not what the record says."""

    check: str
    element: str
    what: Phrase

    def as_json(self) -> dict[str, str]:
        return {"check": self.check, "element": self.element, "what": self.what.english}


@dataclass(frozen=True, slots=True)
class Proof:
    """What was read back from exactly these bytes. ``passed`` is that nothing was found wrong."""

    pdf_sha256: str
    content_sha256: str
    findings: tuple[Finding, ...]
    dpi: tuple[float, ...]
    decoded: tuple[Decoded, ...]
    images: tuple[tuple[float, str], ...]  # resolution, SHA-256 of its grey image
    characters: int

    @property
    def passed(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The proof as it is stored beside the label."""
        return {
            "passed": self.passed,
            "pdf_sha256": self.pdf_sha256,
            "content_sha256": self.content_sha256,
            "findings": [finding.as_json() for finding in self.findings],
            "dpi": list(self.dpi),
            "symbols": [{"kind": s.kind, "text": s.text, "dpi": s.dpi, "depth": s.depth} for s in self.decoded],
            "images": {f"{dpi:g}": sha256 for dpi, sha256 in self.images},
            "characters": self.characters,
        }


def proof(pdf: bytes, content: LabelContent) -> Proof:
    """Reads the PDF back and compares it with the content; a file that is no PDF is a finding too."""
    return proof_of_page(pdf, content, lay_out(content))


def proof_of_page(pdf: bytes, content: LabelContent, page: Page) -> Proof:
    """The same for a content already laid out, so that ``produce`` does it once."""
    inspection = _Inspection(content, page)
    try:
        with Reading(pdf) as reading:
            inspection.read(reading)
    except (ValueError, RuntimeError) as error:
        inspection.find("file", "", Phrase("the file cannot be read as a PDF: {error}", error=str(error)))
    return Proof(
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        content_sha256=content.sha256,
        findings=tuple(inspection.findings),
        dpi=tuple(float(d) for d in page.template.dpi),
        decoded=tuple(inspection.decoded),
        images=tuple(inspection.images),
        characters=inspection.characters,
    )


class _Inspection:
    """One proof being made: what should be there, and the findings so far."""

    def __init__(self, content: LabelContent, page: Page) -> None:
        self.content = content
        self.page = page
        self.height = float(page.template.height_mm) * MM
        self.width = float(page.template.width_mm) * MM
        self.findings: list[Finding] = []
        self.decoded: list[Decoded] = []
        self.images: list[tuple[float, str]] = []
        self.characters = 0

    def find(self, check: str, element: str, what: Phrase) -> None:
        self.findings.append(Finding(check, element, what))

    def read(self, reading: Reading) -> None:
        """All checks, in the order a person would make them."""
        if reading.pages != 1:
            self.find("page", "", Phrase("the file has {pages} pages instead of one", pages=reading.pages))
        if max(abs(reading.width - self.width), abs(reading.height - self.height)) > 0.05:
            size = f"{reading.width / MM:.2f} × {reading.height / MM:.2f} mm"
            self.find("page", "", Phrase("the page measures {size}", size=size))
        self._compare_text(reading.characters())
        template = self.page.template
        for number, dpi in enumerate(template.dpi):
            image = reading.render(template.width_mm, template.height_mm, dpi)
            self.images.append((float(dpi), hashlib.sha256(image.tobytes()).hexdigest()))
            self._read_symbols(image, dpi)
            if number == 0:
                self._weigh(image, dpi)
        self._compare_record()

    # ---- text: every character, in its place, size and colour

    def _compare_text(self, found: list[Character]) -> None:
        expected = list(_expected(self.page))
        self.characters = len(found)
        if len(found) == len(expected) and all(_same(e, f) for e, f in zip(expected, found, strict=True)):
            return
        self._match_by_place(expected, found)

    def _match_by_place(self, expected: list[tuple[str, float, float, Run]], found: list[Character]) -> None:
        """What is missing, wrong or too much, paired by position because the order no longer tells."""
        left = list(found)
        for want in expected:
            nearest = min(left, key=lambda f: abs(f.x - want[1]) + abs(f.y - want[2]), default=None)
            if nearest is not None and _same(want, nearest):
                left.remove(nearest)
                continue
            self._say_missing(want, nearest)
        for extra in left:
            place = f"{extra.x / MM:.1f}, {extra.y / MM:.1f} mm"
            self.find("text", "", Phrase("{character!r} at {place} belongs to nothing", character=extra.text, place=place))

    def _say_missing(self, want: tuple[str, float, float, Run], nearest: Character | None) -> None:
        character, _, _, run = want
        check = "raised" if run.raised else "text"
        near = f"{nearest.text!r}" if nearest else ""
        self.find(
            check,
            run.element,
            Phrase(
                "{character!r} of {text!r} is not where it should be, in its size and colour; nearest is {near}",
                character=character,
                text=run.text,
                near=near,
            ),
        )

    # ---- ink: nothing covered, clipped or faded, nothing stray

    def _weigh(self, image: Image, dpi: Fraction) -> None:
        scale = ink.Scale(self.height, dpi)
        table = ink.Ink(image)
        weights = ink.weights(((c, r.size, r.bold) for r in self.page.runs for c in r.text if c not in " \u00a0"), dpi)
        for run in self.page.runs:
            self._weigh_run(run, table, scale, weights)
        self._weigh_rules(table, scale, weights)
        for drawing in self.page.drawings:
            should = ink.drawing_weight(drawing, dpi)
            found = ink.quarters(table, scale, drawing.x, drawing.y, drawing.size)
            if any(abs(f - s) > 0.02 * s + 1 for f, s in zip(found, should, strict=True)):
                self.find("drawing", drawing.element, Phrase("the {name} sign is not as it should be", name=drawing.name))
        self._look_for_stray(image, scale)

    def _weigh_run(self, run: Run, table: ink.Ink, scale: ink.Scale, weights: dict[ink.Glyph, float]) -> None:
        x = run.x
        for character in run.text:
            advance = fonts.width(character, run.size)
            if character not in " \u00a0":
                should = weights[character, run.size, run.bold]
                window = scale.window(x, run.y - fonts.DESCENT * run.size, advance, (fonts.ASCENT + fonts.DESCENT) * run.size)
                extra = _black(table, window, run.white) - should
                if extra < -LESS_INK * should - 1.5 or extra > MORE_INK * should + 3:
                    self.find(
                        "ink",
                        run.element,
                        Phrase("{character!r} of {text!r} is covered, clipped or faded", character=character, text=run.text),
                    )
            x += advance

    def _weigh_rules(self, table: ink.Ink, scale: ink.Scale, weights: dict[ink.Glyph, float]) -> None:
        for rule in self.page.rules:
            inside = [
                run
                for run in self.page.runs
                if run.white and rule.x <= run.x <= rule.x + rule.width and rule.y <= run.y <= rule.y + rule.height
            ]
            lifted = sum(weights[c, r.size, r.bold] for r in inside for c in r.text if c not in " \u00a0")
            should = rule.width * rule.height * scale.dots**2 - lifted
            found = table.weigh(scale.window(rule.x, rule.y, rule.width, rule.height))
            if found < 0.93 * should - 2:
                self.find("rule", "", Phrase("a line or frame at {place} is broken or covered", place=_place(rule.x, rule.y)))

    def _look_for_stray(self, image: Image, scale: ink.Scale) -> None:
        rest = 255 - image
        for top, bottom, left, right in self._windows(scale):
            rest[top:bottom, left:right] = 0
        stray = float(rest.sum()) / 255
        if stray > STRAY_DOTS:
            rows, columns = np.nonzero(rest)
            place = _place(float(columns[0]) / scale.dots, self.height - float(rows[0]) / scale.dots)
            self.find("stray", "", Phrase("{dots} dots of black stand where nothing should, from {place}", dots=round(stray), place=place))

    def _windows(self, scale: ink.Scale) -> Iterator[tuple[int, int, int, int]]:
        for run in self.page.runs:
            yield ink.window_of(run, scale, MARGIN_DOTS)
        for rule in self.page.rules:
            yield scale.window(rule.x, rule.y, rule.width, rule.height, MARGIN_DOTS)
        for drawing in self.page.drawings:
            yield scale.window(drawing.x, drawing.y, drawing.size, drawing.size, MARGIN_DOTS)
        for placed in self.page.symbols:
            left, top = float(placed.left_mm) * MM, self.height - float(placed.top_mm) * MM
            wide, high = float(placed.symbol.width_mm) * MM, float(placed.symbol.height_mm) * MM
            yield scale.window(left, top - high, wide, high)

    # ---- symbols: decoded, dot for dot, with quiet zones

    def _read_symbols(self, image: Image, dpi: Fraction) -> None:
        for placed in self.page.symbols:
            bits = one_bit(image)
            rows, columns = _symbol_window(placed, dpi)
            quiet = dots(placed.symbol.quiet_mm, dpi)
            above = quiet if placed.symbol.kind == DATA_MATRIX else 0
            around = np.s_[max(0, rows.start - above) : rows.stop + above, max(0, columns.start - quiet) : columns.stop + quiet]
            for depth, picture in (("grey", image), ("1-bit", bits)):
                self._decode(placed, np.pad(picture[around], 4, constant_values=255), dpi, depth)
            self._compare_dots(placed, bits[rows, columns], dpi)
            surrounding = int((bits[around] == 0).sum()) - int((bits[rows, columns] == 0).sum())
            if surrounding or rows.start - above < 0 or columns.start - quiet < 0:
                self.find("quiet zone", placed.element, Phrase("the quiet zone is not white at {dpi} dpi", dpi=float(dpi)))

    def _decode(self, placed: Placed, picture: Image, dpi: Fraction, depth: str) -> None:
        found = decode(picture, dpi, depth)
        self.decoded += found
        if [(s.kind, s.text) for s in found] != [(placed.symbol.kind, placed.symbol.text)]:
            read = ", ".join(s.text for s in found) or "—"
            self.find(
                "symbol",
                placed.element,
                Phrase("at {dpi} dpi, {depth}, the symbol reads {read}", dpi=float(dpi), depth=depth, read=read),
            )

    def _compare_dots(self, placed: Placed, bits: Image, dpi: Fraction) -> None:
        symbol = placed.symbol
        modules = np.array(symbol.rows, dtype=bool)
        across, down = dots(symbol.module_mm, dpi), dots(symbol.row_mm, dpi)
        should = modules.repeat(down, axis=0).repeat(across, axis=1)
        if bits.shape != should.shape or bool(((bits == 0) != should).any()):
            self.find("dots", placed.element, Phrase("the symbol is not whole printer dots at {dpi} dpi", dpi=float(dpi)))

    # ---- the record: what was read, against the facts themselves

    def _compare_record(self) -> None:
        for kind in (LabelCode, CollectionCode):
            self._compare_code(kind)
        for name, check in _record_checks(self.content):
            text = "".join(run.text for run in self.page.runs if run.element == name)
            if not check(text, [run for run in self.page.runs if run.element == name]):
                self.find("record", name, Phrase("{text!r} is not what the record says", text=text))

    def _compare_code(self, kind: type[LabelCode] | type[CollectionCode]) -> None:
        facts = self.content.facts
        should: LabelCode | CollectionCode = CollectionCode(facts.collection_code, self.content.training)
        if kind is LabelCode:
            should = LabelCode(
                training=self.content.training,
                kind=CodeKind.INFUSION,
                site=facts.site_code,
                chain_of_identity=facts.chain_of_identity,
                batch=facts.batch,
                container=facts.container,
                containers=facts.containers,
                serial=self.content.serial,
            )
        for decoded in {s.text for s in self.decoded if (s.kind == DATA_MATRIX) == (kind is LabelCode)}:
            try:
                agrees = read_code(decoded) == should
            except Refusal:
                agrees = False
            if not agrees:
                self.find("record", "data_matrix", Phrase("the code {code} is not this record's", code=decoded))


def _expected(page: Page) -> Iterator[tuple[str, float, float, Run]]:
    """Every visible character with its place, plain runs first, as the writer draws them."""
    for bold in (False, True):
        for run in page.runs:
            if run.bold != bold:
                continue
            x = run.x
            for character in run.text:
                if character not in " \u00a0":
                    yield character, x, run.y, run
                x += fonts.width(character, run.size)


def _same(want: tuple[str, float, float, Run], found: Character) -> bool:
    character, x, y, run = want
    level = 255 if run.white else 0
    return (
        character == found.text
        and abs(x - found.x) < PLACE_PT
        and abs(y - found.y) < PLACE_PT
        and abs(run.size - found.size) < SIZE_PT
        and (found.red, found.green, found.blue, found.alpha) == (level, level, level, 255)
    )


def _black(table: ink.Ink, window: tuple[int, int, int, int], white: bool) -> float:
    """Ink in the window; for white text on a black ground, the ink that is missing."""
    weight = table.weigh(window)
    top, bottom, left, right = window
    return (bottom - top) * (right - left) - weight if white else weight


def _symbol_window(placed: Placed, dpi: Fraction) -> tuple[slice, slice]:
    symbol = placed.symbol
    left, top = dots(placed.left_mm, dpi), dots(placed.top_mm, dpi)
    wide, high = dots(symbol.width_mm, dpi), dots(symbol.height_mm, dpi)
    return slice(top, top + high), slice(left, left + wide)


def _place(x: float, y: float) -> str:
    return f"{x / MM:.1f}, {y / MM:.1f} mm"


Check = Callable[[str, list[Run]], bool]


def _record_checks(content: LabelContent) -> Iterator[tuple[str, Check]]:
    """For each element that must agree with one fact: a reading of the printed text, made apart from its writing."""
    facts = content.facts
    plain = {
        "patient_name": facts.patient_name,
        "patient_id": facts.patient_id,
        "subject_number": facts.subject_number,
        "batch": facts.batch,
        "chain_of_identity": facts.chain_of_identity,
        "collection_code": facts.collection_code,
        "certificate": facts.certificate,
        "serial": content.serial,
        "container": f"{facts.container}/{facts.containers}",
        "copy": f"{content.copy}/{content.copies}",
    }
    for name, value in plain.items():
        yield name, lambda text, _, value=value: _bare(value) in _bare(text)  # type: ignore[misc]
    basis_cells, basis_per_unit = dose_of(facts, facts.dose_basis)
    other = "total_viable" if facts.dose_basis == "viable_inkt" else "viable_inkt"
    other_cells, other_per_unit = dose_of(facts, other)
    numbers = {
        "basis_cells": basis_cells,
        "basis_per_unit": basis_per_unit,
        "other_cells": other_cells,
        "other_per_unit": other_per_unit,
        "viable_cells": facts.container_viable_cells,
    }
    for name, number in numbers.items():
        yield name, lambda _, runs, number=number: number is not None and _is_rounded(number, runs)  # type: ignore[misc]
    yield "expiry", lambda text, _: facts.expires_at is not None and _moment(text) == facts.expires_at


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _is_rounded(number: Decimal, runs: list[Run]) -> bool:
    """The printed mantissa and *raised* exponent, read as a number, are the record's within half of the last digit."""
    plain = _bare("".join(run.text for run in runs if not run.raised))
    exponent = "".join(run.text for run in runs if run.raised)
    printed = re.search(r"(\d+(?:\.\d+)?)×10$", plain)
    if printed is None or not re.fullmatch(r"\d{1,2}", exponent):
        return False
    digits = len(printed[1].partition(".")[2])
    step = Decimal(1).scaleb(int(exponent) - digits)
    return abs(Decimal(printed[1]).scaleb(int(exponent)) - number) <= step / 2


def _moment(text: str) -> datetime | None:
    found = re.search(r"(\d{4}-\d\d-\d\d)\s(\d\d:\d\d(?::\d\d)?)\sUTC([+-]\d\d:\d\d)?", text)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or '+00:00'}") if found else None
