"""Layout and templates: lines break where languages allow, nothing overlaps or leaves the label, odd templates are refused."""

import dataclasses
import itertools
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import labels
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import LabelContent
from labels import fonts, template
from labels.layout import MM, lay_out
from labels.lines import Word, broken, levels, line_width, words_of
from labels.specimen import specimen_content
from tests.labels.specimens import content

FILE = Path(labels.__file__).parent / "templates" / "infusion-100x100.toml"


def in_process() -> LabelContent:
    """The label of a vessel in two languages, with nothing to warn of but values that are illustrative."""
    shown = specimen_content("vessel", "CN", ("zh", "en"), template="vessel-100x50", template_version="1")
    facts = dataclasses.replace(shown.facts, reactive=(), risk_factor=False, illustrative=True)
    return dataclasses.replace(shown, facts=facts)


def raw() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"), parse_float=Fraction)


def lines(text: str, width: float, size: float = 6) -> list[str]:
    return [
        "".join(("" if w.glued or n == 0 else " ") + w.text for n, w in enumerate(line))
        for line in broken(words_of("x", text, size, bold=False), width)
    ]


def test_english_breaks_at_spaces_and_chinese_around_characters() -> None:
    assert lines("mix gently now", 30) == ["mix gently", "now"]
    assert lines("轻轻混匀后输注", 18.1) == ["轻轻混", "匀后输", "注"]


def test_no_line_begins_with_a_closing_mark() -> None:
    assert lines("轻轻混，匀", 18.1) == ["轻轻", "混，匀"]


def test_a_separator_stands_between_two_things_and_never_at_the_edge_of_a_line() -> None:
    assert lines("one · two", 60) == ["one · two"]
    assert lines("one · two", 16) == ["one", "two"]
    assert lines("one · two", 12) == ["one", "two"]


def test_a_number_stays_with_its_unit_and_power() -> None:
    words = [word.text for word in words_of("x", "8.52\u00a0×\u00a010⁸ cells", 6, bold=False)]
    assert words == ["8.52\u00a0×\u00a010⁸", "cells"]


def test_a_number_stays_with_its_unit_and_limit_in_chinese_too() -> None:
    assert lines("15\u00a0°C 至\u00a025\u00a0°C", 36) == ["15\u00a0°C", "至\u00a025\u00a0°C"]


def test_a_short_chinese_word_is_not_torn_apart() -> None:
    assert lines("生物危害 · 不得输注", 50) == ["生物危害", "不得输注"]
    assert lines("自体 iNKT 细胞", 24) == ["自体", "iNKT", "细胞"]
    assert lines("不高于\u00a0-150\u00a0°C", 20) == ["不高于\u00a0-150\u00a0°C"]


def test_a_typed_number_keeps_its_unit_too() -> None:
    assert lines("NaCl, 2 % albumin 12 mL", 24) == ["NaCl,", "2\u00a0%", "albumin", "12\u00a0mL"]


def test_a_value_stays_with_the_last_word_of_its_caption() -> None:
    def words(caption: str, value: str, width: float) -> list[str]:
        first, *others = words_of("x", value, 6, bold=False)
        asked = [*words_of("x", caption, 6, bold=False), dataclasses.replace(first, tied=True), *others]
        return [" ".join(w.text for w in line) for line in broken(asked, width)]

    assert words("Container no", "1/2 of these", 42) == ["Container", "no 1/2 of these"]
    assert words("Container", "B-26-0031-1", 42) == ["Container", "B-26-0031-1"]


def test_a_caption_in_two_languages_is_one_piece_where_that_takes_no_further_line() -> None:
    page = lay_out(in_process())
    of_container = [run for run in page.runs if run.element == "container"]
    assert "容器" in "".join(run.text for run in of_container)
    assert len({run.y for run in of_container}) == 1


def test_nothing_is_set_in_for_a_pictogram_that_is_not_there() -> None:
    page = lay_out(in_process())
    assert page.drawings == ()
    first = min(run.x for run in page.runs if run.element == "patient_name")
    assert min(run.x for run in page.runs if run.element == "illustrative") == pytest.approx(first)


def test_superscripts_become_raised_plain_digits() -> None:
    assert list(levels("10⁸ cells/m²")) == [("10", False), ("8", True), (" cells/m", False), ("2", True)]
    assert list(levels("10⁻⁴")) == [("10", False), ("−4", True)]


def test_the_width_of_a_line_counts_the_spaces_between_words() -> None:
    line = [Word("x", "a", 6, bold=False), Word("x", "b", 6, bold=False)]
    assert line_width(line) == pytest.approx(fonts.width("a b", 6))


