"""A case: everything known about one record, read when it is asked for."""

import pytest
from one_batch import (
    BAG,
    BATCH,
    BODY,
    COLLECTION,
    CONTROL,
    HEIGHT,
    LABEL,
    LI,
    LIU,
    ORDER,
    SUBJECT,
    SUN,
    WANG,
    ZHAO,
    late_sterility,
    measure,
)

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.subject import BodyMeasurement, DoseOrder, Subject
from inkt_mfg.records.words import DispositionKind
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.case import parsed_protocol
from inkt_mfg.workflow import subjects


@pytest.mark.parametrize(
    ("table", "code"),
    [(Batch, BATCH), (Container, BAG), (Label, LABEL), (Collection, COLLECTION), (BodyMeasurement, BODY),
     (DoseOrder, ORDER), (Subject, SUBJECT)],
)  # fmt: skip
def test_whatever_is_asked_about_the_subject_and_the_protocol_are_the_same(standing, table, code):
    with standing("labelled").case(table, code) as case:
        assert case.subject.code == SUBJECT
        assert case.protocol.id == "nct04011033"
        assert case.site.code == "YA01"


@pytest.mark.parametrize(("table", "code"), [(Batch, BATCH), (Container, BAG), (Label, LABEL)])
def test_a_bag_and_a_label_know_their_batch(standing, table, code):
    with standing("labelled").case(table, code) as case:
        assert (case.batch.code, case.container.code, case.collection.code) == (BATCH, BAG, COLLECTION)
        assert case.order.code == ORDER


def test_the_steps_come_in_the_order_they_were_done(standing):
    with standing("labelled").case(Batch, BATCH) as case:
        assert [s.plan_code for s in case.steps] == [
            "gradient", "seed", "feed", "restimulate", "count", "sample_in_process", "harvest", "wash", "formulate",
            "sample_product",
        ]  # fmt: skip
        assert case.formulation_step == "formulate"
        assert case.reading("formulate", "formulated_volume").value_typed == "107 mL"
        assert case.reading("formulate", "nothing_of_this_name") is None
        assert case.last_count("nowhere") is None


def test_the_performers_are_those_who_worked_on_it_and_not_those_who_decided(standing):
    with standing("infused").case(Batch, BATCH) as case:
        names = {case.person(key).split("(")[1].rstrip(")") for key in case.performers}
    assert names == {LI, WANG, LIU}  # the pharmacist prepared and printed the label
    with standing("reviewed").case(Batch, BATCH) as case:
        assert {case.person(key) for key in case.performers} == {"Li Na (li.tech)", "Wang Jun (wang.tech)"}


def test_a_name_nobody_has_is_an_empty_text(standing):
    with standing("reviewed").case(Batch, BATCH) as case:
        assert case.person(None) == ""


def test_before_any_decision_a_batch_is_in_quarantine(standing):
    with standing("reviewed").case(Batch, BATCH) as case:
        assert (case.disposition, case.dispositions) == (DispositionKind.QUARANTINE, [])


def test_the_newest_body_two_people_agree_on_is_the_body(at):
    site = at("enrolled")
    measure(site, weight="65 kg")
    site.later(days=1)
    measure(site, weight="64 kg")
    with site.case(Subject, SUBJECT) as case:
        assert (case.body.weight_typed, case.unresolved_body) == ("64 kg", None)
    site.later(days=1)
    typed = {"height": HEIGHT, "weight": "63 kg", "measured_on": site.today()}
    waiting = site.run(SUN, subjects.measure_body, SUBJECT, **typed).code
    with site.case(Subject, SUBJECT) as case:
        assert (case.body.weight_typed, case.unresolved_body.code) == ("64 kg", waiting)
    with site.case(Subject, CONTROL) as case:
        assert (case.body, case.unresolved_body) == (None, None)


def test_a_dose_keeps_the_body_it_was_worked_out_for(at):
    site = at("infused")
    late_sterility(site)
    measure(site, weight="60 kg")
    with site.case(Batch, BATCH) as case:
        assert (case.body.weight_typed, case.dosed_body.weight_typed) == ("60 kg", "65 kg")
    with at("harvested").case(Batch, BATCH) as case:
        assert case.dosed_body.code == case.body.code == BODY


def test_a_release_covers_every_row_once(standing):
    with standing("reviewed").case(Batch, BATCH) as case:
        rows = case.covered_by_release()
    assert (
        len({row.key for row in rows}) >= len(rows) - 6
    )  # a lot used at two steps comes twice, its manifest once
    assert {type(row).__name__ for row in rows} >= {
        "Batch",
        "Subject",
        "CellCount",
        "TestResult",
        "DoseOrder",
    }


@pytest.mark.requirement("R05")
def test_a_protocol_text_that_is_not_the_registered_one_is_refused(standing):
    with standing("reviewed").case(Batch, BATCH, ZHAO) as case:
        version = case.protocol_version
    with pytest.raises(Refusal) as caught:
        parsed_protocol("0" * 64, version.text, version.code)
    assert (caught.value.rule, caught.value.first.field) == ("R05", "protocol")
