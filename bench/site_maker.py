"""Makes a site with a ledger as long as years of work leave it, in bulk, through the ledger's own functions.

Bodies, hashes and links are ``ledger.append``'s and ``ledger.canonical``'s; rows are the tables' own types as the ledger
writes them. So replay has real rows in real tables, and signatures have contents to stand for. The slow test uses it too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import sqlalchemy as sa

from inkt_mfg.ledger.append import entry_body
from inkt_mfg.ledger.canonical import GENESIS, as_written, canonical_text, entry_hash
from inkt_mfg.ledger.capture import Capture
from inkt_mfg.ledger.intent import SYSTEM, Actor, Intent
from inkt_mfg.records.base import Record, secret_fields
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.people import User
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.spelling import moment_text
from inkt_mfg.records.step import MaterialLot, Step
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import CountMethod, LotState, Meaning, Role, Sex
from inkt_mfg.store.engine import database_url, open_engine
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.views.signatures import covered_fields

SITE = "BENCH"
PEOPLE = 40
SELDOM = "u.39"  # of whom there is one entry in ten thousand
ACTS_OF_A_BATCH = 500
TOGETHER = 2000  # entries written at once
START = datetime(2023, 1, 2, 0, 30, tzinfo=UTC)
LOCAL = timezone(timedelta(hours=8))
APART = timedelta(seconds=97)
Written = dict[str, Any]
"""A row as the ledger writes it."""


@cache
def _columns(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in sa.inspect(_TYPES[table]).local_table.columns)


_TYPES: dict[str, type[Record]] = {
    str(t.__tablename__): t
    for t in (
        Site,
        User,
        ProtocolVersion,
        Subject,
        Collection,
        Batch,
        Step,
        CellCount,
        MaterialLot,
        Signature,
    )
}


@dataclass
class Chain:
    """The chain under way, and the tuples that wait for the driver."""

    number: int = 0
    head: str = GENESIS
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    touches: list[tuple[Any, ...]] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    updates: dict[str, Written] = field(default_factory=dict)

    def add(
        self, actor: Actor, command: str, on: str, changes: list[dict[str, Any]], reason: str | None = None
    ) -> None:
        """One command's entry, as ``append_entry`` writes it."""
        at = (START + self.number * APART).astimezone(LOCAL)
        intent = Intent(
            SITE, command, actor, f"bench-{self.number % 7}", at, reason, {"on": on} if on else {}
        )
        body = entry_body(Capture(intent, changes), self.number + 1, self.head)
        text = canonical_text(body)
        self.number, self.head = self.number + 1, entry_hash(text)
        self.entries.append((SITE, self.number, body["at"], actor.user_name, command, text, self.head))
        self.touches += ((SITE, c["key"], self.number, c["table"]) for c in changes)


