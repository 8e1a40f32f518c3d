"""A command is data: one function with a declaration of who may run it, from which state to which, under which guards.

From the declarations come the refusals, the enabled buttons and their "why?", the permission matrix and the state
diagram. ``workflow.bench`` runs them; nothing else may call a command's function.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.protocol import Protocol
from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.base import Coded, Record, spoken
from inkt_mfg.records.people import User
from inkt_mfg.records.words import Meaning
from inkt_mfg.refusal import Blocker
from inkt_mfg.store.unit_of_work import Work
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.unlocked_seal_key import Sealing

Guard = Callable[[Case], Blocker | None]


@dataclass(frozen=True, slots=True)
class Done:
    """What a command made, and the sentence that says so with its units. ``others``: what it made beside ``record``."""

    record: Record
    says: Phrase
    others: tuple[Record, ...] = ()


@dataclass(slots=True)
class Act:
    """A command being carried out: the open transaction, the person, the instant, and the case it is about."""

    work: Work
    actor: User
    now: datetime
    target: Record | None = None
    sealing: Sealing | None = None

    def __post_init__(self) -> None:
        self._case: Case | None = None

    _case: Case | None = field(init=False, default=None)

    @property
    def case(self) -> Case:
        """Everything known about the target, as this transaction sees it."""
        if self._case is None:
            assert self.target is not None, "this command is about no record"
            self._case = Case(self.work.session, self.target, self.now, self.actor.key)
        return self._case

    @property
    def protocol(self) -> Protocol:
        return self.case.protocol

    def about(self, record: Record) -> "Act":
        """The same act, seen from another record: a correction is approved, and a count changes."""
        return Act(self.work, self.actor, self.now, record)

    def case_of(self, record: Record) -> Case:
        return Case(self.work.session, record, self.now, self.actor.key)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one command asks on some of its records only: who may, and what must be so there beside the rest.

    ``named`` says in the documents which records these are.
    """

    named: str
    of: Callable[[Record], bool]
    permission: Permission
    guards: tuple[Guard, ...] = ()
    also: tuple[tuple[StrEnum, StrEnum], ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """The declaration. ``starts_in``/``ends_in`` are states of the target; None means any, or unchanged.

    ``also`` names the ways its function takes another record beside the target: a label applied makes a bag labelled.
    ``terms`` are for commands on one table whose records differ: ``permission`` is then what it takes at the least, and
    ``guards`` holds every guard of all of them. ``operation`` is the kind of step of a plan that it records.
    """

    name: str
    title: Phrase
    permission: Permission
    run: Callable[..., Done]
    on: type[Coded] | None
    starts_in: frozenset[StrEnum] | None
    ends_in: StrEnum | None
    guards: Sequence[Guard]
    signs: Meaning | None
    covers: Callable[[Case, Record], Iterable[Record]] | None
    asks_reason: bool
    also: tuple[tuple[StrEnum, StrEnum], ...] = ()
    terms: tuple[Terms, ...] = ()
    own_guards: tuple[Guard, ...] = ()
    operation: Operation | None = None

    @property
    def about(self) -> Phrase:
        """What people call the kind of record it is about."""
        assert self.on is not None, "asked only of a command on a record"
        return spoken(self.on)

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything it may take, on one record or another."""
        return frozenset({self.permission, *(terms.permission for terms in self.terms)})

    def permission_on(self, record: Record) -> Permission:
        """What it takes to run it on this very record."""
        return next((terms.permission for terms in self.terms if terms.of(record)), self.permission)

    def guards_on(self, record: Record) -> Sequence[Guard]:
        """The guards that count for this very record."""
        return [*self.own_guards, *(g for terms in self.terms if terms.of(record) for g in terms.guards)]


CATALOGUE: dict[str, Command] = {}


def command(
    name: str,
    title: Phrase,
    *,
    permission: Permission,
    on: type[Coded] | None = None,
    moves: tuple[StrEnum | Iterable[StrEnum], StrEnum | None] | None = None,
    guards: Sequence[Guard] = (),
    signs: Meaning | None = None,
    covers: Callable[[Case, Record], Iterable[Record]] | None = None,
    asks_reason: bool = False,
    also: Sequence[tuple[StrEnum, StrEnum]] = (),
    terms: Sequence[Terms] = (),
    operation: Operation | None = None,
) -> Callable[[Callable[..., Done]], Command]:
    """Declare a command. ``moves`` is (state or states it starts in, state it ends in or None for no change)."""

    def declare(run: Callable[..., Any]) -> Command:
        starts = moves[0] if moves else None
        declared = Command(
            name=name,
            title=title,
            permission=permission,
            run=run,
            on=on,
            starts_in=frozenset([starts] if isinstance(starts, StrEnum) else starts) if starts else None,
            ends_in=moves[1] if moves else None,
            guards=tuple(dict.fromkeys((*guards, *(g for of in terms for g in of.guards)))),
            signs=signs,
            covers=covers,
            asks_reason=asks_reason,
            also=tuple(also),
            terms=tuple(terms),
            own_guards=tuple(guards),
            operation=operation,
        )
        assert name not in CATALOGUE, f"two commands are called {name}"
        CATALOGUE[name] = declared
        return declared

    return declare
