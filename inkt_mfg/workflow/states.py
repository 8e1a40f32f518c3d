"""The states of the lab as the commands' declarations draw them: names, ways between, and who can lead there.

Derived, never written a second time: the state diagram in the documents and "who can resolve it" in a refusal come from
here. It changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from inkt_mfg.language import Phrase
from inkt_mfg.records.words import BatchState, CollectionState, ContainerState
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.permissions import Permission, who_may

NAMES: dict[str, Phrase] = {
    "expected": Phrase("expected"),
    "received": Phrase("received"),
    "accepted": Phrase("accepted"),
    "rejected": Phrase("rejected"),
    "planned": Phrase("planned"),
    "in_culture": Phrase("in culture"),
    "harvested": Phrase("harvested"),
    "formulated": Phrase("formulated"),
    "in_review": Phrase("in review"),
    "released": Phrase("released"),
    "closed": Phrase("closed"),
    "terminated": Phrase("terminated"),
    "filled": Phrase("filled"),
    "labelled": Phrase("labelled"),
    "issued": Phrase("issued"),
    "infused": Phrase("infused"),
    "returned": Phrase("returned"),
    "destroyed": Phrase("destroyed"),
    "quarantine": Phrase("quarantine"),
    "conditional": Phrase("conditionally released"),
    "final": Phrase("finally released"),
    "exceptional": Phrase("exceptionally released"),
    "failed_late": Phrase("failed late"),
    "running": Phrase("running"),
    "done": Phrase("done"),
    "stopped": Phrase("stopped"),
    "prepared": Phrase("prepared"),
    "proofed": Phrase("proofed"),
    "printed": Phrase("printed"),
    "applied": Phrase("applied"),
    "spoiled": Phrase("spoiled"),
    "specimen": Phrase("specimen"),
    "awaiting_second": Phrase("waiting for the second reading"),
    "pending": Phrase("waiting for a second person"),
    "refused": Phrase("refused"),
    "withdrawn": Phrase("withdrawn"),
    "open": Phrase("open"),
    "assessed": Phrase("assessed"),
}

FINAL: frozenset[StrEnum] = frozenset(
    {
        BatchState.CLOSED,
        BatchState.TERMINATED,
        CollectionState.ACCEPTED,
        CollectionState.REJECTED,
        ContainerState.INFUSED,
        ContainerState.DESTROYED,
    }
)
STARTING: frozenset[StrEnum] = frozenset(
    {BatchState.PLANNED, CollectionState.EXPECTED, ContainerState.FILLED}
)


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the diagram."""

    start: StrEnum
    end: StrEnum
    command: Command
    permission: Permission


def state_name(state: str) -> Phrase:
    """A state as people read it."""
    return NAMES.get(str(state), Phrase("{state}", state=str(state)))


def moves() -> Iterator[Move]:
    """Every arrow the declared commands make."""
    for declared in CATALOGUE.values():
        if declared.ends_in is not None:
            for start in sorted(declared.starts_in or ()):
                if type(start) is type(declared.ends_in):
                    yield Move(start, declared.ends_in, declared, declared.permission)
        yield from (Move(start, end, declared, declared.permission) for start, end in declared.also)
        for of in declared.terms:
            yield from (Move(start, end, declared, of.permission) for start, end in of.also)


def way_to(states: Iterable[StrEnum], start: StrEnum | None = None) -> Phrase:
    """Who can bring a record into one of these states, and by which command; from ``start`` on, who takes the next step there."""
    # "released" is a state of a batch and of a lot, and the two are equal texts: a state is compared with its kind.
    wanted = {_place(state) for state in states}
    if start is None:
        leading = next(
            (m for m in moves() if _place(m.end) in wanted and _place(m.start) not in wanted), None
        )
    else:
        leading = _next_step(_place(start), wanted)
    if leading is None:
        return Phrase("nobody: it is past that state")
    return Phrase("{who}, by “{command}”", who=who_may(leading.permission), command=leading.command.title)


Place = tuple[type[StrEnum], StrEnum]


def _place(state: StrEnum) -> Place:
    return type(state), state


def _next_step(start: Place, wanted: set[Place]) -> Move | None:
    """The first arrow of the shortest way; None where no way leads there any more."""
    arrows = list(moves())
    seen: set[Place] = {start}
    ends: list[tuple[Place, Move | None]] = [(start, None)]
    while ends:
        further: list[tuple[Place, Move | None]] = []
        for here, first in ends:
            for arrow in arrows:
                there = _place(arrow.end)
                if _place(arrow.start) == here and there not in seen:
                    seen.add(there)
                    further.append((there, first or arrow))
        if found := next((first for there, first in further if there in wanted), None):
            return found
        ends = further
    return None
