"""The first paint waits for Textual alone: nothing of the floors below is imported before the log-in screen shows."""

import os
import subprocess
import sys

HEAVY = (
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "pint",
    "pandas",
    "reportlab",
    "alembic",
    "plotext",
    "zxingcpp",
    "argon2",
)

IMPORTED = f"""
import sys
import tui.app
print([m for m in {HEAVY} if m in sys.modules])
print([m for m in sys.modules if m.startswith("inkt_mfg.") and m.split(".")[1] not in ("language", "refusal")])
"""

PAINTED = f"""
import asyncio, sys
from tui.app import InktApp
seen = []

def records_are_opened(app):
    seen.append([m for m in {HEAVY} if m in sys.modules])

async def main():
    InktApp.open_records = records_are_opened
    app = InktApp(lambda: None, "bench-1")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert type(app.screen).__name__ == "LoginScreen"

asyncio.run(main())
print(seen)
"""

SCREENS = """
import sys
import tui.opening, tui.palette
import tui.screens.batch, tui.screens.count, tui.screens.label, tui.screens.dose, tui.screens.subject, tui.screens.lock
import tui.screens.labels, tui.screens.preview, tui.screens.jobs, tui.screens.templates, tui.screens.second_factor
print([m for m in ("pandas", "reportlab", "alembic", "plotext", "zxingcpp", "labels") if m in sys.modules])
print([m for m in sys.modules if m.startswith("inkt_mfg.reports")])
"""


def said(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_importing_the_application_imports_nothing_heavy():
    assert said(IMPORTED) == ["[]", "[]"]


def test_the_login_screen_paints_before_the_records_are_opened():
    assert said(PAINTED) == ["[[]]"]


def test_no_screen_imports_reports_or_printing_before_they_are_used():
    assert said(SCREENS) == ["[]", "[]"]


CRASHED = """
import sys
from tui.app import InktApp, run

def fails(app):
    patient_name = "Wang Xiaoming"
    raise KeyError("a bug of ours")

InktApp.open_records = fails
sys.exit(run(lambda: None, "bench-1"))
"""


def test_a_crash_says_what_to_do_and_leaves_no_patients_name_on_the_terminal():
    with_terminal = {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    done = subprocess.run(
        [sys.executable, "-c", CRASHED], capture_output=True, text=True, env=os.environ | with_terminal
    )
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert "The program itself failed: KeyError" in shown
    assert "Look whether it was recorded" in shown
    assert "Traceback" in shown
    assert "Wang" not in shown.replace('patient_name = "Wang Xiaoming"', "")
