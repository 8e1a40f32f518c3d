"""The proof finds whatever is wrong with a label: each test breaks a good one in one way and shows that it is caught."""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from inkt_mfg.views.label_content import LabelContent
from labels import pdf as writer
from labels import symbols
from labels.layout import MM, Page, Rule, Run, lay_out
from labels.proof import Proof, proof
from tests.labels.specimens import BEIJING, FACTS, content, facts

pytestmark = pytest.mark.requirement("R51")
CONTENT = content()


@cache
def good_page() -> Page:
    return lay_out(CONTENT)


def checks(found: Proof) -> set[str]:
    return {finding.check for finding in found.findings}


def painted_over(paint: Callable[[Any, float], None], page: Page | None = None) -> bytes:
    """The good label with something painted on top, as a broken driver or an evil hand would."""
    page = page or good_page()
    height = float(page.template.height_mm) * MM
    canvas, buffer = writer.sheet(float(page.template.width_mm) * MM, height)
    writer.paint(canvas, page, height)
    paint(canvas, height)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def first(element: str, *, raised: bool = False) -> Run:
    return next(r for r in good_page().runs if r.element == element and r.raised == raised and r.text.strip())


def with_run(old: Run, new: Run) -> Page:
    runs = tuple(new if run is old else run for run in good_page().runs)
    return dataclasses.replace(good_page(), runs=runs)


def test_a_good_label_passes_and_says_what_was_read() -> None:
    found = proof(writer.draw(good_page()), CONTENT)
    assert found.findings == ()
    assert found.passed
    said = found.as_json()
    assert said["dpi"] == [203.2, 304.8]
    assert {symbol["text"] for symbol in said["symbols"]} == {CONTENT.payload, CONTENT.linear}
    assert len(said["symbols"]) == 8  # two symbols, two resolutions, grey and 1-bit
    assert set(said["images"]) == {"203.2", "304.8"}
    assert said["content_sha256"] == CONTENT.sha256


# ---- the record is another one than the label


@pytest.mark.parametrize(
    "changed",
    [
        {"patient_name": "王小朋"},
        {"patient_id": "YA20260418"},
        {"subject_number": "S-013"},
        {"batch": "B-26-0031-2"},
        {"chain_of_identity": "COI-7K3Q9N"},
        {"collection_code": "C-26-0032"},
        {"product_code": "INKT-02"},
        {"certificate": "COA-26-0031-2"},
        {"containers": 2},
        {"volume_ml": Decimal("100.1")},
        {"viability_percent": Decimal("94.4")},
        {"inkt_percent": Decimal("58.2")},
        {"dose_viable_inkt": Decimal("1.494184e9")},
        {"dose_viable_inkt_per_unit": Decimal("862172043.7")},
        {"dose_viable_inkt_per_unit": Decimal(8521720430), "dose_high": Decimal("1e10")},
        {"dose_total_viable_per_unit": Decimal(1000101000)},
        {"expires_at": FACTS.expires_at + timedelta(days=1)},
        {"expires_at": datetime(2026, 12, 1, 9, 30, tzinfo=BEIJING) + timedelta(minutes=1)},
        {"storage_high_c": Decimal(8)},
        {"route": "Subcutaneous"},
        {"released_by": "Zhao Ming"},
        {"reactive": ()},
        {"release_status": "released", "pending": ()},
        {"screening_complete": False},
        {"illustrative": False},
        {"contact": "+86 10 0000 0001"},
        {"serial": "L-000124"},
        {"copies": 2},
        {"reprint": 1},
        {"training": True},
        {"profile": "US-IND"},
        {"languages": ("zh",)},
    ],
    ids=str,
)
@pytest.mark.slow
def test_a_label_of_another_record_is_caught(changed: dict[str, Any]) -> None:
    assert not proof(writer.draw(good_page()), content(**changed)).passed


def test_a_content_whose_payload_is_another_batch_is_caught_by_reading_the_code() -> None:
    other = content(batch="B-26-0032-1")
    mixed = dataclasses.replace(CONTENT, payload=other.payload)
    assert "record" in checks(proof(writer.draw(lay_out(mixed)), mixed))


def test_a_clinical_content_with_a_training_code_is_caught() -> None:
    mixed = dataclasses.replace(CONTENT, payload=content(training=True).payload)
    assert "record" in checks(proof(writer.draw(lay_out(mixed)), mixed))


