"""Which screen an act opens: the generic form, or one of the few acts with a screen of their own."""

from typing import Any

from textual.screen import Screen

from tui.acting import Target
from tui.forms.catalogue import has_form
from tui.screens.act import ActScreen

# What becomes of a prepared label: drawn, proofed, registered, sent and confirmed on one screen.
PRINTING = frozenset({"label.register", "label.confirm"})


def screen_for(target: Target) -> Screen[Any]:
    """The screen for this act on this record. ``seen_version`` is that of the batch page it is opened from."""
    command = target.command
    if command == "count.record":
        from tui.screens.count import CountScreen

        return CountScreen(target)
    if command == "dose.assess":
        from tui.screens.dose import DoseScreen

        return DoseScreen(target)
    if command == "person.accept_statement":
        from tui.screens.statement import StatementScreen

        return StatementScreen()
    if command == "person.enrol_second_factor":
        from tui.screens.second_factor import EnrolScreen

        return EnrolScreen(target)
    return _of_labels(target) or ActScreen(target)


def _of_labels(target: Target) -> Screen[Any] | None:
    if target.command.startswith("label.prepare") or target.command == "label.reprint":
        from tui.screens.label import PrepareScreen

        return PrepareScreen(target)
    if target.command in PRINTING and target.on and not target.part:
        from tui.screens.label import LabelScreen

        return LabelScreen((target.on,), target.batch)
    if target.command == "template.approve":
        from tui.screens.templates import TemplatesScreen

        return TemplatesScreen()
    return None


def can_open(command: str) -> bool:
    """Whether the terminal has a screen for it; registering a protocol's text is the command line's."""
    return has_form(command) or command in {
        "count.record",
        "label.register",
        "template.approve",
        "dose.assess",
        "person.accept_statement",
    }
