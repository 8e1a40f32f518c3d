"""What is registered of a printer is read strictly, changed with a reason, and what was never asked for is refused."""

import pytest
from one_batch import LI, LIU
from waiting import FIRST, PRINTER, SECOND, zebra_at

from inkt_mfg.refusal import Refusal
from inkt_mfg.views.printers import media_size, printer_card, printer_cards, printers
from inkt_mfg.workflow import jobs as job_commands
from inkt_mfg.workflow import printers as register
from labels.printers.run import print_labels

RIGHT = {"name": PRINTER, "dots_per_inch": "203.2", "media": "100x100"}
WRONG = {
    "media": (
        ("media", "A6"),
        ("media", "100"),
        ("media", "10 cm x 10 cm"),
        ("media", "100x1000"),
        ("media", "9x9"),
        ("media", "1e2x50"),
    ),
    "resolution": (("dots_per_inch", "203"), ("dots_per_inch", "300")),
    "address": (
        ("address", "192.0.2.20"),
        ("address", "192.0.2.20:0"),
        ("address", "192.0.2.20:99999"),
        ("address", "host name:9100"),
        ("address", "-x:9100"),
    ),
    "language": (("language", "pdf"), ("language", "png")),
    "offset": (("offset_across", "10.5"), ("offset_down", "-11 mm")),
}
CASES = [(rule, *case) for rule, cases in WRONG.items() for case in cases]


@pytest.mark.parametrize(("rule", "field", "typed"), CASES, ids=str)
def test_what_is_typed_wrong_is_refused_in_its_field(standing, rule, field, typed):
    site = standing("founded")
    all_typed = {**RIGHT, "transport": "tcp", "address": "192.0.2.20:9100", field: typed}
    refusal = site.refused(LIU, register.register_printer, **all_typed)
    assert (refusal.rule, refusal.first.field, refusal.first.typed) == (f"printer.{rule}", field, typed)


def test_a_medium_is_spelled_one_way(waiting):
    spelled = {
        "100x50": "100x50",
        "100 × 50 mm": "100x50",
        " 38.1 x 19 ": "38.1x19",
        "100 mm x 50 mm": "100x50",
    }
    for number, typed in enumerate(spelled):
        zebra_at(waiting, "192.0.2.20:9100", f"Z{number}", media=typed)
    cards = printer_cards(waiting.store)
    assert [card.media for card in cards] == list(spelled.values())
    assert [f"{card.width_mm}x{card.height_mm}" for card in cards] == list(spelled.values())
    assert media_size("100 by 50") is None


def test_what_is_left_out_stays_and_another_transport_needs_its_own_address(waiting):
    zebra_at(waiting, "192.0.2.20:9100", offset_across="-0.5 mm")
    assert waiting.refused(LIU, register.change_printer, PRINTER, media="50x50").rule == "R02"
    waiting.run(LIU, register.change_printer, PRINTER, media="50x50", reason="other labels loaded")
    card = printer_card(waiting.store, PRINTER)
    assert (card.media, card.address, str(card.offset_across)) == ("50x50", "192.0.2.20:9100", "-0.5")
    no = waiting.refused(LIU, register.change_printer, PRINTER, transport="cups", reason="moved")
    assert no.rule == "printer.address"
    waiting.run(LIU, register.change_printer, PRINTER, transport="cups", address="labels", reason="moved")
    card = printer_card(waiting.store, PRINTER)
    assert (card.transport, card.language, card.address) == ("cups", "pdf", "labels")
    assert waiting.ledger_is_whole()


def test_a_retired_printer_prints_nothing_and_stays_on_record(waiting):
    zebra_at(waiting, "192.0.2.20:9100")
    assert waiting.refused(LI, register.retire_printer, PRINTER, reason="old").rule.startswith("R24")
    waiting.run(LIU, register.retire_printer, PRINTER, reason="old")
    assert printers(waiting.store) == ()
    assert [(card.code, card.retired) for card in printer_cards(waiting.store)] == [(PRINTER, True)]
    for command, typed in (
        (register.retire_printer, {"reason": "old"}),
        (register.change_printer, {"reason": "old", "media": "50x50"}),
        (register.record_test, {"sha256": "0" * 64}),
    ):
        assert waiting.refused(LIU, command, PRINTER, **typed).rule == "printer.retired"
    started = waiting.refused(LIU, job_commands.start_job, labels=FIRST, printer=PRINTER)
    assert started.rule == "printer.retired"


def test_a_printer_is_not_changed_under_a_job(waiting):
    zebra_at(waiting, "192.0.2.20:9100")
    waiting.run(LIU, job_commands.start_job, labels=FIRST, printer=PRINTER)
    for command, typed in (
        (register.change_printer, {"media": "50x50"}),
        (register.retire_printer, {}),
    ):
        assert waiting.refused(LIU, command, PRINTER, reason="now", **typed).rule == "job.running"
    another = waiting.refused(LIU, job_commands.start_job, labels=SECOND, printer=PRINTER)
    assert (another.rule, "J-00001" in another.first.what.english) == ("job.running", True)


def test_a_job_goes_on_only_where_it_began(waiting):
    zebra_at(waiting, "192.0.2.20:9100")
    waiting.run(LIU, job_commands.start_job, labels=FIRST, printer=PRINTER)
    waiting.run(LIU, job_commands.stop_job, "J-00001", reason="off", under_way="not_sent")
    waiting.run(LIU, register.change_printer, PRINTER, address="192.0.2.21:9100", reason="other room")
    assert waiting.refused(LIU, job_commands.resume_job, "J-00001").rule == "job.moved"


@pytest.mark.requirement("R51")
def test_a_label_larger_than_the_medium_loaded_is_refused_before_the_job(waiting, zebra):
    zebra_at(waiting, zebra.address, media="100x50")
    before = waiting.entries()
    with pytest.raises(Refusal) as refused:
        print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    assert (refused.value.rule, waiting.entries(), zebra.labels) == ("printer.media", before, [])
    assert "100.0 × 100.0 mm" in refused.value.first.what.english
