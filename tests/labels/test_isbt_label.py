"""ISBT 128 on a label: only under the site's own registration, read back from the rendered page, TEST where it is a test's."""

import dataclasses
from fractions import Fraction

import pytest

from inkt_mfg.codes.isbt128 import read_isbt
from inkt_mfg.records.site_settings import SiteSettings
from inkt_mfg.refusal import Refusal
from inkt_mfg.views.isbt_label import isbt_of, reprinted
from inkt_mfg.views.label_content import LabelContent
from labels.layout import lay_out
from labels.pdf import draw
from labels.produce import produce, specimen
from labels.proof import proof_of_page
from labels.specimen import specimen_content, specimen_facts

TEMPLATE = "infusion-isbt-100x100"
DIN = "G123426000031"
REGISTERED = SiteSettings(isbt_facility="G1234", isbt_product="D0001")
pytestmark = pytest.mark.requirement("R53")


def content(settings: SiteSettings = REGISTERED, din: str = DIN, **changed: object) -> LabelContent:
    facts = specimen_facts("infusion", collection_code=din, **changed)
    isbt = isbt_of(settings, facts)
    return specimen_content("infusion", "EU-IMP", ("en",), template=TEMPLATE, collection_code=din, isbt=isbt,
                            serial="L-00012", **changed)  # fmt: skip


def printed(of: LabelContent) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in lay_out(of).runs:
        found[run.element] = found.get(run.element, "") + run.text
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dpi", [Fraction("203.2"), Fraction("304.8"), Fraction("609.6")])
def test_the_symbol_reads_back_as_donation_product_and_expiry(dpi):
    sheet = produce(content(), (dpi,))
    (text,) = {s.text for s in sheet.proof.decoded if s.text.startswith("=+")}
    assert read_isbt(text).fields() == read_isbt("=+03000=G12342600003100=<D0001XA0&>0263350930").fields()


def test_the_number_stands_beside_it_for_whoever_types_it_with_its_check_character():
    on_it = printed(content())
    assert on_it["isbt_number"].replace("\u00a0", " ").endswith("G1234 26 000031")
    assert on_it["isbt_check"].strip() == read_isbt(f"={DIN}00").check


def test_without_a_registration_there_is_no_symbol():
    assert isbt_of(SiteSettings(), specimen_facts("infusion")) == ""
    assert isbt_of(SiteSettings(isbt_facility="G1234"), specimen_facts("infusion")) == ""


def test_a_test_facilitys_number_prints_test_and_a_registered_one_does_not():
    of_a_test = SiteSettings(isbt_facility="A9990", isbt_product="D0001")
    assert "TEST" in printed(content(of_a_test, "A999026000031"))["isbt_test"]
    assert "isbt_test" not in printed(content())


@pytest.mark.parametrize(
    ("din", "rule"),
    [("YA260325001", "isbt.length"), ("H123426000031", "isbt.facility"), ("G1234260000310", "isbt.check")],
)
def test_a_donation_this_facility_did_not_number_is_refused(din, rule):
    with pytest.raises(Refusal) as refused:
        isbt_of(REGISTERED, specimen_facts("infusion", collection_code=din))
    assert refused.value.rule == rule


@pytest.mark.parametrize(("container", "containers", "division"), [(1, 1, "00"), (1, 2, "A0"), (2, 2, "B0")])
def test_each_container_has_its_division(container, containers, division):
    facts = specimen_facts("infusion", collection_code=DIN, container=container, containers=containers)
    assert read_isbt(isbt_of(REGISTERED, facts)).fields()["division"] == division


def test_more_containers_than_letters_are_refused():
    with pytest.raises(Refusal, match=r"isbt\.division"):
        isbt_of(REGISTERED, specimen_facts("infusion", collection_code=DIN, container=27, containers=27))


def test_what_is_not_hazardous_says_autologous_alone():
    facts = specimen_facts("infusion", collection_code=DIN, reactive=(), risk_factor=False)
    assert read_isbt(isbt_of(REGISTERED, facts)).fields()["donation_type"] == "1"


def test_a_reprint_says_so_in_its_flags():
    said = read_isbt(reprinted(content().isbt)).fields()
    assert (said["flags"], said["din"]) == ("05", DIN)
    assert reprinted("") == ""


@pytest.mark.requirement("R51")
@pytest.mark.parametrize(
    "another",
    [
        "=+03000=G12342600003200=<D0001XA0&>0263350930",
        "=+03000=G12342600003100=<D0001XB0&>0263350930",
        "=+03000=G12342600003100=<D00011A0&>0263350930",
        "=+03000=G12342600003100=<D0001XA0&>0263350931",
        "=+03000=G12342600003105=<D0001XA0&>0263350930",
    ],
)
def test_a_symbol_that_says_another_donation_container_hazard_expiry_or_copy_fails_its_proof(another):
    lying = dataclasses.replace(content(), isbt=another)
    page = lay_out(lying)
    proof = proof_of_page(draw(page, lying.to_json()), lying, page, (Fraction("203.2"),))
    assert {(f.check, f.element) for f in proof.findings} == {("record", "code")}


def test_the_specimen_qa_looks_at_bears_the_symbol():
    assert any(s.text.startswith("=+") for s in specimen(TEMPLATE, languages=("zh", "en")).proof.decoded)


def test_a_content_frozen_before_there_was_isbt_keeps_its_text_and_its_hash():
    before = specimen_content("infusion", "CN", ("zh",))
    assert '"isbt"' not in before.to_json()
    assert LabelContent.from_json(before.to_json()) == before
    assert LabelContent.from_json(content().to_json()).isbt == content().isbt
