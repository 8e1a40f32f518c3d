"""A ledger of a million entries: verifying it, its memory, opening the audit trail on it, proofs, backup and drill.

INKT_BENCH_LEDGER makes it shorter. Verification runs in a process of its own, as ``inkt ledger verify`` does, so that
its memory is its own; each figure says what limits it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median

from bench.measure import Measurement, at_least, at_most, seconds_for
from bench.site_maker import SELDOM, SITE, make_site
from bench.storage import postgresql
from inkt_mfg.ledger.merkle import Tree, leaf_hash
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.ledger_pages import Asked, ledger_page

ENTRIES = int(os.environ.get("INKT_BENCH_LEDGER", "1000000"))
ON_SERVER = max(ENTRIES // 10, 1000)
SAMPLE = min(ON_SERVER, 100_000)  # bodies hashed to see SHA-256's own limit
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

VERIFYING = """
import json, resource, sys, time
from bench.memory import Peak
from inkt_mfg.ledger.verify import verify_chain
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.store.verification import _cores, verify
store = Store.open(sys.argv[1], sys.argv[2])
told = []
with store.reading() as session:
    session.connection().exec_driver_sql("SELECT count(hash) FROM ledger_entry").scalar_one()  # the disk is read once
    start = time.perf_counter()
    chain = verify_chain(session.connection(), sys.argv[2], processes=_cores())
    chain_seconds = time.perf_counter() - start

def work():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)

before, start = work(), time.perf_counter()
with Peak() as peak:
    whole = verify(store, lambda what, done, of: told.append(what))
seconds = time.perf_counter() - start
assert chain.ok and whole.ok, (chain.findings[:3], whole.findings[:3])
assert {"chain"} < set(told), "progress is told"
print(json.dumps({"entries": whole.entries, "chain": chain_seconds, "whole": seconds, "cpu": work() - before,
                  "megabytes": peak.megabytes}))