class Maker:
    """Invents work: batches planned, steps and counts recorded and verified with a signature, lots received and released."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.chain = Chain()
        self.people = [
            Actor(self._key(), f"u.{n:02d}", f"Person {n:02d}", "technician") for n in range(PEOPLE)
        ]
        self.lot: Written = {}
        self.unverified: Written = {}
        self._first_rows()

    def _key(self) -> str:
        return f"{self.random.getrandbits(128):032x}"

    # --- rows and changes

    def _insert(self, table: str, row: Written, **kept: Any) -> dict[str, Any]:
        """``kept`` is what a table keeps and the ledger writes as its digest."""
        held = {**row, **kept}
        self.chain.rows.setdefault(table, []).append(tuple(held[name] for name in _columns(table)))
        return {"act": "insert", "table": table, "key": row["key"], "new": row}

    def _new(self, record: Record) -> dict[str, Any]:
        kept = {name: getattr(record, name) for name in secret_fields(type(record))}
        return self._insert(str(record.__tablename__), as_written(record), **kept)

    def _update(self, table: str, row: Written, **new: Any) -> dict[str, Any]:
        new["row_version"] = row["row_version"] + 1
        old = {name: row[name] for name in new}
        row.update(new)
        self.chain.updates[row["key"]] = {"": table, **row}
        return {"act": "update", "table": table, "key": row["key"], "old": old, "new": new}

    def _like(self, pattern: Written, **new: Any) -> Written:
        return {**pattern, "key": self._key(), **new}

    # --- the site

    def _first_rows(self) -> None:
        site = Site(
            site=SITE,
            code=SITE,
            name="b",
            address="b",
            time_zone="Asia/Shanghai",
            training=True,
            settings="{}",
        )
        people = [
            User(
                key=p.key,
                site=SITE,
                user_name=p.user_name,
                full_name=p.full_name,
                password_hash="-",
                identity_checked="-",
            )
            for p in self.people
        ]
        self.chain.add(SYSTEM, "site.create", "", [self._new(site), *map(self._new, people)])
        protocol = ProtocolVersion(
            site=SITE, code="p@1", protocol_id="p", version="1", sha256="0" * 64, text="t"
        )
        self.chain.add(self.people[0], "protocol.register", "p@1", [self._new(protocol)])
        self.patterns = {
            str(r.__tablename__): as_written(r) for r in _patterns(self.people[0].key, protocol.key)
        }
        self._plan()

    def _plan(self) -> None:
        """A batch with the subject and the collection it is of."""
        n = self.chain.number
        subject = self._like(
            self.patterns["subject"], code=f"S-{n}", patient_id=f"P-{n}", chain_of_identity=f"C-{n}"
        )
        collection = self._like(
            self.patterns["collection"], code=f"C-{n}", subject=subject["key"], donation_id=f"D-{n}"
        )
        self.batch = self._like(
            self.patterns["batch"], code=f"B-{n:07d}", subject=subject["key"], collection=collection["key"]
        )
        pairs = (("subject", subject), ("collection", collection), ("batch", self.batch))
        self.chain.add(
            self._somebody(), "batch.plan", self.batch["code"], [self._insert(t, r) for t, r in pairs]
        )
        self._step()

    def _somebody(self) -> Actor:
        """Three quarters of the work is done by ten people; one of the forty is hardly ever there."""
        if self.chain.number % 10_000 == 0:
            return self.people[-1]
        return self.people[self.random.randrange(10 if self.random.random() < 0.75 else PEOPLE - 1)]

    def _at(self) -> str:
        return moment_text(START + self.chain.number * APART)

    def _step(self) -> None:
        who, at = self._somebody(), self._at()
        self.step = self._like(
            self.patterns["step"], code=f"T-{self.chain.number:07d}", batch=self.batch["key"], performed_by=who.key,
            performed_at=at, recorded_at=at,
        )  # fmt: skip
        changes = [self._insert("step", self.step), self._update("batch", self.batch)]
        self.chain.add(who, "batch.feed", self.batch["code"], changes)

    def _count(self) -> None:
        who, at = self._somebody(), self._at()
        count = self._like(
            self.patterns["cell_count"], code=f"N-{self.chain.number:07d}", batch=self.batch["key"], step=self.step["key"],
            performed_by=who.key, performed_at=at, recorded_at=at, viability=f"9{self.chain.number % 8}.5",
        )  # fmt: skip
        changes = [self._insert("cell_count", count), self._update("batch", self.batch)]
        self.chain.add(who, "count.record", self.batch["code"], changes)
        self.unverified = count

    def _verify(self) -> None:
        """A second person signs for the newest count."""
        who, count, at = self._somebody(), self.unverified, self._at()
        update = self._update("cell_count", count, verified_by=who.key, verified_at=at)
        fields = covered_fields(CellCount)
        content = {"cell_count": {count["key"]: {name: count[name] for name in fields}}}
        signature = self._like(
            self.patterns["signature"], signer=who.key, user_name=who.user_name, full_name=who.full_name, signed_at=at,
            signed_key=count["key"], manifest=canonical_text({"cell_count": {"fields": list(fields), "keys": [count["key"]]}}),
            content_sha256=entry_hash(canonical_text(content)), ledger_sequence=self.chain.number + 1,
        )  # fmt: skip
        self.chain.add(who, "count.verify", count["code"], [update, self._insert("signature", signature)])

    def _lot(self) -> None:
        if self.lot and self.lot["state"] == LotState.QUARANTINE.value:
            changes = [self._update("material_lot", self.lot, state=LotState.RELEASED.value)]
            self.chain.add(self._somebody(), "lot.release", self.lot["code"], changes, "certificate seen")
            return
        self.lot = self._like(self.patterns["material_lot"], code=f"L-{self.chain.number}")
        self.chain.add(
            self._somebody(), "lot.receive", self.lot["code"], [self._insert("material_lot", self.lot)]
        )

    def _log_in(self) -> None:
        self.chain.add(self._somebody(), "person.log_in", "", [])

    def acts(self) -> Iterator[Callable[[], None]]:
        """Ten acts, six of them counts, over and over."""
        while True:
            for act in (self._log_in, self._step, self._count, self._count, self._count, self._lot, self._count,
                        self._verify, self._count, self._count):  # fmt: skip
                yield self._plan if self.chain.number % ACTS_OF_A_BATCH == 0 else act


def _patterns(person: str, protocol: str) -> Iterator[Record]:
    """One row of each kind, made by its own type; the site's are made from them."""
    key = "0" * 32
    yield Subject(
        site=SITE, code="S", protocol=protocol, patient_name="王小明", patient_id="P", birth_date=date(1960, 2, 29),
        sex=Sex.MALE, arm="inkt", consent_signed_on=date(2022, 10, 1), chain_of_identity="C", enrolled_at=START,
    )  # fmt: skip
    yield Collection(site=SITE, code="C", subject=key, donation_id="D", anticoagulant="ACD-A")
    yield Batch(
        site=SITE,
        code="B",
        subject=key,
        collection=key,
        protocol=protocol,
        product="iNKT",
        infusion_number=1,
        planned_at=START,
    )
    yield Step(
        site=SITE,
        code="T",
        batch=key,
        plan_code="feed",
        performed_at=START,
        performed_by=person,
        recorded_at=START,
    )
    yield CellCount(
        site=SITE, code="N", batch=key, point="feed", step=key, performed_at=START, performed_by=person, recorded_at=START,
        method=CountMethod.INSTRUMENT, volume=Decimal(100), volume_typed="100 mL", total_concentration=Decimal("1.9E+6"),
        viability=Decimal("92.5"), viable_cell_density=Decimal(1757500), total_viable_cells=Decimal(175750000),
    )  # fmt: skip
    yield MaterialLot(site=SITE, code="L", material="IL-2", expires_on=date(2030, 1, 1))
    yield Signature(
        site=SITE, signer=person, user_name="u", full_name="u", role=Role.TECHNICIAN, meaning=Meaning.VERIFICATION,
        signed_at=START, utc_offset="+08:00", signed_table="cell_count", signed_key=key, manifest="{}",
        content_sha256="0" * 64, ledger_sequence=1, command="count.verify",
    )  # fmt: skip


