"""Rare characters of names: drawn by a second face, read back from the page, or refused with their code point."""

import struct
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from inkt_mfg.refusal import Refusal
from labels import fonts
from labels.fonts.outline import read, written
from labels.fonts.truetype import file_of, load, tables_of
from labels.produce import LabelSheet, produce
from labels.reading import Reading
from labels.specimen import specimen_content
from tests.labels.specimens import content

pytestmark = pytest.mark.requirement("R54")

# The characters of the 通用规范汉字表 (2013) that the label's own face lacks.
OF_THE_TABLE = (
    "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘"
    "䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮鿍鿎鿏𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡"
    "𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟"
    "𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)
NAMES = ("王𬱖", "李𠅤", "㛃", "䶮", "陈𬭎", "吉𠮷", "𬘓㵑𣗋")


def read_back(sheet: LabelSheet) -> str:
    with Reading(sheet.pdf) as reading:
        return reading.characters().text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["infusion", "cryovial"])
def test_a_rare_name_is_printed_proofed_and_read_back_from_the_page(name: str, kind: str) -> None:
    sheet = produce(specimen_content(kind, "CN", ("zh",), patient_name=name))
    assert sheet.proof.passed
    assert name in read_back(sheet)
    assert sheet.pdf.count(b"+label-rare-han") >= 1


def test_only_a_label_with_a_rare_character_carries_the_second_face() -> None:
    assert b"label-rare-han" not in produce(content()).pdf


def test_another_rare_character_than_the_records_is_caught() -> None:
    from labels.layout import lay_out
    from labels.pdf import draw
    from labels.proof import proof

    one, other = content(patient_name="王𬱖"), content(patient_name="王𬘓")
    found = proof(draw(lay_out(one)), other)
    assert {finding.check for finding in found.findings} >= {"text"}


def test_every_character_of_the_table_has_an_outline_in_the_second_face_and_no_two_the_same() -> None:
    assert len(set(OF_THE_TABLE)) == 276
    drawn = {}
    for character in OF_THE_TABLE:
        found = fonts.drawn_by(character)
        assert found is not None
        assert found[0] is fonts.opened(fonts.RARE_FILE), character
        drawn[character] = written(found[0].outline(found[1], bold=False))
    assert all(drawn.values())
    assert len(set(drawn.values())) == 276
    assert not fonts.missing_glyphs(OF_THE_TABLE)


def test_a_rare_character_stands_as_high_and_as_wide_as_its_neighbours() -> None:
    for character in OF_THE_TABLE:
        assert fonts.extent(character) == fonts.extent("王")
        assert fonts.advance(character) == pytest.approx(fonts.advance("王"), abs=40)


@pytest.mark.slow
def test_every_character_of_the_table_prints_in_a_name() -> None:
    for start in range(0, len(OF_THE_TABLE), 3):
        name = OF_THE_TABLE[start : start + 3]
        assert name in read_back(produce(specimen_content("partial", "CN", ("zh",), patient_name=name)))


@pytest.mark.parametrize(
    ("name", "named"), [("王\U0002b820", "(U+2B820)"), ("Anna\u200bMaria", "(U+200B)"), ("☃", "☃ (U+2603)")]
)
def test_a_character_no_face_has_refuses_the_print_and_is_named_with_its_code_point(
    name: str, named: str
) -> None:
    with pytest.raises(Refusal) as refused:
        produce(content(patient_name=name))
    assert refused.value.rule == "R54"
    assert named in str(refused.value)
    assert refused.value.first.field == "patient_name"


# ---- a site's own face


def face_with(character: str, like: str) -> bytes:
    """A TrueType file of one character, drawn as another one of ours."""
    own = fonts.opened(fonts.FACE_FILE)
    made = tables_of(own.subset([own.glyphs[ord(like)]], bold=False))
    groups = struct.pack(">HHLLL", 12, 0, 28, 0, 1) + struct.pack(">LLL", ord(character), ord(character), 1)
    glyph = made.pop("glyf")
    made.pop("loca")
    made["cmap"] = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + groups
    return file_of(made, [b"", glyph])


