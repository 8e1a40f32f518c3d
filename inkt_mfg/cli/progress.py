"""A progress bar for whatever takes longer than a second: on a terminal, on stderr, and nowhere else."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, int, int], None]  # what is being done, how much of it, of how much (0: unknown)
_PATIENCE_SECONDS = 1.0


@contextmanager
def progress_bar(title: str = "") -> Iterator[Advance]:
    """Call what it gives with (what, done, of); nothing is drawn off a terminal or before a second has passed."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    started = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, visible=False)

        def advance(what: str, done: int, of: int) -> None:
            late = time.monotonic() - started > _PATIENCE_SECONDS
            bar.update(task, description=what or title, completed=done, total=of or None, visible=late)

        yield advance
