"""A label comes out with its passing proof, the same bytes every time, or not at all."""

import dataclasses
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import LabelContent
from labels.produce import produce
from tests.labels.specimens import content

SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"


@pytest.mark.requirement("R51", "R50")
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"training": True},
        {"training": True, "reprint": 1},
        {"training": True, "give_ml": Decimal("57.5"), "reprint": 1},
        {"languages": ("zh",), "reactive": (), "release_status": "released", "pending": ()},
        {"languages": ("zh",), "screening_complete": False, "shipped_abroad": True},
        {"profile": "EU-IMP", "languages": ("en",)},
        {
            "profile": "EU-IMP",
            "languages": ("en",),
            "shipped_abroad": True,
            "training": True,
            "testing_complete": False,
        },
        {"profile": "EU-IMP", "languages": ("en", "zh"), "reactive": ()},
        {"profile": "US-IND", "languages": ("en",), "reprint": 12},
        {
            "dose_basis": "total_viable",
            "verdict": "above",
            "release_status": "exceptional",
            "pending": (),
            "exceptional_statement": "OOS, at the physician's request",
            "profile": "EU-IMP",
            "languages": ("en",),
        },
    ],
    ids=str,
)
def test_every_kind_of_infusion_label_is_produced_with_a_passing_proof(changed: dict[str, object]) -> None:
    sheet = produce(content(**changed))
    assert sheet.proof.passed
    assert sheet.proof.pdf_sha256 == sheet.pdf_sha256


def test_the_same_content_gives_the_same_bytes() -> None:
    assert produce(content()).pdf == produce(content()).pdf


@pytest.mark.requirement("R52")
def test_a_reprint_from_the_frozen_json_gives_the_same_bytes_but_for_its_mark() -> None:
    frozen = content().to_json()
    assert produce(LabelContent.from_json(frozen)).pdf == produce(content()).pdf
    assert produce(dataclasses.replace(content(), reprint=1)).pdf != produce(content()).pdf


@pytest.mark.slow
def test_bytes_are_the_same_in_another_process() -> None:
    script = (
        "import hashlib; from tests.labels.specimens import content; from labels.produce import produce;"
        "print(hashlib.sha256(produce(content()).pdf).hexdigest())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == produce(content()).pdf_sha256


def test_fonts_are_embedded_and_nothing_is_a_picture() -> None:
    pdf = produce(content()).pdf
    assert pdf.count(b"/FontFile2") >= 2
    assert b"/Subtype /Image" not in pdf


def test_text_that_does_not_fit_refuses_the_print_and_is_never_shrunk() -> None:
    with pytest.raises(Refusal) as refused:
        produce(content(directions="Mix gently by turning the bag over ten times and infuse slowly. " * 12))
    assert refused.value.rule == "label.fit"


def test_a_word_wider_than_its_column_refuses_the_print_and_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        produce(content(patient_id="YA" + "0" * 60))
    assert (refused.value.rule, refused.value.first.field) == ("label.fit", "patient_id")


def test_what_the_papers_must_carry_is_said() -> None:
    crowded = produce(content(training=True))
    assert "do_not_irradiate" in crowded.attached
    assert produce(content(languages=("zh",))).attached == ()


def test_an_element_the_table_demands_is_never_left_to_the_papers() -> None:
    sheet = produce(content(profile="EU-IMP", languages=("en", "zh"), training=True, reactive=()))
    assert "human_origin" not in sheet.attached


@given(
    surname=st.sampled_from(SURNAMES),
    given_name=st.text(GIVEN, min_size=1, max_size=2),
    patient=st.from_regex(r"[A-Z]{2}[0-9]{6,10}", fullmatch=True),
    batch=st.from_regex(r"B-2[0-9]-[0-9]{4}-[1-9]", fullmatch=True),
    serial=st.from_regex(r"L-[0-9]{6}", fullmatch=True),
    dose=st.decimals(min_value="5e8", max_value="1e9", places=1),
    viability=st.decimals(min_value=50, max_value=100, places=1),
    training=st.booleans(),
    languages=st.sampled_from([("zh",), ("en", "zh")]),
)
def test_any_patient_batch_and_dose_prints_and_proofs(
    surname: str,
    given_name: str,
    patient: str,
    batch: str,
    serial: str,
    dose: Decimal,
    viability: Decimal,
    training: bool,
    languages: tuple[str, ...],
) -> None:
    sheet = produce(
        content(
            patient_name=surname + given_name,
            patient_id=patient,
            batch=batch,
            serial=serial,
            dose_viable_inkt_per_unit=dose,
            viability_percent=viability,
            training=training,
            languages=languages,
        )
    )
    assert sheet.proof.passed


def test_labels_load_no_heavy_library_before_the_first_label() -> None:
    script = (
        "import sys; import labels.produce;"
        "print([m for m in ('reportlab', 'zxingcpp', 'pypdfium2', 'ppf.datamatrix', 'pandas') if m in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
