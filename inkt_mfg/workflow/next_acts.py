"""What can be done next on a batch and, for each act, every reason it cannot: the buttons and their "why?".

Screens call it; it is derived from the commands' declarations and changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from inkt_mfg.records.base import Coded
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.words import ENDED_LABELS, DeviationState
from inkt_mfg.refusal import Blocker
from inkt_mfg.store.unit_of_work import find
from inkt_mfg.views.case import Case
from inkt_mfg.views.label_reconciliation import unwitnessed
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.corrections import CORRECTING
from inkt_mfg.workflow.running import blocked


@dataclass(frozen=True, slots=True)
class NextAct:
    """One act this person's role allows on one record. ``in_state``: the record is where the act starts from."""

    command: Command
    on: str
    in_state: bool
    blockers: tuple[Blocker, ...]


def next_acts(bench: Bench, batch_code: str) -> tuple[NextAct, ...]:
    """Every act this person may ever do on the batch or what hangs on it, with what blocks it now."""
    with bench.store.reading() as session:
        batch = find(session, bench.site.code, Batch, batch_code)
        return tuple(acts_on(bench, session, batch))


def acts_on(bench: Bench, session: Session, batch: Batch) -> Iterator[NextAct]:
    """As ``next_acts``, inside a session that is open already."""
    assert JOBS, "importing the catalogue has declared every command"
    now = bench.store.clock.now()
    case = Case(session, batch, now, bench.person.key)
    for target in _targets(case):
        about = case if target is batch else Case(session, target, now, bench.person.key)
        for declared in CATALOGUE.values():
            if (
                declared.on is type(target)
                and bench.may(declared.permission_on(target))
                and not _asks_correction(declared)
            ):
                yield _act(declared, about, target)


def _asks_correction(declared: Command) -> bool:
    """What may be corrected is chosen value by value (``workflow.correctable_page``), not act by act."""
    return declared in CORRECTING.values()


def _targets(case: Case) -> Iterator[Coded]:
    """The batch and whatever hangs on it that still has something to be done."""
    yield case.batch
    yield from case.containers
    yield from (label for label in case.labels if label.state not in ENDED_LABELS or unwitnessed(label))
    yield from (step for step in case.steps if step.verified_by is None and case.readings.get(step.key))
    yield from (count for count in case.counts if count.verified_by is None)
    yield from (result for result in case.results.values() if result.verified_by is None)
    yield from case.pending_corrections
    yield from (d for d in case.deviations if d.state is not DeviationState.CLOSED)


def _act(declared: Command, about: Case, target: Coded) -> NextAct:
    in_state = declared.starts_in is None or about.target.state in declared.starts_in  # type: ignore[attr-defined]
    return NextAct(declared, target.code, in_state, tuple(blocked(declared, about)))
