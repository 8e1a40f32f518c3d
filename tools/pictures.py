"""Draws the terminal's pictures of the README: a demo site is made in a temporary folder and its screens opened by keys.

Run as ``python -m tools.pictures`` (``make pictures``). The day, the people and the seed are fixed, so that a picture
changes only when the screens do; tests/tui/test_pictures.py holds that what stands in docs/pictures is what is drawn.
"""

import asyncio
import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot

from inkt_mfg.demo.people import PASSWORD
from inkt_mfg.demo.site import LAST_HOUR, demo_lab
from inkt_mfg.demo.trial import Trial
from inkt_mfg.store.unit_of_work import Store
from tui.app import InktApp

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DAY = date(2026, 11, 22)
SUBJECTS = 40
SIZE = (120, 36)
WHO = "chen.qa"
PATIENCE = 60.0  # seconds
_FONT_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TEXT = re.compile(r'<text[^>]*y="([\d.]+)"[^>]*>(.*?)</text>')


@contextmanager
def small_trial() -> Iterator[Store]:
    """The demo's trial with fewer people, on the picture's day."""
    with TemporaryDirectory() as folder, demo_lab(Path(folder) / "site", DAY - timedelta(days=160)) as lab:
        trial = Trial(lab, DAY, subjects=SUBJECTS)
        trial.enrol_all(trial.prepare())
        trial.run_until(lab.at(DAY, LAST_HOUR.hour, LAST_HOUR.minute))
        yield lab.store


async def draw(store: Store) -> dict[str, str]:
    """Every picture by its name, as SVG: QA's day board, and the first task's batch with the growth of its culture."""
    from tui.widgets.batch.acts import ActList
    from tui.widgets.tables.lines import Lines

    app = InktApp(lambda: store, "bench-1")
    app.animation_level = "none"  # on a busy machine the line under a tab would still be on its way
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: app.store is not None)
        await pilot.press(*WHO, "enter", *PASSWORD, "enter")
        await _until(pilot, lambda: app.screen.query_one("#tasks", Lines).row_count > 0)
        board = _svg(app)
        await pilot.press("b")
        await _until(pilot, lambda: app.screen.query_one(ActList).option_count > 0)
        await pilot.press("4")
        await pilot.pause(0.5)
        return {"day-board": board, "batch-page": _svg(app)}


async def _until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    waited = 0.0
    while waited < PATIENCE:
        await pilot.pause(0.05)
        waited += 0.05
        if _holds(holds):
            await pilot.pause(0.2)
            return
    raise TimeoutError(f"the screen never came; it is {pilot.app.screen}")


def _holds(question: Callable[[], bool]) -> bool:
    from textual.css.query import NoMatches

    try:
        return question()
    except NoMatches:  # the screen is still to come
        return False


def _svg(app: InktApp) -> str:
    """The screen as it is, with no font fetched from elsewhere."""
    return _FONT_ELSEWHERE.sub("", app.export_screenshot())


def lines_of(svg: str) -> list[str]:
    """What a picture says, line by line; its colours and coordinates left out."""
    rows: dict[float, list[str]] = {}
    for found in _TEXT.finditer(svg):
        rows.setdefault(float(found[1]), []).append(html.unescape(found[2]).replace("\xa0", " "))
    return ["".join(rows[y]) for y in sorted(rows)]


def main() -> None:
    """Every picture, into docs/pictures."""
    with small_trial() as store:
        for name, svg in asyncio.run(draw(store)).items():
            (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(PICTURES / f"{name}.svg")


if __name__ == "__main__":
    main()
