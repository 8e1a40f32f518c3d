"""A site registered for ISBT 128: donations are its own facility's, the released dose's label bears the symbol, a reprint's flags say so."""

import pytest
from one_batch import BAG, LI, LIU, SEED_DAY, STAGES, SUBJECT, announce, label, order, reprint
from people_of_the_site import set_to

from inkt_mfg.codes.isbt128 import read_isbt
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import collections, labelling

DIN = "A999926000031"
pytestmark = pytest.mark.requirement("R53")


def register(site) -> None:
    set_to(site, "isbt_facility", "A9999")
    set_to(site, "isbt_product", "D0001")


def test_a_registered_site_takes_only_donations_of_its_own_facility(at):
    site = at("enrolled")
    register(site)
    asked = {"donation_id": "YA260325001", "anticoagulant": "ACD-A"}
    assert site.refused(LI, collections.announce, SUBJECT, **asked).rule == "isbt.length"
    asked["donation_id"] = "G123426000031"
    assert site.refused(LI, collections.announce, SUBJECT, **asked).rule == "isbt.facility"
    announce(site, DIN)


def test_a_donation_numbered_before_the_registration_gets_no_isbt_label(at):
    site = at("released")
    register(site)
    assert site.refused(LIU, labelling.prepare_label, BAG).rule == "isbt.length"


@pytest.mark.slow
def test_the_released_doses_label_bears_the_symbol_and_its_reprint_says_so(at):
    site = at("enrolled")
    register(site)
    site.move_to(SEED_DAY, 7, 30)
    order(site)
    announce(site, DIN)
    stages = list(STAGES)
    for stage in stages[stages.index("announced") + 1 : stages.index("released") + 1]:
        STAGES[stage](site)
    first = label(site)
    said = read_isbt(label_content(site.store, first).isbt).fields()
    assert (said["din"], said["product_code"], said["flags"]) == (DIN, "D0001", "00")
    assert label_content(site.store, first).template == "infusion-isbt-100x100"
    again = label_content(site.store, reprint(site, first))
    assert read_isbt(again.isbt).fields()["flags"] == "05"
