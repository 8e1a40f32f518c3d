"""Where the chain ends is remembered from one command to the next, and never believed when somebody else has been there."""

import pytest
from scene import SITE, intent, make_site, person

from inkt_mfg.ledger.chain import GENESIS, Link, end_of_chain
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.refusal import Refusal
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify


def hire(store: Store, name: str, key: str) -> int:
    with store.work(intent("person.add")) as work:
        work.add(person(key * 32, name))
    assert work.appended is not None
    return work.appended.sequence


def add_and_fail(store: Store) -> None:
    with store.work(intent("person.add")) as work:
        work.add(person("2" * 32, "u.2"))
        work.find(MaterialLot, "nothing")


def test_two_benches_in_turn_write_one_chain_without_a_fork(store, address):
    make_site(store)
    other = Store.open(address, SITE)
    numbers = [
        hire(bench, f"u.{n}", f"{n}") for n, bench in enumerate((store, other, store, store, other), start=1)
    ]
    other.close()
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert verify(store).ok


def test_a_command_that_failed_is_not_remembered(store):
    make_site(store)
    before = hire(store, "u.1", "1")
    with pytest.raises(Refusal):
        add_and_fail(store)
    assert hire(store, "u.3", "3") == before + 1
    assert verify(store).ok


def test_a_memory_of_another_chain_is_not_believed(store):
    make_site(store)
    hire(store, "u.1", "1")
    with store.reading() as session:
        end = end_of_chain(session.connection(), SITE)
    for key, wrong in (("2", Link(end.sequence, GENESIS, "")), ("3", Link(end.sequence - 1, "f" * 64, ""))):
        store._end = wrong
        assert hire(store, f"u.{key}", key) > end.sequence
    assert verify(store).ok
