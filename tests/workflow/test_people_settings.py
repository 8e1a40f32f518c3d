"""The site's settings: one typed home, changed by one audited command, refused outside their limits with the limits."""

import json

import pytest
from one_batch import ADMIN, CHEN, LI, PASSWORD, WHO
from people_of_the_site import last_entry, set_to, sit_down, user

from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import SETTINGS, SigningPolicy, SiteSettings, settings_of
from inkt_mfg.records.words import Role
from inkt_mfg.views.site_card import setting_lines, site_face
from inkt_mfg.workflow import people
from inkt_mfg.workflow import site as site_commands
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
OTHER = {
    "idle_lock_minutes": "5",
    "password_min_length": "12",
    "password_history": "10",
    "password_ageing_days": "90",
    "signing_policy": "password within one unbroken session",
    "training_required": "yes",
    "second_factor_required": "yes",
    "isbt_facility": "G1234",
    "isbt_product": "D0001",
    "argon2_time_cost": "2",
    "argon2_memory_kib": "19456",
    "argon2_parallelism": "2",
}
OUTSIDE = {
    "idle_lock_minutes": ["0", "61", "ten", "", "-5", "1.5", "off"],
    "password_min_length": ["7", "65"],
    "password_history": ["25", "-1"],
    "password_ageing_days": ["29", "731", "never"],
    "signing_policy": ["password", "none"],
    "training_required": ["perhaps", "true"],
    "second_factor_required": ["on", ""],
    "isbt_facility": ["g1234", "G123", "1234", "O1234", ""],
    "isbt_product": ["d0001", "D001", ""],
    "argon2_time_cost": ["1", "21"],
    "argon2_memory_kib": ["8", "1048577"],
    "argon2_parallelism": ["0", "１"],
}


def site_row(training: bool, settings: str) -> Site:
    return Site(
        site="YA09", code="YA09", name="x", address="x", time_zone="UTC", training=training, settings=settings
    )


def set_it(site, name: str, value: str, who: str = ADMIN):
    return site.refused(who, site_commands.set_setting, setting=name, value=value, reason="x")


def test_every_setting_is_tried_here():
    assert set(OTHER) == set(OUTSIDE) == set(SETTINGS)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_changed_with_a_reason_and_the_ledger_holds_old_and_new(at, name):
    site = at("founded")
    before = {line.name: line.value for line in setting_lines(site.store)}
    assert site.refused(ADMIN, site_commands.set_setting, setting=name, value=OTHER[name]).rule == "R02"
    set_to(site, name, OTHER[name])
    after = {line.name: line.value for line in setting_lines(site.store)}
    assert after == before | {name: OTHER[name]}
    told = last_entry(site)
    assert (told["command"], told["reason"], told["actor"]["user_name"]) == (
        "site.set",
        "the tests need it",
        ADMIN,
    )
    (change,) = told["changes"]
    assert change["table"] == "site"
    assert change["old"]["settings"] != change["new"]["settings"]
    assert told["notes"] == {name: f"{before[name]} → {OTHER[name]}"}


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in OUTSIDE.items() for v in values])
def test_a_value_outside_its_limits_is_refused_with_the_limits(standing, name, value):
    blocker = set_it(standing("founded"), name, value).first
    assert (blocker.rule, blocker.field, blocker.typed) == ("site.setting", "value", value)
    assert blocker.expected == SETTINGS[name].may_be


def test_a_setting_nobody_has_is_refused_with_the_list(standing):
    blocker = set_it(standing("founded"), "failures_before_lock", "50").first
    assert (blocker.field, blocker.typed) == ("setting", "failures_before_lock")
    assert all(name in blocker.expected.english for name in SETTINGS)


def test_what_is_so_already_is_not_recorded_again(standing):
    assert "already" in set_it(standing("founded"), "idle_lock_minutes", "10").first.what.english


@pytest.mark.requirement("R24")
@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_only_an_administrator_changes_a_setting(standing, role):
    assert set_it(standing("founded"), "idle_lock_minutes", "30", WHO[role]).rule == "R24"


def test_a_clinical_site_begins_strict_and_a_training_site_cheap():
    clinical, training = SiteSettings.for_new(training=False), SiteSettings.for_new(training=True)
    assert clinical.training_required
    assert not training.training_required
    assert clinical.argon2.memory_kib == 65_536 > training.argon2.memory_kib
    for settings in (clinical, training):
        assert (settings.idle_lock_minutes, settings.password_ageing_days) == (10, None)
        assert settings.signing_policy is SigningPolicy.NAME_AND_PASSWORD


@pytest.mark.parametrize("training", [True, False])
def test_settings_come_back_as_they_were_written(training):
    settings = SiteSettings.for_new(training=training).changed("password_ageing_days", "180")
    assert settings_of(site_row(training, settings.as_text())) == settings
    assert settings.changed("password_ageing_days", "off").password_ageing_days is None


@pytest.mark.parametrize("training", [True, False])
def test_what_an_older_program_did_not_write_has_the_default_of_its_kind_of_site(training):
    old = json.dumps({"idle_lock_minutes": 7})
    settings = settings_of(site_row(training, old))
    assert settings.idle_lock_minutes == 7
    assert settings.training_required is not training


@pytest.mark.requirement("R26")
def test_the_length_asked_of_a_password_is_the_sites(at):
    site = at("founded")
    set_to(site, "password_min_length", "20")
    assert site_face(site.store).password_min_length == 20
    refusal = site.refused(
        LI, people.change_password, old_password=PASSWORD, new_password="only-nineteen-chars"
    )
    assert refusal.rule == "R26"
    assert "20" in refusal.first.expected.english


@pytest.mark.requirement("R26")
def test_a_dearer_hash_is_taken_on_at_the_next_log_in_and_the_password_stays(at):
    site = at("founded")
    cheap = user(site, CHEN).password_hash
    set_to(site, "argon2_time_cost", "3")
    assert user(site, CHEN).password_hash == cheap
    sit_down(site, CHEN)
    dearer = user(site, CHEN)
    assert "t=3" in dearer.password_hash != cheap
    sit_down(site, CHEN)
    assert user(site, CHEN).password_hash == dearer.password_hash, "once is enough"
    assert site.ledger_is_whole()
