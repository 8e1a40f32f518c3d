"""What a scanner returns from our labels: written, read back, and refused when one character is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.codes.label_code import (
    ALPHABET,
    CodeKind,
    CollectionCode,
    LabelCode,
    check_character,
    read_code,
)
from inkt_mfg.refusal import Refusal

field = st.from_regex(r"[0-9A-Z]{1,6}(-[0-9A-Z]{1,5}){0,2}", fullmatch=True)
codes = st.builds(
    LabelCode,
    kind=st.sampled_from(CodeKind),
    training=st.booleans(),
    site=field,
    chain_of_identity=field,
    batch=field,
    container=st.just(1),
    containers=st.integers(1, 999),
    serial=field,
)
INFUSION = LabelCode(CodeKind.INFUSION, False, "YOUAN", "COI-7K3Q9M", "B-26-0031-1", 1, 2, "L-000123")


def test_the_check_character_is_the_published_one() -> None:
    assert check_character("G123417654321") == "A"


def test_an_infusion_code_says_what_it_is_in_full() -> None:
    body = "IK1.I.YOUAN.COI-7K3Q9M.B-26-0031-1.1-2.L-000123"
    assert str(INFUSION) == f"{body}.{check_character(body)}"


@given(codes)
def test_every_code_reads_back_as_itself(code: LabelCode) -> None:
    assert read_code(str(code)) == code


@given(field, st.booleans())
def test_every_collection_code_reads_back_as_itself(collection: str, training: bool) -> None:
    assert read_code(str(CollectionCode(collection, training))) == CollectionCode(collection, training)


@given(codes, st.data())
def test_one_wrong_character_anywhere_is_refused(code: LabelCode, data: st.DataObject) -> None:
    text = str(code)
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from([c for c in ALPHABET + ".-" if c != text[place]]))
    misread = text[:place] + wrong + text[place + 1 :]
    with pytest.raises(Refusal):
        read_code(misread)


@given(codes, st.data())
def test_two_neighbouring_characters_exchanged_are_refused(code: LabelCode, data: st.DataObject) -> None:
    text = str(code)
    places = [n for n in range(len(text) - 1) if text[n] != text[n + 1]]
    place = data.draw(st.sampled_from(places))
    exchanged = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    with pytest.raises(Refusal):
        read_code(exchanged)


def test_a_training_code_is_another_code_than_the_clinical_one() -> None:
    training = LabelCode(CodeKind.INFUSION, True, "YOUAN", "COI-7K3Q9M", "B-26-0031-1", 1, 2, "L-000123")
    assert str(training).startswith("IKT1.")
    read = read_code(str(training))
    assert read.training
    assert read != INFUSION


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing was scanned"),
        ("=G12341765432100", "begins with"),
        ("IK1.I.YOUAN", "3 parts"),
        (str(INFUSION).replace("IK1.I", "IK1.X"), "check character"),
        (str(INFUSION).lower(), "begins with"),
        ("IC1.C-26-0031.4", "check character is '4'"),
        ("IC1.C_26.3", "C_26"),
    ],
)
def test_what_is_not_our_code_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_code(text)
    assert refused.value.rule == "label.code"
    assert said in str(refused.value)


@pytest.mark.parametrize(("container", "containers"), [(0, 1), (2, 1), (1, 1000)])
def test_a_container_outside_its_count_has_no_code(container: int, containers: int) -> None:
    with pytest.raises(Refusal, match="container"):
        str(LabelCode(CodeKind.INFUSION, False, "A", "B", "C", container, containers, "S"))


def test_a_kind_of_label_that_does_not_exist_is_refused_even_with_a_right_check() -> None:
    body = "IK1.Z.YOUAN.COI-7K3Q9M.B-26-0031-1.1-2.L-000123"
    with pytest.raises(Refusal, match="kind is 'Z'"):
        read_code(f"{body}.{check_character(body)}")


def test_a_container_that_is_not_counted_is_refused_even_with_a_right_check() -> None:
    body = "IK1.I.YOUAN.COI-7K3Q9M.B-26-0031-1.ONE.L-000123"
    with pytest.raises(Refusal, match="container is 'ONE'"):
        read_code(f"{body}.{check_character(body)}")


def test_a_character_outside_the_alphabet_is_named_with_its_place() -> None:
    with pytest.raises(Refusal, match="character 3 is 'é'"):
        check_character("ABéD")
