"""The end of a day at a terminal where the seal key is unlocked: midnight at the site, or its holder logging out.

The app asks ``Midnight`` now and then, and ``leave`` when somebody logs out or the program ends. Nothing here waits: a
seal is made in a thread of its own, and where the key is locked nothing is done at all.
"""

from datetime import date
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inkt_mfg.workflow.bench import Bench

EVERY_SECONDS = 20.0


class Midnight:
    """Tells once when the site's calendar has moved on since the key was unlocked."""

    def __init__(self) -> None:
        self._day: date | None = None

    def has_passed(self, bench: "Bench") -> bool:
        """Whether a day ended since it was last asked; False while the key is locked."""
        if not bench.sealing.unlocked:
            self._day = None
            return False
        from inkt_mfg.moments import zone

        today = bench.store.clock.now().astimezone(zone(bench.site.time_zone)).date()
        before, self._day = self._day, today
        return before is not None and before != today


def leave(bench: "Bench") -> Thread | None:
    """Seal the day and forget the key; the thread that does it, so that an ending program can wait for it."""
    if not bench.sealing.unlocked:
        return None
    thread = Thread(target=_seal_and_forget, args=(bench,), name="seal of the day")
    thread.start()
    return thread


def _seal_and_forget(bench: "Bench") -> None:
    from inkt_mfg.workflow.sealing import end_of_day

    try:
        end_of_day(bench)
    finally:
        bench.sealing.close()
