"""Nothing shows before a log-in nor while locked; a locked terminal keeps the half-typed form for the same person."""

import time

import pyotp
import pytest
from test_technician import open_batch
from who_is_there import BATCH

from inkt_mfg.demo.people import ADMINISTRATOR, FIRST_PASSWORD, PASSWORD
from inkt_mfg.language import Phrase, choose_language
from inkt_mfg.refusal import Unable
from inkt_mfg.workflow import enrolling, people
from inkt_mfg.workflow import site as site_commands
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials

CULTURE = BATCH["YA-001"]


@pytest.fixture(autouse=True)
def english():
    choose_language("en")
    yield
    choose_language(None)


@pytest.mark.requirement("R20")
async def test_before_a_log_in_there_is_the_login_screen_and_nothing_else(keys):
    async with keys() as person:
        await person.press("f2", "f3", "ctrl+p", "ctrl+l", "escape")
        assert person.at("LoginScreen")
        assert "B-0" not in person.says


@pytest.mark.requirement("R20", "R25")
async def test_a_wrong_password_keeps_the_name_and_says_what_is_wrong(keys):
    async with keys() as person:
        await person.type("li.tech")
        await person.press("enter")
        await person.type("wrong-password")
        await person.press("enter")
        await person.shows("R20", "user name or password is wrong")
        assert person.app.screen.query_one("#user-name").value == "li.tech"
        assert person.app.screen.query_one("#password").value == ""
        await person.type(PASSWORD)
        await person.press("enter")
        await person.screen("DayBoardScreen")


@pytest.mark.requirement("R20")
async def test_whoever_has_a_second_factor_is_asked_for_its_code_and_keeps_the_password_typed(keys, site):
    bench = log_in(site.store, Credentials("li.tech", PASSWORD), "office")
    authenticator = pyotp.parse_uri(str(bench.run(enrolling.enrol_second_factor, password=PASSWORD).says))
    bench.run(enrolling.confirm_second_factor, code=authenticator.at(time.time() - 30))
    async with keys() as person:
        assert not person.app.screen.query_one("#code").display, "nobody else is asked"
        await person.type("li.tech")
        await person.press("enter")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.shows("this log-in asks for a code as well", "Code of the authenticator")
        await person.type("000000")
        await person.press("enter")
        await person.shows("this code does not fit")
        await person.type(authenticator.now())
        await person.press("enter")
        await person.screen("DayBoardScreen")


@pytest.mark.slow
@pytest.mark.requirement("R26")
async def test_a_first_password_is_changed_before_anything_else(keys, site):
    office = log_in(site.store, Credentials(ADMINISTRATOR.user_name, PASSWORD), "office")
    office.run(
        people.add_person,
        user_name="new.tech",
        full_name="New Hand",
        first_password=FIRST_PASSWORD,
        identity_checked="card",
        role="technician",
    )
    async with keys() as person:
        await person.log_in("new.tech", FIRST_PASSWORD)
        await person.screen("PasswordScreen")
        await person.field("old_password", FIRST_PASSWORD)
        await person.field("new_password", "short")
        await person.field("new_password_again", "short")
        await person.press("ctrl+s")
        await person.shows("R26", "the password has 5 characters")
        await person.field("new_password", "a-much-better-one")
        await person.field("new_password_again", "a-much-better-one")
        await person.press("ctrl+s")
        await person.screen("StatementScreen")
        await person.shows("handwritten signature", "手写签名")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")


