"""Labels of every kind come from the record: who prepares them, what stands on them, and what nobody may type."""

from datetime import date
from decimal import Decimal

import pytest
from label_kinds_prepared import CONSIGNEE, KEPT, WAYS, apply, draw_and_print
from one_batch import (
    BAG,
    BATCH,
    CHEN,
    COLLECTION,
    HEALTHY,
    IDENTITY,
    LI,
    LIU,
    PATIENT_ID,
    SUN,
    WANG,
    let_go,
    proof_of,
    scan_of,
)

from inkt_mfg.records.batch import Batch
from inkt_mfg.records.collection import Collection
from inkt_mfg.records.dose import Container
from inkt_mfg.records.label import Label
from inkt_mfg.records.words import ContainerState, LabelState
from inkt_mfg.views.label_accounts import label_account
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import (
    accounting,
    bench_labels,
    collections,
    container_labels,
    culture,
    custody,
    labelling,
)
from inkt_mfg.workflow.catalogue import JOBS

assert JOBS
BEDSIDE = {"volume": "98 mL", "collected_at": "2026-03-25 07:20"}
CELLS = Decimal(1_800_000_000)  # 2e7/mL × 90 % × 100 mL that reach the patient


def frozen(site, code: str) -> LabelContent:
    return label_content(site.store, code)


@pytest.mark.slow
@pytest.mark.requirement("R50", "R51", "R52")
@pytest.mark.parametrize("kind", WAYS)
def test_every_kind_is_prepared_drawn_proofed_printed_and_applied(at, kind):
    way = WAYS[kind]
    site = at(way.stage)
    codes = way.prepare(site).codes
    assert codes
    for code in codes:
        draw_and_print(site, way.who, code)
        apply(site, way.who, code, **({"scanned_container": BAG} if way.on == BAG else {}))
        assert site.row(Label, code).state is LabelState.APPLIED
    assert label_account(site.store, COLLECTION if way.on == COLLECTION else BATCH).reconciled
    assert site.ledger_is_whole()


@pytest.mark.requirement("R50")
@pytest.mark.parametrize("kind", WAYS)
def test_every_kind_says_whose_it_is_and_hangs_where_it_belongs(at, kind):
    way = WAYS[kind]
    site = at(way.stage)
    code = way.prepare(site).code
    content, row = frozen(site, code), site.row(Label, code)
    facts = content.facts
    assert (content.kind, content.serial, content.training) == (kind, code, True)
    assert (facts.patient_name, facts.patient_id, facts.date_of_birth) == (
        "王小明",
        PATIENT_ID,
        date(1969, 5, 4),
    )
    assert (facts.chain_of_identity, facts.subject_number) == (IDENTITY, "YA-001")
    hangs_on = [name for name in ("collection", "batch", "container") if getattr(row, name) is not None]
    assert hangs_on == {COLLECTION: ["collection"], BATCH: ["batch"], BAG: ["batch", "container"]}[way.on]
    assert row.template is not None


# --- the bench's own


@pytest.mark.requirement("R50")
def test_before_the_blood_is_drawn_volume_and_time_are_typed_at_the_bedside_and_never_after(at):
    site, command = at("announced"), bench_labels.prepare_collection_labels
    bag = {"kind": "collection_bag"}
    for lacks in BEDSIDE:
        typed = bag | {name: text for name, text in BEDSIDE.items() if name != lacks}
        assert site.refused(LI, command, COLLECTION, **typed).first.field == lacks
    facts = frozen(site, site.run(LI, command, COLLECTION, **bag, **BEDSIDE).code).facts
    assert (facts.volume_ml, facts.collected_at.isoformat()) == (98, "2026-03-25T07:20:00+08:00")
    assert facts.expires_at.isoformat() == "2026-03-26T07:20:00+08:00", (
        "24 h until the gradient, as the protocol says"
    )
    arrived = at("received")
    for field, text in BEDSIDE.items():
        refusal = arrived.refused(LI, command, COLLECTION, **bag, **{field: text})
        assert (refusal.rule, refusal.first.field) == ("label.recorded", field)
    of_record = frozen(arrived, arrived.run(LI, command, COLLECTION, **bag).code).facts
    assert of_record.volume_ml == arrived.row(Collection, COLLECTION).volume


@pytest.mark.requirement("R52")
def test_a_dozen_vials_are_prepared_in_one_command_each_with_its_serial_and_its_number(at):
    site = at("in culture")
    vials = {"kind": "cryovial", "step": "seed", "storage_high": "-150 °C", "keep_until": "2031-01-01 00:00"}
    receipt = site.run(LI, bench_labels.prepare_in_process_labels, BATCH, count="12", **vials)
    assert receipt.codes == tuple(f"L-{n:05d}" for n in range(1, 13))
    assert "12 labels L-00001 … L-00012" in receipt.says.english
    seventh = frozen(site, "L-00007")
    assert (seventh.copy, seventh.copies, seventh.facts.container, seventh.facts.containers) == (7, 12, 7, 12)
    for wrong in ("0", "1000"):
        refusal = site.refused(LI, bench_labels.prepare_in_process_labels, BATCH, count=wrong, **vials)
        assert refusal.rule == "label.count"


