"""A second person compares an entry with its source and signs: the one shape of every verification (R24, R33).

Used by the modules whose entries are verified. It refuses whoever made the entry, and a second verification, which
would put another name in the place of the first.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol as Shape
from typing import cast

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import Coded, Record, makers
from inkt_mfg.records.words import Meaning
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Command, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may


class Verifiable(Shape):
    """An entry with a place for its verifier."""

    code: str
    verified_by: str | None
    verified_at: datetime | None


def verifier_did_not_perform(case: Case) -> Blocker | None:
    """Performer ≠ verifier (R24)."""
    made_or_changed = makers(case.target) | case.correctors_of(case.parts_of(case.target))
    if case.actor not in made_or_changed:
        return None
    return Blocker(
        "R24",
        Phrase("{name} made or changed this entry", name=case.person(case.actor)),
        Phrase("a second person"),
        who_may(Permission.VERIFY_ENTRY),
        "signature",
    )


def not_verified_yet(case: Case) -> Blocker | None:
    """The first verifier's name stays."""
    entry = cast("Verifiable", case.target)
    if entry.verified_by is None:
        return None
    return Blocker(
        "R24",
        Phrase("{code} is verified by {name}", code=entry.code, name=case.person(entry.verified_by)),
        Phrase("an entry nobody has verified yet"),
        Phrase("nobody: it is verified"),
        "signature",
    )


def no_correction_of_it_is_pending(case: Case) -> Blocker | None:
    """What is about to change is not verified (R02)."""
    waiting = case.pending_corrections_of(case.target)
    if not waiting:
        return None
    return Blocker(
        "R02",
        Phrase("correction {code} of this entry waits", code=waiting[0].code),
        Phrase("the correction approved or refused by a second person"),
        who_may(Permission.APPROVE_CORRECTION),
        "correction",
        waiting[0].code,
    )


def verification(
    name: str, title: Phrase, on: type[Coded], covers: Callable[[Case, Record], Iterable[Record]]
) -> Command:
    """The command that verifies one kind of entry."""

    def run(act: Act, *, on: Coded) -> Done:
        entry = cast("Verifiable", on)
        entry.verified_by, entry.verified_at = act.actor.key, act.now
        return Done(on, Phrase("{code} verified by {name}", code=on.code, name=act.actor.full_name))

    declare = command(
        name,
        title,
        permission=Permission.VERIFY_ENTRY,
        on=on,
        guards=[verifier_did_not_perform, not_verified_yet, no_correction_of_it_is_pending],
        signs=Meaning.VERIFICATION,
        covers=covers,
    )
    return declare(run)


def only_itself(case: Case, _record: Record) -> list[Record]:
    """The entry and nothing beneath it."""
    return [case.target]