@pytest.mark.parametrize("changed", [{}, {"training": True, "reprint": 1}, {"languages": ("zh",)}])
def test_everything_stands_on_the_label_inside_its_margin(changed: dict[str, object]) -> None:
    page = lay_out(content(**changed))
    margin, side = float(page.template.margin_mm) * MM, float(page.template.width_mm) * MM
    for run in page.runs:
        assert margin - 0.01 <= run.x
        assert run.x + run.width <= side - margin + 0.01
        # A twentieth of a point is a sixtieth of a millimetre: half a dot of the finest printer.
        assert margin - 0.05 <= run.y - fonts.DESCENT * run.size
        assert run.y <= side - margin
    for placed in page.symbols:
        symbol = placed.symbol
        assert placed.left_mm - symbol.quiet_mm >= page.template.margin_mm - page.template.grid_mm
        assert placed.left_mm + symbol.width_mm + symbol.quiet_mm <= page.template.width_mm
        assert placed.top_mm + symbol.height_mm <= page.template.height_mm


@pytest.mark.parametrize("changed", [{}, {"training": True, "reprint": 1}, {"languages": ("zh",)}])
def test_no_two_texts_overlap(changed: dict[str, object]) -> None:
    runs = [run for run in lay_out(content(**changed)).runs if not run.raised]
    for one, other in itertools.combinations(runs, 2):
        beside = one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
        above = abs(one.y - other.y) >= 0.99 * min(one.size, other.size)
        assert beside or above, (one, other)


def test_no_text_is_smaller_than_six_points_but_for_raised_digits() -> None:
    for run in lay_out(content()).runs:
        assert run.size >= 6 or run.raised


def test_the_patient_is_the_largest_black_text_and_autologous_use_stands_white_on_black() -> None:
    runs = lay_out(content()).runs
    assert max((r for r in runs if not r.white), key=lambda r: r.size).element == "patient_name"
    assert {r.element for r in runs if r.white} == {"autologous"}


def test_symbols_stand_on_the_grid_of_both_printers() -> None:
    page = lay_out(content())
    for placed in page.symbols:
        assert placed.left_mm % page.template.grid_mm == 0
        assert placed.top_mm % page.template.grid_mm == 0


def test_a_label_with_room_has_the_larger_data_matrix() -> None:
    by_name = {p.element: p.symbol for p in lay_out(content(languages=("zh",))).symbols}
    assert by_name["data_matrix"].module_mm == Fraction(3, 4)


def test_the_check_character_has_a_frame_of_its_own() -> None:
    page = lay_out(content())
    check = next(r for r in page.runs if r.element == "collection_check")
    sides = [
        r
        for r in page.rules
        if r.x < check.x + check.width + 4
        and r.x + r.width > check.x - 4
        and r.y < check.y + check.size
        and r.y + r.height > check.y - check.size
    ]
    assert len(sides) == 4


@pytest.mark.parametrize(
    ("name", "version"), [("infusion-100x100", "2"), ("infusion-10x10", "1"), ("../elements", "1"), ("", "1")]
)
def test_a_template_or_version_not_on_file_is_refused(name: str, version: str) -> None:
    with pytest.raises(Refusal) as refused:
        template.load(name, version)
    assert refused.value.rule == "label.template"


def test_an_unknown_or_missing_key_is_refused_wherever_it_stands() -> None:
    for spoil in (
        lambda t: t.update(colour="red"),
        lambda t: t.pop("dpi"),
        lambda t: t["block"][0].update(colour="red"),
        lambda t: t["block"][0]["column"][0].update(colour="red"),
        lambda t: t["block"][0]["column"][0]["item"][0].update(colour="red"),
    ):
        spoilt = raw()
        spoil(spoilt)
        with pytest.raises(Refusal) as refused:
            template.read(spoilt, "spoilt")
        assert refused.value.rule == "label.template"


def test_text_under_six_points_is_refused() -> None:
    small = raw()
    small["block"][0]["column"][0]["item"][0]["size"] = Fraction(59, 10)
    with pytest.raises(Refusal, match="less than 6 pt"):
        template.read(small, "small")


@pytest.mark.requirement("R50")
def test_a_template_without_a_place_for_an_element_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgetful = raw()
    forgetful["block"] = [b for b in forgetful["block"] if "expiry" not in str(b)]
    monkeypatch.setattr("labels.layout.load", lambda *_: template.read(forgetful, "forgetful"))
    with pytest.raises(Refusal) as refused:
        lay_out(content())
    assert refused.value.rule == "R50"
    assert "expiry" in str(refused.value)