def test_a_vessels_label_brings_what_its_recorded_step_was_and_no_figures_of_one_still_to_come(at):
    site, command = at("expanded"), bench_labels.prepare_in_process_labels
    feed = fed(site)
    vessel = {"kind": "vessel", "volume": "80 mL", **KEPT}
    done = frozen(site, site.run(LI, command, BATCH, step=feed.code, **vessel).code).facts
    assert (done.purpose, done.filled_at, done.viability_percent) == (
        "Feed the culture",
        feed.performed_at,
        90,
    )
    to_come = frozen(site, site.run(LI, command, BATCH, step="harvest", **vessel).code).facts
    assert (to_come.purpose, to_come.filled_at, to_come.viability_percent) == ("Harvest and pool", None, None)


def fed(site):
    """The newest feed as it is recorded."""
    with site.case(Batch, BATCH) as case:
        return case.steps_of("feed")[-1]


WRONG = [
    ({"kind": "infusion"}, "entry.choice", "kind"),
    ({"kind": "sub_batch"}, "label.sub_batch", "kind"),
    ({"step": ""}, "entry.missing", "step"),
    ({"volume": ""}, "label.missing", "volume"),
    ({"storage_low": "9 °C"}, "label.storage", "storage_low"),
    ({"storage_high": "8"}, "units.missing", "storage_high"),
    ({"keep_until": "2026-01-01 08:00"}, "label.expired", "keep_until"),
    ({"step": "ST-09999"}, "record.unknown", "step"),
    ({"sample": "S-09999"}, "record.unknown", "sample"),
]


@pytest.mark.parametrize(("typed", "rule", "field"), WRONG)
def test_what_is_typed_wrong_for_a_vessel_is_refused_in_its_field(standing, typed, rule, field):
    right = {"kind": "vessel", "step": "harvest", "volume": "80 mL", **KEPT}
    refusal = standing("expanded").refused(
        LI, bench_labels.prepare_in_process_labels, BATCH, **(right | typed)
    )
    assert (refusal.rule, refusal.first.field) == (rule, field)


def test_a_sub_batch_has_labels_of_its_own(at):
    site = at("planned")
    child = site.run(LI, culture.plan_batch, COLLECTION, infusion_number=2, parent=BATCH).code
    typed = {"kind": "sub_batch", "step": "restimulate", "volume": "20 mL", **KEPT}
    code = site.run(LI, bench_labels.prepare_in_process_labels, child, **typed).code
    assert proof_of(site, code)["proof"]["passed"]
    content = frozen(site, code)
    assert content.payload.split(".")[1:5] == ["B", "YA01", IDENTITY, child]


# --- the container's


@pytest.mark.requirement("R50", "R55")
def test_a_quarantine_label_says_the_judged_dose_and_no_word_of_a_release(at):
    site = at("assessed")
    facts = frozen(site, WAYS["quarantine"].prepare(site).code).facts
    assert (facts.container_viable_cells, facts.verdict, facts.volume_ml) == (CELLS, "within", 100)
    assert not hasattr(facts, "certificate")


@pytest.mark.requirement("R50", "R52")
def test_a_small_container_is_labelled_once_its_label_and_its_tag_are_both_on_it(at):
    site = at("released")
    small, tag = WAYS["partial"].prepare(site).codes
    assert (site.row(Label, small).kind, site.row(Label, tag).kind) == ("partial", "tag")
    for code, then in ((tag, ContainerState.FILLED), (small, ContainerState.LABELLED)):
        draw_and_print(site, LIU, code)
        apply(site, LIU, code, scanned_container=BAG)
        assert site.row(Container, BAG).state is then
    issued = {"to_whom": "ward 3", "temperature": "5 °C"}
    site.run(LIU, custody.issue_dose, BAG, scanned_label=scan_of(site, small), **issued)


def test_a_carton_says_where_it_goes_and_abroad_its_expiry_in_utc_as_well(at):
    site = at("released")
    unsaid = site.refused(LIU, container_labels.prepare_carton_label, BAG, **CONSIGNEE | {"consignee": " "})
    assert unsaid.first.field == "consignee"
    content = frozen(site, WAYS["carton"].prepare(site, shipped_abroad="yes").code)
    assert (content.facts.consignee, content.facts.shipped_abroad) == (CONSIGNEE["consignee"], True)


@pytest.mark.requirement("R52")
def test_what_was_destroyed_says_why_by_whom_and_who_saw_it(at):
    site = at("released")
    site.run(LIU, custody.destroy_container, BAG, reason="leaks")
    site.later(minutes=5)
    typed = {"why": "leaked at the port", "witness": CHEN}
    code = site.run(LI, container_labels.prepare_destroyed_label, BAG, **typed).code
    assert proof_of(site, code)["proof"]["passed"]
    facts = frozen(site, code).facts
    assert (facts.destroyed_why, facts.destroyed_by, facts.witnessed_by) == (
        "leaked at the port",
        "Liu Fang",
        "Chen Yu",
    )
    assert facts.destroyed_at < site.clock.at


