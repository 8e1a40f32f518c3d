"""The seal key at the terminal: unlocked with a masked passphrase, sealing releases and the day's end, gone at log-out."""

from datetime import timedelta

import pytest
from test_palette_and_people import find

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.store.verification import verify
from inkt_mfg.views.seals import shown_seals
from inkt_mfg.workflow import sealing
from inkt_mfg.workflow.bench import log_in
from inkt_mfg.workflow.signing import Credentials
from tui.day_end import Midnight
from tui.widgets.form.field_row import FieldRow

PASSPHRASE = "seven sealed envelopes"
pytestmark = pytest.mark.requirement("R04")


@pytest.fixture
def with_key(site):
    """The small site, given a seal key by its QA officer."""
    site.store.folder = site.folder
    bench = log_in(site.store, Credentials("chen.qa", PASSWORD), "office")
    sealing.adopt(bench, PASSPHRASE)
    bench.sealing.close()
    return site


async def unlock(person, passphrase: str = PASSPHRASE) -> None:
    await find(person, "Unlock the seal key")
    await person.screen("SealKeyScreen")
    await person.field("passphrase", passphrase)
    await person.press("enter", "enter")


def chosen(person, title: str) -> None:
    """The palette's own entry of this name, as choosing it calls it."""
    (command,) = [c for c in person.app.get_system_commands(person.app.screen) if c.title == title]
    command.callback()


async def test_the_board_says_since_when_nothing_is_sealed(keys, with_key):
    async with keys("li.tech") as person:
        await person.shows("Ledger: never sealed, unsealed since")


@pytest.mark.slow
async def test_a_wrong_passphrase_is_told_beside_the_field_and_shown_nowhere(keys, with_key):
    async with keys("zhao.qa") as person:
        await person.shows("for you")
        await unlock(person, "another passphrase")
        await person.shows("R04", "the seal key does not open")
        assert person.app.screen.query_one(FieldRow).entry.password is True
        assert "another passphrase" not in person.says
        assert not person.app.bench.sealing.unlocked
        await person.press("escape")
        await person.screen("DayBoardScreen")


@pytest.mark.slow
async def test_it_seals_on_demand_and_at_log_out_and_is_forgotten_then(keys, with_key):
    async with keys("zhao.qa") as person:
        await person.shows("for you")
        await unlock(person)
        await person.screen("DayBoardScreen")
        bench = person.app.bench
        assert bench.sealing.unlocked
        chosen(person, "Seal the ledger")
        await person.until(lambda: len(shown_seals(with_key.store)) == 1)
        chosen(person, "Log out")
        await person.screen("LoginScreen")
        await person.until(lambda: len(shown_seals(with_key.store)) == 2)
        await person.until(lambda: not bench.sealing.unlocked)
    seals = shown_seals(with_key.store)
    assert [s.statement.occasion for s in seals] == ["day_end", "on_demand"]
    assert verify(with_key.store).ok


async def test_whoever_may_not_seal_finds_no_such_act(keys, with_key):
    async with keys("li.tech") as person:
        await person.shows("for you")
        titles = [command.title for command in person.app.get_system_commands(person.app.screen)]
    assert "Log out" in titles
    assert not [title for title in titles if "seal" in title.lower()]


def test_midnight_is_told_once_and_only_while_the_key_is_unlocked(with_key):
    bench = log_in(with_key.store, Credentials("zhao.qa", PASSWORD), "bench-1")
    clock, midnight = with_key.store.clock, Midnight()
    clock.move_to(clock.at + timedelta(days=1))
    assert not midnight.has_passed(bench)
    sealing.unlock(bench, PASSPHRASE)
    assert not midnight.has_passed(bench)
    clock.move_to(clock.at + timedelta(hours=15))  # past midnight in Beijing, the same day in UTC
    assert midnight.has_passed(bench)
    assert not midnight.has_passed(bench)
    assert sealing.end_of_day(bench) is not None
    assert shown_seals(with_key.store)[0].statement.occasion == "day_end"
