"""Labels of random records of every kind print and pass their proof, none failing."""

from fractions import Fraction
from random import Random

import pytest

from inkt_mfg.views.label_kinds import KINDS
from labels.produce import produce
from tests.labels.records import record

pytestmark = pytest.mark.requirement("R50", "R51")
PRINTER = (Fraction("203.2"),)
PARTS = 20
OF_EACH = 500  # 10,000 in all


@pytest.mark.parametrize("kind", KINDS)
def test_random_records_of_every_kind_print_and_proof(kind: str) -> None:
    random = Random(kind)
    for _ in range(4):
        assert produce(record(random, kind), PRINTER).proof.passed


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_random_records_print_and_proof(part: int) -> None:
    random = Random(part)
    for _ in range(OF_EACH):
        assert produce(record(random), PRINTER).proof.passed
