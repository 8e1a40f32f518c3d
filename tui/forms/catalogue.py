"""Which form a command has. Forms are data; the few that depend on the records are built by a function in a worker."""

from collections.abc import Callable
from functools import partial

from inkt_mfg.workflow.bench import Bench
from tui.forms import collection, correcting, labels, patient, pharmacy, quality, site
from tui.forms.correcting import CORRECTING_COMMANDS, approving_form, correcting_form
from tui.forms.field import Form
from tui.forms.generated import enrolment_form, result_form
from tui.forms.steps import STEP_COMMANDS, step_form

Builder = Callable[[Bench, str], Form]

DECLARED: dict[str, Form] = {
    form.command: form
    for module in (patient, collection, quality, labels, pharmacy, site, correcting)
    for form in module.FORMS
}
GENERATED: dict[str, Builder] = {
    "subject.enrol": enrolment_form,
    "result.record": result_form,
    "site.set": site.setting_form,
    "correction.approve": approving_form,
    "label.prepare_in_process": labels.in_process_form,
    "label.apply": labels.apply_form,
    **{command: partial(correcting_form, command) for command in CORRECTING_COMMANDS},
    **{command: step_form(command) for command in STEP_COMMANDS.values()},
}


def has_form(command: str) -> bool:
    """Whether the generic form can do this command; the others have screens of their own."""
    return command in DECLARED or command in GENERATED


def form_for(command: str, bench: Bench, on: str) -> Form:
    """The form of this command on this record. Raises Refusal when it cannot be built. KeyError: it has none."""
    if command in GENERATED:
        return GENERATED[command](bench, on)
    return DECLARED[command]
