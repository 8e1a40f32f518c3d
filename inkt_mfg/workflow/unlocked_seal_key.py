"""The seal key while its holder has it unlocked in this program: in memory, at one bench, gone at log-out.

``workflow.sealing`` puts it in; the bench seals with it after every release, the terminal at the end of a day. Where
nobody has unlocked it nothing is sealed, and work goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.minisign import SecretKey
from inkt_mfg.records.words import SealOccasion
from inkt_mfg.refusal import Refusal, Unable

if TYPE_CHECKING:
    from inkt_mfg.workflow.bench import Receipt


@dataclass(slots=True)
class Sealing:
    """What a bench seals with. ``trouble`` says why the last seal that was due could not be made."""

    key: SecretKey | None = None
    trouble: Phrase | None = None
    _seal: "Callable[[SealOccasion], Receipt] | None" = None

    @property
    def unlocked(self) -> bool:
        return self.key is not None

    def open(self, key: SecretKey, seal: "Callable[[SealOccasion], Receipt]") -> None:
        """From here on this bench seals with ``key``, in the name of whoever unlocked it."""
        self.key, self._seal, self.trouble = key, seal, None

    def close(self) -> None:
        """Forget the key."""
        self.key = self._seal = self.trouble = None

    def follow(self, occasion: SealOccasion) -> "Receipt | None":
        """Seal what has just happened, if the key is unlocked. It never undoes that: what goes wrong is kept to be told."""
        if self._seal is None:
            return None
        try:
            receipt = self._seal(occasion)
        except (Refusal, Unable) as no:
            self.trouble = Phrase("the ledger could not be sealed: {why}", why=_why(no))
            return None
        self.trouble = None
        return receipt


def _why(no: Refusal | Unable) -> Phrase:
    return no.first.what if isinstance(no, Refusal) else no.what