@pytest.mark.slow
@pytest.mark.requirement("R27")
async def test_a_locked_terminal_shows_nothing_and_gives_the_same_person_the_form_back(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("deviation.open")
        await person.screen("ActScreen")
        await person.field("description", "half a sentence")
        await person.press("ctrl+l")
        await person.screen("LockScreen")
        for secret in (CULTURE, "YA-001", "sentence"):
            assert secret not in drawn(person)
        assert "TRAINING" in person.says
        await person.press("f2", "f3", "escape", "ctrl+p", "ctrl+s")
        assert person.at("LockScreen")
        await person.type("not-the-password")
        await person.press("enter")
        await person.shows("R20")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.screen("ActScreen")
        assert person.value("description") == "half a sentence"


@pytest.mark.slow
@pytest.mark.requirement("R27")
async def test_somebody_else_at_a_locked_terminal_logs_the_first_out_and_is_asked_before_typing_is_lost(keys):
    async with keys("li.tech") as person:
        await open_batch(person, CULTURE)
        await person.choose("deviation.open")
        await person.screen("ActScreen")
        await person.field("description", "half a sentence")
        await person.press("ctrl+l")
        await person.screen("LockScreen")
        await person.press("ctrl+o")
        await person.screen("SureScreen")
        await person.press("y")
        await person.screen("LoginScreen")
        await person.log_in("chen.qa")
        await person.screen("DayBoardScreen")
        await person.shows("Chen Yu")


def drawn(person) -> str:
    """What the terminal really shows, whatever screens lie beneath."""
    return person.app.export_screenshot().replace("&#160;", " ")


@pytest.mark.slow
@pytest.mark.requirement("R27")
async def test_nobody_at_the_terminal_locks_it(keys):
    async with keys("li.tech", idle_seconds=1.0) as person:
        await person.screen("LockScreen")
        assert "YA-001" not in person.says


@pytest.mark.slow
async def test_an_answer_that_comes_while_locked_waits_for_the_person(keys):
    async with keys("li.tech") as person:
        await person.press("f3")
        await person.screen("BatchesScreen")
        person.app.action_lock()
        heard = []
        person.app.screen_stack[-2].ask(lambda: "answer", heard.append)
        await person.screen("LockScreen")
        await person.app.workers.wait_for_complete()
        await person.rest()
        assert heard == []
        await person.type(PASSWORD)
        await person.press("enter")
        await person.until(lambda: heard == ["answer"])


async def test_the_login_screen_speaks_chinese_and_keeps_the_name(keys):
    async with keys() as person:
        await person.type("li.tech")
        await person.press("f2")
        await person.until(lambda: person.app.screen.query_one("#user-name").value == "li.tech")
        from inkt_mfg.language import current_language

        assert current_language() == "zh_CN"
        await person.shows(str(Phrase("Password")))


async def test_records_that_cannot_be_opened_are_said_and_tried_again(site):
    from bench_of_keys import Keys

    failures = [Unable(Phrase("The disk is away."), Phrase("Plug it in."))]

    def open_store():
        if failures:
            raise failures.pop()
        return site.store

    person = Keys(open_store)
    async with person.app.run_test() as person.pilot:
        await person.shows("The disk is away.", "F5")
        await person.press("f5")
        await person.until(lambda: person.app.store is site.store)


async def test_a_log_in_at_records_that_are_shut_tries_to_open_them_and_says_why_not(site):
    from bench_of_keys import Keys

    failures = [Unable(Phrase("The disk is away."), Phrase("Plug it in."))] * 2

    def open_store():
        if failures:
            raise failures.pop()
        return site.store

    person = Keys(open_store)
    async with person.app.run_test() as person.pilot:
        await person.shows("The disk is away.")
        await person.type("li.tech")
        await person.press("enter")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.shows("The disk is away.")
        await person.press("enter")
        await person.screen("DayBoardScreen")


# --- the first day, a new statement, and signing by the password alone


@pytest.mark.slow
@pytest.mark.requirement("R28")
async def test_a_new_version_of_the_statement_is_read_at_the_next_log_in_or_left_for_later(keys, site):
    chen = log_in(site.store, Credentials("chen.qa", PASSWORD), "office")
    chen.run(site_commands.publish_statement, text="Version two, shorter.\n第二版。", reason="shorter")
    async with keys("zhao.qa") as person:
        await person.screen("StatementScreen")
        await person.shows("version 2", "Version two, shorter.", "第二版。")
        await person.press("escape")
        await person.screen("DayBoardScreen")
        await person.shows("you cannot sign yet", "R28")
        await person.press("ctrl+p")
        await person.type("accept the accountability")
        await person.shows("Accept the accountability statement")
        await person.press("enter", "enter")
        await person.screen("StatementScreen")
        await person.shows("Version two, shorter.")
        await person.press("ctrl+s")
        await person.screen("DayBoardScreen")
        await person.until(lambda: "you cannot sign yet" not in person.says)
        assert not person.app.bench.person.must_accept


@pytest.mark.slow
@pytest.mark.requirement("R28")
async def test_whoever_has_not_accepted_is_refused_beside_the_signature(keys, site):
    chen = log_in(site.store, Credentials("chen.qa", PASSWORD), "office")
    chen.run(site_commands.publish_statement, text="Version two.", reason="shorter")
    async with keys("zhao.qa") as person:
        await person.screen("StatementScreen")
        await person.press("escape")
        await person.screen("DayBoardScreen")
        await open_batch(person, BATCH["YA-003"])
        await person.choose("batch.review")
        await person.screen("ActScreen")
        await person.shows("has not accepted version 2")


@pytest.mark.slow
@pytest.mark.requirement("R21", "R27")
async def test_within_a_session_the_name_is_asked_once_and_again_after_the_lock(keys, site):
    office = log_in(site.store, Credentials(ADMINISTRATOR.user_name, PASSWORD), "office")
    allowed = {"setting": "signing_policy", "value": "password within one unbroken session"}
    office.run(site_commands.set_setting, **allowed, reason="gloves")
    async with keys("chen.qa") as person:
        await person.screen("DayBoardScreen")
        for names in (True, False):
            await review_form(person)
            assert asks_name(person) is names
            await (person.sign("chen.qa") if names else password_alone(person))
            await person.until(lambda: person.at("BatchScreen"))
            await person.press("f2")
            await person.screen("DayBoardScreen")
        await person.press("ctrl+l")
        await person.screen("LockScreen")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.screen("DayBoardScreen")
        await review_form(person)
        assert asks_name(person)


async def review_form(person) -> None:
    await open_batch(person, BATCH["YA-003"])
    await person.choose("batch.review")
    await person.screen("ActScreen")
    await person.field("audit_trail_reviewed", "read")
    await person.press("ctrl+s")
    await person.screen("SignScreen")


def asks_name(person) -> bool:
    return any(box.name == "user_name" for box in person.app.screen.query("Input"))


async def password_alone(person) -> None:
    await person.shows("you sign with your password")
    await person.type(PASSWORD)
    await person.press("enter", "enter")


@pytest.mark.slow
@pytest.mark.requirement("R27")
async def test_the_key_that_finds_an_idle_terminal_locks_it_and_goes_nowhere(keys):
    """A lid was closed: the first key comes before the clock has looked."""
    async with keys("li.tech") as person:
        await person.screen("DayBoardScreen")
        person.app.bench.sitting.last_used -= 601
        await person.press("f3")
        await person.screen("LockScreen")
        await person.type(PASSWORD)
        await person.press("enter")
        await person.screen("DayBoardScreen")
