"""The label templates of the demo site, approved by its QA officer before anything is printed, as at any site."""

from collections.abc import Callable
from functools import cache
from typing import Any

from inkt_mfg.workflow.label_templates import approve_template


def approve_templates(sign: Callable[..., object]) -> None:
    """Every template on file. ``sign`` runs a command as a QA officer who signs for its text and its specimen."""
    for typed in _every_template():
        sign(approve_template, **typed)


@cache
def _every_template() -> tuple[dict[str, Any], ...]:
    """Drawn once, for however many sites one program makes."""
    from labels.approval import for_approval, names  # reportlab and the fonts load when the first is drawn

    found = []
    for name in names():
        approval = for_approval(name)
        found.append(
            {
                "text": approval.text,
                "sha256": approval.sha256,
                "specimen_sha256": approval.sheet.pdf_sha256,
            }
        )
    return tuple(found)
