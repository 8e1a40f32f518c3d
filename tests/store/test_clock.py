"""What time it is, and who may say so."""

from datetime import UTC, datetime, timedelta

import pytest
from scene import NOW, SITE, intent, make_site, site_row

from inkt_mfg.refusal import Refusal
from inkt_mfg.store.clock import ShiftedClock, SimulatedClock, SystemClock
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.folder import new_place, open_site, shift_clock
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.unit_of_work import Store


def test_the_machines_clock_says_the_time_in_utc() -> None:
    before = datetime.now(UTC)
    said = SystemClock().now()
    assert before <= said <= datetime.now(UTC)
    assert said.utcoffset() == timedelta(0)


def test_a_simulated_clock_never_says_the_same_time_twice_and_is_not_moved_back() -> None:
    clock = SimulatedClock(NOW)
    assert clock.now() < clock.now()
    clock.move_to(NOW + timedelta(days=7))
    with pytest.raises(ValueError, match="is before it"):
        clock.move_to(NOW)


@pytest.fixture
def place(tmp_path):
    made = new_place(tmp_path / "site", SITE)
    engine = open_engine(database_url(made.address))
    create_schema(engine)
    engine.dispose()
    shift_clock(made.folder, timedelta(days=100))
    return made


def test_a_training_site_may_live_on_another_day(place) -> None:
    store = Store.open(place.address, SITE)
    make_site(store)
    store.close()
    shifted = open_site(place.folder, None)
    assert shifted.clock == ShiftedClock(timedelta(days=100))
    assert shifted.clock.now() - datetime.now(UTC) > timedelta(days=99)
    shifted.close()


def test_a_clinical_site_refuses_to_live_on_another_day(place) -> None:
    clinical = site_row()
    clinical.training = False
    store = Store.open(place.address, SITE)
    with store.work(intent("create_site")) as work:
        work.add(clinical)
    store.close()
    with pytest.raises(Refusal, match="clinical site"):
        open_site(place.folder, None)
