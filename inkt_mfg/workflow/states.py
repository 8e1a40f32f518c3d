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


def way_to(states: Iterable[StrEnum]) -> Phrase:
    """Who can bring a record into one of these states, and by which command."""
    # "released" is a state of a batch and of a lot, and the two are equal texts: a state is compared with its kind.
    wanted = {(type(state), state) for state in states}
    ways = {
        m.command.name: m
        for m in moves()
        if (type(m.end), m.end) in wanted and (type(m.start), m.start) not in wanted
    }
    if not ways:
        return Phrase("nobody: it is past that state")
    leading = next(iter(ways.values()))
    return Phrase("{who}, by “{command}”", who=who_may(leading.permission), command=leading.command.title)
