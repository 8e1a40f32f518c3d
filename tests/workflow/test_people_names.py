"""Names: a user name nobody mistakes for another, a full name that is what it shows and belongs to one person."""

from datetime import UTC, datetime

import pytest
from one_batch import ADMIN, LI, PASSWORD, ZHAO
from people_of_the_site import NEW_TECHNICIAN, last_entry, user

from inkt_mfg.refusal import Refusal
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.people import people_register
from inkt_mfg.workflow import people
from inkt_mfg.workflow.site import NewAdministrator, NewSite, begin_again, create_site

pytestmark = pytest.mark.requirement("R20")


def added(site, **other: str) -> None:
    site.run(ADMIN, people.add_person, **NEW_TECHNICIAN | other)


def refused(site, **other: str):
    return site.refused(ADMIN, people.add_person, **NEW_TECHNICIAN | other).first


@pytest.mark.parametrize(
    "alike",
    ["ZHAO.QA", "zha\u043e.qa", "zhao.qa\u200b", "ｚhao.qa", "zhao .qa", "zhao\n.qa", "zh\u202eao.qa", "zhao\u00ad.qa",
     "zhao-qa", "zhao_qa", "zha0.qa", "Zhao.qa ", "𝓏hao.qa", "system", "System"],
)  # fmt: skip
def test_a_user_name_that_looks_like_one_is_not_issued(standing, alike):
    site = standing("founded")
    before = [p.user_name for p in people_register(site.store)]
    blocker = refused(site, user_name=alike)
    assert (blocker.rule, blocker.field) == ("R20", "user_name")
    assert [p.user_name for p in people_register(site.store)] == before


@pytest.mark.parametrize("alike", ["ZOË", "zoë", "zoe\u0308", "Zoë.qa", "李娜", "ß.qa", "ſun.md", "Kim.qa"])
def test_a_user_name_is_of_letters_that_have_one_spelling(standing, alike):
    """No folding is asked of the database, which folds ASCII alone: what would need it is never issued."""
    blocker = refused(standing("founded"), user_name=alike)
    assert (blocker.rule, blocker.field) == ("R20", "user_name")


@pytest.mark.parametrize("odd", ["x", "7up", ".li", "a" * 41, "li tech", "li/tech", "li@tech", "li.tech;--"])
def test_a_user_name_is_of_a_closed_alphabet_and_the_refusal_gives_an_example(standing, odd):
    blocker = refused(standing("founded"), user_name=odd)
    assert blocker.rule == "R20"
    assert "2 to 40" in blocker.expected.english
    assert "li.tech" in blocker.expected.english


def test_what_cannot_be_seen_is_written_out_in_the_refusal(standing):
    blocker = refused(standing("founded"), user_name="zh\u202eao.qa")
    assert blocker.typed == "zh\\u202eao.qa"


@pytest.mark.parametrize("good", ["he.tech", "h2", "a" * 40, "he_hua-3.b"])
def test_an_ordinary_user_name_is_issued(at, good):
    site = at("founded")
    added(site, user_name=good)
    assert user(site, good).full_name == "He Hua"


@pytest.mark.parametrize(
    "broken",
    [
        "He\nHua",
        "He\rHua",
        "He\u2028Hua",
        "He\u2029Hua",
        "He\tHua",
        "He\u200bHua",
        "He \u202eauH",
        "He\x07",
        "\ue000",
    ],
)
def test_a_name_with_a_line_break_is_refused(standing, broken):
    site = standing("founded")
    blocker = refused(site, full_name=broken)
    assert (blocker.rule, blocker.field) == ("R20", "full_name")
    assert "\n" not in (blocker.typed or "")
    assert refused(site, user_name=f"he{broken}x").rule == "R20"


def test_letters_of_two_alphabets_are_not_mixed_in_a_name(standing):
    assert "alphabets" in refused(standing("founded"), full_name="Zh\u0430o Min").what.english


@pytest.mark.parametrize("same", ["Zhao Lin", "zhao lin", "ZHAO  LIN", "Zhao\u00a0Lin", "Ｚhao Lin"])
def test_an_equal_full_name_asks_to_be_told_apart(standing, same):
    blocker = refused(standing("founded"), full_name=same)
    assert (blocker.rule, blocker.field) == ("R20", "full_name")
    assert blocker.what.english == f"{ZHAO} is called Zhao Lin too"
    assert "(Pharmacy)" in blocker.expected.english


def test_two_people_of_one_name_are_told_apart_by_what_is_added(at):
    site = at("founded")
    added(site, full_name="Zhao Lin (Pharmacy)")
    assert user(site, "he.tech").full_name == "Zhao Lin (Pharmacy)"


@pytest.mark.parametrize(
    ("typed", "kept"), [("Zoe\u0308  Müller", "Zoë Müller"), ("赵琳", "赵琳"), ("Анна Ким", "Анна Ким")]
)
def test_a_full_name_is_kept_composed_in_any_alphabet(at, typed, kept):
    site = at("founded")
    added(site, full_name=typed)
    assert user(site, "he.tech").full_name == kept
    assert last_entry(site)["command"] == "person.add"


def test_a_user_name_from_before_the_rule_still_logs_in_and_is_not_issued_again(at):
    site = at("founded")
    site.behind(f"UPDATE person SET user_name = 'Li Tech' WHERE user_name = '{LI}'")
    assert site.bench("Li Tech").person.user_name == "Li Tech"
    assert "was somebody's" in refused(site, user_name="li tech").what.english


# --- the first people of a site


def _new_site(sqlite_address: str, *names: tuple[str, str], begin=create_site) -> Store:
    store = Store.open(sqlite_address, "YA03")
    store.clock = SimulatedClock(datetime(2026, 3, 1, 1, tzinfo=UTC))
    staff = [NewAdministrator(user_name, full, PASSWORD, "passport") for user_name, full in names]
    begin(store, NewSite("YA03", "Ward", "3 Road", "Asia/Shanghai", True), staff, "office")
    return store


@pytest.mark.parametrize(
    "names",
    [
        [("Gao.admin", "Gao Jie")],
        [("gao.admin\u200b", "Gao Jie")],
        [("gao.admin", "Gao\nJie")],
        [("gao.admin", "Gao Jie"), ("gao-admin", "Gao Yan")],
        [("gao.admin", "Gao Jie"), ("li.admin", "gao jie")],
    ],
)
def test_the_first_people_of_a_site_are_named_by_the_same_rule(sqlite_address, names):
    with pytest.raises(Refusal) as caught:
        _new_site(sqlite_address, *names)
    assert caught.value.rule == "R20"


def test_a_making_taken_up_again_knows_a_name_however_it_was_composed(sqlite_address):
    _new_site(sqlite_address, ("zoe.admin", "Zoe\u0308 Gao")).close()
    _new_site(sqlite_address, ("zoe.admin", "Zoe\u0308 Gao"), begin=begin_again).close()
