"""``docs/commands.md`` from the declarations: who may do what, what each command asks for, and the ways between states.

``python -m inkt_mfg.workflow.catalogue_page > docs/commands.md`` writes it; a test holds the file to what this gives.
It changes nothing.
"""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum

from inkt_mfg.records.words import (
    BatchState,
    CollectionState,
    ContainerState,
    JobState,
    LabelState,
    Role,
)
from inkt_mfg.workflow.catalogue import JOBS, outside
from inkt_mfg.workflow.command import CATALOGUE, Command, Guard
from inkt_mfg.workflow.permissions import ROLE_NAMES, ROLES, roles_with
from inkt_mfg.workflow.states import Move, moves, state_name

HEAD = """# Commands

Written by `python -m inkt_mfg.workflow.catalogue_page` from the commands' own declarations; do not edit it by hand.
Nothing changes a record but a command, and a command runs only for a role that may, in a state it starts from, when
every guard lets it pass. What a guard says when it stops somebody is in its own module, `inkt_mfg/workflow/guards/`.
"""
BESIDE = """These are the last step of a job of `inkt` itself (a copy, a seal, an export, a move), which has done what they speak of, so
they stand on no form. With nobody logged in the program records, in its own name and with the operating system's user:
`site.create`, `site.backup` from a timer, `site.upgrade`, `ledger.restored`. `ledger.replaced`, a backup put in the place of a
newer ledger, is signed as approval, with a reason, by a QA officer.
"""
PARTLY = """◐: on some of its records only; see [kind by kind](#kind-by-kind).
"""
LIVES: dict[str, tuple[type[StrEnum], StrEnum]] = {
    "Collection": (CollectionState, CollectionState.EXPECTED),
    "Batch": (BatchState, BatchState.PLANNED),
    "Container": (ContainerState, ContainerState.FILLED),
    "Label": (LabelState, LabelState.PREPARED),
    "Print job": (JobState, JobState.RUNNING),
}


def page() -> str:
    """The whole document."""
    assert JOBS, "importing the catalogue has declared every command"
    parts = [HEAD, _matrix(), _commands(), _terms(), _elsewhere(), _guards(), _diagrams()]
    return "\n".join(parts)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield _row(*names)
    yield _row(*("---" for _ in names))
    yield from (_row(*cells) for cells in rows)
    yield ""


def _by_name() -> list[Command]:
    return [CATALOGUE[name] for name in sorted(CATALOGUE)]


def _matrix() -> str:
    """Command by role."""
    head = ["command", *(ROLE_NAMES[role].english for role in Role)]
    rows = ([f"`{c.name}`", *(_mark(role, c) for role in Role)] for c in _by_name())
    return "\n".join(["## Who may", "", *_table(head, rows), PARTLY])


def _mark(role: Role, command: Command) -> str:
    if not _may(role, command):
        return ""
    return "●" if all(terms.permission in ROLES[role] for terms in command.terms) else "◐"


def _terms() -> str:
    """What a command asks on some of its records only."""
    head = ["command", "on", *(ROLE_NAMES[role].english for role in Role), "guards"]
    rows = (
        [
            f"`{c.name}`",
            terms.named,
            *("●" if terms.permission in ROLES[role] else "" for role in Role),
            ", ".join(f"[{name}](#{name})" for name in _names(terms.guards)) or "–",
        ]
        for c in _by_name()
        for terms in c.terms
    )
    return "\n".join(["## Kind by kind", "", *_table(head, rows)])


def _may(role: Role, command: Command) -> bool:
    """What no role holds everybody may, for themselves."""
    return command.permission in ROLES[role] or not roles_with(command.permission)


def _commands() -> str:
    head = ["command", "what it does", "about", "from", "to", "signed as", "reason", "guards"]
    return "\n".join(["## What each asks for", "", *_table(head, (_cells(c) for c in _by_name()))])


def _cells(command: Command) -> list[str]:
    return [
        f"`{command.name}`",
        command.title.english,
        command.on.__name__ if command.on else "–",
        _states(command.starts_in) if command.starts_in else "any",
        state_name(command.ends_in).english if command.ends_in else "–",
        command.signs.value if command.signs else "–",
        _asked(command),
        ", ".join(f"[{name}](#{name})" for name in _names(command.guards)) or "–",
    ]


def _elsewhere() -> str:
    """The commands outside the catalogue: none of them has a form."""
    head = ["command", "what it does", *(ROLE_NAMES[role].english for role in Role), "reason"]
    declared = [outside()[name] for name in sorted(outside())]
    rows = ([f"`{c.name}`", c.title.english, *("●" if _may(role, c) else "" for role in Role), _asked(c)] for c in declared)  # fmt: skip
    return "\n".join(["## Beside the catalogue", "", BESIDE, *_table(head, rows)])


def _asked(command: Command) -> str:
    return "asked" if command.asks_reason else "–"


def _states(states: Iterable[StrEnum]) -> str:
    return ", ".join(sorted(state_name(state).english for state in states))


def _names(guards: Iterable[Guard]) -> list[str]:
    return [guard.__name__ for guard in guards]


def _guards() -> str:
    """Each guard once, with its own first line."""
    every = {guard.__name__: guard for c in CATALOGUE.values() for guard in c.guards}
    rows = ([f'<a id="{name}"></a>`{name}`', _first_line(every[name])] for name in sorted(every))
    return "\n".join(["## What must hold", "", *_table(["guard", "rule"], rows)])


def _first_line(guard: Guard) -> str:
    assert guard.__doc__, "a guard says in one line what must hold"
    return guard.__doc__.splitlines()[0]


def _diagrams() -> str:
    lines = ["## States", ""]
    for title, (life, first) in LIVES.items():
        lines += [f"### {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
        order = {state: place for place, state in enumerate(life)}
        ways = sorted(  # not as they were declared: that depends on which module was imported first
            (move for move in moves() if isinstance(move.start, life)),
            key=lambda m: (order[m.start], order[m.end], m.command.name),
        )
        lines += [f"    {m.start.value} --> {m.end.value}: {m.command.name}" for m in ways]
        lines += [f"    {state.value} --> [*]" for state in life if _ends(state, ways)]
        lines += ["```", ""]
    return "\n".join(lines)


def _ends(state: StrEnum, ways: list[Move]) -> bool:
    """Reached, and left by nothing."""
    return any(m.end is state for m in ways) and not any(m.start is state for m in ways)


if __name__ == "__main__":
    sys.stdout.write(page())
