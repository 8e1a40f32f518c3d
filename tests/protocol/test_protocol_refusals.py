"""Everything wrong with a protocol file is refused with file, key and line, all at once."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.protocol import Fault, Protocol, check, of_bytes
from inkt_mfg.refusal import Blocker, Refusal, Unable

Spoil = Callable[[str, str], list[Fault]]

LOW = 'low = { value = "5e8 cells/m^2"'
HIGH = 'high = { value = "1e9 cells/m^2"'


@pytest.mark.parametrize(
    ("passage", "replacement", "rule", "key"),
    [
        pytest.param(LOW, 'low = { value = "5e8 cells/mL"', "protocol.unit", "dose.low.value", id="cells/mL for cells/m²"),
        pytest.param(LOW, 'low = { value = "5e8"', "protocol.unit", "dose.low.value", id="no unit"),
        pytest.param(LOW, "low = { value = 500000000", "protocol.unit", "dose.low.value", id="a number, not a text"),
        pytest.param(LOW, 'low = { value = "5,0e8 cells/m^2"', "protocol.number", "dose.low.value", id="a comma"),
        pytest.param(LOW, 'low = { value = "5e6 cells/kg"', "protocol.unit", "dose.low", id="per kg in a window per m²"),
        pytest.param('rate = { value = "25000 IU/kg/d"', 'rate = { value = "25000 EU/kg/d"', "protocol.unit",
                     "il2.rate.value", id="EU for IU"),
        pytest.param('bmi_hard = { low = "13 kg/m^2"', 'bmi_hard = { low = "13 kg"', "protocol.unit",
                     "body.bmi_hard.low", id="kg for kg/m²"),
        pytest.param('within = "8 h"', 'within = "8 mL"', "protocol.unit", "expiry.within", id="a volume for a time"),
        pytest.param('maximum_cv = "15 %"', 'maximum_cv = "0.15"', "protocol.unit", "counting.maximum_cv",
                     id="a fraction for a percentage"),
        pytest.param("minimum_replicates = 2", 'minimum_replicates = "2"', "protocol.value",
                     "counting.minimum_replicates", id="a text for a number"),
        pytest.param("minimum_replicates = 2", "minimum_replicates = 0", "protocol.value",
                     "counting.minimum_replicates", id="no replicates"),
        pytest.param('weight_age_limit = "7 d"', 'weight_age_limits = "7 d"', "protocol.missing",
                     "body.weight_age_limit", id="a key misspelt"),
        pytest.param('phase = { value = "2", source = "registry"', 'phase = { value = "2", source = "rumour"',
                     "protocol.value", "trial.phase.source", id="a source there is not"),
        pytest.param('phase = { value = "2", source = "registry", citation = "Study phase" }', 'phase = "2"',
                     "protocol.value", "trial.phase", id="a value without its source"),
        pytest.param('citation = "Study phase"', 'citation = ""', "protocol.value", "trial.phase.citation",
                     id="an empty citation"),
        pytest.param('citation = "Study phase"', 'citation = "Study phase", illustrative = true', "protocol.source",
                     "trial.phase", id="an illustrative registry value"),
        pytest.param(HIGH, 'high = { value = "5e8 cells/m^2"', "protocol.window", "dose.high", id="an empty dose window"),
        pytest.param(HIGH, 'high = { value = "1e8 cells/m^2"', "protocol.window", "dose.high", id="a window upside down"),
        pytest.param('height_soft = { low = "145 cm", high = "195 cm" }',
                     'height_soft = { low = "145 cm", high = "215 cm" }', "protocol.window", "body.height_soft",
                     id="soft limits beyond hard ones"),
        pytest.param('storage_high = "8 degC"', 'storage_high = "2 degC"',
                     "protocol.window", "expiry.storage_high", id="an empty storage range"),
        pytest.param('line_residual = "2 mL"', 'line_residual = "95 mL"', "protocol.window", "container.volume",
                     id="nothing left to give"),
        pytest.param("value = [7, 21, 35, 49, 63, 77]", "value = [7, 21, 49, 35, 63, 77]", "protocol.order",
                     "schedule.infusion_days", id="days out of order"),
        pytest.param("value = [7, 21, 35, 49, 63, 77]", "value = [7, 10, 35, 49, 63, 77]", "protocol.window",
                     "schedule.infusion_days", id="infusion windows that meet"),
        pytest.param("value = [7, 21, 35, 49, 63, 77]", "value = []", "protocol.window", "schedule.infusion_days",
                     id="no infusion"),
        pytest.param("planned_days = { value = 14", "planned_days = { value = 15", "protocol.window",
                     "il2.planned_days", id="an IL-2 course too long"),
        pytest.param('reading = { value = "course_of"', 'reading = { value = "days_to"', "protocol.window",
                     "il2.planned_days", id="a course of 14 days read as days 5 to 14"),
        pytest.param("days_low = { value = 5", "days_low = { value = 15", "protocol.window", "il2.days_high",
                     id="an empty course"),
        pytest.param('after = ["gradient"]', 'after = ["harvest"]', "protocol.order", "steps.seed.after",
                     id="a step after a later one"),
        pytest.param('after = ["gradient"]', 'after = ["seed"]', "protocol.order", "steps.seed.after",
                     id="a step after itself"),
        pytest.param('after = ["gradient"]', "after = []", "protocol.order", "steps.seed.after",
                     id="a step that may be done at any time"),
        pytest.param("earliest_day = 7\nlatest_day = 7", "earliest_day = 7\nlatest_day = 6", "protocol.order",
                     "steps.restimulate.latest_day", id="a step that ends before it begins"),
        pytest.param("earliest_day = 10\nlatest_day = 12", "earliest_day = 3\nlatest_day = 5", "protocol.order",
                     "steps.sample_in_process.latest_day", id="a step over before the one it follows"),
        pytest.param("culture_days = { value = 14", "culture_days = { value = 12", "protocol.order",
                     "steps.harvest.latest_day", id="a harvest on another day than the culture's last"),
        pytest.param("number = 1\nexcipients", "number = 2\nexcipients", "protocol.value", "container.number",
                     id="a dose shared out over two bags, each label of which would state the whole"),
        pytest.param('operation = "harvest"', 'operation = "wash"', "protocol.order", "steps", id="no harvest"),
        pytest.param('operation = "harvest"', 'operation = "pray"', "protocol.value", "steps.harvest.operation",
                     id="an operation there is not"),
        pytest.param('code = "split"', 'code = "feed"', "protocol.duplicate", "steps.feed.code", id="a code used twice"),
        pytest.param('act = "volume"', 'act = "count"', "protocol.duplicate", "second_person.count.act",
                     id="two rules for one act"),
        pytest.param('entries = ["harvest_volume"', 'entries = ["harvest_volum"', "protocol.reference",
                     "steps.harvest.entries", id="an entry there is not"),
        pytest.param('materials = ["density_gradient"', 'materials = ["density"', "protocol.reference",
                     "steps.gradient.materials", id="a material there is not"),
        pytest.param('step = "sample_in_process"', 'step = "sampling"', "protocol.reference", "samples.in_process.step",
                     id="a sampling step there is not"),
        pytest.param('sample = "in_process"', 'sample = "blood"', "protocol.reference",
                     "tests.sterility_in_process.sample", id="a sample there is not"),
        pytest.param('may_be_pending = ["sterility_final"]', 'may_be_pending = ["viability"]', "protocol.reference",
                     "release.may_be_pending", id="a pending test that is due before release"),
        pytest.param("conditional_allowed = true", "conditional_allowed = false", "protocol.value",
                     "release.conditional_allowed", id="a late test and no conditional release"),
        pytest.param('starts_at = "formulated_at"', 'starts_at = "formulated_volume"', "protocol.reference",
                     "expiry.starts_at", id="an expiry clock that starts at a volume"),
        pytest.param('ends_with = "gradient"', 'ends_with = "gradients"', "protocol.reference",
                     "holds.collection_to_gradient.ends_with", id="a hold that never ends"),
        pytest.param('bsa_formula = { value = "mosteller"', 'bsa_formula = { value = "mostelar"', "protocol.reference",
                     "dose.bsa_formula", id="a formula there is not"),
        pytest.param('criterion = ">= 70 %"', 'criterion = "about 70 %"', "protocol.criterion",
                     "tests.viability.criterion", id="a criterion nobody can judge by"),
        pytest.param('criterion = ">= 70 %"', 'criterion = ">= 70 EU"', "protocol.unit", "tests.viability.criterion",
                     id="a criterion in another unit"),
        pytest.param('criterion = ">= 70 %"', 'criterion = "negative"', "protocol.unit", "tests.viability.criterion",
                     id="a word for a number"),
        pytest.param('criterion = ">= 70 %"\n', "", "protocol.criterion", "tests.viability.criterion",
                     id="a test without a limit"),
        pytest.param('limit_from = "endotoxin"', 'limit_from = "endotoxin"\ncriterion = "<= 1 EU/mL"',
                     "protocol.criterion", "tests.endotoxin.criterion", id="a test with two limits"),
        pytest.param('criterion = "> 85 g/L"', 'criterion = "> 85 umol/L"', "protocol.unit",
                     "eligibility.haemoglobin.criterion", id="amount for mass"),
        pytest.param('criterion = "< 1.5"', 'criterion = "< 1.5 umol/L"', "protocol.unit",
                     "eligibility.creatinine.criterion", id="a unit on a multiple of the upper limit"),
        pytest.param('criterion = "> 85 g/L"\n', "", "protocol.criterion", "eligibility.haemoglobin.criterion",
                     id="a quantity without a criterion"),
        pytest.param('due = "after_release"', 'due = "before_release"', "protocol.value", "tests.sterility_final.due",
                     id="a late reading of a test due before release"),
        pytest.param('read_after = "14 d"', 'read_after = "7 d"', "protocol.window", "tests.sterility_final.read_after",
                     id="read before the day the criterion names"),
        pytest.param('kind = "volume"', 'kind = "volumes"', "protocol.kind", "entries.collected_volume.kind",
                     id="a kind there is not"),
        pytest.param('"No beads" = "0"', '"No beads" = "nil"', "protocol.number", "words.numbers.No beads",
                     id="a word that stands for a word"),
        pytest.param('"No beads" = "0"', '"No beads" = "1,0"', "protocol.number", "words.numbers.No beads",
                     id="a word that stands for a comma"),
        pytest.param(LOW, 'low = { value = "0 cells/m^2"', "protocol.value", "dose.low", id="a dose of no cells"),
        pytest.param('syringe_step = { value = "0.5 mL"', 'syringe_step = { value = "0 mL"', "protocol.value",
                     "dose.syringe_step", id="a syringe without a step"),
        pytest.param('limit = "24 h"', 'limit = "0 h"', "protocol.value", "holds.collection_to_gradient.limit",
                     id="no time at all"),
        pytest.param('k_area = "2.5 EU/kg/h"', 'k_area = "0 EU/kg/h"', "protocol.value", "endotoxin.k_area",
                     id="no endotoxin at all"),
        pytest.param('kind = "endotoxin_concentration"', 'kind = "endotoxin_per_body_weight"', "protocol.unit",
                     "tests.endotoxin.kind", id="a computed limit for another kind"),
        pytest.param("dosed = true", "dosed = false", "protocol.value", "arms", id="nobody is dosed"),
        pytest.param('code = "inkt"', 'code = "iNKT arm"', "protocol.value", "arms.iNKT arm.code",
                     id="a code that cannot be scanned or typed safely"),
    ],
)  # fmt: skip
def test_a_spoiled_protocol_names_the_rule_and_the_key(faults_when: Spoil, passage, replacement, rule, key):
    faults = faults_when(passage, replacement)
    assert (rule, key) in {(fault.rule, fault.key) for fault in faults}


@pytest.mark.parametrize(
    ("passage", "replacement"),
    [
        ('id = "nct04011033"', 'id = "NCT"'),
        (LOW, 'low = { value = "x5e8 cells/m^2"'),
        ('weight_age_limit = "7 d"', 'weight_age_limit = "7 mL"'),
        ('criterion = "> 10 cells/mL"', 'criterion = "> ten cells/mL"'),
        ('    "Beijing Ditan Hospital",', "    7,"),
        ('by = ["verification"]', 'by = ["hearsay"]'),
    ],
)
def test_the_line_is_the_line_in_the_file(faults_when: Spoil, trial: Protocol, passage, replacement):
    key_of_the_list = "participating_sites" if "Ditan" in passage else passage
    line = trial.text[: trial.text.index(key_of_the_list)].count("\n") + 1
    (fault,) = faults_when(passage, replacement)
    assert fault.line == line
    assert f"spoiled.toml, line {line}, {fault.key}: " in fault.what.english


def test_every_fault_is_reported_at_once_in_the_order_of_the_lines(trial: Protocol):
    spoiled = trial.text
    for passage, wrong in (
        (LOW, 'low = { value = "5e8"'),
        ('within = "8 h"', "within = 8"),
        ("dosed = true", "dosed = 1"),
    ):
        spoiled = spoiled.replace(passage, wrong, 1)
    with pytest.raises(Refusal) as refused:
        Protocol.read(spoiled, "site.toml")
    assert [fault.field for fault in refused.value.blockers] == [
        "arms.inkt.dosed",
        "dose.low.value",
        "expiry.within",
    ]


def test_an_unknown_key_is_refused_with_the_nearest_there_is(faults_when: Spoil):
    unknown = [
        f
        for f in faults_when("blind_second_reading", "blind_second_readin")
        if f.rule == "protocol.unknown_key"
    ]
    assert unknown[0].key == "body.blind_second_readin"
    assert unknown[0].expected.english == "the key blind_second_reading"


def test_an_unknown_table_is_refused_too(faults_when: Spoil):
    (fault,) = faults_when("[record_keeping]", "[moonphase]\nwaxing = true\n\n[record_keeping]")
    assert (fault.rule, fault.key) == ("protocol.unknown_key", "moonphase")


def test_a_text_that_is_not_toml_is_refused_with_its_line(trial: Protocol):
    spoiled = trial.text.replace("[trial]", "[trial")
    with pytest.raises(Refusal) as refused:
        Protocol.read(spoiled, "broken.toml")
    fault = refused.value.first
    line = trial.text[: trial.text.index("[trial]")].count("\n") + 1
    assert isinstance(fault, Fault)
    assert (fault.rule, fault.line) == ("protocol.syntax", line)


@pytest.mark.parametrize("text", ["", "id = ", 'id = "x"\nid = "y"', "[steps\n"])
def test_a_text_that_is_no_protocol_at_all_is_refused(text):
    with pytest.raises(Refusal) as refused:
        Protocol.read(text, "nothing.toml")
    assert refused.value.rule in {"protocol.syntax", "protocol.missing"}


def test_a_computed_limit_needs_the_table_it_is_computed_from(trial: Protocol):
    start, end = trial.text.index("[endotoxin]"), trial.text.index("[release]")
    with pytest.raises(Refusal) as refused:
        Protocol.read(trial.text[:start] + trial.text[end:], "site.toml")
    assert (refused.value.rule, refused.value.first.field) == (
        "protocol.reference",
        "tests.endotoxin.limit_from",
    )


def test_a_fault_in_an_array_on_one_line_is_found_too(weight_based: Protocol):
    with pytest.raises(Refusal) as refused:
        Protocol.read(weight_based.text.replace("dosed = true", "dosed = 7"), "inline.toml")
    fault = refused.value.first
    assert isinstance(fault, Fault)
    assert (fault.key, fault.line) == ("arms.all.dosed", 7)


def test_a_refusal_goes_to_programs_with_file_key_and_line(faults_when: Spoil):
    body = faults_when('within = "8 h"', 'within = "8 mL"')[0].as_json()
    assert (body["rule"], body["file"], body["key"]) == ("protocol.unit", "spoiled.toml", "expiry.within")
    assert body["line"] is not None
    assert int(body["line"]) > 800
    assert body["typed"] == "8 mL"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_of_any_system_are_read(trial: Protocol, ending, tmp_path):
    path = tmp_path / "windows.toml"
    path.write_bytes(trial.text.replace("\n", ending).encode())
    found = check(path)
    assert found.text == trial.text.replace("\n", ending)
    assert found.tests == trial.tests


def test_a_file_that_is_not_utf8_is_refused_with_the_line(trial: Protocol):
    with pytest.raises(Refusal) as refused:
        of_bytes(trial.text.encode().replace(b"Dr Demo", b"Dr D\xe9mo"), "latin.toml")
    assert refused.value.rule == "protocol.encoding"
    line = trial.text[: trial.text.index("Dr Demo")].count("\n") + 1
    assert f"line {line}:" in refused.value.first.what.english


def test_a_missing_file_is_refused_and_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(Refusal) as refused:
        check(tmp_path / "none.toml")
    assert refused.value.rule == "protocol.file"
    with pytest.raises(Unable):
        check(tmp_path)


@given(st.data())
def test_any_damage_to_a_protocol_is_refused_with_a_line_or_leaves_a_protocol(
    trial: Protocol, data: st.DataObject
):
    lines = trial.text.split("\n")
    where = data.draw(st.integers(0, len(lines) - 1))
    line = lines[where]
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    lines[where] = line[:start] + data.draw(st.text(max_size=4)) + line[end:]
    faults, found = _read("\n".join(lines))
    assert all(isinstance(fault, Fault) and 1 <= fault.line <= len(lines) + 1 for fault in faults)
    if found is not None:
        assert found.dose_window
        assert found.schedule_plan
        assert found.body_limits
        assert found.as_json()


def _read(text: str) -> tuple[tuple[Blocker, ...], Protocol | None]:
    try:
        return (), Protocol.read(text, "damaged.toml")
    except Refusal as refusal:
        return refusal.blockers, None
