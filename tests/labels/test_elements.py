"""What stands on an infusion label: the element table of the standard, per profile and language; what is missing is named."""

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import labels
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_facts import PendingResult, wording
from labels.elements import CONDITIONS, elements
from labels.said import when_said
from tests.labels.specimens import BEIJING, content

FOLDER = Path(labels.__file__).parent
TABLE = tomllib.loads((FOLDER / "elements.toml").read_text("utf-8"))["element"]


def said(name: str, **changed: object) -> tuple[str, ...]:
    """What one element of the changed specimen says, empty when it is not on the label."""
    found = elements(content(**changed)).get(name)
    return tuple(text.replace("\u00a0", " ") for text in found.text) if found else ()


@pytest.mark.requirement("R50")
def test_every_element_the_table_asks_for_is_on_the_label() -> None:
    on_it = set(elements(content()))
    asked = {
        name
        for name, row in TABLE.items()
        if row["stages"]["R"] == "A" and "when" not in row and row.get("having") != "carton"
    }
    assert asked <= on_it


@pytest.mark.requirement("R50")
@pytest.mark.parametrize(
    ("fact", "element"),
    [
        ("patient_name", "patient_name"),
        ("patient_id", "patient_id"),
        ("subject_number", "subject_number"),
        ("product_name", "product_name"),
        ("product_code", "product_code"),
        ("trial", "trial"),
        ("sponsor", "sponsor"),
        ("investigator", "investigator"),
        ("contact", "contact"),
        ("processing_facility", "processing_facility"),
        ("processing_address", "processing_address"),
        ("anticoagulant", "anticoagulant"),
        ("additives", "additives"),
        ("antibiotics", "antibiotics"),
        ("route", "route"),
        ("directions", "directions"),
        ("certificate", "certificate"),
        ("released_by", "released_by"),
    ],
)
def test_a_missing_text_refuses_the_print_and_names_the_element(fact: str, element: str) -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(**{fact: ""}))
    assert (refused.value.rule, refused.value.first.field) == ("R50", element)


@pytest.mark.requirement("R50")
@pytest.mark.parametrize(
    ("fact", "element"),
    [
        ("volume_ml", "volume"),
        ("viability_percent", "viability"),
        ("inkt_percent", "inkt_percent"),
        ("container_viable_cells", "viable_cells"),
        ("dose_viable_inkt", "basis_cells"),
        ("dose_total_viable_per_unit", "other_per_unit"),
        ("dose_low", "dose_window"),
        ("expires_at", "expiry"),
        ("storage_high_c", "storage"),
    ],
)
def test_a_missing_number_or_time_is_never_a_blank_on_the_label(fact: str, element: str) -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(**{fact: None}))
    assert element in [blocker.field for blocker in refused.value.blockers]


def test_all_missing_elements_are_named_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(trial="", certificate="", volume_ml=None))
    assert {b.field for b in refused.value.blockers} == {"trial", "certificate", "volume"}


def test_a_text_missing_in_one_of_the_languages_is_missing() -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(route=wording(en="Intravenous infusion")))
    assert refused.value.first.field == "route"


def test_what_may_be_on_the_papers_may_be_absent() -> None:
    assert said("date_of_birth", date_of_birth=None) == ()
    assert said("collection", collected_at=None) == ()


@pytest.mark.parametrize(
    ("profile", "language", "statement"),
    [
        ("CN", "zh", "仅用于临床试验"),
        ("EU-IMP", "en", "For clinical trial use only"),
        (
            "US-IND",
            "en",
            "Caution: New Drug—Limited by Federal (or United States) law to investigational use.",
        ),
    ],
)
def test_each_profile_has_its_trial_use_statement(profile: str, language: str, statement: str) -> None:
    assert said("trial_use", profile=profile, languages=(language,)) == (statement,)


def test_autologous_use_is_said_in_the_exact_words() -> None:
    assert said("autologous") == ("FOR AUTOLOGOUS USE ONLY", "仅供自体使用")


def test_the_eu_profile_must_say_that_the_cells_are_human() -> None:
    found = elements(content(profile="EU-IMP", languages=("en",)))["human_origin"]
    assert found.text == ("This product contains cells of human origin.",)
    assert found.mark == "A"


def test_a_chinese_profile_without_chinese_is_refused() -> None:
    with pytest.raises(Refusal, match="zh"):
        elements(content(languages=("en",)))


@pytest.mark.parametrize(
    ("key", "value"), [("profile", "MARS"), ("profile", "../words/en"), ("languages", ("zh", "xx"))]
)
def test_a_profile_or_language_nobody_wrote_is_refused(key: str, value: object) -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(**{key: value}))
    assert refused.value.rule == "R50"


@pytest.mark.parametrize(
    ("screening", "testing", "warned"),
    [(True, True, False), (True, False, True), (False, True, True), (False, False, True)],
)
def test_not_evaluated_stands_unless_screening_and_testing_are_both_complete(
    screening: bool, testing: bool, warned: bool
) -> None:
    found = said(
        "not_evaluated", screening_complete=screening, testing_complete=testing, languages=("en", "zh")
    )
    assert bool(found) == warned
    assert not warned or found[0] == "NOT EVALUATED FOR INFECTIOUS SUBSTANCES"


def test_a_reactive_result_brings_the_legend_and_one_line_per_agent() -> None:
    agents = (wording(en="hepatitis B", zh="乙型肝炎"), wording(en="HIV-1", zh="HIV-1"))
    assert said("biohazard", reactive=agents)[0] == "BIOHAZARD"
    lines = said("reactive", reactive=agents)[0].split("\n")
    assert lines == [
        "WARNING: Reactive test results for hepatitis B",
        "WARNING: Reactive test results for HIV-1",
    ]


