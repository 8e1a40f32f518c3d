"""What is not as planned but did happen: recorded with its reason, or not at all."""

import pytest
from one_batch import BAG, BATCH, LI, SUN, bedside, lots_of

from inkt_mfg.records.deviation import Deviation
from inkt_mfg.workflow import counting, culture, custody, deviations


@pytest.mark.requirement("R40")
def test_a_lot_the_step_does_not_plan_is_recorded_with_a_reason_or_not_at_all(at):
    """Dropping it silently would lose the trace from the lot to the patient."""
    site = at("harvested")
    wash = {
        "performed_at": site.now(),
        "readings": {"washed_volume": "60 mL"},
        "lots": lots_of("wash_solution", "saline"),
    }
    refusal = site.refused(LI, culture.wash, BATCH, **wash)
    assert (refusal.rule, refusal.first.field) == ("R32", "deviation_reason")
    site.run(LI, culture.wash, BATCH, **wash, deviation_reason="the last wash was done with saline")
    opened = site.row(Deviation, "DV-00001")
    assert "saline was used" in opened.description


@pytest.mark.requirement("R37")
def test_a_reason_is_kept_whole_or_refused_and_never_cut(at):
    site = at("harvested")
    wash = {
        "performed_at": site.now(),
        "readings": {"washed_volume": "60 mL"},
        "lots": lots_of("wash_solution", "saline"),
    }
    refusal = site.refused(LI, culture.wash, BATCH, **wash, deviation_reason="x" * 1000)
    assert (refusal.rule, refusal.first.field) == ("entry.long", "deviation_reason")
    most = int("".join(filter(str.isdigit, refusal.first.expected.english)))
    site.refused(LI, culture.wash, BATCH, **wash, deviation_reason="x" * (most + 1))
    site.run(LI, culture.wash, BATCH, **wash, deviation_reason="x" * most)
    assert site.row(Deviation, "DV-00001").description.endswith(f"Reason: {'x' * most}")
    spill = {"description": "y" * 1001, "severity": "minor"}
    assert site.refused(LI, deviations.open_deviation, BATCH, **spill).first.field == "description"


@pytest.mark.requirement("R41")
def test_a_mismatch_is_on_record_however_long_the_wrong_code_and_says_where_it_is_cut(at):
    site = at("at the ward")
    site.later(minutes=5)
    wrong = bedside(site, scanned_label="W" * 2000)
    assert site.refused_and_recorded(SUN, custody.record_infusion, BAG, **wrong).rule == "R41"
    assert site.row(Deviation, "DV-00001").description.endswith("WWW…")


def test_replicates_beside_an_instrument_s_file_are_refused(at, tmp_path):
    site = at("in culture")
    refusal = site.refused(
        LI,
        counting.record_count,
        BATCH,
        point="count",
        method="instrument_file",
        volume="400 mL",
        performed_at=site.now(),
        replicates=[counting.TypedReplicate("1e6 cells/mL", "90 %")],
        from_file=str(tmp_path / "export.csv"),
    )
    assert refusal.rule == "entry.twice"
