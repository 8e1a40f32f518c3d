"""How a screen asks the floors below: the question runs in a thread, the answer comes back to the screen's own loop.

Workers never touch widgets. A refusal is an answer too; anything else that goes wrong is shown, never swallowed. While
the terminal is locked answers wait, so that nothing opens on top of the lock.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from textual.worker import get_current_worker

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable

if TYPE_CHECKING:
    from textual.dom import DOMNode as _OnScreen

    from tui.app import InktApp
else:
    # A mixin is no node of its own: Textual takes a widget's style from its first base that is one.
    _OnScreen = object

Answer = TypeVar("Answer")
No = Refusal | Unable


class Asking(_OnScreen):
    """For screens and widgets that ask the store. The same ``group`` asked again leaves the earlier answer unheard."""

    def ask(
        self,
        question: Callable[[], Answer],
        then: Callable[[Answer], object],
        *,
        group: str = "reading",
        refused: Callable[[No], object] | None = None,
        past_lock: bool = False,
    ) -> None:
        """Run ``question`` in a thread and give its answer to ``then``, or its refusal to ``refused``.

        ``past_lock`` is for the lock's own question, whose answer does not wait.
        """
        self.run_worker(
            partial(self._answer, question, then, refused or self.refused, past_lock=past_lock),
            group=group,
            thread=True,
            exclusive=True,
            exit_on_error=False,
        )

    def refused(self, no: No) -> None:
        """What a refusal does where the screen has no better place for it."""
        self.app.bell()
        self.app.notify(str(no), severity="error", timeout=12, markup=False)

    def _answer(
        self,
        question: Callable[[], Answer],
        then: Callable[[Answer], object],
        refused: Callable[[No], object],
        *,
        past_lock: bool,
    ) -> None:
        worker = get_current_worker()
        try:
            outcome = partial(then, question())
        except (Refusal, Unable) as no:
            outcome = partial(refused, no)
        except Exception as bug:  # noqa: BLE001 — a thread's error would otherwise vanish unseen
            self.app.log(bug)
            outcome = partial(refused, our_own_bug(bug))
        if worker.is_cancelled:
            return
        if past_lock:
            self.call_later(outcome)
        else:
            cast("InktApp", self.app).when_unlocked(partial(self.call_later, outcome))


def our_own_bug(bug: BaseException) -> Unable:
    """What is said when it is the program that is wrong: nobody can know what was recorded before it was."""
    return Unable(
        Phrase("The program itself failed: {error}.", error=f"{type(bug).__name__}: {bug}"),
        Phrase(
            "Look whether it was recorded before you do it again, and tell whoever maintains the program."
        ),
    )