def test_a_content_with_another_collections_bars_is_caught() -> None:
    mixed = dataclasses.replace(CONTENT, linear=content(collection_code="C-26-0099").linear)
    assert "record" in checks(proof(writer.draw(lay_out(mixed)), mixed))


# ---- text


@pytest.mark.parametrize("element", sorted({run.element for run in lay_out(CONTENT).runs}))
def test_one_character_changed_in_any_element_is_caught(element: str) -> None:
    run = first(element)
    text = run.text.strip()
    other = "7" if text[-1] != "7" else "1"
    changed = dataclasses.replace(run, text=run.text[: len(run.text) - 1] + other)
    assert "text" in checks(proof(writer.draw(with_run(run, changed)), CONTENT))


@pytest.mark.slow
@pytest.mark.parametrize("element", sorted({run.element for run in lay_out(CONTENT).runs}))
def test_any_element_left_out_is_caught(element: str) -> None:
    page = good_page()
    without = dataclasses.replace(page, runs=tuple(r for r in page.runs if r.element != element))
    assert "text" in checks(proof(writer.draw(without), CONTENT))


def test_an_exponent_that_is_not_raised_is_caught_although_its_text_is_the_same() -> None:
    run = first("basis_per_unit", raised=True)
    lowered = dataclasses.replace(run, y=first("basis_per_unit").y)
    assert "raised" in checks(proof(writer.draw(with_run(run, lowered)), CONTENT))


def test_an_exponent_in_full_size_is_caught() -> None:
    run = first("basis_per_unit", raised=True)
    large = dataclasses.replace(run, size=first("basis_per_unit").size)
    assert "raised" in checks(proof(writer.draw(with_run(run, large)), CONTENT))


@pytest.mark.parametrize(
    "change",
    [{"x": 1.0}, {"x": -0.2}, {"y": 0.2}, {"size": -0.2}, {"size": 0.5}],
    ids=str,
)
def test_a_run_moved_or_in_another_size_is_caught(change: dict[str, float]) -> None:
    run = first("patient_id")
    moved = dataclasses.replace(run, **{key: getattr(run, key) + by for key, by in change.items()})
    assert not proof(writer.draw(with_run(run, moved)), CONTENT).passed


def test_heavy_text_set_light_is_caught_by_its_ink() -> None:
    run = next(r for r in good_page().runs if r.element == "patient_name" and r.bold)
    light = dataclasses.replace(run, bold=False)
    assert "ink" in checks(proof(writer.draw(with_run(run, light)), CONTENT))


def test_the_same_text_in_another_typeface_is_caught_by_its_ink_or_places() -> None:
    run = first("batch")

    def paint(canvas: Any, _: float) -> None:
        canvas.setFont("Helvetica", run.size)
        canvas.drawString(run.x, run.y, run.text)

    page = dataclasses.replace(good_page(), runs=tuple(r for r in good_page().runs if r is not run))
    assert not proof(painted_over(paint, page), CONTENT).passed


def test_text_too_much_is_caught() -> None:
    def paint(canvas: Any, _: float) -> None:
        canvas.setFont("Helvetica", 6)
        canvas.drawString(200, 150, "0")

    assert {"text", "stray"} & checks(proof(painted_over(paint), CONTENT))


# ---- ink: the text is in the file, but can it be seen?


@pytest.mark.slow
@pytest.mark.parametrize("element", sorted({r.element for r in lay_out(CONTENT).runs if not r.white}))
def test_white_over_any_elements_last_character_is_caught(element: str) -> None:
    run = [r for r in good_page().runs if r.element == element and r.text.strip()][-1]
    if run.text.strip() == "·":
        run = first(element)

    def paint(canvas: Any, _: float) -> None:
        canvas.setFillGray(1)
        width = run.size * 0.9
        canvas.rect(run.x + run.width - width, run.y - 0.2 * run.size, width, run.size, stroke=0, fill=1)

    assert checks(proof(painted_over(paint), CONTENT)) & {"ink", "rule"}


@pytest.mark.parametrize(
    "element", ["patient_name", "patient_id", "basis_per_unit", "expiry", "verdict", "reactive"]
)
def test_black_over_text_is_caught(element: str) -> None:
    run = first(element)

    def paint(canvas: Any, _: float) -> None:
        canvas.rect(run.x, run.y, run.width, run.size * 0.6, stroke=0, fill=1)

    assert "ink" in checks(proof(painted_over(paint), CONTENT))


