"""One unbroken session at a bench: when it was last used, whether it is locked, and whether its person signed in it.

The bench holds it and the terminal touches it at every key; it knows no record. It counts the machine's own time, also
while the machine sleeps, because a training site's clock may be simulated.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime

from inkt_mfg.records.site_settings import SiteSettings


def uptime() -> float:
    """Seconds that only go forward. Where the system offers it, the time spent asleep counts: a lid was closed."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(slots=True)
class GivenPassword:
    """The password somebody opened a bench with: since when it was theirs, and when it was last given here.

    One for all forms of a bench. Another ``chosen_at`` on record means that it is no longer the person's password.
    """

    chosen_at: datetime | None
    given_at: datetime


@dataclass(slots=True)
class Sitting:
    """Kept by one bench. ``limit`` in seconds; ``signed``: both components were given since it was last broken."""

    limit: float = SiteSettings().idle_lock_minutes * 60
    locked: bool = False
    signed: bool = False
    last_used: float = field(default_factory=lambda: uptime())  # noqa: PLW0108 — a test stands in for it

    @property
    def away(self) -> bool:
        """Whether the person must give the password again before anything is done (R27)."""
        return self.locked or uptime() - self.last_used >= self.limit

    def touched(self) -> None:
        """Somebody is there. It does not open what is locked already."""
        if not self.away:
            self.last_used = uptime()

    def lock(self) -> None:
        """Until the password is given again; the next signing asks both components (21 CFR 11.200(a)(1))."""
        self.locked, self.signed = True, False

    def opened(self) -> None:
        """The same person gave the password."""
        self.locked, self.signed, self.last_used = False, False, uptime()

    def broken(self) -> None:
        """Somebody else was here, or a signing failed: the next one asks both components."""
        self.signed = False
