"""The permission matrix against the commands themselves: every command tried by every role."""

import pytest
from one_batch import ADMIN, CHEN, LI, LIU, PASSWORD, SUN, WANG, WHO

from inkt_mfg.records.words import Role
from inkt_mfg.refusal import Refusal
from inkt_mfg.workflow import people, release, testing
from inkt_mfg.workflow.catalogue import JOBS
from inkt_mfg.workflow.command import CATALOGUE
from inkt_mfg.workflow.permissions import FOR_ONESELF, ROLES, Permission, who_may
from inkt_mfg.workflow.signing import Credentials

assert JOBS
COMMANDS = sorted(CATALOGUE)
FOR_EVERYBODY = {n for n in COMMANDS if CATALOGUE[n].permission in FOR_ONESELF}


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in FOR_EVERYBODY])
def test_a_role_runs_its_own_commands_and_no_others(standing, name, role):
    command = CATALOGUE[name]
    site = standing("founded")
    bench = site.bench(WHO[role])
    nothing = "no such record" if command.on is not None else None
    reason = "a reason" if command.asks_reason else None
    before = site.entries()
    # Past the permission a command looks for its record, or misses what should have been typed.
    with pytest.raises((Refusal, TypeError)) as caught:
        bench.run(command, nothing, reason=reason, sign_with=Credentials(WHO[role], PASSWORD))
    refused_for_the_role = isinstance(caught.value, Refusal) and caught.value.rule == "R24"
    assert refused_for_the_role is (command.permission not in ROLES[role])
    assert site.entries() == before
    if refused_for_the_role:
        blocker = caught.value.first
        assert blocker.field == "command"
        assert blocker.typed == name
        assert command.permission.sentence.english in blocker.what.english
        assert blocker.resolve_by.english == who_may(command.permission).english


@pytest.mark.parametrize("who", WHO.values())
def test_everybody_changes_their_own_password(at, who):
    site = at("founded")
    site.run(who, people.change_password, old_password=PASSWORD, new_password="another-long-one")


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_an_administrator_is_given_no_other_role(at, role):
    site = at("founded")
    refusal = site.refused(
        ADMIN, people.grant_role, user_name=ADMIN, role=role.value, reason="short of staff"
    )
    assert refusal.rule == "R24"
    assert "an administrator holds no other role" in refusal.first.expected.english


@pytest.mark.requirement("R24")
def test_nobody_with_another_role_is_made_an_administrator(at):
    site = at("founded")
    assert (
        site.refused(ADMIN, people.grant_role, user_name=LI, role="administrator", reason="x").rule == "R24"
    )


@pytest.mark.requirement("R24")
def test_a_role_is_granted_once(at):
    site = at("founded")
    assert site.refused(ADMIN, people.grant_role, user_name=LI, role="technician", reason="x").rule == "R24"


@pytest.mark.requirement("R24")
def test_a_role_revoked_is_gone_for_a_bench_that_was_open_before(at):
    site = at("in review")
    site.bench(CHEN)
    site.run(ADMIN, people.revoke_role, user_name=CHEN, role="qa_officer", reason="left QA")
    refusal = site.refused(CHEN, release.review, "B-00001", audit_trail_reviewed="read")
    assert (refusal.rule, refusal.first.field) == ("R24", "command")


@pytest.mark.requirement("R24")
def test_a_role_that_is_not_held_cannot_be_revoked(at):
    refusal = at("founded").refused(ADMIN, people.revoke_role, user_name=LI, role="pharmacist", reason="x")
    assert refusal.rule == "person.role"


@pytest.mark.requirement("R24")
def test_the_last_administrator_keeps_the_role(at):
    refusal = at("founded").refused(
        ADMIN, people.revoke_role, user_name=ADMIN, role="administrator", reason="x"
    )
    assert refusal.rule == "R24"
    assert "another administrator" in refusal.first.expected.english


@pytest.mark.requirement("R10")
def test_a_change_of_roles_asks_why(at):
    site = at("founded")
    assert site.refused(ADMIN, people.revoke_role, user_name=LI, role="technician").rule == "R02"
    assert site.refused(ADMIN, people.grant_role, user_name=LI, role="pharmacist", reason=" ").rule == "R02"


def test_a_person_with_two_roles_acts_in_the_one_the_command_asks_for(at):
    site = at("expanded")
    site.run(ADMIN, people.grant_role, user_name=WANG, role="pharmacist", reason="covers the pharmacy")
    site.benches.clear()
    bench = site.bench(WANG)
    assert bench.person.roles == {Role.TECHNICIAN, Role.PHARMACIST}
    assert bench.may(Permission.LABEL)
    assert bench.may(Permission.RECORD_BATCH)
    assert not bench.may(Permission.RELEASE)


@pytest.mark.requirement("R20")
def test_a_user_name_is_never_given_again_whatever_its_case(at):
    site = at("founded")
    new = {"full_name": "Li Nan", "first_password": "for-the-first-time", "identity_checked": "passport"}
    refusal = site.refused(ADMIN, people.add_person, user_name="LI.Tech", role="technician", **new)
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == ("R20", "user_name", "LI.Tech")


@pytest.mark.requirement("R20")
def test_a_new_person_has_an_identity_somebody_checked(at):
    new = {"user_name": "he.tech", "full_name": "He Hua", "first_password": "for-the-first-time"}
    refusal = at("founded").refused(ADMIN, people.add_person, **new, identity_checked=" ", role="technician")
    assert (refusal.rule, refusal.first.field) == ("entry.missing", "identity_checked")


@pytest.mark.requirement("R24")
def test_a_role_that_does_not_exist_is_refused_with_the_list(at):
    refusal = at("founded").refused(ADMIN, people.grant_role, user_name=LI, role="boss", reason="x")
    assert refusal.rule == "entry.choice"
    assert "qa_officer" in refusal.first.expected.english


def test_nobody_is_granted_a_role_under_a_name_nobody_has(at):
    refusal = at("founded").refused(
        ADMIN, people.grant_role, user_name="nobody", role="technician", reason="x"
    )
    assert (refusal.rule, refusal.first.typed) == ("record.unknown", "nobody")


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("who", [LIU, SUN, ADMIN])
def test_only_bench_and_qa_record_results(at, who):
    site = at("formulated")
    typed = {"test": "gram_stain", "result": "negative", "resulted_on": site.today()}
    refusal = site.refused(who, testing.record_result, "B-00001", **typed)
    assert refusal.first.resolve_by.english == "a technician or a QA officer"
