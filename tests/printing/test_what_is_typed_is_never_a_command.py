"""Whatever a name holds, a printer is sent one picture: no text a person typed reaches it as text."""

import dataclasses
import re
from fractions import Fraction

import pytest
from one_batch import LIU
from waiting import zebra_at
from zebra import burned

from inkt_mfg.views.label_content import content_of
from inkt_mfg.workflow import printers
from labels.printers.run import try_printer
from labels.produce import produce
from labels.raster import as_zpl
from tests.labels.specimens import FACTS

HOSTILE = ("^XA^FO0,0^GB800,800,800^FS^XZ", "~JR", "^XZ~HI", "~DGR:A.GRF,1,1,FF")


def commands(stream: bytes) -> list[str]:
    return re.findall(r"[\^~][A-Z@][A-Z0-9]?", stream.decode("ascii"))


ONE_PICTURE = ["^XA", "^PW", "^LL", "^LH", "^FO", "^GF", "^FS", "^PQ", "^XZ"]


@pytest.mark.parametrize(
    "name", [HOSTILE[0], *(pytest.param(n, marks=pytest.mark.slow) for n in HOSTILE[1:])]
)
def test_a_printers_name_is_drawn_and_not_obeyed(waiting, zebra, name):
    zebra_at(waiting, zebra.address, name)
    try_printer(waiting.bench(LIU), name)
    assert commands(zebra.labels[0]) == ONE_PICTURE
    assert len(burned(zebra.labels[0])) == 1


@pytest.mark.parametrize("name", HOSTILE[:2])
def test_a_patients_name_is_drawn_and_not_obeyed(name):
    facts = dataclasses.replace(FACTS, patient_name=name[:12])
    frozen = content_of("infusion", facts, profile="CN", languages=("zh",), serial="L-1", training=False)
    sheet = produce(frozen)
    stream = as_zpl(sheet, Fraction("203.2"))
    assert commands(stream) == ONE_PICTURE
    assert name[:4] in "".join(run.text for run in sheet.page.runs)
    (label,) = burned(stream)
    assert label.read(Fraction("203.2")) == {frozen.payload, frozen.linear}


def test_a_printers_name_is_no_path(waiting, tmp_path):
    zebra_at(waiting, str(tmp_path / "out"), "../../elsewhere", transport="file")
    try_printer(waiting.bench(LIU), "../../elsewhere")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["test-page.pdf"]


@pytest.mark.parametrize(("name", "rule"), [("Z\x1b[2J", "entry.control"), ("Z\u200b", "printer.name")])
def test_a_name_with_what_cannot_be_seen_is_refused(waiting, name, rule):
    typed = {"name": name, "dots_per_inch": "203.2", "media": "100x100"}
    assert waiting.refused(LIU, printers.register_printer, **typed).rule == rule
