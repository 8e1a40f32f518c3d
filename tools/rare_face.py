"""Makes labels/fonts/label-rare-han.ttf: python -m tools.rare_face NotoSansCJK-Regular.ttc labels/fonts/label-rare-han.ttf.

The Chinese characters of Noto Sans CJK SC that the label's own face lacks, their cubic outlines as TrueType's quadratic
ones, moved to stand as that face's characters do. Needs fontTools, which nothing else here does; run when the face changes.
"""

import sys
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, newTable

OWN = Path(__file__).parents[1] / "labels" / "fonts" / "wqy-microhei.ttf"
FACE, NAME = "Noto Sans CJK SC", "Label Rare Han"
BLOCKS = (
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xFA0E, 0xFA29)),
    *((0x20000, 0x2A6DF), (0x2A700, 0x2EBE0), (0x30000, 0x323AF)),
)
AS_OWN = (0.97, 0, 0, 0.97, 15, -12)  # of 1000 units: as large and as high as the own face's characters
OFF = 2.0  # of 1000 units: how far a quadratic outline may be from the cubic one
LEFT_OUT = ("CFF ", "VORG", "GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "DSIG", "STAT")


def main(collection: str, out: str) -> None:
    face = next(f for f in TTCollection(collection).fonts if f["name"].getDebugName(1) == FACE)
    has = TTFont(OWN).getBestCmap()
    wanted = [c for c in face.getBestCmap() if any(a <= c <= b for a, b in BLOCKS) and c not in has]
    options = Options(layout_features=[], notdef_outline=True, glyph_names=False, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(face)
    as_truetype(face)
    rename(face)
    face.recalcTimestamp = False
    face.save(out)


def as_truetype(face: Any) -> None:
    """Outlines of TrueType instead of PostScript's."""
    shapes, order, glyphs = face.getGlyphSet(), face.getGlyphOrder(), {}
    for name in order:
        pen = TTGlyphPen(None)
        shapes[name].draw(TransformPen(Cu2QuPen(pen, OFF, reverse_direction=True), AS_OWN))
        glyphs[name] = pen.glyph()
        face["hmtx"].metrics[name] = (face["hmtx"].metrics[name][0], getattr(glyphs[name], "xMin", 0))
    face["loca"], face["glyf"] = newTable("loca"), newTable("glyf")
    face["glyf"].glyphOrder, face["glyf"].glyphs = order, glyphs
    limits = face["maxp"]
    limits.tableVersion = 0x00010000
    limits.maxZones = 1
    for name in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(limits, f"max{name}", 0)
    limits.maxSizeOfInstructions = limits.maxComponentElements = 0
    face["post"].formatType, face.sfntVersion = 3.0, "\0\1\0\0"
    for tag in LEFT_OUT:
        if tag in face:
            del face[tag]


def rename(face: Any) -> None:
    """A name of its own, as the licence asks of a changed face; copyright and licence stay as they are."""
    names = face["name"]
    names.names = [record for record in names.names if record.nameID in {0, 13, 14}]
    for number, text in {
        1: NAME,
        2: "Regular",
        3: f"{NAME} Regular",
        4: NAME,
        5: "Version 1",
        6: "LabelRareHan",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    face["head"].modified = face["head"].created


if __name__ == "__main__":
    main(*sys.argv[1:])
