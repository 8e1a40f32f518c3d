"""Many benches at one site and at several sites of one database: no fork, no lost update, no deadlock, nothing missing."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench_worker import one_lot
from small_sites import MADE, lots_of, make_small_site

from inkt_mfg.ledger.chain import holds
from inkt_mfg.store.backup import make_backup
from inkt_mfg.store.folder import Place
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import verify

WORKER = Path(__file__).with_name("bench_worker.py")


def at_once(address: str, benches: list[tuple[str, int]], number: int) -> None:
    """A process per bench, each with its own numbers; all of them end well."""
    command = [sys.executable, str(WORKER), "lots", address]
    running = [
        subprocess.Popen([*command, site, str(first), str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for site, first in benches
    ]  # fmt: skip
    for process in running:
        out, error = process.communicate(timeout=900)
        assert (out, process.returncode) == ("done lots\n", 0), error


def everything_is_there(stores: list[Store], benches: list[tuple[str, int]], number: int) -> None:
    for store in stores:
        firsts = [first for site, first in benches if site == store.site]
        codes, counted = lots_of(store)
        assert codes == {f"L-{n}" for first in firsts for n in range(first, first + number)}
        assert counted == len(codes), "no raised number was overwritten"
        checked = verify(store)
        assert checked.ok, checked.findings
        assert checked.entries == MADE + len(codes)
        store.close()


def test_two_sites_of_one_database_have_a_chain_each(address):
    """One command here, one there: each chain counts its own."""
    stores = [make_small_site(address, code) for code in ("AA", "BB")]
    for number in range(1, 4):
        for store in stores:
            one_lot(store, number)
    everything_is_there(stores, [("AA", 1), ("BB", 1)], 3)


@pytest.mark.slow
@pytest.mark.parametrize("sites", [["AA"], ["AA", "BB", "CC", "DD"]], ids=["one site", "four sites"])
def test_eight_benches_of_two_hundred_commands_each_on_a_server(postgresql_address, sites):
    stores = [make_small_site(postgresql_address, code) for code in sites]
    benches = [(sites[n % len(sites)], 1 + 1000 * n) for n in range(8)]
    at_once(postgresql_address, benches, 200)
    everything_is_there(stores, benches, 200)


@pytest.mark.slow
@pytest.mark.parametrize("sites", [["AA"], ["AA", "BB", "CC", "DD"]], ids=["one site", "four sites"])
def test_four_benches_of_two_hundred_commands_each_on_one_file(sqlite_address, sites):
    stores = [make_small_site(sqlite_address, code) for code in sites]
    benches = [(sites[n % len(sites)], 1 + 1000 * n) for n in range(4)]
    at_once(sqlite_address, benches, 200)
    everything_is_there(stores, benches, 200)


@pytest.mark.slow
@pytest.mark.requirement("R60")
def test_a_backup_made_while_benches_work_is_good_and_whole(address, on_path):
    """The copy is one moment of the chain: what was being written beside it is in it wholly or not at all."""
    store = make_small_site(address, "AA")
    command = [sys.executable, str(WORKER), "lots", address, "AA"]
    benches = [
        subprocess.Popen([*command, str(1 + 1000 * n), "120"], stdout=subprocess.DEVNULL) for n in range(2)
    ]
    sequences = []
    while any(bench.poll() is None for bench in benches):
        made = make_backup(Place("AA", address), on_path, datetime.now(UTC), lambda _what, _done, _of: None)
        assert made.manifest.good
        with store.reading() as session:
            assert holds(session.connection(), "AA", made.manifest.sequence, made.manifest.head)
        sequences.append(made.manifest.sequence)
    assert [bench.wait() for bench in benches] == [0, 0]
    assert sequences == sorted(sequences)
    assert lots_of(store)[1] == 240
    store.close()
