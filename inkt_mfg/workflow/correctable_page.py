"""Everything of one batch that may be corrected, as a list to choose from: the record, the value, what stands there.

Screens call it; what may be corrected and how is ``workflow.correctable``'s to say. It changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, spoken
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.count import CellCount
from inkt_mfg.records.step import Step
from inkt_mfg.records.testing import TestResult
from inkt_mfg.store.unit_of_work import find
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.correctable import correctable_values
from inkt_mfg.workflow.corrections import CORRECTING


@dataclass(frozen=True, slots=True)
class CorrectableLine:
    """One value: the command that asks for its correction, on which record, by which word, and what stands now."""

    command: str
    on: str
    name: str
    record: str
    title: str
    stands: str
    critical: bool


def correctable_of_batch(bench: Bench, code: str) -> tuple[CorrectableLine, ...]:
    """The values of the batch's steps, counts, results, and of its patient, collection, lots and order."""
    with bench.store.reading() as session:
        case = Case(session, find(session, bench.site.code, Batch, code), bench.store.clock.now())
        return tuple(line for record in _records(case) for line in _lines(case, record))


def correctable_of(bench: Bench, command: str, code: str) -> tuple[CorrectableLine, ...]:
    """The values of one record. Raises Refusal ``record.unknown``."""
    table = next(table for table, declared in CORRECTING.items() if declared.name == command)
    with bench.store.reading() as session:
        record = find(session, bench.site.code, table, code)
        return tuple(_lines(Case(session, record, bench.store.clock.now()), record))


def _records(case: Case) -> Iterator[Coded]:
    yield from case.steps
    yield from case.counts
    yield from case.all_results
    yield from (body for body in (case.dosed_body,) if body is not None)
    yield from (order for order in (case.order,) if order is not None)
    yield case.subject
    yield case.collection
    yield from {lot.key: lot for _used, lot in case.materials}.values()
    yield from case.infusions


def _lines(case: Case, record: Coded) -> Iterator[CorrectableLine]:
    command = CORRECTING[type(record)].name
    about = Case(case.session, record, case.now, case.actor)
    for value in correctable_values(about):
        yield CorrectableLine(
            command,
            record.code,
            value.name,
            _called(about, record),
            str(value.title),
            value.stands or "—",
            value.critical,
        )


def _called(case: Case, record: Coded) -> str:
    """What people call it: a step by its title in the plan, a count by its step, a result by its test."""
    if isinstance(record, Step):
        return case.protocol.step(record.plan_code).title
    if isinstance(record, CellCount):
        return str(Phrase("cell count: {step}", step=case.protocol.step(record.point).title))
    if isinstance(record, TestResult):
        return str(Phrase("result: {test}", test=case.protocol.test(record.test).title))
    return str(spoken(type(record)))
