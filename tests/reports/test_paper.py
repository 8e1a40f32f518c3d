"""Paper that wraps, breaks across pages and loses no character."""

from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.reports.paper import Bold, Frame, Paper, marked_up
from inkt_mfg.reports.wording import cut, number
from inkt_mfg.units import of
from inkt_mfg.views.record_parts import Entered
from tests.reports.paper_reader import characters, pages, squeezed, text_of

FRAME = Frame("RECORD", "B-1", "Site", (), "Ledger head")
MM = 72 / 25.4


def _table(*cells, widths=(60, 60, 60), rows=1):
    paper = Paper(FRAME)
    paper.table(("head one", "head two", "head three"), [cells] * rows, widths)
    return paper.pdf()


def test_a_long_chinese_text_wraps_inside_its_cell():
    remark = "细胞生长良好，换液后密度正常，未见污染。" * 12
    pdf = _table("x", remark, "y", widths=(60, 40, 80))
    assert remark in squeezed(text_of(pdf))
    inside = [box for _n, c, box in characters(pdf) if c in "细胞生长良好"]
    assert max(box[2] for box in inside) <= (15 + 60 + 40) * MM


def test_a_hash_wraps_inside_its_cell():
    digest = "0123456789abcdef" * 4
    pdf = _table("x", digest, "y", widths=(60, 30, 90))
    assert digest in squeezed(text_of(pdf))


def test_a_long_table_repeats_its_head_on_every_page():
    found = pages(_table("one", "two", "three", rows=150))
    assert len(found) > 2
    assert all(squeezed(page).count("headoneheadtwoheadthree") == 1 for page in found)
    assert sum(page.count("one two three") for page in found) == 150


def test_a_row_higher_than_a_page_is_split_not_lost():
    story = "a sentence that goes on. " * 800
    pdf = _table("x", story, "y", widths=(20, 30, 130))
    assert len(pages(pdf)) > 1
    assert text_of(pdf).count("sentence") == 800


def test_a_character_without_a_glyph_is_named_not_dropped():
    assert "[U+1F600]" in text_of(_table("mood \U0001f600", "y", "z"))


def test_a_name_with_a_rare_character_is_drawn_and_can_be_copied():
    """𬱖 (beyond U+FFFF) and 㐂 stand in the second face, as on the label."""
    told = text_of(_table("王𬱖 & 㐂", Bold("张𬱖"), "z"))
    assert "王𬱖 & 㐂" in told
    assert "张𬱖" in told
    assert "[U+" not in told


def test_markup_in_what_somebody_typed_is_text():
    assert "<b>&amp; 5 < 6</b>" in text_of(_table("<b>&amp; 5 < 6</b>", Bold("<i>"), "z"))


def test_a_marked_value_carries_its_notes():
    assert "107 mL †3 †12" in text_of(_table(Entered("107 mL", (3, 12)), "y", "z"))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_whatever_was_typed_can_be_printed(text):
    from reportlab.platypus.paraparser import ParaParser

    marked = marked_up(text)
    assert ParaParser().parse(marked, Paper(FRAME)._styles["plain"])[1] is not None


def test_a_computed_number_prints_without_the_zeros_it_does_not_need():
    assert number(of("160000000.000", "cell")) == "1.6×10^8 cells"
    assert number(of("100.0", "mL")) == "100 mL"
    assert number(None) == ""


def test_a_number_beside_its_limit_is_never_rounded_onto_it():
    low, high = of("5e8", "cell/m^2"), of("1e9", "cell/m^2")
    assert number(of("1000000001", "cell/m^2"), (low, high)) != number(high)


def test_a_long_stored_limit_is_cut_and_says_so():
    assert cut("<= 3.5112359550561797752 EU/mL") == "<= 3.511235… EU/mL"
    assert cut(">= 70 %, 3.125 EU/mL") == ">= 70 %, 3.125 EU/mL"
