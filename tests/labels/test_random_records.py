"""Labels of random records of every kind print and pass their proof, none failing."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random

import pytest

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.label_kinds import KINDS
from labels import ink
from labels.produce import produce, produce_each
from tests.labels.records import record
from tests.labels.specimens import content

pytestmark = pytest.mark.requirement("R50", "R51")
PRINTER = (Fraction("203.2"),)
PARTS = 20
OF_EACH = 500  # 10,000 in all


@pytest.mark.parametrize("kind", KINDS)
def test_random_records_of_every_kind_print_and_proof(kind: str) -> None:
    random = Random(kind)
    for _ in range(4):
        assert produce(record(random, kind), PRINTER).proof.passed


def test_what_is_remembered_of_weighed_words_is_bounded_and_can_be_forgotten_at_any_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ink, "_REMEMBERED", 200)
    monkeypatch.setattr(ink, "_REMEMBERED_RUNS", 50)
    random = Random("forgetful")
    for _ in range(8):
        assert produce(record(random), PRINTER).proof.passed
        assert len(ink._rows) < 300


def test_the_labels_of_a_job_come_one_at_a_time_and_are_told_of() -> None:
    told: list[int] = []
    asked: list[int] = []

    def contents() -> Iterator[LabelContent]:
        for number in range(1, 4):
            asked.append(number)
            yield content(serial=f"L-{number:06d}")

    for number, sheet in enumerate(produce_each(contents(), PRINTER, told.append), start=1):
        assert asked == list(range(1, number + 1)), "none is made before it is asked for"
        assert told == list(range(1, number))
        assert sheet.pdf == produce(content(serial=f"L-{number:06d}"), PRINTER).pdf
    assert told == [1, 2, 3]


def test_a_job_stops_at_the_label_that_cannot_be_printed_and_those_before_it_are_good() -> None:
    made = produce_each([content(serial="L-000001"), content(patient_name="☃")], PRINTER)
    assert next(made).proof.passed
    with pytest.raises(Refusal) as refused:
        next(made)
    assert refused.value.rule == "R54"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_random_records_print_and_proof(part: int) -> None:
    random = Random(part)
    for _ in range(OF_EACH):
        assert produce(record(random), PRINTER).proof.passed
