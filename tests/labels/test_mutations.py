"""Over two hundred ways to spoil a label, over every kind: the proof catches each one."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random

import pytest

from inkt_mfg.views.label_kinds import KINDS
from labels.layout import lay_out
from labels.pdf import draw
from labels.proof import proof
from labels.specimen import specimen_content
from tests.labels.mutations import Way, ways

pytestmark = pytest.mark.requirement("R51")
SERIAL = "L-000123"
PRINTER = (Fraction("203.2"),)
MOST = 350  # of the larger labels, which have 700 ways each


def ways_of(kind: str, languages: tuple[str, ...] = ("en",)) -> Iterator[Way]:
    return ways(specimen_content(kind, "EU-IMP", languages, serial=SERIAL))


def slipped_through(some: Iterator[Way] | list[Way]) -> list[str]:
    return [name for name, spoilt in some if proof(*spoilt(), PRINTER).passed]


@pytest.mark.parametrize("kind", ["cryovial", "sample"])
def test_a_sample_of_the_ways_to_spoil_a_small_label_is_caught(kind: str) -> None:
    every = list(ways_of(kind))
    assert len(every) > 100
    assert slipped_through(Random(kind).sample(every, 50)) == []


def test_a_sample_of_the_ways_to_spoil_an_infusion_label_is_caught() -> None:
    every = list(ways_of("infusion"))
    assert len(every) > 200
    assert slipped_through(Random(1).sample(every, 40)) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ways_to_spoil_a_label_of_any_kind_are_all_caught(kind: str) -> None:
    every = list(ways_of(kind))
    assert len({name for name, _ in every}) > 100
    assert slipped_through(Random(kind).sample(every, min(len(every), MOST))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_unspoilt_every_kind_passes(kind: str) -> None:
    good = specimen_content(kind, "CN", ("zh",), serial=SERIAL)
    found = proof(draw(lay_out(good)), good)
    assert found.findings == ()
