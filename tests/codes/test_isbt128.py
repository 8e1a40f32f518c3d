"""ISBT 128 as text: each structure is written and read back as itself, and whatever is not exactly one is refused."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.codes.isbt128 import (
    DONATION_TYPES,
    FLAGS,
    NO_TIME_GIVEN,
    Collected,
    Compound,
    Donation,
    Expiry,
    Product,
    check_of,
    is_test_facility,
    read_isbt,
)
from inkt_mfg.codes.label_code import ALPHABET
from inkt_mfg.refusal import Refusal

ALPHA = "ABCDEFGHIJKLMNPQRSTUVWXYZ123456789"
LETTERS_AND_DIGITS = ALPHABET[:-1]
# The published examples, and two made for these tests.
DINS = ("G123417654321", "A999921123456", "A999818123456", "A999820123456", "Z999999999999", "1000000000000")


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def characters(count: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS_AND_DIGITS, min_size=count, max_size=count)


minutes = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
donations = st.builds(
    Donation,
    st.builds(str.__add__, st.sampled_from(ALPHA), digits(4)),
    digits(2),
    digits(6),
    st.sampled_from(sorted(FLAGS)),
)
products = st.builds(
    Product,
    st.builds(str.__add__, st.sampled_from(ALPHA), characters(4)),
    st.sampled_from(sorted(DONATION_TYPES)),
    characters(2),
)
simple = st.one_of(donations, products, st.builds(Expiry, minutes), st.builds(Collected, minutes))
compounds = st.lists(simple, min_size=2, max_size=4, unique_by=type).map(lambda parts: Compound(tuple(parts)))


def refused(text: str) -> Refusal:
    with pytest.raises(Refusal) as no:
        read_isbt(text)
    assert no.value.first.typed is not None
    return no.value


# --- written and read


@given(st.one_of(simple, compounds))
def test_every_structure_reads_back_as_itself(structure):
    assert read_isbt(str(structure)) == structure


@pytest.mark.parametrize("year", [2000, 2023, 2024, 2099])
@pytest.mark.parametrize("kind", [Expiry, Collected])
def test_every_day_of_a_year_reads_back_as_itself(kind, year):
    days = (datetime(year + 1, 1, 1) - datetime(year, 1, 1)).days
    prefix = f"{kind.identifier}0{year % 100:02d}"
    for day in range(1, days + 1):
        found = read_isbt(f"{prefix}{day:03d}0830")
        assert isinstance(found, kind)
        assert (found.at.year, found.at.timetuple().tm_yday, found.at.hour, found.at.minute) == (
            year,
            day,
            8,
            30,
        )
        assert str(found) == f"{prefix}{day:03d}0830"


def test_a_donation_says_its_parts_and_its_check_character():
    donation = read_isbt("=G12341765432105")
    assert donation == Donation("G1234", "17", "654321", "05")
    assert donation.fields() == {
        "din": "G123417654321",
        "facility": "G1234",
        "year": "17",
        "serial": "654321",
        "flags": "05",
        "check_character": "A",
        "test_facility": False,
    }


def test_a_product_says_whether_it_is_autologous_biohazard_and_whether_its_code_is_local():
    assert read_isbt("=<D1234X00").fields() == {
        "product_code": "D1234",
        "local": True,
        "donation_type": "X",
        "donation": "autologous, biohazard",
        "division": "00",
    }
    assert not read_isbt("=<S1234100").is_local


@pytest.mark.parametrize(
    ("body", "iso"), [("0183652359", "2018-12-31T23:59"), ("0170901215", "2017-03-31T12:15")]
)
def test_published_times(body, iso):
    assert read_isbt(f"&>{body}").fields() == {"expires_at": iso}
    assert read_isbt(f"&*{body}").fields() == {"collected_at": iso}


def test_the_last_day_of_a_leap_year_is_day_366():
    assert read_isbt("&>0243662359").at == datetime(2024, 12, 31, 23, 59)


def test_with_no_time_given_a_day_expires_in_its_last_minute():
    day = datetime(2026, 12, 1).date()
    assert str(Expiry(datetime.combine(day, NO_TIME_GIVEN))) == "&>0263352359"
    assert time(23, 59) == NO_TIME_GIVEN


def test_a_compound_is_its_parts_with_nothing_between_them():
    parts = (Donation("A9997", "21", "123456"), Product("D1234", "1"), Expiry(datetime(2026, 12, 1, 9, 30)))
    text = "=+03000=A99972112345600=<D1234100&>0263350930"
    assert str(Compound(parts)) == text
    assert read_isbt(text) == Compound(parts)
    assert read_isbt(text).fields()["expires_at"] == "2026-12-01T09:30"


# --- the check character


@pytest.mark.parametrize(
    ("din", "check"),
    [("G123417654321", "A"), ("A999921123456", "3"), ("A999818123456", "N"), ("A999820123456", "E")],
)
def test_published_check_characters(din, check):
    assert check_of(din) == check
    assert check_of(din + check) == check
    assert read_isbt(f"={din}00").check == check
    assert read_isbt(f"={din}00{check}") == read_isbt(f"={din}00")


@pytest.mark.parametrize("din", DINS)
def test_every_wrong_character_of_a_donation_number_is_found(din):
    """Exhaustive: each of 14 places, each of the other characters; either its set or K finds it."""
    typed = din + check_of(din)
    for place, right in enumerate(typed):
        for wrong in ALPHABET + "o= ":
            if wrong != right:
                with pytest.raises(Refusal):
                    check_of(typed[:place] + wrong + typed[place + 1 :])


@pytest.mark.parametrize("din", DINS)
def test_two_characters_exchanged_side_by_side_or_over_one_are_found(din):
    """2 is a primitive root modulo 37: weights differ, so any two different characters exchanged change the sum."""
    typed = din + check_of(din)
    for first in range(len(typed)):
        for second in (first + 1, first + 2):
            if second < len(typed) and typed[first] != typed[second]:
                swapped = list(typed)
                swapped[first], swapped[second] = swapped[second], swapped[first]
                with pytest.raises(Refusal):
                    check_of("".join(swapped))


@given(donations, st.data())
def test_a_digit_misread_in_any_number_is_found_by_k(donation, data):
    typed = f"{donation.din}{donation.check}"
    place = data.draw(st.integers(1, 12))
    wrong = data.draw(st.sampled_from([c for c in "0123456789" if c != typed[place]]))
    with pytest.raises(Refusal) as no:
        check_of(typed[:place] + wrong + typed[place + 1 :])
    assert no.value.rule == "isbt.check"


# --- refused


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("=O12341765432100", "isbt.character", "character 2 (facility) is 'O'"),
        ("=012341765432100", "isbt.character", "character 2 (facility) is '0'"),
        ("=g12341765432100", "isbt.character", "character 2 (facility) is 'g'"),
        ("=G12A41765432100", "isbt.character", "character 5 (facility) is 'A'"),
        ("=G1234I765432100", "isbt.character", "character 7 (year) is 'I'"),
        ("=G1234176543２100", "isbt.character", "character 13 (serial number) is '２'"),
        ("=G1234176543210", "isbt.length", "15 characters"),
        ("=G1234176543210000", "isbt.length", "18 characters"),
        ("=G12341765432100B", "isbt.check", "character 17, the check character, is 'B'"),
        ("=G12341765432117", "isbt.flags", "the flags are 17"),
        ("=<O1234100", "isbt.character", "character 3 (product code) is 'O'"),
        ("=<D12 4100", "isbt.character", "character 6 (product code) is ' '"),
        ("=<D1234V00", "isbt.donation", "the donation type is 'V'"),
        ("=<D123410", "isbt.length", "9 characters"),
        ("&>0233662359", "isbt.day", "2023 has no day 366"),
        ("&>0240002359", "isbt.day", "2024 has no day 000"),
        ("&>0243672359", "isbt.day", "2024 has no day 367"),
        ("&>0183652400", "isbt.time", "there is no time 24:00"),
        ("&*0183652360", "isbt.time", "there is no time 23:60"),
        ("&>9993652359", "isbt.century", "the century digit is 9"),
        ("&>018365", "isbt.length", "8 characters"),
        ("&>018365235A", "isbt.character", "character 12 (minute) is 'A'"),
        ("&(0183652359", "isbt.structure", "at character 1 stands '&('"),
        ("=%5100", "isbt.structure", "at character 1 stands '=%'"),
        ("=>018365", "isbt.structure", "at character 1 stands '=>'"),
        ("G12341765432100", "isbt.structure", "at character 1 stands 'G1'"),
        ("=", "isbt.structure", "at character 1 stands '='"),
        ("", "isbt.structure", "at character 1 stands ''"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_with_the_character_and_why(text, rule, says):
    no = refused(text)
    assert no.rule == rule
    assert says in no.first.what.english


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        ("=+02000=A99972112345600=<D1234100&>0263350930", "isbt.count", "it says it holds 2 structures and holds 3"),
        ("=+03000=A99972112345600=<D1234100", "isbt.count", "it says it holds 3 structures and holds 2"),
        ("=+01000=A99972112345600", "isbt.count", "it holds 001"),
        ("=+00000", "isbt.count", "it holds –"),
        ("=+02000=A99972112345600=A99972112345700", "isbt.count", "it holds 001, 001"),
        ("=+02001=A99972112345600=<D1234100", "isbt.structure", "characters 5 to 7 are '001'"),
        ("=+0A000=A99972112345600=<D1234100", "isbt.character", "character 4 (count) is 'A'"),
        ("=+02", "isbt.length", "4 characters"),
        ("=+02000=A99972112345600=<D12341", "isbt.length", "31 characters"),
        ("=+02000=A99972112345600=<O1234100", "isbt.character", "character 26 (product code) is 'O'"),
        ("=+02000=A99972112345600 =<D1234100", "isbt.structure", "at character 24 stands ' ='"),
        ("=+02000=A99972112345600S=<D1234100", "isbt.structure", "at character 24 stands 'S='"),
        ("=+02000=A99972112345600=+02000", "isbt.structure", "at character 24 stands '=+'"),
        ("=+02000=A99972112345600&>0233662359", "isbt.day", "2023 has no day 366"),
    ],
)  # fmt: skip
def test_a_malformed_compound_is_refused_with_the_place_in_the_whole_text(text, rule, says):
    no = refused(text)
    assert (no.rule, says in no.first.what.english) == (rule, True), no.first.what.english


@given(st.text(max_size=40) | st.text("=&<>+*0123GO", max_size=30))
def test_no_text_does_anything_but_read_or_be_refused(text):
    try:
        outcome = str(read_isbt(text))
    except Refusal as no:
        outcome = no.rule
    assert outcome.startswith("isbt.") or outcome in {text, text[:-1]}


@given(st.one_of(simple, compounds), st.data())
def test_a_structure_with_a_character_more_or_less_is_refused(structure, data):
    text = str(structure)
    place = data.draw(st.integers(0, len(text) - 1))
    refused(text[:place] + text[place + 1 :])
    refused(text + "=")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Donation("O1234", "17", "654321"),
        lambda: Donation("G123", "17", "654321"),
        lambda: Donation("G1234", "7", "6543210"),
        lambda: Donation("G1234", "17", "654321", "99"),
        lambda: Product("O1234", "1"),
        lambda: Product("D1234", "V"),
        lambda: Product("D1234", "1", "a0"),
        lambda: Expiry(datetime(1999, 12, 31, 23, 59)),
        lambda: Expiry(datetime(2100, 1, 1)),
        lambda: Expiry(datetime(2026, 12, 1, 9, 30, 1)),
        lambda: Collected(datetime.fromisoformat("2026-12-01T09:30+08:00")),
        lambda: Compound((Donation("G1234", "17", "654321"),)),
        lambda: Compound(()),
    ],
)
def test_what_could_not_be_read_back_cannot_be_written_either(make):
    with pytest.raises(Refusal, match=r"isbt\."):
        make()


@pytest.mark.parametrize("typed", ["", "G12341765432", "G123417654321AA", "G12341765432I", "O123417654321"])
def test_what_is_no_donation_number_has_no_check_character(typed):
    with pytest.raises(Refusal, match=r"isbt\."):
        check_of(typed)


# --- test facilities


@pytest.mark.requirement("R50")
def test_ten_facility_numbers_are_for_tests_and_never_for_the_clinic():
    assert [f for f in (f"A{n:04d}" for n in range(10_000)) if is_test_facility(f)] == [
        f"A999{n}" for n in range(10)
    ]
    assert not is_test_facility("B9990")
    assert Donation("A9990", "26", "000001").is_test_facility
    assert not Donation("G1234", "26", "000001").is_test_facility