def test_a_risk_factor_alone_brings_the_legend_but_no_agent() -> None:
    assert said("biohazard", reactive=(), risk_factor=True) != ()
    assert said("reactive", reactive=(), risk_factor=True) == ()


def test_a_clean_donor_has_no_warning() -> None:
    found = elements(content(reactive=()))
    assert {"biohazard", "reactive", "not_evaluated"}.isdisjoint(found)


def test_no_autologous_label_advises_the_recipient_of_disease_risk() -> None:
    texts = " ".join(text for e in elements(content(risk_factor=True)).values() for text in e.text)
    assert "Advise recipient" not in texts


@pytest.mark.requirement("R34")
def test_a_conditional_release_names_each_pending_result_and_its_day() -> None:
    pending = (
        PendingResult("Sterility", date(2026, 12, 15)),
        PendingResult("Mycoplasma", date(2026, 12, 29)),
    )
    text = said("pending", pending=pending, profile="EU-IMP", languages=("en",))[0]
    assert text.split("\n") == ["Sterility due 2026-12-15", "Mycoplasma due 2026-12-29"]


def test_a_conditional_release_without_a_pending_result_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(pending=()))
    assert refused.value.first.field == "pending"


@pytest.mark.requirement("R36")
def test_an_exceptional_release_must_carry_its_own_text() -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(release_status="exceptional", pending=()))
    assert refused.value.first.field == "exceptional"


def test_training_reprint_illustrative_and_measured_part_are_said_only_where_they_hold() -> None:
    plain = elements(content(illustrative=False))
    assert {"training", "reprint", "illustrative", "measured_part", "expiry_utc"}.isdisjoint(plain)
    assert said("training", training=True)[0] == "TRAINING – NOT FOR CLINICAL USE"
    assert said("reprint", reprint=3)[0] == "REPRINT 3"
    assert said("illustrative")[0] == "Illustrative protocol values"
    assert said("measured_part", give_ml=Decimal("57.5"))[0] == "GIVE ONLY 57.5 mL OF 100.0 mL"


def test_the_expiry_has_its_offset_and_utc_beside_it_when_shipped_abroad() -> None:
    assert said("expiry") == ("2026-12-01 09:30 UTC+08:00",)
    assert said("expiry_utc", shipped_abroad=True) == ("2026-12-01 01:30 UTC",)


def test_seconds_are_printed_when_there_are_any() -> None:
    assert (
        when_said(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)).replace("\u00a0", " ")
        == "2026-01-02 03:04:05 UTC"
    )
    assert when_said(None) == ""


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [("2", "8", "2 °C to 8 °C"), ("-80.5", "-60", "-80.5 °C to -60 °C"), (None, "-150", "up to -150 °C")],
)
def test_a_storage_range_is_said_in_words(low: str | None, high: str, printed: str) -> None:
    found = said("storage", storage_low_c=Decimal(low) if low else None, storage_high_c=Decimal(high))
    assert found[0] == printed


def test_both_bases_are_printed_with_the_digits_that_tell_the_verdict() -> None:
    assert said("basis_name")[0] == "viable iNKT"
    assert said("basis_per_unit") == ("8.52 × 10⁸",)
    assert said("other_per_unit") == ("1.0002 × 10⁹",)
    other_way = {"dose_basis": "total_viable", "verdict": "above"}
    assert said("basis_per_unit", **other_way) == ("1.0002 × 10⁹",)
    assert said("verdict", **other_way) == ("ABOVE", "高于")


def test_the_dose_is_said_a_second_way_in_each_language() -> None:
    assert said("dose_in_words") == (
        "1480 million cells = 852 million/m²",
        "14.8 亿个细胞 = 8.52 亿/m²",
    )


def test_a_protocol_that_doses_by_weight_says_so() -> None:
    by_weight = {"dose_unit": "kg", "dose_low": Decimal("1e7"), "dose_high": Decimal("2e9")}
    assert said("per_unit_heading", **by_weight)[0] == "cells/kg"


@pytest.mark.parametrize("verdict", ["below", "above"])
def test_a_verdict_the_number_does_not_give_is_refused(verdict: str) -> None:
    with pytest.raises(Refusal) as refused:
        elements(content(verdict=verdict))
    assert refused.value.rule == "dose.window"


def test_a_dose_one_cell_over_the_window_is_not_printed_as_within() -> None:
    with pytest.raises(Refusal):
        elements(content(dose_viable_inkt_per_unit=Decimal(1000000001), verdict="within"))


def test_a_name_with_braces_is_printed_as_it_is() -> None:
    assert said("patient_name", patient_name="{batch} {0}") == ("{batch} {0}",)


def test_every_element_has_words_in_every_language_and_every_condition_exists() -> None:
    for language in ("en", "zh"):
        words = tomllib.loads((FOLDER / "words" / f"{language}.toml").read_text("utf-8"))
        spoken = {name for name, row in TABLE.items() if "symbol" not in row}
        assert set(words["text"]) == spoken
        assert set(words["caption"]) <= spoken
    assert {row["when"] for row in TABLE.values() if "when" in row} <= set(CONDITIONS)


def test_offsets_are_never_named() -> None:
    assert "CST" not in when_said(datetime(2026, 12, 1, 9, 30, tzinfo=BEIJING))