"""


def making(address: str) -> Iterator[Measurement]:
    """In bulk, by the functions that write one entry."""
    seconds = seconds_for(lambda: make_site(address, ENTRIES))
    yield Measurement(
        "entries made in bulk (canonical JSON, SHA-256, three inserts)", ENTRIES / seconds, "entries/s"
    )


def verifying(address: str, database: str) -> Iterator[Measurement]:
    """The chain, then everything, beside what hashing alone would take."""
    store = Store.open(address, SITE)
    with store.reading() as session:
        told = session.connection().exec_driver_sql(f"SELECT body FROM ledger_entry LIMIT {SAMPLE}")
        bodies = [body.encode() for (body,) in told]
    store.close()
    hashing, size = _hashing(bodies), sum(map(len, bodies)) / len(bodies)
    ended = subprocess.run(
        [sys.executable, "-c", VERIFYING, address, SITE],
        capture_output=True,
        text=True,
        check=True,
        timeout=3600,
    )
    said = json.loads(ended.stdout)
    chain, whole = said["entries"] / said["chain"], said["entries"] / said["whole"]
    limit = CORES * hashing
    yield Measurement(f"SHA-256 of bodies of {size:.0f} bytes, {CORES} cores", limit, "entries/s")
    yield at_least(
        f"verify {said['entries']:,}: chain, {database} (JSON decoding)", chain, "entries/s", 80_000
    )
    yield Measurement("  beside SHA-256 alone", chain / limit, "ratio")
    yield at_least(
        f"verify {said['entries']:,}: all, {database} (sort, fetch rows)", whole, "entries/s", 10_000
    )
    yield Measurement("  beside SHA-256 alone", whole / limit, "ratio")
    yield Measurement(
        "  per second of processor time, all processes", said["entries"] / said["cpu"], "entries/s"
    )
    yield at_most("  memory, all processes together at their peak", said["megabytes"], "MB", 300)


def _hashing(bodies: list[bytes]) -> float:
    """Entries per second of one core that does nothing else."""
    return len(bodies) / seconds_for(lambda: [sha256(body).hexdigest() for body in bodies])


def reading(address: str) -> Iterator[Measurement]:
    """The audit trail opened as the terminal opens it."""
    store = Store.open(address, SITE)
    with store.reading() as session:
        asking = session.connection().exec_driver_sql
        code = asking(
            "SELECT min(code) FROM (SELECT code FROM batch ORDER BY code DESC LIMIT 1900)"
        ).scalar_one()
        day = str(
            asking(f"SELECT recorded_at FROM ledger_entry WHERE sequence = {ENTRIES // 2}").scalar_one()
        )[:10]
    questions: dict[str, Asked] = {
        "the newest": Asked(),
        "one old batch and all beneath it": Asked(record=code),
        "somebody who works every day": Asked(person="u.03"),
        "somebody hardly ever there": Asked(person=SELDOM),
        "a day years ago": Asked(day=day),
    }
    for name, asked in questions.items():
        yield at_most(
            f"audit trail opens: {name}", 1000 * _middle(lambda a=asked: ledger_page(store, a)), "ms", 100
        )
    seldom = Asked(command="protocol.register")
    looked = _middle(lambda: ledger_page(store, seldom))
    yield Measurement("  a command nobody gave lately (no index has commands)", 1000 * looked, "ms")
    sought = Asked(text="no such text")
    first = _middle(lambda: ledger_page(store, sought, seconds=0.3))
    yield Measurement("  a text that is nowhere: first answer, and goes on", 1000 * first, "ms")
    whole = seconds_for(lambda: ledger_page(store, sought))
    yield Measurement("  a text that is nowhere: the whole ledger read", whole, "s")
    store.close()


def _middle(act: Callable[[], object]) -> float:
    act()
    return median(seconds_for(act) for _ in range(5))


def proofs(address: str) -> Iterator[Measurement]:
    """Inclusion in the tree of every entry, held in memory as an export holds it."""
    store = Store.open(address, SITE)
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT body FROM ledger_entry ORDER BY sequence")
        start = time.perf_counter()
        tree = Tree(leaf_hash(body.encode()) for (body,) in rows)
        built = time.perf_counter() - start
    store.close()
    places = range(0, tree.size, max(1, tree.size // 500))
    seconds = seconds_for(lambda: [tree.inclusion(place) for place in places])
    yield Measurement("Merkle tree of every entry, built", built, "s")
    yield at_most("inclusion proof", 1000 * seconds / len(places), "ms", 1)


def keeping(site: Path) -> Iterator[Measurement]:
    """``inkt backup create`` and ``inkt backup drill``, as somebody types them."""
    for_inkt = [sys.executable, "-m", "bench.inkt", "--site", str(site)]

    def run(*arguments: str) -> float:
        command = [*for_inkt, *arguments]
        return seconds_for(lambda: subprocess.run(command, capture_output=True, check=True, timeout=3600))

    created = run("backup", "create", "--unattended")
    drilled = run("backup", "drill")
    yield Measurement("backup, restored and verified", created, "s")
    yield Measurement("drill of that backup", drilled, "s")
    yield at_most("backup and drill", created + drilled, "s", 180)


def measure() -> list[Measurement]:
    """Everything a long ledger makes slow, on SQLite."""
    found: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        site.mkdir()
        (site / "site.toml").write_text(f'code = "{SITE}"\n', encoding="utf-8")
        address = f"sqlite:///{site / 'site.db'}"
        for part in (
            making(address),
            verifying(address, "SQLite"),
            reading(address),
            proofs(address),
            keeping(site),
        ):
            for measured in part:
                print(
                    f"    {measured.name}: {measured.value:,.2f} {measured.unit}", file=sys.stderr, flush=True
                )
                found.append(measured)
        found += _on_a_server()
    return found


def _on_a_server() -> Iterator[Measurement]:
    """A tenth of it on PostgreSQL, whose own process works beside ours."""
    with postgresql() as address:
        make_site(address, ON_SERVER)
        yield from verifying(address, "PostgreSQL")


if __name__ == "__main__":
    measure()