@pytest.mark.parametrize("element", ["patient_name", "expiry", "autologous", "trial_use", "serial"])
def test_text_drawn_grey_is_caught(element: str) -> None:
    page = good_page()
    of_it = tuple(r for r in page.runs if r.element == element)
    others = dataclasses.replace(page, runs=tuple(r for r in page.runs if r.element != element))

    def paint(canvas: Any, _: float) -> None:
        writer.write(canvas, of_it)
        canvas._code[-1] = canvas._code[-1].replace("0 g", "0.6 g").replace("1 g", "0.4 g")

    assert checks(proof(painted_over(paint, others), CONTENT)) & {"ink", "text"}


def test_the_upper_half_of_a_line_clipped_off_is_caught() -> None:
    run = first("expiry")

    def paint(canvas: Any, _: float) -> None:
        canvas.setFillGray(1)
        canvas.rect(run.x, run.y + run.size * 0.4, run.width, run.size * 0.5, stroke=0, fill=1)

    assert "ink" in checks(proof(painted_over(paint), CONTENT))


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_clipped_edge_is_caught(edge: str) -> None:
    def paint(canvas: Any, height: float) -> None:
        cut = 3.5 * MM
        canvas.setFillGray(1)
        box = {
            "left": (0, 0, cut, height),
            "right": (height - cut, 0, cut, height),
            "top": (0, height - cut, height, cut),
            "bottom": (0, 0, height, cut),
        }[edge]
        canvas.rect(*box, stroke=0, fill=1)

    assert not proof(painted_over(paint), CONTENT).passed


def test_a_frame_with_a_gap_is_caught() -> None:
    rule = max(good_page().rules, key=lambda r: r.width if r.height < 2 else 0)

    def paint(canvas: Any, _: float) -> None:
        canvas.setFillGray(1)
        canvas.rect(rule.x + 50, rule.y - 1, rule.width * 0.2, rule.height + 2, stroke=0, fill=1)

    assert "rule" in checks(proof(painted_over(paint), CONTENT))


def test_a_stray_mark_is_caught() -> None:
    page = good_page()
    marked = dataclasses.replace(page, rules=(*page.rules, Rule(172, 12, 1, 1)))
    assert "stray" in checks(proof(writer.draw(marked), CONTENT))


def test_a_biohazard_sign_left_out_turned_or_filled_is_caught() -> None:
    sign = good_page().drawings[0]
    without = dataclasses.replace(good_page(), drawings=())
    assert "sign" in checks(proof(writer.draw(without), CONTENT))

    def fill(canvas: Any, _: float) -> None:
        canvas.circle(sign.x + sign.size / 2, sign.y + sign.size / 2, 2, stroke=0, fill=1)

    assert "sign" in checks(proof(painted_over(fill), CONTENT))


# ---- symbols


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
def test_a_missing_symbol_is_caught(element: str) -> None:
    page = good_page()
    without = dataclasses.replace(page, symbols=tuple(s for s in page.symbols if s.element != element))
    assert {"symbol", "dots"} <= checks(proof(writer.draw(without), CONTENT))


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
def test_a_symbol_that_says_something_else_is_caught(element: str) -> None:
    def other(placed: Any) -> Any:
        if placed.element != element:
            return placed
        symbol, text = placed.symbol, placed.symbol.text[:-1] + "9"
        if element == "data_matrix":
            return dataclasses.replace(placed, symbol=symbols.data_matrix(text, symbol.module_mm))
        return dataclasses.replace(placed, symbol=symbols.code_128(text, symbol.module_mm, symbol.row_mm))

    wrong = dataclasses.replace(good_page(), symbols=tuple(other(s) for s in good_page().symbols))
    assert {"symbol", "record"} <= checks(proof(writer.draw(wrong), CONTENT))


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
@pytest.mark.parametrize("by", [Fraction(1, 8), Fraction(1, 4), Fraction(2)])
def test_a_symbol_shifted_is_caught(element: str, by: Fraction) -> None:
    moved = tuple(
        dataclasses.replace(s, left_mm=s.left_mm - by) if s.element == element else s
        for s in good_page().symbols
    )
    assert "dots" in checks(proof(writer.draw(dataclasses.replace(good_page(), symbols=moved)), CONTENT))


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
def test_modules_that_are_not_whole_dots_are_caught(element: str) -> None:
    def scaled(placed: Any) -> Any:
        thinner = dataclasses.replace(placed.symbol, module_mm=placed.symbol.module_mm * Fraction(9, 10))
        return dataclasses.replace(placed, symbol=thinner) if placed.element == element else placed

    wrong = dataclasses.replace(good_page(), symbols=tuple(scaled(s) for s in good_page().symbols))
    assert "dots" in checks(proof(writer.draw(wrong), CONTENT))


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_line_in_the_quiet_zone_is_caught(element: str, side: str) -> None:
    placed = next(s for s in good_page().symbols if s.element == element)
    symbol = placed.symbol
    at = (
        placed.left_mm - symbol.quiet_mm / 2
        if side == "left"
        else placed.left_mm + symbol.width_mm + symbol.quiet_mm / 2
    )

    def paint(canvas: Any, height: float) -> None:
        below = height - float(placed.top_mm + symbol.height_mm) * MM
        canvas.rect(float(at) * MM, below, 1, float(symbol.height_mm) * MM, stroke=0, fill=1)

    assert "quiet zone" in checks(proof(painted_over(paint), CONTENT))


