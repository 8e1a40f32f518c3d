"""What a command meets on its record, and what it leaves there: its state and guards before, state and signature after.

Asked by ``workflow.bench`` inside the command's own transaction, and by whoever shows what may be done now (``blocked``).
"""

from enum import StrEnum
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Record
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.store.unit_of_work import changed_meanwhile
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.signing import sign


def refuse_stale(target: Record, seen_version: int | None) -> None:
    """Raises Refusal where somebody worked on the record since it was seen."""
    if seen_version is not None and target.row_version != seen_version:
        raise changed_meanwhile()


def refuse_blocked(command: Command, case: Case) -> None:
    """Raises Refusal with every reason why the command may not run now."""
    reasons = blocked(command, case)
    if reasons:
        raise Refusal(*reasons)


def blocked(command: Command, case: Case) -> list[Blocker]:
    """State first: guards may look at what only exists in the right state."""
    if command.starts_in is not None:
        about: Any = case.target  # whichever table, a command with states is about one that has them
        state = about.state
        if state not in command.starts_in:
            return [_wrong_state(command, state)]
    return [blocker for guard in command.guards_on(case.target) if (blocker := guard(case)) is not None]


def _wrong_state(command: Command, state: StrEnum) -> Blocker:
    from inkt_mfg.workflow.states import (  # it walks the catalogue, which imports this floor
        state_name,
        way_to,
    )

    assert command.starts_in is not None
    return Blocker(
        "R30",
        Phrase("{act} cannot be done while it is {state}", act=command.title, state=state_name(state)),
        Phrase("{states}", states=" / ".join(sorted(str(state_name(s)) for s in command.starts_in))),
        way_to(command.starts_in, state),
        "state",
        state,
    )


def settle(command: Command, act: Act, role: Role, done: Done) -> None:
    """The new state, the version a stale form is told by, and the signature over what is now there."""
    target = act.target
    if command.ends_in is not None:
        moved: Any = target if target is not None else done.record  # whichever table, it has a state
        moved.state = command.ends_in
    elif target is not None:
        # Whatever was added beneath it, the record itself was worked on: another person's open form is stale now.
        target.row_version += 1
    if command.signs is not None:
        signed = target if target is not None else done.record
        rows = command.covers(act.case_of(signed), done.record) if command.covers else [signed, done.record]
        sign(act, signed, rows, command.signs, role, command.name)
