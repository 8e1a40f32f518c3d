"""docs/label-codes.md is true: every example on it is read, or refused, as it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from inkt_mfg.codes import gs1, isbt128
from inkt_mfg.codes.label_code import CodeKind
from inkt_mfg.codes.reading import as_json, read_text
from inkt_mfg.refusal import Refusal

PAGE = (Path(__file__).parents[2] / "docs" / "label-codes.md").read_text(encoding="utf-8")
TODAY = date(2026, 11, 19)
EXAMPLES = re.findall(r"`((?:=|&|\]d2|\[\)>|\(01\)0|0109501101530003\d|IKT1\.|IC1\.)[^`]+)`", PAGE)
WRONG = {"=G12341765432100B"}


def read(example: str) -> dict[str, object]:
    return as_json(read_text(example.translate(str.maketrans("␝␞␄", "\x1d\x1e\x04")), TODAY))


def test_the_page_has_examples_of_every_kind():
    kinds = [read(example)["kind"] for example in EXAMPLES if example not in WRONG]
    assert len(kinds) == 12
    assert set(kinds) == {"label", "collection", "isbt128", "gs1"}


@pytest.mark.parametrize("example", WRONG)
def test_an_example_of_what_is_refused_is_refused(example):
    assert example in EXAMPLES
    with pytest.raises(Refusal):
        read(example)


def test_the_structures_say_what_the_page_says():
    rows = re.findall(r"^\| (\d{3}) \w+ \| `([^`]+)` \| (.+) \|$", PAGE, flags=re.MULTILINE)
    assert [number for number, _, _ in rows] == ["001", "003", "005", "007", "023"]
    for number, example, says in rows:
        found = read(example)
        assert found["structure"] == number
        moments = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d", says)
        assert [v for v in found["fields"].values() if v in moments] == moments


def test_every_form_of_a_box_is_the_same_box():
    boxes = [
        read(example)["fields"] for example in EXAMPLES if example.startswith(("0109", "]d2", "[)>", "(01)"))
    ]
    assert len(boxes) == 4
    assert all(
        box == {"gtin": "09501101530003", "lot": "AB-123", "expires_on": "2027-12-31"} for box in boxes
    )


def test_every_kind_of_label_stands_on_the_page():
    letters = re.findall(r"\| `([A-Z])` \| [^|`]+ (?=\|)", PAGE)
    assert set(letters) == {kind.value for kind in CodeKind}


@pytest.mark.parametrize(("module", "prefix"), [(isbt128, "isbt"), (gs1, "gs1")])
def test_every_rule_that_refuses_stands_on_the_page(module, prefix):
    folder = Path(module.__file__).parent
    sources = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.py"))
    assert set(re.findall(rf'"({prefix}\.[a-z]+)"', sources)) == set(
        re.findall(rf"`({prefix}\.[a-z]+)`", PAGE)
    )
