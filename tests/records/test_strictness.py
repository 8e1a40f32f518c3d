"""What a column may hold is checked the moment it is assigned, and a refused value is not in the record."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene import SITE, lot, site_row

from inkt_mfg.records.base import critical_fields, entries, measured
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount, CountReplicate
from inkt_mfg.records.every import TABLES
from inkt_mfg.records.spelling import decimal_text, moment_text
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.records.words import LotState
from inkt_mfg.refusal import Refusal
from inkt_mfg.units import Kind, of, read


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("material", 17),
        ("material", ""),
        ("material", "x" * 81),
        ("material", "IL\x002"),
        ("material", "IL\x1b[2J"),
        ("material", "IL\r2"),
        ("material", "\ud800"),
        ("material", None),
        ("expires_on", "2027-01-01"),
        ("expires_on", datetime(2027, 1, 1, tzinfo=UTC)),
        ("state", "released"),
        ("state", "lost"),
        ("row_version", "2"),
        ("row_version", 2.0),
    ],
)
def test_a_value_the_column_cannot_hold_is_refused_and_not_kept(field, wrong) -> None:
    record = lot()
    before = getattr(record, field)
    with pytest.raises(Refusal) as refused:
        setattr(record, field, wrong)
    assert refused.value.rule == "record.field"
    assert refused.value.first.field == field
    assert getattr(record, field) == before


def test_a_text_that_is_too_long_is_refused_in_words_and_quoted_by_its_beginning() -> None:
    with pytest.raises(Refusal) as refused:
        lot().material = "9" * 2000
    said = str(refused.value)
    assert f"material is too long (typed: {'9' * 60}… (2000 characters))" in said
    assert "Expected: at most 80 characters." in said
    assert "9" * 201 not in said
    assert refused.value.first.typed == "9" * 2000, "whole, for programs"


def test_a_refused_value_is_refused_by_the_constructor_too() -> None:
    with pytest.raises(Refusal, match=r"MaterialLot\.material"):
        MaterialLot(site=SITE, code="L-1", material=3, expires_on=date(2027, 1, 1))


def test_a_name_no_column_has_is_not_dropped_without_a_word() -> None:
    with pytest.raises(TypeError, match="MaterialLot has no column expiry_date"):
        MaterialLot(site=SITE, code="L-1", material="IL-2", expires_on=date(2027, 1, 1), expiry_date="2027")


@pytest.mark.parametrize("wrong", [0.5, "0.5", float("nan"), Decimal("NaN"), Decimal("Infinity"), True])
def test_a_number_is_a_finite_decimal_and_nothing_else(wrong) -> None:
    with pytest.raises(Refusal):
        CountReplicate(site=SITE, count="c" * 32, ordinal=1, concentration=wrong)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(Refusal, match="planned_at"):
        Batch(site=SITE, code="B-1", planned_at=datetime(2026, 11, 2, 8, 30))


def test_a_yes_or_no_is_not_a_number() -> None:
    site = site_row()
    with pytest.raises(Refusal):
        site.training = 1


def test_a_choice_takes_its_own_members() -> None:
    assert lot(state=LotState.RELEASED).state is LotState.RELEASED


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_a_decimals_text_is_exact_and_plain(number) -> None:
    text = decimal_text(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not text.endswith(("0",)) or "." not in text


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.9E+6", "1900000"), ("92.50", "92.5"), ("-0", "0"), ("0.00", "0"), ("1E-7", "0.0000001")],
)
def test_one_number_has_one_text(number, text) -> None:
    assert decimal_text(Decimal(number)) == text


@given(st.datetimes(timezones=st.timezones()))
def test_a_moments_text_is_utc_and_reads_back(moment) -> None:
    try:
        text = moment_text(moment)
    except OverflowError:  # the first and last day of all time have no UTC
        return
    # In UTC: Python calls no two times of different zones equal while a clock is being put back.
    assert datetime.fromisoformat(text) == moment.astimezone(UTC)
    assert text.endswith("Z")
    assert len(text) == len("2026-11-02T08:30:00.000000Z")


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_moments_sort_as_text(pair) -> None:
    first, second = pair
    assert (moment_text(first) < moment_text(second)) == (first < second)


def test_a_quantity_is_kept_as_typed_and_as_its_canonical_number() -> None:
    columns = entries(
        CountReplicate,
        concentration=read("1.90 x 10^6 cells/mL", Kind.CELL_CONCENTRATION, field="concentration"),
    )
    assert columns == {"concentration": Decimal("1.90E+6"), "concentration_typed": "1.90 x 10^6 cells/mL"}
    replicate = CountReplicate(site=SITE, count="c" * 32, ordinal=1, **columns)
    assert measured(replicate, "concentration") == of(Decimal(1900000), "cell/mL")


def test_an_absent_quantity_stays_absent() -> None:
    assert entries(CellCount, volume=None) == {"volume": None, "volume_typed": None}


def test_every_table_has_a_key_a_site_and_a_version_and_the_ledger_can_describe_it() -> None:
    for table in TABLES:
        assert {"key", "site", "row_version"} <= set(table.model_fields), table


def test_counts_and_gate_inputs_are_critical() -> None:
    assert {"volume", "inkt_of_live", "method"} <= critical_fields(CellCount)
    assert critical_fields(CountReplicate) >= {"concentration", "viability"}


# Named in a row without having made it: what it is about, who looked at it a second time, who decided or ended it.
NOT_MAKERS = {
    "role_grant.person",
    "former_password.person",
    "training.person",
    "hold.lifted_by",
    "collection.decided_by",
    "step.verified_by",
    "cell_count.verified_by",
    "test_result.verified_by",
    "body_measurement.second_by",
    "label_template.retired_by",
    "label.ended_by",
    "label.witnessed_by",
    "deviation.assessed_by",
    "deviation.closed_by",
    "correction.decided_by",
}


@pytest.mark.requirement("R24")
def test_every_column_that_names_a_person_says_whether_that_person_made_the_entry() -> None:
    named = {
        f"{table.__tablename__}.{column.name}": column.name in table.maker_columns
        for table in TABLES
        for column in table.__table__.c
        if any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    assert {name for name, maker in named.items() if not maker} == NOT_MAKERS


def test_a_maker_is_a_column_of_its_table() -> None:
    for table in TABLES:
        assert set(table.maker_columns) <= table.model_fields.keys(), table.__name__
