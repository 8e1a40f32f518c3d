"""What a person types for a quantity: a number with a unit of that quantity, or a refusal with an example."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.units import Kind, canonical, kind_of, of, read, read_any, show


@pytest.mark.parametrize(
    ("typed", "kind", "value", "unit", "in_canonical"),
    [
        ("168 cm", Kind.HEIGHT, "168", "cm", "168"),
        ("168cm", Kind.HEIGHT, "168", "cm", "168"),
        ("1.68 m", Kind.HEIGHT, "1.68", "m", "168"),
        ("66.1 in", Kind.HEIGHT, "66.1", "inch", "167.894"),
        ("65 kg", Kind.BODY_WEIGHT, "65", "kg", "65"),
        ("143 lb", Kind.BODY_WEIGHT, "143", "lb", "64.86370891"),
        ("65000 g", Kind.BODY_WEIGHT, "65000", "body_g", "65"),
        ("5×10^8 cells/m^2", Kind.CELLS_PER_AREA, "5E+8", "cell/m^2", "5E+8"),
        ("5×10⁸ cells/m²", Kind.CELLS_PER_AREA, "5E+8", "cell/m^2", "5E+8"),
        ("1.75e9 cells", Kind.CELLS, "1.75E+9", "cell", "1.75E+9"),
        ("1 cell", Kind.CELLS, "1", "cell", "1"),
        ("1750 10^6 cells", Kind.CELLS, "1750", "10^6 cell", "1.75E+9"),
        ("1.9e6 cells/mL", Kind.CELL_CONCENTRATION, "1.9E+6", "cell/mL", "1.9E+6"),
        ("1.9 10^6 cells/mL", Kind.CELL_CONCENTRATION, "1.9", "10^6 cell/mL", "1.9E+6"),
        ("1900 cells/µL", Kind.CELL_CONCENTRATION, "1900", "cell/uL", "1.9E+6"),
        ("1900 cells/μL", Kind.CELL_CONCENTRATION, "1900", "cell/uL", "1.9E+6"),
        ("3.0×10^9/L", Kind.CELL_CONCENTRATION, "3.0E+9", "cell/L", "3.0E+6"),
        ("3.0 10^9/L", Kind.CELL_CONCENTRATION, "3.0", "10^9 cell/L", "3.0E+6"),
        ("3.0 10^3/uL", Kind.CELL_CONCENTRATION, "3.0", "10^3 cell/uL", "3.0E+6"),
        ("92.8%", Kind.PERCENT, "92.8", "%", "92.8"),
        ("2 days", Kind.DURATION, "2", "d", "48"),
        ("90 min", Kind.DURATION, "90", "min", "1.5"),
        ("1 week", Kind.DURATION, "1", "week", "168"),
        ("-80 °C", Kind.TEMPERATURE, "-80", "degC", "-80"),
        ("4 ℃", Kind.TEMPERATURE, "4", "degC", "4"),
        ("1.625 MIU", Kind.ACTIVITY, "1.625", "MIU", "1625000"),
        ("25000 IU/kg/day", Kind.ACTIVITY_PER_BODY_WEIGHT_PER_DAY, "25000", "IU/kg/d", "25000"),
        ("8.5 g/dL", Kind.MASS_CONCENTRATION, "8.5", "g/dL", "85"),
        ("100 ng/mL", Kind.MASS_CONCENTRATION, "100", "ng/mL", "0.0001"),
        ("0.03 /h", Kind.GROWTH_RATE, "0.03", "1/h", "0.03"),
        ("0.8", Kind.RATIO, "0.8", "1", "0.8"),
        ("42", Kind.COUNT, "42", "1", "42"),
    ],
)
def test_a_quantity_is_kept_as_typed_with_its_canonical_number_beside_it(
    typed, kind, value, unit, in_canonical
):
    m = read(typed, kind, field="x")
    assert (str(m.value), m.unit, m.typed) == (str(Decimal(value)), unit, typed)
    assert canonical(m, kind) == Decimal(in_canonical)


@pytest.mark.parametrize(
    ("typed", "kind", "rule"),
    [
        ("5e8", Kind.CELLS, "units.missing"),
        ("168", Kind.HEIGHT, "units.missing"),
        ("0.92", Kind.PERCENT, "units.missing"),
        ("5e8 cells/mL", Kind.CELLS, "units.unknown"),
        ("1.9e6 cells", Kind.CELL_CONCENTRATION, "units.unknown"),
        ("10 EU", Kind.VOLUME, "units.unknown"),
        ("10 IU/mL", Kind.ENDOTOXIN_CONCENTRATION, "units.unknown"),
        ("5 miU", Kind.ACTIVITY, "units.unknown"),
        ("65 KG", Kind.BODY_WEIGHT, "units.unknown"),
        ("5 furlong", Kind.HEIGHT, "units.unknown"),
        ("1/2 mL", Kind.VOLUME, "units.unknown"),
        ("5 mL mL", Kind.VOLUME, "units.unknown"),
        ("0.8 %", Kind.RATIO, "units.unknown"),
        ("1,5 mL", Kind.VOLUME, "units.number"),
        ("1 000 mL", Kind.VOLUME, "units.number"),
        ("1.5.2 mL", Kind.VOLUME, "units.number"),
        ("9**9**9 mL", Kind.VOLUME, "units.number"),
        ("-5 mL", Kind.VOLUME, "units.number"),
        ("2.5", Kind.COUNT, "units.number"),
        ("cells", Kind.CELLS, "units.number"),
    ],
)
@pytest.mark.requirement("R07")
def test_a_unit_is_never_guessed_and_a_refusal_shows_a_right_one(typed, kind, rule):
    with pytest.raises(Refusal) as refused:
        read(typed, kind, field="volume")
    blocker = refused.value.first
    assert (blocker.rule, blocker.field, blocker.typed) == (rule, "volume", typed)
    assert blocker.expected.english


def test_the_refusal_says_what_a_foreign_unit_measures():
    with pytest.raises(Refusal, match="cells/mL is a unit of cell concentration, not of number of cells"):
        read("5e8 cells/mL", Kind.CELLS, field="cells")


@pytest.mark.parametrize("kind", list(Kind))
def test_the_example_of_every_kind_is_one_it_accepts(kind):
    assert read(kind.example, kind, field="x").unit in kind.units


@pytest.mark.parametrize("kind", list(Kind))
def test_every_unit_of_every_kind_can_be_typed_back_as_it_is_shown(kind):
    for unit in kind.units:
        assert read(show(of(42, unit)), kind, field="x") == of(42, unit)


@given(
    st.sampled_from(list(Kind)),
    st.decimals(min_value=0, max_value=10**14, places=3, allow_nan=False),
    st.data(),
)
def test_what_is_shown_in_full_reads_back_as_the_same_value(kind, number, data):
    number = number.to_integral_value() if kind is Kind.COUNT else number
    m = of(number, data.draw(st.sampled_from(kind.units)))
    assert read(show(m, digits=30), kind, field="x") == m


def test_a_criterion_may_name_any_unit_of_the_table_or_none():
    assert read_any("5 EU/kg", field="x").unit == "EU/kg"
    assert read_any("70 %", field="x").unit == "%"
    assert read_any("0.8", field="x").unit == "1"
    with pytest.raises(Refusal) as refused:
        read_any("5 copies", field="x")
    assert refused.value.rule == "units.unknown"


def test_our_own_code_cannot_make_up_a_unit():
    with pytest.raises(ValueError, match="parsec"):
        of(1, "parsec")
    assert kind_of("parsec") == frozenset()


def test_a_value_goes_to_json_as_text_and_unit_unrounded():
    assert read("1.750e9 cells", Kind.CELLS, field="x").as_json() == {"value": "1.750E+9", "unit": "cell"}
