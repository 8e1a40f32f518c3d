"""The test page: rulers from each edge, a ladder of symbols, the register in words; through the same path, recorded."""

import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from one_batch import LIU, ZHAO
from PIL import Image as Picture
from waiting import PRINTER, zebra_at
from zebra import burned

from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.views.jobs import job_card
from inkt_mfg.views.printers import PrinterCard
from labels.printers.run import try_printer
from labels.printers.test_page import LADDER, Laid, drawn, page_of
from labels.reading import Reading, decode

CARD = PrinterCard(
    "ZEBRA-1", Decimal("203.2"), "100x100", Decimal(100), Decimal(100), "file", "png", "", Decimal(0), Decimal(0), retired=False
)  # fmt: skip
SIZES = [
    (100, 100),
    (38, 19),
    *(pytest.param(s, marks=pytest.mark.slow) for s in ((100, 50), (50, 50), (51, 25))),
]


def card_of(size: tuple[int, int], dpi: str = "203.2", **other: object) -> PrinterCard:
    wide, high = (Decimal(side) for side in size)
    return replace(
        CARD, dots_per_inch=Decimal(dpi), media=f"{wide}x{high}", width_mm=wide, height_mm=high, **other
    )


def picture(card: PrinterCard) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(page_of(card))).convert("L"))


@pytest.mark.parametrize(
    "dpi", ["203.2", *(pytest.param(d, marks=pytest.mark.slow) for d in ("304.8", "609.6"))]
)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_symbol_of_two_dots_or_more_reads_on_every_medium(size, dpi):
    card = card_of(size, dpi)
    seen = picture(card)
    per_mm = Decimal(dpi) / Decimal("25.4")
    assert seen.shape == (size[1] * per_mm, size[0] * per_mm)
    placed = Laid(card).symbols
    assert [int(p.symbol.text.split()[1]) for p in placed] == list(LADDER[: len(placed)])
    assert len(placed) >= 2
    for symbol in placed[1:]:
        left, top = (int(length * Fraction(per_mm)) for length in (symbol.left_mm, symbol.top_mm))
        wide = int(symbol.symbol.width_mm * Fraction(per_mm))
        cut = np.pad(seen[top : top + wide, left : left + wide], 12, constant_values=255)
        assert [s.text for s in decode(cut, Fraction(dpi), "1-bit")] == [symbol.symbol.text]


def test_a_ruler_begins_at_each_edge_and_its_marks_are_a_millimetre_apart():
    seen = picture(card_of((100, 50))) == 0
    for edge in (seen[0], seen[-1], seen[:, 0], seen[:, -1]):
        between = edge[32:-32]  # in the corners the marks of two edges meet
        marks = np.flatnonzero(between) % 8
        assert set(marks) == {0, 1}, "two dots thick, every eighth dot"
        assert len(marks) == len(between) // 8 * 2


def test_it_says_what_is_registered():
    with Reading(drawn(card_of((100, 50), offset_across=Decimal("-0.5")))) as reading:
        said = "".join(reading.characters().text)
    for words in ("ZEBRA-1", "203.2dpi", "100x50mm", "-0.5/+0mm", "TESTPAGE,NOTALABEL"):
        assert words in said


def test_the_page_is_moved_as_labels_are_and_its_rulers_may_be_cut():
    straight, moved = picture(card_of((100, 50))), picture(card_of((100, 50), offset_down=Decimal(-1)))
    assert (moved[200:-8, :300] == straight[208:, :300]).all(), "below the words, which say the offset"
    assert (moved[-8:] == 255).all()


@pytest.mark.requirement("R52")
def test_it_goes_the_way_of_labels_and_is_on_record(waiting, zebra):
    zebra_at(waiting, zebra.address, media="51x25", offset_across="1")
    receipt = try_printer(waiting.bench(LIU), PRINTER)
    card = job_card(waiting.store, receipt.code)
    assert (card.printer, card.state, card.labels) == (PRINTER, "done", ())
    (page,) = burned(zebra.labels[0])
    assert page.image.shape == (200, 408)
    assert "TEST 4" in page.read(Fraction("203.2"))


def test_a_test_page_that_did_not_get_there_is_on_record_too(waiting):
    zebra_at(waiting, "127.0.0.1:9")
    with pytest.raises(Unable, match="does not answer"):
        try_printer(waiting.bench(LIU), PRINTER)
    card = job_card(waiting.store, "J-00001")
    assert (card.state, "does not answer" in card.ended_why) == ("stopped", True)


def test_whoever_may_not_print_prints_no_test_page(waiting, zebra):
    zebra_at(waiting, zebra.address)
    with pytest.raises(Refusal) as refused:
        try_printer(waiting.bench(ZHAO), PRINTER)
    assert (refused.value.rule, zebra.labels) == ("R24", [])
