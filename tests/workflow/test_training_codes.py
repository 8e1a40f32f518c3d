"""A training label is nothing at a clinical site, nor a clinical one at a training site, wherever a code is scanned (R41)."""

import pytest
from one_batch import (
    BAG,
    BATCH,
    COLLECTION,
    IDENTITY,
    LI,
    LIU,
    PATIENT_ID,
    SUN,
    Site,
    arrival,
    bedside,
    scan_of,
)
from sqlmodel import select

from inkt_mfg.codes.label_code import CodeKind, CollectionCode, LabelCode
from inkt_mfg.records.deviation import Deviation
from inkt_mfg.workflow import collections, custody
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS


def a_label(*, training: bool) -> str:
    """The code of an infusion label of this batch's bag, printed at a site of that kind."""
    return str(LabelCode(CodeKind.INFUSION, training, "YA01", IDENTITY, BATCH, 1, 1, "L-00001"))


def a_bag(*, training: bool) -> str:
    return str(CollectionCode("C-26-0031", training))


def made_clinical(site: Site) -> Site:
    """The same rows at a clinical site, where a simulated clock would not let one be made."""
    site.behind("UPDATE site SET training = FALSE")
    return site


@pytest.mark.requirement("R41")
@pytest.mark.parametrize("scanned", [a_label(training=True), a_bag(training=True)])
def test_a_clinical_site_refuses_a_training_code_in_words_at_the_receipt(at, scanned):
    site = made_clinical(at("announced"))
    typed = arrival(site) | {"scanned_identity": scanned}
    refusal = site.refused_and_recorded(LI, collections.receive, COLLECTION, **typed)
    assert (refusal.rule, refusal.first.field) == ("R41", "scanned_identity")
    assert "this is a TRAINING label" in refusal.first.what.english
    with site.store.reading() as session:
        (opened,) = session.exec(select(Deviation)).all()
    assert opened.severity == "critical"


@pytest.mark.requirement("R41")
def test_a_training_site_refuses_the_code_of_a_clinical_label_at_every_hand_over(at):
    clinical = a_label(training=False)
    assert scan_of(at("labelled")) == a_label(training=True), "but for the mark it is this very bag's"
    hands = {
        "labelled": (LIU, custody.issue_dose, {"to_whom": "ward 3", "temperature": "5 °C"}),
        "issued": (SUN, custody.receive_dose, {"ward": "ward 3", "temperature": "5 °C"}),
    }
    for stage, (who, command, typed) in hands.items():
        refusal = at(stage).refused_and_recorded(who, command, BAG, scanned_label=clinical, **typed)
        assert refusal.rule == "R41"
        assert "label of a clinical site" in refusal.first.what.english


@pytest.mark.slow
@pytest.mark.requirement("R41")
@pytest.mark.parametrize("field", ["scanned_label", "scanned_identity", "scanned_patient_id"])
def test_at_the_bedside_too(at, field):
    site = at("at the ward")
    site.later(minutes=5)
    typed = bedside(site) | {field: a_label(training=False)}
    refusal = site.refused_and_recorded(SUN, custody.record_infusion, BAG, **typed)
    assert "label of a clinical site" in refusal.first.what.english
    assert PATIENT_ID not in refusal.first.what.english


def test_any_other_text_is_another_patients_or_containers(at):
    site = at("labelled")
    typed = {"to_whom": "ward 3", "temperature": "5 °C", "scanned_label": "IK1.I.nonsense"}
    refusal = site.refused_and_recorded(LIU, custody.issue_dose, BAG, **typed)
    assert "not this patient's or this container's" in refusal.first.what.english