def make_site(address: str, entries: int, tell: Callable[[int], None] = lambda _done: None) -> None:
    """A site of that many entries in an empty database at this address."""
    engine = open_engine(database_url(address))
    create_schema(engine)
    maker = Maker()
    acts = maker.acts()
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            driver.execute("PRAGMA synchronous=OFF")  # a power cut in the middle: it is made anew
        while maker.chain.number < entries:
            until = min(entries, maker.chain.number + TOGETHER)
            while maker.chain.number < until:
                next(acts)()
            _write(driver, maker.chain, "?" if connection.dialect.name == "sqlite" else "%s")
            tell(maker.chain.number)
    engine.dispose()


def _write(driver: Any, chain: Chain, mark: str) -> None:
    """What waits, in one transaction. A row that is changed before it was ever written is written as it then is."""
    cursor = driver.cursor()
    cursor.execute("BEGIN")
    for table in _TYPES:
        rows = chain.rows.pop(table, [])
        if rows:
            _insert(cursor, table, _columns(table), rows, mark)
    for key, row in chain.updates.items():
        names = [name for name in _columns(row[""]) if name not in {"key", "site"}]
        _settled(cursor, row.pop(""), key, names, row, mark)
    chain.updates.clear()
    _insert(
        cursor,
        "ledger_entry",
        ("site", "sequence", "recorded_at", "actor", "command", "body", "hash"),
        chain.entries,
        mark,
    )
    _insert(cursor, "ledger_touch", ("site", "row_key", "sequence", "row_table"), chain.touches, mark)
    cursor.execute("COMMIT")
    chain.entries.clear()
    chain.touches.clear()


def _insert(
    cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], mark: str
) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join([mark] * len(columns))})', rows)


def _settled(cursor: Any, table: str, key: str, names: list[str], row: Written, mark: str) -> None:
    sets = ", ".join(f'"{name}" = {mark}' for name in names)
    cursor.execute(f'UPDATE "{table}" SET {sets} WHERE key = {mark}', (*(row[name] for name in names), key))
