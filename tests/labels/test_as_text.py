"""A label as text for a terminal: every word of it, where it stands, none cut; its picture in half blocks."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from inkt_mfg.views.label_kinds import KINDS
from labels.as_blocks import LEGIBLE_DOTS, half_blocks, legible_columns
from labels.as_text import Look, TextLabel, as_text, cells
from labels.contact_sheet import COMBINATIONS
from labels.layout import Page, lay_out
from labels.produce import produce
from labels.raster import image_of
from labels.reading import decode, one_bit
from labels.specimen import specimen_content
from tests.labels.specimens import content

DPI = Fraction("203.2")


def bare(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and c not in "\u00a0[]☣")


def of_element(shown: TextLabel, element: str) -> str:
    return bare("".join(s.text for line in shown.lines for s in line if s.element == element))


def words_of(page: Page, element: str) -> str:
    raised = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    return bare(
        "".join(r.text.translate(raised) if r.raised else r.text for r in page.runs if r.element == element)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("profile", "languages"), COMBINATIONS[1::2])
def test_every_word_of_every_element_is_there_and_each_line_is_as_wide_as_it_says(
    kind: str, profile: str, languages: tuple[str, ...]
) -> None:
    page = lay_out(specimen_content(kind, profile, languages))
    shown = as_text(page)
    for element in {run.element for run in page.runs}:
        assert of_element(shown, element) == words_of(page, element)
    assert {cells("".join(s.text for s in line)) for line in shown.lines} == {shown.columns}


def test_what_stands_above_on_the_label_stands_above_in_the_text_and_left_of_it_left() -> None:
    page = lay_out(content())
    lines = as_text(page).plain().splitlines()

    def row(text: str) -> int:
        return next(n for n, line in enumerate(lines) if text in line)

    order = [
        "仅供自体使用",
        "王小明",
        "DOSE TO GIVE",
        "total viable",
        "Expires",
        "CONDITIONAL",
        "WARNING",
        "C-26-0031",
    ]
    assert [row(text) for text in order] == sorted(row(text) for text in order)
    heading = lines[row("DOSE TO GIVE")]
    assert [heading.index(text) for text in ("DOSE", "cells", "cells/m²", "Volume")] == sorted(
        heading.index(text) for text in ("DOSE", "cells", "cells/m²", "Volume")
    )


def test_exponents_are_raised_and_the_check_character_stands_in_its_box() -> None:
    shown = as_text(lay_out(content())).plain()
    assert "8.52 × 10⁸" in shown
    assert "C-26-0031 [3]" in shown


def test_a_banner_is_reversed_from_edge_to_edge_and_frames_close() -> None:
    shown = as_text(lay_out(content()))
    banner = next(line for line in shown.lines if any(s.element == "autologous" for s in line))
    assert sum(cells(s.text) for s in banner if s.look is Look.REVERSE) > 0.9 * shown.columns
    lines = shown.plain().splitlines()
    corners = {c: sum(line.count(c) for line in lines) for c in "┌┐└┘"}
    assert len(set(corners.values())) == 1
    assert corners["┌"] >= 2
    for over, under in pairwise(lines):
        for column, mark in enumerate(over[: len(under)]):
            if mark in "┌┐" and cells(over[:column]) == column and cells(under[: column + 1]) == column + 1:
                assert under[column] in "│└┘"


@pytest.mark.parametrize("kind", ["infusion", "vessel", "cryovial"])
def test_symbols_are_blocks_and_what_they_say_is_written_out(kind: str) -> None:
    page = lay_out(specimen_content(kind, "CN", ("en", "zh")))
    shown = as_text(page)
    said = "".join(s.text for line in shown.lines for s in line if s.look is Look.SYMBOL)
    for placed in page.symbols:
        assert placed.symbol.text in bare(said)
    assert "█" in said


def test_a_rare_character_takes_two_columns() -> None:
    assert [cells(text) for text in ("王", "A", "é", "e\u0301", "𬱖", "")] == [2, 1, 1, 1, 2, 0]
    page = lay_out(content(patient_name="王小明"))
    assert {cells("".join(s.text for s in line)) for line in as_text(page).lines} == {as_text(page).columns}


# ---- half blocks


def test_dot_for_dot_half_blocks_are_the_very_picture_and_decode() -> None:
    sheet = produce(specimen_content("cryovial", "EU-IMP", ("en",)), (DPI,))
    image = image_of(sheet, DPI)
    lines = half_blocks(image, image.shape[1])
    dots = np.array([[(c in "▀█", c in "▄█") for c in line] for line in lines]).transpose(0, 2, 1)
    dots = dots.reshape(-1, image.shape[1])[: image.shape[0]]
    assert (dots == (one_bit(image) == 0)).all()
    assert {s.text for s in decode(np.where(dots, 0, 255).astype(np.uint8), DPI, "1-bit")} == {
        sheet.content.payload
    }


@pytest.mark.parametrize("columns", [1, 37, 150, 303])
def test_fewer_columns_keep_the_proportions_and_the_ink(columns: int) -> None:
    image = np.full((152, 304), 255, np.uint8)
    image[40:80] = 0
    lines = half_blocks(image, columns)
    assert {len(line) for line in lines} == {columns}
    assert abs(len(lines) - columns / 4) <= 1
    if columns > 30:
        assert any(set(line) == {"█"} for line in lines)
        assert set(lines[0]) == {" "}


def test_a_legible_picture_has_eleven_dots_to_the_smallest_words() -> None:
    page = lay_out(specimen_content("cryovial", "EU-IMP", ("en",)))
    smallest = min(run.size for run in page.runs if not run.raised)
    assert legible_columns(page) * smallest / (38 * 72 / 25.4) == pytest.approx(LEGIBLE_DOTS, rel=0.01)
    assert legible_columns(lay_out(content())) > 400
