"""How long nobody has touched the terminal. The app asks it once a second whether to lock (R27)."""

from time import monotonic


class Idle:
    """Seconds since the last key or mouse event, against the site's limit."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._last = monotonic()

    def touched(self) -> None:
        """Somebody is here."""
        self._last = monotonic()

    @property
    def too_long(self) -> bool:
        return monotonic() - self._last >= self.limit
