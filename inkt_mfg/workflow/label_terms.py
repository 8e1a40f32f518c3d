"""What the commands on a label ask, kind by kind: who may, and what must still stand. Data for the command declarations.

Labels before release are the bench's; those of a released dose the pharmacy's, and of them nothing goes on once the
release does not stand. A new kind of label needs a place in one of these groups.
"""

from collections.abc import Callable
from enum import StrEnum

from inkt_mfg.records.base import Record
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.command import Guard, Terms
from inkt_mfg.workflow.permissions import Permission

COLLECTION = ("collection_bag", "collection_tube")
IN_PROCESS = ("vessel", "cryovial", "sample", "sub_batch")
RELEASED = tuple(name for name, kind in KINDS.items() if kind.stage == "R")

# A label prepared in time is still not printed or applied once its batch is no longer what it says.
STILL_RELEASED: tuple[Guard, ...] = (
    guards.bag_is_still_here,
    *guards.DOSE_MAY_GO_ON,
    guards.not_expired,
)
STILL_IN_QUARANTINE: tuple[Guard, ...] = (
    guards.bag_is_still_here,
    guards.container_is_not_released,
    guards.no_correction_is_pending,
)
_STANDS: tuple[tuple[tuple[str, ...], tuple[Guard, ...]], ...] = (
    (COLLECTION, (guards.collection_is_not_rejected,)),
    (IN_PROCESS, (guards.batch_is_being_made,)),
    (("quarantine",), STILL_IN_QUARANTINE),
    (("destroyed",), (guards.container_is_never_used,)),
    (RELEASED, STILL_RELEASED),
)


def _named(kinds: tuple[str, ...]) -> str:
    return ", ".join(KINDS[kind].title.english for kind in kinds)


def of_kinds(*kinds: str) -> Callable[[Record], bool]:
    """Whether a label is of one of these kinds."""
    return lambda record: getattr(record, "kind", None) in kinds


def handling(*, makes: tuple[tuple[StrEnum, StrEnum], ...] = ()) -> tuple[Terms, ...]:
    """Terms of drawing, printing and applying: whose label it is, and that what it says still stands.

    ``makes``: the ways a released container is taken by it.
    """
    return tuple(
        Terms(_named(kinds), of_kinds(*kinds), Permission.LABEL, stands, makes)
        if kinds == RELEASED
        else Terms(_named(kinds), of_kinds(*kinds), Permission.LABEL_MAKING, stands)
        for kinds, stands in _STANDS
    )


def reprinting() -> tuple[Terms, ...]:
    """Terms of printing again: a permission of its own, and the same must stand as at the first print."""
    return tuple(
        Terms(
            _named(kinds),
            of_kinds(*kinds),
            Permission.REPRINT if kinds == RELEASED else Permission.REPRINT_MAKING,
            stands,
        )
        for kinds, stands in _STANDS
    )


def keeping() -> tuple[Terms, ...]:
    """Terms of what a printed label that nobody needs becomes: only whose it is."""
    return (Terms(_named(RELEASED), of_kinds(*RELEASED), Permission.LABEL),)


def ending(*of_released: Guard) -> tuple[Terms, ...]:
    """Terms of a label that is not used after all."""
    return (Terms(_named(RELEASED), of_kinds(*RELEASED), Permission.REPRINT, of_released),)
