"""GS1 element strings of reagents: read exactly, in every form a scanner sends them, or refused with place and reason."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.codes.gs1 import (
    CHARACTERS_82,
    ElementString,
    check_digit,
    full_year,
    looks_like_gs1,
    read_gs1,
)
from inkt_mfg.codes.sent import unwrap
from inkt_mfg.refusal import Refusal

TODAY = date(2026, 11, 19)
GTIN = "09501101530003"
WHOLE = ElementString(GTIN, "AB-123", date(2027, 12, 31), "S/77")
values = st.text(sorted(CHARACTERS_82), min_size=1, max_size=20)
gtins = st.text("0123456789", min_size=13, max_size=13).map(lambda d: d + check_digit(d))
near_days = st.dates(date(1977, 1, 1), date(2076, 12, 31))
boxes = st.builds(
    ElementString, st.none() | gtins, st.none() | values, st.none() | near_days, st.none() | values
).filter(lambda box: box != ElementString())


def encoded(box: ElementString, order: tuple[str, ...] = ("01", "17", "10", "21")) -> str:
    """As a printer would write it: a separator after what has no fixed length, unless it is the last."""
    said = {
        "01": box.gtin,
        "10": box.lot,
        "17": f"{box.expires_on:%y%m%d}" if box.expires_on else None,
        "21": box.serial,
    }
    parts = [(ai, said[ai]) for ai in order if said[ai] is not None]
    ends = ["\x1d" if ai in {"10", "21"} and n < len(parts) else "" for n, (ai, _) in enumerate(parts, 1)]
    return "".join(f"{ai}{value}{end}" for (ai, value), end in zip(parts, ends, strict=True))


def refused(text: str) -> Refusal:
    with pytest.raises(Refusal) as no:
        read_gs1(text, TODAY)
    return no.value


# --- read


@given(boxes, st.permutations(["01", "10", "17", "21"]))
def test_every_element_string_reads_back_as_itself_in_any_order(box, order):
    assert read_gs1(encoded(box, tuple(order)), TODAY) == box


@pytest.mark.parametrize(
    "sent",
    [
        f"01{GTIN}1727123110AB-123\x1d21S/77",
        f"]d201{GTIN}1727123110AB-123\x1d21S/77",
        f"]C101{GTIN}1727123110AB-123\x1d21S/77",
        f"]Q3\x1d01{GTIN}1727123110AB-123\x1d21S/77\r\n",
        f"]e001{GTIN}\x1d17271231\x1d10AB-123\x1d21S/77\x1d",
        f"\x1d21S/77\x1d10AB-123\x1d1727123101{GTIN}",
        f"[)>\x1e05\x1d01{GTIN}\x1d17271231\x1d10AB-123\x1d21S/77\x1e\x04",
        f"(01){GTIN}(17)271231(10)AB-123(21)S/77",
        f"(10)AB-123(21)S/77(17)271231(01){GTIN}",
    ],
)
def test_the_same_box_however_the_scanner_sends_it(sent):
    assert read_gs1(unwrap(sent).text, TODAY) == WHOLE


def test_a_box_need_not_say_everything():
    assert read_gs1("10AB-123", TODAY) == ElementString(lot="AB-123")


def test_a_lot_number_may_have_brackets_in_the_symbol():
    assert read_gs1("10A(17)B", TODAY).lot == "A(17)B"


def test_published_check_digits():
    assert check_digit("629104150021") == "3"
    assert check_digit("0950110153000") == "3"


@given(gtins, st.data())
def test_one_wrong_digit_of_an_article_number_is_found(gtin, data):
    place = data.draw(st.integers(0, 13))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != gtin[place]]))
    assert refused(f"01{gtin[:place]}{wrong}{gtin[place + 1 :]}").rule == "gs1.check"


# --- dates


@given(st.integers(1950, 2250), st.integers(0, 99))
def test_a_year_lies_from_49_years_ago_to_50_ahead(present, two_digits):
    year = full_year(two_digits, date(present, 6, 1))
    assert year % 100 == two_digits
    assert -49 <= year - present <= 50


@pytest.mark.parametrize(
    ("two_digits", "year"), [(26, 2026), (76, 2076), (77, 1977), (0, 2000), (99, 1999), (27, 2027)]
)
def test_the_window_seen_from_2026(two_digits, year):
    assert full_year(two_digits, TODAY) == year


def test_near_the_turn_of_a_century_the_years_after_it_are_meant():
    assert full_year(3, date(2098, 1, 1)) == 2103
    assert full_year(98, date(2103, 1, 1)) == 2098


@pytest.mark.parametrize(("year", "month"), [(y, m) for y in (2027, 2028) for m in range(1, 13)])
def test_day_00_is_the_last_of_its_month(year, month):
    assert read_gs1(f"17{year % 100}{month:02d}00", TODAY).expires_on == date(
        year, month, monthrange(year, month)[1]
    )


@pytest.mark.requirement("R32")
def test_a_day_alone_lasts_to_its_end():
    box = read_gs1("17261119", TODAY)
    assert not box.has_expired(TODAY)
    assert box.has_expired(TODAY + timedelta(days=1))
    assert not ElementString(lot="A").has_expired(TODAY)


# --- refused


@pytest.mark.parametrize(
    ("text", "rule", "says"),
    [
        (f"01{GTIN}11261231", "gs1.identifier", "at character 17 stands '(11) PROD DATE'"),
        (f"01{GTIN}240XY", "gs1.identifier", "at character 17 stands '(240) ADDITIONAL ID'"),
        (f"01{GTIN}9312", "gs1.identifier", "at character 17 stands '(93)'"),
        (f"(01){GTIN}(7003)2612311200", "gs1.identifier", "at character 20 stands '(7003) EXPIRY TIME'"),
        ("hello", "gs1.identifier", "at character 1 stands '(he)'"),
        ("10AB\x1d\x1d21S", "gs1.identifier", "at character 6"),
        ("0109501101530004", "gs1.check", "character 16, the check digit, is 4"),
        ("(01)09501101530004", "gs1.check", "character 18, the check digit, is 4"),
        ("010950110153000", "gs1.length", "(01) has 13 characters"),
        ("01950110153000A", "gs1.character", "character 15, in (01), is 'A'"),
        ("(01)9501101530003", "gs1.length", "(01) has 13 characters"),
        ("17261331", "gs1.date", "(17) at character 3 is 261331"),
        ("17260230", "gs1.date", "is 260230"),
        ("17260000", "gs1.date", "is 260000"),
        ("1726023", "gs1.length", "(17) has 5 characters"),
        ("17２61231", "gs1.character", "character 3, in (17), is '２'"),
        ("10", "gs1.length", "(10) has 0 characters"),
        ("10" + "A" * 21, "gs1.length", "(10) has 21 characters"),
        ("21" + "A" * 21, "gs1.length", "(21) has 21 characters"),
        ("10AB 1", "gs1.character", "character 5, in (10), is ' '"),
        ("10AB#1", "gs1.character", "character 5, in (10), is '#'"),
        ("10批1", "gs1.character", "character 3, in (10), is '批'"),
        ("10AB\x1e21S", "gs1.character", "character 5, in (10), is '\\x1e'"),
        ("10A\x1d10B", "gs1.repeated", "(10) is said twice"),
        ("10A\x1d10A", "gs1.repeated", "(10) is said twice"),
        ("(10)A)B", "gs1.form", "a bracket stands inside (10)"),
        ("(10)A(B", "gs1.form", "a bracket stands inside (10)"),
        ("[)>\x1e06\x1d1TAB\x1e\x04", "gs1.form", "another format"),
        ("[)>05\x1d10A", "gs1.form", "another format"),
    ],
)
def test_what_is_malformed_is_refused_with_the_character_and_why(text, rule, says):
    no = refused(text)
    assert (no.rule, says in no.first.what.english) == (rule, True), no.first.what.english


@given(st.text([*sorted(CHARACTERS_82), "\x1d", "\x1e", " "], max_size=40))
def test_no_text_does_anything_but_read_or_be_refused(text):
    try:
        outcome = set(read_gs1(text, TODAY).fields())
    except Refusal as no:
        outcome = no.rule
    assert isinstance(outcome, set) or outcome.startswith("gs1.")


# --- what a lot number typed by hand is not taken for


@pytest.mark.parametrize(
    "typed", ["IL-5521", "0112345", "1727123110", "10AB", "0195011015300", "0109501101530004", "(A)1", "21"]
)
def test_a_lot_number_typed_by_hand_is_not_taken_for_a_code(typed):
    assert not looks_like_gs1(unwrap(typed))


@pytest.mark.parametrize(
    "sent",
    [
        "]d210AB",
        "]C110AB",
        f"01{GTIN}",
        f"01{GTIN}10AB",
        f"01{GTIN}17271231",
        "10AB\x1d17271231",
        "(10)AB",
        "[)>\x1e05\x1d10AB",
    ],
)
def test_what_can_only_be_a_gs1_code_is_taken_for_one(sent):
    assert looks_like_gs1(unwrap(sent))
