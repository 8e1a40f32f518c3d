"""The contact sheet in docs/labels is what the program draws today, every label of it passes, every symbol decodes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from inkt_mfg.views.label_kinds import KINDS
from labels.contact_sheet import COMBINATIONS, DPI, draw_picture, fingerprint, pictures
from labels.reading import decode

FOLDER = Path(__file__).parents[2] / "docs" / "labels"
INDEX = json.loads((FOLDER / "contact-sheet.json").read_text("utf-8"))
AGAIN = "draw it again: inkt label contact-sheet --out docs/labels"


def expected_symbols(name: str) -> set[str]:
    picture = next(p for p in pictures() if p.name == name)
    return {shown.content.payload for shown in picture.shown}


def read_symbols(name: str) -> set[str]:
    image = np.asarray(Picture.open(FOLDER / f"{name}.png").convert("L"))
    return {symbol.text for symbol in decode(image, DPI, "1-bit")}


def test_every_kind_profile_and_language_is_on_it() -> None:
    assert set(INDEX) == {kind.replace("_", "-") for kind in KINDS} | {"marks"}
    for kind in KINDS:
        assert len(INDEX[kind.replace("_", "-")]["labels"]) == len(COMBINATIONS)


@pytest.mark.requirement("R50", "R53")
def test_it_shows_the_contents_and_layouts_of_today() -> None:
    for picture in pictures():
        assert INDEX[picture.name]["labels"] == [fingerprint(s) for s in picture.shown], (
            f"{picture.name}: {AGAIN}"
        )


def test_the_pictures_are_those_of_the_index_and_small_enough_for_a_page() -> None:
    sizes = 0
    for name, entry in INDEX.items():
        picture = (FOLDER / f"{name}.png").read_bytes()
        sizes += len(picture)
        assert hashlib.sha256(picture).hexdigest() == entry["png_sha256"], f"{name}: {AGAIN}"
    assert sizes < 1_500_000


@pytest.mark.requirement("R51")
@pytest.mark.parametrize("name", ["cryovial", "vessel"])
def test_symbols_decode_from_the_very_picture(name: str) -> None:
    assert expected_symbols(name) <= read_symbols(name)


@pytest.mark.slow
@pytest.mark.requirement("R51")
@pytest.mark.parametrize("name", sorted(INDEX))
def test_every_symbol_of_every_picture_decodes(name: str) -> None:
    assert expected_symbols(name) <= read_symbols(name)


@pytest.mark.slow
@pytest.mark.parametrize("picture", list(pictures()), ids=lambda p: p.name)
def test_drawn_again_it_is_the_same_dots(picture) -> None:
    assert draw_picture(picture) == (FOLDER / f"{picture.name}.png").read_bytes(), AGAIN


def test_one_picture_drawn_again_is_the_same_dots() -> None:
    vials = next(p for p in pictures() if p.name == "sample")
    assert draw_picture(vials) == (FOLDER / "sample.png").read_bytes(), AGAIN