# --- whose work it is


@pytest.mark.requirement("R24", "R55")
def test_technicians_make_labels_before_release_and_the_pharmacist_those_of_a_released_dose(at):
    site = at("released")
    for name in ("infusion", "partial", "carton"):
        way = WAYS[name]
        refusal = site.refused(LI, way.command, BAG, **way.typed)
        assert (refusal.rule, refusal.first.resolve_by.english) == ("R24", "a pharmacist")
    code = WAYS["infusion"].prepare(site).code
    for command in (labelling.register_label, accounting.spoil_label):
        typed = proof_of(site, code) if command is labelling.register_label else {"reason": "creased"}
        assert site.refused(WANG, command, code, **typed).first.resolve_by.english == "a pharmacist"
        assert {b.rule for b in site.bench(WANG).blockers(command, code)} == {"R24"}
    tube = WAYS["collection_tube"].prepare(site).code
    assert site.refused(SUN, accounting.spoil_label, tube, reason="x").rule == "R24"
    site.run(WANG, accounting.spoil_label, tube, reason="creased")


# --- applied by scanning label, patient and container


@pytest.mark.requirement("R41")
def test_a_label_is_applied_to_the_container_it_was_made_for_and_no_other(at):
    site = at("assessed")
    quarantine = WAYS["quarantine"].prepare(site).code
    draw_and_print(site, LI, quarantine)
    scans = {"scanned_label": scan_of(site, quarantine), "scanned_identity": IDENTITY}
    for wrong in (None, "B-00002-1", scan_of(site, quarantine)):  # its own code is no code of the container
        refusal = site.refused_and_recorded(
            LI, labelling.apply_label, quarantine, scanned_container=wrong, **scans
        )
        assert (refusal.rule, refusal.first.field) == ("R41", "scanned_container")
    apply(site, LI, quarantine, scanned_container=BAG)


@pytest.mark.slow
@pytest.mark.requirement("R41")
def test_the_container_is_known_by_the_label_that_is_on_it(at):
    site = at("reviewed")
    quarantine = WAYS["quarantine"].prepare(site).code
    draw_and_print(site, LI, quarantine)
    apply(site, LI, quarantine, scanned_container=BAG)
    let_go(site)
    label = WAYS["infusion"].prepare(site).code
    draw_and_print(site, LIU, label)
    apply(site, LIU, label, scanned_container=scan_of(site, quarantine))
    assert site.row(Container, BAG).state is ContainerState.LABELLED


# --- the warnings (21 CFR 1271.90)

DONORS = [
    (HEALTHY, set()),
    (HEALTHY | {"screening_complete": "no"}, {"not_evaluated"}),
    (HEALTHY | {"testing_complete": "no"}, {"not_evaluated"}),
    (HEALTHY | {"risk_factor": "yes"}, {"biohazard"}),
    (HEALTHY | {"reactive_agents": "hepatitis B; syphilis"}, {"biohazard", "reactive"}),
]


@pytest.mark.requirement("R50")
@pytest.mark.parametrize(("answers", "expected"), DONORS)
def test_what_was_asked_of_the_donor_decides_the_warnings(at, answers, expected):
    from labels.elements import elements

    site = at("received")
    site.run(CHEN, collections.accept, COLLECTION, **answers)
    content = frozen(site, WAYS["collection_bag"].prepare(site).code)
    found = elements(content)
    assert {name for name in ("not_evaluated", "biohazard", "reactive") if name in found} == expected
    assert "FOR AUTOLOGOUS USE ONLY" in found["autologous"].text
    if "reactive" in expected:
        lines = [line for text in found["reactive"].text for line in text.splitlines() if "WARNING" in line]
        assert [agent for agent in ("hepatitis B", "syphilis") if any(agent in line for line in lines)] == [
            "hepatitis B",
            "syphilis",
        ]


def test_the_chinese_half_of_a_warning_is_chinese_for_the_usual_agents(at):
    from labels.elements import elements

    site = at("received")
    site.run(
        CHEN, collections.accept, COLLECTION, **HEALTHY | {"reactive_agents": "Hepatitis B; 梅毒; HTLV-1"}
    )
    told = "\n".join(elements(frozen(site, WAYS["collection_bag"].prepare(site).code))["reactive"].text)
    for line in ("乙型肝炎 检测结果呈反应性", "梅毒 检测结果呈反应性", "HTLV-1 检测结果呈反应性"):
        assert line in told
    for agent in ("hepatitis B", "syphilis", "HTLV-1"):
        assert f"Reactive test results for {agent}" in told


def test_a_collection_accepted_before_screening_was_asked_apart_means_what_it_meant(at):
    for stored, screened in ((1, True), (0, False)):
        site = at("accepted")
        site.behind(
            f"UPDATE collection SET screening_complete = NULL, risk_factor = NULL, testing_complete = {stored}"
        )
        facts = frozen(site, WAYS["collection_tube"].prepare(site).code).facts
        assert (facts.screening_complete, facts.testing_complete, facts.risk_factor) == (
            screened,
            screened,
            False,
        )
