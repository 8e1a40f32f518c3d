"""The table of commands itself: nothing unreachable, nothing without a way out, nothing nobody may do."""

from collections import defaultdict
from enum import StrEnum

import pytest

from inkt_mfg.protocol.making import Operation
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import (
    BEFORE_RELEASE,
    ENDED_LABELS,
    BatchState,
    CollectionState,
    ContainerState,
    CorrectionState,
    DeviationState,
    JobState,
    LabelState,
    LotState,
    ReadingState,
    Role,
)
from inkt_mfg.workflow import guards
from inkt_mfg.workflow.catalogue import JOBS, named, outside, recording
from inkt_mfg.workflow.command import CATALOGUE
from inkt_mfg.workflow.permissions import FOR_ONESELF, ROLES, SIGNERS, Permission, roles_with, who_may
from inkt_mfg.workflow.states import FINAL as FINAL_STATES
from inkt_mfg.workflow.states import NAMES, STARTING, moves, way_to

assert JOBS  # importing the catalogue has declared every command
COMMANDS = sorted(CATALOGUE)
LIVES: dict[type[StrEnum], StrEnum] = {
    CollectionState: CollectionState.EXPECTED,
    BatchState: BatchState.PLANNED,
    ContainerState: ContainerState.FILLED,
    LabelState: LabelState.PREPARED,
    LotState: LotState.QUARANTINE,
    DeviationState: DeviationState.OPEN,
    CorrectionState: CorrectionState.PENDING,
    JobState: JobState.RUNNING,
}
ENDED_CORRECTIONS = (CorrectionState.APPLIED, CorrectionState.REFUSED, CorrectionState.WITHDRAWN)
# "rejected" of a batch, a lot and a collection are equal texts and different states: states here carry their kind.
ENDS = {
    (type(s), s)
    for s in (
        *FINAL_STATES,
        *ENDED_LABELS,
        LotState.REJECTED,
        DeviationState.CLOSED,
        JobState.DONE,
        *ENDED_CORRECTIONS,
    )
}


def _of_kind(state: StrEnum) -> tuple[type, StrEnum]:
    return type(state), state


