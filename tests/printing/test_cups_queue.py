"""A CUPS queue through real programs called ``lp`` and ``lpstat``: what they are given, and what becomes of what they say."""

import hashlib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from one_batch import LIU
from sqlmodel import select
from waiting import FIRST, PRINTER, SECOND, THIRD, zebra_at
from zebra import burned

from inkt_mfg.records.label import Label
from inkt_mfg.records.printing import PrintJobLabel
from inkt_mfg.refusal import Refusal, Unable
from inkt_mfg.views.jobs import job_card, jobs
from inkt_mfg.views.labels import label_content
from inkt_mfg.workflow import printers
from labels.printers.archive import archived
from labels.printers.run import print_labels
from labels.reading import Reading, decode, one_bit

pytestmark = pytest.mark.requirement("R52")
DPI = Fraction("203.2")
MM_100 = Fraction(100)


class Cups:
    """``lp`` and ``lpstat`` on PATH: real processes that keep their arguments and what they were given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.lp()
        self.lpstat("printer labels is idle.  enabled since Sun\\n\\tAlerts: none")

    def lp(self, ends: str = "echo 'request id is labels-7 (1 file(s))'") -> None:
        keeps = 'n=$(ls "$0".d | wc -l); printf "%s\\n" "$@" > "$0".d/$n.args; cat > "$0".d/$n.given'
        (self.folder / "lp.d").mkdir(exist_ok=True)
        self._program("lp", f"{keeps}\n{ends}")

    def lpstat(self, says: str, code: int = 0) -> None:
        self._program("lpstat", f"printf '{says}\\n'; exit {code}")

    def _program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / name).chmod(0o755)

    @property
    def arguments(self) -> list[list[str]]:
        return [file.read_text().splitlines() for file in sorted((self.folder / "lp.d").glob("*.args"))]

    @property
    def given(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted((self.folder / "lp.d").glob("*.given"))]


@pytest.fixture
def cups(tmp_path, monkeypatch) -> Cups:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Cups(tmp_path / "bin")


def queue_at(site, **other: str) -> None:
    zebra_at(site, "labels", **{"transport": "cups", **other})


def stopped(site, *serials: str, **how: object) -> Unable:
    with pytest.raises(Unable) as caught:
        print_labels(site.bench(LIU), list(serials), printer=PRINTER, **how)
    return caught.value


def test_the_registered_bytes_go_to_the_queue_at_their_true_size_unscaled(waiting, cups):
    queue_at(waiting)
    job = print_labels(waiting.bench(LIU), [FIRST, SECOND], printer=PRINTER)
    assert job.sent == (FIRST, SECOND)
    assert cups.given == [archived(waiting.store, serial) for serial in (FIRST, SECOND)]
    assert cups.arguments[0] == [
        *("-d", "labels", "-t", FIRST, "-n", "1"),
        *("-o", "print-scaling=none", "-o", "media=Custom.100x100mm"),
    ]


@pytest.mark.slow
def test_raw_zpl_goes_through_a_queue_untouched(waiting, cups):
    queue_at(waiting, language="zpl")
    print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    assert cups.arguments[0][-2:] == ["-o", "raw"]
    frozen = label_content(waiting.store, FIRST)
    assert burned(cups.given[0])[0].read(DPI) == {frozen.payload, frozen.linear}


@pytest.mark.parametrize(
    ("across", "down", "media"),
    [("1", "-0.5", "110x104.5"), pytest.param("0", "2", "100x100", marks=pytest.mark.slow)],
)
def test_an_offset_moves_the_paper_round_the_page_and_scales_nothing(waiting, cups, across, down, media):
    queue_at(waiting, offset_across=across, offset_down=down, media=media)
    print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    wide, high = (Fraction(side) for side in media.split("x"))
    assert cups.arguments[0][-1] == f"media=Custom.{media}mm"
    with Reading(cups.given[0]) as reading:
        assert (reading.width, reading.height) == pytest.approx(
            (float(wide) * 72 / 25.4, float(high) * 72 / 25.4)
        )
        moved = one_bit(reading.render(wide, high, DPI))
    with Reading(archived(waiting.store, FIRST)) as reading:
        label = one_bit(reading.render(MM_100, MM_100, DPI))
    x, y = int(Decimal(across) * 8), int(Decimal(down) * 8)
    black = np.add(np.argwhere(label == 0), (y, x))
    assert (np.argwhere(moved == 0) == black).all(), "each dot, moved by whole dots"
    read = {symbol.text for symbol in decode(moved, DPI, "1-bit")}
    frozen = label_content(waiting.store, FIRST)
    assert read == {frozen.payload, frozen.linear}


def test_an_offset_that_would_push_ink_off_the_medium_is_refused(waiting, cups):
    queue_at(waiting, offset_across="-8")
    refusal = waiting_refused(waiting, FIRST)
    assert refusal.rule == "printer.offset"
    assert cups.given == []
    assert jobs(waiting.store) == (), "found out before the job began"


def waiting_refused(site, *serials: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        print_labels(site.bench(LIU), list(serials), printer=PRINTER)
    return caught.value


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("printer labels disabled since Sun -\\n\\tMedia tray empty!", 0),
        ("printer labels is idle.  enabled since Sun\\n\\tAlerts: media-empty-error", 0),
        ('lpstat: Invalid destination name in list "labels"!', 1),
    ],
    ids=["disabled", "no labels", "no such queue"],
)
def test_what_cups_says_of_the_queue_is_shown_before_anything_is_sent(waiting, cups, says, code):
    queue_at(waiting)
    cups.lpstat(says, code)
    before = waiting.entries()
    no = stopped(waiting, FIRST)
    assert "CUPS says of the queue labels" in no.what.english
    assert says.split("\\n")[-1].removeprefix("\\t")[-20:] in no.what.english
    assert waiting.entries() == before
    assert cups.given == []


def test_what_lp_says_is_shown_and_the_job_stops_there(waiting, cups):
    queue_at(waiting)
    cups.lp(
        "case $(ls \"$0\".d/*.args | wc -l) in 2) echo 'lp: The printer is rejecting jobs.' >&2; exit 1;; esac"
    )
    no = stopped(waiting, FIRST, SECOND, THIRD)
    assert "lp: The printer is rejecting jobs." in no.what.english
    card = job_card(waiting.store, "J-00001")
    assert (card.sent, card.unknown, card.not_sent) == ((FIRST,), (), (SECOND, THIRD))


def test_an_lp_that_does_not_end_leaves_the_label_unknown(waiting, cups):
    queue_at(waiting)
    cups.lp("exec sleep 20")
    no = stopped(waiting, FIRST, SECOND, seconds=0.3)
    assert "did not end within 0.3 s" in no.what.english
    card = job_card(waiting.store, "J-00001")
    assert (card.unknown, card.not_sent) == ((FIRST,), (SECOND,))


@pytest.mark.slow
def test_a_machine_without_cups_says_what_to_install(waiting, monkeypatch, tmp_path):
    queue_at(waiting)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    no = stopped(waiting, FIRST)
    assert "lp is not on this machine's PATH" in no.what.english
    assert job_card(waiting.store, "J-00001").not_sent == (FIRST,)


def test_a_queue_is_named_by_a_name_and_nothing_a_shell_or_lp_would_take_for_more(waiting, cups, tmp_path):
    for name in ("-o raw", "labels; touch x", "$(touch x)", "a b", "../labels", ""):
        refusal = waiting.refused(
            LIU,
            printers.register_printer,
            name="ELSEWHERE",
            dots_per_inch="203.2",
            media="100x100",
            transport="cups",
            address=name,
        )
        assert (refusal.rule, refusal.first.typed) == ("printer.address", name)


def test_the_hash_of_what_was_sent_is_on_record(waiting, cups):
    queue_at(waiting, offset_across="0.5")
    print_labels(waiting.bench(LIU), [FIRST], printer=PRINTER)
    with waiting.store.reading() as session:
        row = session.exec(select(PrintJobLabel)).one()
    assert row.sent_sha256 == hashlib.sha256(cups.given[0]).hexdigest()
    assert row.sent_sha256 != waiting.row(Label, FIRST).pdf_sha256
