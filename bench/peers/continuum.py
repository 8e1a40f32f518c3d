"""The same row, written and remembered by sqlalchemy-continuum, in turns with ours: its own environment, its own process.

Run as ``python continuum.py ADDRESS``; each line on stdin is a number of rows, each answer the seconds they took. The
table is the same, on SQLModel too; it remembers neither who nor why, and no hash binds what it remembers.
"""

import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import configure_mappers
from sqlalchemy_continuum import make_versioned
from sqlmodel import Field, Session, SQLModel

make_versioned(user_cls=None)
NOW = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
ON_SERVER = sys.argv[1].startswith("postgresql")
Moment = sa.TIMESTAMP(timezone=True) if ON_SERVER else sa.Text()
Number = sa.Numeric() if ON_SERVER else sa.Text()


def moment() -> object:
    return NOW if ON_SERVER else NOW.isoformat()


def number(text: str) -> object:
    return Decimal(text) if ON_SERVER else text


class Batch(SQLModel, table=True):
    """What a count refers to."""

    __tablename__ = "peer_batch"
    key: str = Field(primary_key=True, sa_type=sa.Text)


class Count(SQLModel, table=True):
    """The columns, keys and indexes of a cell count, on SQLModel as ours are."""

    __tablename__ = "peer_count"
    __versioned__: ClassVar = {}
    __table_args__ = (sa.UniqueConstraint("site", "code"),)

    key: str = Field(primary_key=True, sa_type=sa.Text)
    site: str = Field(index=True, sa_type=sa.Text, foreign_key="peer_batch.key")
    row_version: int
    code: str = Field(index=True, sa_type=sa.Text)
    batch: str = Field(index=True, sa_type=sa.Text, foreign_key="peer_batch.key")
    point: str = Field(sa_type=sa.Text)
    step: str = Field(index=True, sa_type=sa.Text, foreign_key="peer_batch.key")
    performed_at: Any = Field(sa_type=Moment)
    performed_by: str = Field(index=True, sa_type=sa.Text, foreign_key="peer_batch.key")
    recorded_at: Any = Field(sa_type=Moment)
    method: str = Field(sa_type=sa.Text)
    volume: Any = Field(sa_type=Number)
    volume_typed: str = Field(sa_type=sa.Text)
    total_concentration: Any = Field(sa_type=Number)
    viability: Any = Field(sa_type=Number)
    viable_cell_density: Any = Field(sa_type=Number)
    total_viable_cells: Any = Field(sa_type=Number)
    replicate_cv: Any = Field(default=None, nullable=True, sa_type=Number)
    recount_asked: bool = False
    inkt_of_live: Any = Field(default=None, nullable=True, sa_type=Number)
    gate_path_typed: str | None = Field(default=None, sa_type=sa.Text)
    inkt_cells: Any = Field(default=None, nullable=True, sa_type=Number)
    source_sha256: str | None = Field(default=None, sa_type=sa.Text)
    verified_by: str | None = Field(default=None, index=True, sa_type=sa.Text, foreign_key="peer_batch.key")
    verified_at: Any = Field(default=None, nullable=True, sa_type=Moment)
    late_reason: str | None = Field(default=None, sa_type=sa.Text)


configure_mappers()


def count(n: int) -> Count:
    return Count(
        key=uuid4().hex, site="B", row_version=1, code=f"N-{n:06d}", batch="B", point="harvest", step="B",
        performed_at=moment(), performed_by="B", recorded_at=moment(), method="instrument", volume=number("100"),
        volume_typed="100 mL", total_concentration=number("1900000"), viability=number("92.5"),
        viable_cell_density=number("1757500"), total_viable_cells=number("175750000"), recount_asked=False,
    )  # fmt: skip


def opened(address: str) -> sa.Engine:
    """A commit is on the disk, as with us; a server that went away is noticed before, by SQLAlchemy's own means."""
    engine = sa.create_engine(address, pool_pre_ping=ON_SERVER)
    if not ON_SERVER:

        @event.listens_for(engine, "connect")
        def settle(connection: object, _record: object) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Batch(key="B"))
        session.commit()
    return engine


def main() -> None:
    engine = opened(sys.argv[1])
    written = 0
    for line in sys.stdin:
        start, work = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            written += 1
            with Session(engine) as session:
                session.add(count(written))
                session.commit()
        print(time.perf_counter() - start, time.process_time() - work, flush=True)


if __name__ == "__main__":
    main()