def _reached_from(start: StrEnum) -> set[tuple[type, StrEnum]]:
    ways = defaultdict(set)
    for move in moves():
        ways[_of_kind(move.start)].add(_of_kind(move.end))
    reached, waiting = {_of_kind(start)}, [_of_kind(start)]
    while waiting:
        new = ways[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


@pytest.mark.requirement("R30")
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_every_state_can_be_reached_from_the_first(life):
    assert _reached_from(LIVES[life]) == {_of_kind(state) for state in life}


@pytest.mark.requirement("R30")
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_from_every_state_some_end_can_be_reached(life):
    for state in life:
        assert _reached_from(state) & ENDS, f"{state} is a dead end"


@pytest.mark.requirement("R30")
def test_before_release_is_whatever_can_still_become_released_and_nothing_else():
    """A state added on the way would else be one no batch is given up in, and none the day board knows."""
    released = BatchState.RELEASED
    on_the_way = {state for state in BatchState if _of_kind(released) in _reached_from(state)} - {released}
    assert on_the_way == BEFORE_RELEASE
    assert named("batch.terminate").starts_in == BEFORE_RELEASE
    assert named("label.prepare_in_process").starts_in == BEFORE_RELEASE


@pytest.mark.requirement("R30")
def test_no_command_leads_out_of_a_final_state():
    assert not [m for m in moves() if _of_kind(m.start) in ENDS]


def test_what_begins_a_life_is_named_as_such():
    first = {LIVES[life] for life in (CollectionState, BatchState, ContainerState)}
    assert {_of_kind(s) for s in first} == {_of_kind(s) for s in STARTING}


def test_no_arrow_leads_back_to_where_a_life_begins_except_a_recall():
    first = {_of_kind(state) for state in LIVES.values()}
    back = {m.command.name for m in moves() if _of_kind(m.end) in first}
    # The label is void, the bag is merely filled again.
    corrected = {"correction.approve", "step.correct", "collection.correct"}
    assert back == {"batch.recall_to_review", "job.resume"} | corrected


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_starts_only_in_states_somebody_can_bring_a_record_to(name):
    reached = {_of_kind(ReadingState.AWAITING_SECOND)}  # a measurement begins so
    reached = reached.union(*(_reached_from(first) for first in LIVES.values()))
    assert {_of_kind(state) for state in CATALOGUE[name].starts_in or ()} <= reached


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_states_is_about_a_record_that_has_them(name):
    command = CATALOGUE[name]
    if command.starts_in is not None:
        assert command.on is not None
        kinds = {type(state) for state in command.starts_in}
        assert len(kinds) == 1
        assert "state" in command.on.model_fields
        assert command.on.model_fields["state"].annotation in kinds
        assert command.ends_in is None or type(command.ends_in) in kinds


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_found_by_its_name_and_says_what_it_does(name):
    assert named(name) is CATALOGUE[name]
    assert CATALOGUE[name].title.english
    assert CATALOGUE[name].run.__doc__ or name.endswith(("verify", "separate", "start", "feed", "split",
                                                        "restimulate", "sample", "harvest", "wash", "formulate"))  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_some_roles_to_run(name):
    permission = CATALOGUE[name].permission
    assert bool(roles_with(permission)) is (permission not in FOR_ONESELF)
    assert who_may(permission).english


def test_every_permission_is_of_use():
    beside = {Permission.REPLACE_LEDGER, *(c.permission for c in outside().values())}
    assert set().union(*(c.permissions for c in CATALOGUE.values())) | beside == set(Permission)


@pytest.mark.requirement("R24")
def test_an_administrator_shares_no_permission_with_anybody():
    others = set().union(*(allowed for role, allowed in ROLES.items() if role is not Role.ADMINISTRATOR))
    # Whoever reads may copy: the register of people is an administrator's to copy.
    assert ROLES[Role.ADMINISTRATOR] & others == {Permission.COPY_RECORDS}


@pytest.mark.requirement("R24", "R28")
def test_who_signs_is_asked_to_accept_the_statement():
    signed = {c.permission for c in CATALOGUE.values() if c.signs is not None}
    assert {role for role in Role if ROLES[role] & signed} == SIGNERS


@pytest.mark.requirement("R24")
def test_an_administrator_signs_nothing():
    signed = {c.permission for c in CATALOGUE.values() if c.signs is not None}
    assert not ROLES[Role.ADMINISTRATOR] & signed


@pytest.mark.requirement("R24")
def test_whoever_makes_the_batch_neither_reviews_nor_releases_it():
    deciding = {Permission.REVIEW, Permission.RELEASE, Permission.DECIDE_COLLECTION, Permission.DECIDE_LOTS}
    assert not ROLES[Role.TECHNICIAN] & deciding
    assert Permission.RECORD_BATCH not in ROLES[Role.QA_OFFICER]


@pytest.mark.requirement("R34")
def test_every_decision_about_a_batch_is_signed():
    decisions = [c for c in CATALOGUE.values() if c.permission in {Permission.RELEASE, Permission.SUBMIT}]
    assert decisions
    assert all(c.signs is not None and (c.covers is not None or c.asks_reason) for c in decisions)


def test_every_kind_of_step_of_a_plan_is_some_commands_to_record():
    assert set(recording()) == set(Operation) - {Operation.RECEIVE}


@pytest.mark.requirement("R37", "R55")
def test_whatever_goes_on_with_a_released_dose_asks_the_same_in_the_same_order():
    """A label that is prepared, printed or applied asks no less than the issue it is made for."""
    going_on = {
        command.name: of_it
        for command in CATALOGUE.values()
        for of_it in (command.own_guards, *(terms.guards for terms in command.terms))
        if command.on in {Container, Label} and guards.release_signature_stands in of_it
    }
    labels = {"label.prepare", "label.register", "label.confirm", "label.apply", "label.reprint"}
    assert labels | {"dose.issue", "dose.receive", "dose.infuse"} <= set(going_on)
    for name, of_it in going_on.items():
        asked = tuple(guard for guard in of_it if guard in guards.DOSE_MAY_GO_ON)
        assert asked == guards.DOSE_MAY_GO_ON, name


def test_every_state_has_a_name_people_read():
    for life in (CollectionState, BatchState, ContainerState):
        assert {state.value for state in life} <= set(NAMES)


def test_a_refusal_for_the_wrong_state_names_who_can_lead_to_the_right_one():
    assert way_to([BatchState.RELEASED]).english == "a QA officer, by “release the batch”"
    assert way_to([ContainerState.LABELLED]).english == "a pharmacist, by “apply the label to what it is for”"
    assert way_to([CollectionState.EXPECTED]).english == "nobody: it is past that state"


@pytest.mark.parametrize(
    ("wanted", "start"),
    [
        (CollectionState.RECEIVED, CollectionState.ACCEPTED),
        (BatchState.IN_REVIEW, BatchState.TERMINATED),
        (BatchState.HARVESTED, BatchState.RELEASED),
    ],
)
def test_nobody_is_sent_for_a_state_that_no_way_leads_to_any_more(wanted, start):
    assert way_to([wanted], start).english == "nobody: it is past that state"


def test_who_takes_the_next_step_towards_a_state_is_named():
    towards = [BatchState.IN_REVIEW]
    assert way_to(towards, BatchState.HARVESTED).english.endswith("by “formulate and fill”")
    assert way_to(towards, BatchState.FORMULATED).english.endswith("by “submit the batch for review”")


def test_every_state_a_command_starts_in_has_a_name_people_use():
    starts = {str(state) for command in CATALOGUE.values() for state in command.starts_in or ()}
    assert sorted(starts - set(NAMES)) == []