@pytest.mark.parametrize("element", ["data_matrix", "code_128"])
def test_a_scratch_through_a_symbol_is_caught_even_if_it_still_decodes(element: str) -> None:
    placed = next(s for s in good_page().symbols if s.element == element)

    def paint(canvas: Any, height: float) -> None:
        canvas.setFillGray(1)
        middle = height - float(placed.top_mm + placed.symbol.height_mm / 2) * MM
        canvas.rect(
            float(placed.left_mm) * MM, middle, float(placed.symbol.width_mm) * MM, 1, stroke=0, fill=1
        )

    assert "dots" in checks(proof(painted_over(paint), CONTENT))


# ---- the page and the file


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.97, 1.03, 0.5])
def test_a_label_printed_at_another_scale_is_caught(scale: float) -> None:
    page = good_page()
    height = float(page.template.height_mm) * MM
    canvas, buffer = writer.sheet(height, height)
    canvas.scale(scale, scale)
    writer.paint(canvas, page, height)
    canvas.showPage()
    canvas.save()
    assert not proof(buffer.getvalue(), CONTENT).passed


@pytest.mark.slow
@pytest.mark.parametrize(("x", "y"), [(2 * MM, 0), (0, -2 * MM), (0.5, 0)])
def test_a_label_shifted_on_its_page_is_caught(x: float, y: float) -> None:
    page = good_page()
    height = float(page.template.height_mm) * MM
    canvas, buffer = writer.sheet(height, height)
    canvas.translate(x, y)
    writer.paint(canvas, page, height)
    canvas.showPage()
    canvas.save()
    assert not proof(buffer.getvalue(), CONTENT).passed


def test_a_page_of_another_size_and_a_second_page_are_caught() -> None:
    height = float(good_page().template.height_mm) * MM
    canvas, buffer = writer.sheet(height + 10, height)
    for _ in range(2):
        writer.paint(canvas, good_page(), height)
        canvas.showPage()
    canvas.save()
    found = proof(buffer.getvalue(), CONTENT)
    assert [f.check for f in found.findings].count("page") == 2


def test_an_empty_page_and_a_file_that_is_no_pdf_are_caught() -> None:
    height = float(good_page().template.height_mm) * MM
    canvas, buffer = writer.sheet(height, height)
    canvas.showPage()
    canvas.save()
    assert "text" in checks(proof(buffer.getvalue(), CONTENT))
    assert checks(proof(b"not a PDF", CONTENT)) == {"file"}


def test_two_patients_labels_swapped_are_both_caught() -> None:
    other = content(patient_name="李建国", patient_id="YA20260503", subject_number="S-044")
    mine, theirs = writer.draw(good_page()), writer.draw(lay_out(other))
    assert proof(mine, CONTENT).passed
    assert proof(theirs, other).passed
    assert not proof(mine, other).passed
    assert not proof(theirs, CONTENT).passed


def test_a_proof_never_changes_what_it_is_given() -> None:
    assert isinstance(CONTENT, LabelContent)
    before = CONTENT.sha256
    proof(writer.draw(good_page()), CONTENT)
    assert CONTENT.sha256 == before
    assert facts() == FACTS
