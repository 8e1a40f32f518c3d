"""A label's content is frozen: plain values with one canonical text, read back strictly."""

import dataclasses
import json
from datetime import datetime
from decimal import Decimal

import pytest

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_facts import Wording, wording
from tests.labels.specimens import content, facts


def test_content_survives_its_json_exactly() -> None:
    original = content(training=True, reprint=2, give_ml=Decimal("57.50"))
    assert LabelContent.from_json(original.to_json()) == original


def test_trailing_zeros_are_kept_as_typed() -> None:
    read = LabelContent.from_json(content(volume_ml=Decimal("100.0")).to_json())
    assert str(read.facts.volume_ml) == "100.0"


def test_equal_contents_have_equal_bytes_and_hash_whatever_the_order_of_languages_in_a_wording() -> None:
    one = content(route=wording(en="Intravenous", zh="静脉"))
    other = content(route=wording(zh="静脉", en="Intravenous"))
    assert one.to_json() == other.to_json()
    assert one.sha256 == other.sha256


def test_any_changed_fact_changes_the_hash() -> None:
    assert content().sha256 != content(viability_percent=Decimal("94.2")).sha256


def test_the_payload_carries_chain_batch_container_and_serial() -> None:
    assert content().payload.startswith("IK1.I.YOUAN.COI-7K3Q9M.B-26-0031-1.1-1.L-000123.")
    assert content().linear == "IC1.C-26-0031.3"


@pytest.mark.requirement("R55")
@pytest.mark.parametrize("status", ["quarantine", "rejected", "", "in_review"])
def test_there_is_no_infusion_label_before_release(status: str) -> None:
    with pytest.raises(Refusal) as refused:
        facts(release_status=status)
    assert refused.value.rule == "R55"


@pytest.mark.parametrize(
    "changed",
    [
        {"viability_percent": 94.3},
        {"volume_ml": Decimal("NaN")},
        {"dose_viable_inkt": Decimal("Infinity")},
        {"expires_at": datetime(2026, 12, 1, 9, 30)},
        {"verdict": "probably"},
        {"patient_name": "Wang\nXiaoming"},
        {"dose_basis": "all"},
    ],
)
def test_floats_times_without_offset_and_unknown_words_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(Refusal) as refused:
        facts(**changed)
    assert refused.value.rule == "label.content"


@pytest.mark.parametrize("label", [{"copy": 2}, {"copy": 0}, {"reprint": -1}, {"languages": ()}])
def test_impossible_copies_reprints_and_no_language_are_refused(label: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        content(**label)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 2),
        ("copy", "1"),
        ("languages", 3),
        ("kind", "collection"),
        ("facts", {}),
        ("unheard_of", 1),
    ],
)
def test_a_text_this_program_did_not_write_is_refused_with_the_key(key: str, value: object) -> None:
    body = json.loads(content().to_json())
    body[key] = value
    with pytest.raises(Refusal) as refused:
        LabelContent.from_json(json.dumps(body))
    assert refused.value.rule == "label.content"


def test_a_missing_key_is_refused_by_name() -> None:
    body = json.loads(content().to_json())
    del body["facts"]["patient_id"]
    with pytest.raises(Refusal, match="patient_id"):
        LabelContent.from_json(json.dumps(body))


def test_content_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        content().serial = "L-000124"  # type: ignore[misc]


def test_a_wording_says_nothing_in_a_language_it_lacks() -> None:
    assert Wording((("en", "none"),)).get("zh") == ""
