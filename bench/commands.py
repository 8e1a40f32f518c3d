"""What a whole command costs: ``record_count`` with permission, state, every guard, science and audit, beside a bare
SQLModel insert-and-commit of the same row on the same database with the same pragmas, in turns.
"""

import os
import time
from dataclasses import asdict

from sqlalchemy import event, orm
from sqlmodel import Session, SQLModel, select

from bench.measure import Measurement, at_least, seconds_for
from bench.scene import laboratory
from bench.storage import BareCount
from inkt_mfg.demo.lab import Lab
from inkt_mfg.ledger.capture import remember_changes
from inkt_mfg.records.count import CellCount
from inkt_mfg.store.engine import for_writing
from inkt_mfg.workflow import counting
from inkt_mfg.workflow.counting import TypedReplicate

COMMANDS = int(os.environ.get("INKT_BENCH_COMMANDS", "80"))
ROUNDS = 4
DAYS_TO_INFUSION = 10  # the fourth day of culture: fed and counted yesterday


class Counter:
    """Counts the batches in turn, by the command and barely."""

    def __init__(self, lab: Lab, batches: list[str]) -> None:
        self.lab, self.batches = lab, batches
        self.number = 0
        self.bare = for_writing(lab.store.engine)
        SQLModel.metadata.create_all(lab.store.engine, tables=[BareCount.__table__])  # type: ignore[attr-defined]
        with lab.store.reading() as session:
            rows = session.exec(select(CellCount)).all()
            self.row = {
                name: getattr(rows[-1], name)
                for name in CellCount.model_fields
                if name not in {"key", "code"}
            }

    def by_command(self, times: int) -> None:
        """Two replicates as typed, each time with a reason for counting again."""
        for _ in range(times):
            self.number += 1
            self.lab.do(
                "li.tech",
                counting.record_count,
                self.batches[self.number % len(self.batches)],
                point="feed",
                method="instrument",
                volume="240 mL",
                performed_at=self.lab.now(),
                replicates=[
                    TypedReplicate("1.10e6 cells/mL", "88.1 %"),
                    TypedReplicate("1.12e6 cells/mL", "88.4 %"),
                ],
                reason="the bench counts",
            )

    def barely(self, times: int) -> None:
        """The same row by a program that remembers nothing."""
        event.remove(orm.Session, "before_flush", remember_changes)
        try:
            for _ in range(times):
                self.number += 1
                with Session(self.bare) as session:
                    session.add(BareCount(**self.row, code=f"X-{self.number:06d}"))
                    session.commit()
        finally:
            event.listen(orm.Session, "before_flush", remember_changes)


def measure() -> list[Measurement]:
    """Commands and bare rows per second, and their ratio."""
    with laboratory("", DAYS_TO_INFUSION) as (lab, batches):
        counter = Counter(lab, batches)
        counter.by_command(8)
        counter.barely(8)
        command = bare = command_cpu = bare_cpu = 0.0
        for _ in range(ROUNDS):
            start = time.process_time()
            bare += seconds_for(lambda: counter.barely(COMMANDS // ROUNDS))
            middle = time.process_time()
            command += seconds_for(lambda: counter.by_command(COMMANDS // ROUNDS))
            bare_cpu += middle - start
            command_cpu += time.process_time() - middle
    return [
        Measurement("bare SQLModel write of a count, SQLite", COMMANDS / bare, "rows/s"),
        Measurement("record_count, every guard, SQLite", COMMANDS / command, "commands/s"),
        at_least("record_count beside bare, SQLite", bare / command, "ratio", 0.12),
        Measurement("CPU of record_count beside bare, SQLite", command_cpu / bare_cpu, "ratio"),
    ]


if __name__ == "__main__":
    for m in measure():
        print(asdict(m))
