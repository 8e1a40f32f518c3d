"""The audit trail's questions on both databases: the same entries, whichever way they are asked for."""

from datetime import timedelta

import pytest
from scene import LI, NOW, cell_count, intent, make_batch, make_site

from inkt_mfg.ledger import seeking
from inkt_mfg.views.ledger_pages import Asked, ledger_page

pytestmark = pytest.mark.requirement("R01")


@pytest.fixture
def counted(store):
    """A site with a batch counted five times on three days, the last time by hand of somebody else."""
    make_site(store)
    batch = make_batch(store)
    for number in range(1, 6):
        with store.work(intent(at=NOW + timedelta(hours=14 * number), reason=f"count 100%_{number}")) as work:
            work.add(cell_count(batch, number))
    return store


def numbers(
    store, *, most: int = 40, before: int | None = None, after: int | None = None, **asked
) -> list[int]:
    page = ledger_page(store, Asked(**asked), most=most, before=before, after=after)
    return [entry.sequence for entry in page.entries]


def test_by_record_person_command_day_and_text(counted):
    assert numbers(counted, record="B-00001") == [8, 7, 6, 5, 4, 3]
    assert numbers(counted, record="N-00002") == [5]
    assert numbers(counted, person=LI.user_name) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert numbers(counted, command="plan_batch") == [3]
    # 08:30 UTC is 16:30 in Shanghai: the second count falls on the 3rd at 12:30 UTC, 20:30 there.
    assert numbers(counted, day="2026-11-03") == [5, 4]
    assert numbers(counted, since="2026-11-04") == [8, 7, 6]
    assert numbers(counted, text="COUNT 100%_3") == [6]
    assert numbers(counted, text="100__3") == []
    assert numbers(counted, record="B-00001", person=LI.user_name, text="100%_4", day="2026-11-05") == [7]


@pytest.mark.parametrize("window", [2, 20_000])
def test_a_page_at_a_time_from_either_end(counted, monkeypatch, window):
    monkeypatch.setattr(seeking, "WINDOW", window)
    monkeypatch.setattr(seeking, "NEAR", window)
    assert numbers(counted, person=LI.user_name, most=3) == [8, 7, 6]
    assert numbers(counted, person=LI.user_name, most=3, before=6) == [5, 4, 3]
    assert numbers(counted, person=LI.user_name, most=3, after=2) == [3, 4, 5]
    assert numbers(counted, text="count", most=2, after=0) == [4, 5]
    assert numbers(counted, record="B-00001", most=2, before=5) == [4, 3]
    assert numbers(counted, most=2, before=3) == [2, 1]
