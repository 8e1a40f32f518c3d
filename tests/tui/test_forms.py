"""Every command has a form that sends exactly the parameters its function takes, and asks what its declaration asks."""

import inspect

import pytest

from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.command import CATALOGUE
from tui.acting import BY_SECOND_PERSON
from tui.forms.catalogue import DECLARED, has_form
from tui.forms.field import Field, arguments, reason
from tui.opening import can_open

assert named("batch.release")
ELSEWHERE = {
    "protocol.register",
    "site.publish_statement",  # a file's text: the command line
    "job.start",  # these four are steps of labels.printers.run
    "job.sent",
    "job.resume",
    "printer.test",
}


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_declared_form_feeds_the_parameters_of_its_command(name):
    command = named(name)
    taken = inspect.signature(command.run).parameters
    wanted = {
        p for p, how in taken.items() if p not in {"act", "on"} and how.default is inspect.Parameter.empty
    }
    sent = {f.parameter.partition(".")[0] for f in DECLARED[name].fields} - {"reason"}
    assert wanted <= sent
    assert sent <= set(taken)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_form_asks_for_the_reason_its_command_asks_for(name):
    reasons = [f for f in DECLARED[name].fields if f.name == "reason"]
    if named(name).asks_reason:
        assert [f.optional for f in reasons] == [False]


def test_every_command_can_be_opened_in_the_terminal():
    missing = {name for name in CATALOGUE if not can_open(name)}
    assert missing == ELSEWHERE


def test_verifications_are_signed_by_a_second_person_in_place():
    asked = {form.command for form in DECLARED.values() if form.by_second_person}
    assert asked == BY_SECOND_PERSON


def test_what_is_typed_is_sent_as_typed_and_an_empty_optional_field_not_at_all():
    fields = (
        Field("volume", reason().label),
        Field("lot:il2", reason().label, goes_to="lots.il2"),
        reason(optional=True),
    )
    sent = arguments(fields, {"volume": " 1,5 mL", "lot:il2": "IL-1", "reason": "  "})
    assert sent == {"volume": " 1,5 mL", "lots": {"il2": "IL-1"}}


def test_generated_forms_have_no_declared_twin():
    assert has_form("subject.enrol")
    assert "subject.enrol" not in DECLARED
