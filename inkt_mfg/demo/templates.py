"""The label templates of the demo site, approved by its QA officer before anything is printed, as at any site."""

from functools import cache
from typing import Any

from inkt_mfg.demo.people import sign_as
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.label_templates import approve_template


def approve_templates(officer: Bench) -> None:
    """Every template on file, each with a signature over its text and its specimen."""
    for typed in _every_template():
        officer.run(approve_template, sign_with=sign_as(officer), **typed)


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
