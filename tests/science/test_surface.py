"""Body surface: each formula against its published coefficients and against printed worked examples."""

import csv
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.science.body import FORMULAS, body_surface_area, formula_named, surface_line
from inkt_mfg.units import convert, of

# Worked examples printed to three decimals by InsightRX/clinPK, tests/testthat/test_calc_bsa.R.
PUBLISHED = [
    ("dubois", "180", "80", "1.996"),
    ("mosteller", "180", "80", "2.0"),
    ("haycock", "180", "80", "2.007"),
    ("gehan_george", "180", "80", "2.009"),
    ("boyd", "180", "80", "2.007"),
]
# 168 cm, 65 kg: the same patient by every formula, worked out apart from this program with floating point.
BY_HAND = {
    "dubois": lambda h, w: 0.007184 * h**0.725 * w**0.425,
    "mosteller": lambda h, w: math.sqrt(h * w / 3600),
    "haycock": lambda h, w: 0.024265 * h**0.3964 * w**0.5378,
    "gehan_george": lambda h, w: 0.0235 * h**0.42246 * w**0.51456,
    "boyd": lambda h, w: 0.0003207 * h**0.3 * (1000 * w) ** (0.7285 - 0.0188 * math.log10(1000 * w)),
    "fujimoto": lambda h, w: 0.008883 * h**0.663 * w**0.444,
    "takahira": lambda h, w: 0.007241 * h**0.725 * w**0.425,
    "shuter_aslani": lambda h, w: 0.00949 * h**0.655 * w**0.441,
    "schlich_male": lambda h, w: 0.000579479 * h**1.24 * w**0.38,
    "schlich_female": lambda h, w: 0.000975482 * h**1.08 * w**0.46,
    "livingston_lee": lambda h, w: 0.1173 * w**0.6466 if w >= 10 else 0.1037 * w**0.6724,
    "shintani": lambda h, w: 0.007358 * h**0.725 * w**0.425,
    "stevenson": lambda h, w: 0.0061 * h + 0.0128 * w - 0.1529,
    "zhao_male": lambda h, w: 0.00607 * h + 0.0127 * w - 0.0698,
    "zhao_female": lambda h, w: 0.00586 * h + 0.0126 * w - 0.0461,
    "hu_general": lambda h, w: 0.0061 * h + 0.0124 * w - 0.0099,
    "hu_male": lambda h, w: 0.0057 * h + 0.0121 * w + 0.0882,
    "hu_female": lambda h, w: 0.0073 * h + 0.0127 * w - 0.2106,
}

HEIGHTS = st.decimals(min_value=120, max_value=220, places=1)
WEIGHTS = st.decimals(min_value=30, max_value=150, places=2)


def surface(formula, height, weight) -> Decimal:
    return body_surface_area(formula, of(height, "cm"), of(weight, "kg")).value


@pytest.mark.parametrize(("formula", "height", "weight", "printed"), PUBLISHED)
def test_printed_worked_examples_are_met_to_the_last_printed_digit(formula, height, weight, printed):
    assert round(surface(formula, height, weight), 3) == Decimal(printed)


def test_every_row_of_the_published_examples_is_met(shared_examples: Path | None):
    rows = list(csv.DictReader((shared_examples / "bsa_published.csv").open())) if shared_examples else []
    for row in rows:
        found = surface(row["formula"], row["height_cm"], row["weight_kg"])
        assert round(found, 3) == Decimal(row["bsa_m2_printed_3dp"]), row
    assert {row["formula"] for row in rows} <= {key for key, *_ in PUBLISHED}


def test_every_published_formula_is_offered_with_its_coefficients(shared_examples: Path | None):
    rows = list(csv.DictReader((shared_examples / "bsa_formulas.csv").open())) if shared_examples else []
    for row in rows:
        printed = row["formula (H cm, W kg) -> m2"]
        ours = FORMULAS[row["key"]].text
        assert set(re.findall(r"\d+\.\d+", printed)) == set(re.findall(r"\d+\.\d+", ours)), row["key"]
    assert not rows or {row["key"] for row in rows} == set(FORMULAS)


@pytest.mark.parametrize("key", list(FORMULAS))
@given(height=HEIGHTS, weight=WEIGHTS)
def test_each_formula_is_what_its_paper_prints(key, height, weight):
    assert float(surface(key, height, weight)) == pytest.approx(
        BY_HAND[key](float(height), float(weight)), rel=1e-12
    )


def test_an_infant_has_its_own_line_in_livingston_and_lee():
    assert float(surface("livingston_lee", "70", "9.9")) == pytest.approx(0.1037 * 9.9**0.6724)
    assert float(surface("livingston_lee", "75", "10")) == pytest.approx(0.1173 * 10**0.6466)


@pytest.mark.parametrize("key", list(FORMULAS))
@given(height=HEIGHTS, weight=WEIGHTS)
def test_surface_does_not_depend_on_the_unit_of_height_or_weight(key, height, weight):
    by_cm = body_surface_area(key, of(height, "cm"), of(weight, "kg"))
    by_m = body_surface_area(key, convert(of(height, "cm"), "m"), convert(of(weight, "kg"), "body_g"))
    assert by_cm == by_m


@pytest.mark.parametrize("key", list(FORMULAS))
@given(height=HEIGHTS, weight=WEIGHTS)
def test_a_heavier_body_has_more_surface_and_a_taller_one_no_less(key, height, weight):
    base = surface(key, height, weight)
    assert surface(key, height, weight + Decimal("0.01")) > base
    assert surface(key, height + Decimal("0.1"), weight) >= base


def test_an_exact_root_stays_exact():
    assert surface("mosteller", "180", "80") == 2


def test_surfaces_carry_34_digits():
    assert len(surface("mosteller", "168", "65").as_tuple().digits) == 34


def test_formulas_without_a_full_source_are_marked_so():
    doubtful = {key for key, formula in FORMULAS.items() if not formula.attributed}
    assert doubtful == {"hu_general", "hu_male", "hu_female", "stevenson", "shintani"}
    assert all(FORMULAS[key].note for key in doubtful)
    assert all(formula.citation for formula in FORMULAS.values())


def test_formulas_for_one_sex_say_which():
    assert {key for key, f in FORMULAS.items() if f.sex == "male"} == {"schlich_male", "zhao_male", "hu_male"}
    assert {key for key, f in FORMULAS.items() if f.sex == "female"} == {
        "schlich_female",
        "zhao_female",
        "hu_female",
    }


def test_an_unknown_formula_is_refused_with_the_known_ones():
    with pytest.raises(Refusal) as refused:
        formula_named("mostelar")
    assert refused.value.rule == "body.formula"
    assert "mosteller" in refused.value.first.expected.english


def test_the_derivation_shows_formula_values_and_result():
    height, weight = of("1.68", "m"), of("65.0", "kg")
    line = surface_line("mosteller", height, weight, body_surface_area("mosteller", height, weight))
    assert line.formula == "BSA (mosteller) = √(H × W / 3600)"
    assert line.values == "√(168 cm × 65.0 kg / 3600)"
    assert line.result == "1.741646730 m^2"