def produced_at_a_site(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; from labels.produce import produce; from labels.reading import Reading\n"
        "from tests.labels.specimens import content\n"
        "from inkt_mfg.refusal import Refusal\n"
        "try:\n    print(ascii(Reading(produce(content(patient_name=sys.argv[1])).pdf).characters().text))\n"
        "except Refusal as refused:\n    print(refused.rule, refused)"
    )
    return subprocess.run(
        [sys.executable, "-c", script, name],
        capture_output=True,
        text=True,
        check=True,
        env={"INKT_LABELS": str(folder), "PYTHONPATH": ".", "INKT_LANG": "en", "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.slow
def test_a_face_of_the_sites_own_draws_what_ours_cannot(tmp_path: Path) -> None:
    lacking = "\U0002b820"
    assert unicodedata.category(lacking) == "Lo"
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "names.ttf").write_bytes(face_with(lacking, "凤"))
    assert ascii(lacking).strip("'") in produced_at_a_site(tmp_path, "王" + lacking).stdout


def test_a_file_that_is_no_usable_face_is_refused_by_name(tmp_path: Path) -> None:
    good = face_with("\U0002b820", "凤")
    for name, spoilt in {
        "empty.ttf": b"",
        "cut.ttf": good[: len(good) // 2],
        "postscript.ttf": good.replace(b"glyf", b"CFF "),
        "random.ttf": bytes(range(256)) * 20,
    }.items():
        (tmp_path / name).write_bytes(spoilt)
        with pytest.raises(Refusal) as refused:
            load(tmp_path / name)
        assert refused.value.rule == "label.file"
        assert name in str(refused.value)


def test_a_face_that_may_not_be_embedded_is_refused(tmp_path: Path) -> None:
    tables = tables_of(face_with("\U0002b820", "凤"))
    glyphs = [b"", tables.pop("glyf")]
    tables.pop("loca")
    (tmp_path / "closed.ttf").write_bytes(
        file_of({**tables, "OS/2": struct.pack(">HhHHH", 3, 500, 400, 5, 2)}, glyphs)
    )
    with pytest.raises(Refusal, match="closed"):
        load(tmp_path / "closed.ttf")


# ---- outlines


def test_a_heavy_glyph_reaches_further_on_every_side_and_an_empty_one_stays_empty() -> None:
    face = fonts.opened(fonts.FACE_FILE)
    for character in "一国é8":
        glyph = face.glyphs[ord(character)]
        light, heavy = face.outline(glyph, bold=False), face.outline(glyph, bold=True)
        assert min(heavy.points)[0] < min(light.points)[0]
        assert max(y for _, y in heavy.points) > max(y for _, y in light.points)
    assert written(face.outline(face.glyphs[32], bold=True)) == b""


@pytest.mark.parametrize("character", "一国é8B")
def test_an_outline_written_is_read_back_the_same_composites_as_one(character: str) -> None:
    face = fonts.opened(fonts.FACE_FILE)
    outline = face.outline(face.glyphs[ord(character)], bold=False)
    again = read(written(outline), lambda _: b"")
    assert again.ends == outline.ends
    assert again.on_curve == outline.on_curve
    assert again.points == tuple((round(x), round(y)) for x, y in outline.points)


def test_a_subset_is_a_sound_truetype_file() -> None:
    own = fonts.opened(fonts.FACE_FILE)
    made = own.subset([own.glyphs[ord(c)] for c in "王é8"], bold=True)
    assert sum(struct.unpack(f">{len(made) // 4}L", made)) & 0xFFFFFFFF == 0xB1B0AFBA
    assert set(tables_of(made)) == {"head", "hhea", "hmtx", "maxp", "glyf", "loca"}
