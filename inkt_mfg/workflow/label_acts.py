"""Which labels can be prepared for a batch or a collection, and what can be done with one label, each with what blocks it.

The terminal's label page calls it. Derived from the commands' declarations; it changes nothing.
"""

from collections.abc import Iterator

from sqlmodel import Session

from inkt_mfg.records.base import Coded
from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.label import Label
from inkt_mfg.store.unit_of_work import find
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.next_acts import NextAct
from inkt_mfg.workflow.running import blocked

_PREPARING = "label.prepare"
_LABELS = "label."


def preparing(bench: Bench, batch: str = "", collection: str = "") -> tuple[NextAct, ...]:
    """Every kind of label this person's role may prepare there, and why not. Raises Refusal ``record.unknown``."""
    with bench.store.reading() as session:
        return tuple(_preparing(bench, session, batch, collection))


def _preparing(bench: Bench, session: Session, batch: str, collection: str) -> Iterator[NextAct]:
    site = bench.site.code
    if collection:
        yield from _acts(bench, session, find(session, site, Collection, collection), _PREPARING)
        return
    made = find(session, site, Batch, batch)
    case = Case(session, made, bench.store.clock.now(), bench.person.key)
    for target in (*case.containers, made, case.collection):
        yield from _acts(bench, session, target, _PREPARING)


def with_label(bench: Bench, serial: str) -> tuple[NextAct, ...]:
    """Every act this person's role may do with this label, and what blocks it. Raises Refusal ``record.unknown``."""
    with bench.store.reading() as session:
        return tuple(_acts(bench, session, find(session, bench.site.code, Label, serial), _LABELS))


def _acts(bench: Bench, session: Session, target: Coded, beginning: str) -> Iterator[NextAct]:
    assert JOBS, "importing the catalogue has declared every command"
    case = Case(session, target, bench.store.clock.now(), bench.person.key)
    for declared in CATALOGUE.values():
        if declared.name.startswith(beginning) and declared.on is type(target):
            yield from _allowed(bench, declared, case, target)


def _allowed(bench: Bench, declared: Command, case: Case, target: Coded) -> Iterator[NextAct]:
    if bench.may(declared.permission_on(target)):
        state = getattr(target, "state", None)
        in_state = declared.starts_in is None or state in declared.starts_in
        yield NextAct(declared, target.code, in_state, tuple(blocked(declared, case)))
