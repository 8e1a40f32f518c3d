"""Label templates: versioned data in ``labels/templates/*.toml``, read strictly into blocks, columns and items.

Called by ``labels.layout``. An unknown key, a text under 6 pt, or a template version that is not on file is refused
(rule ``label.template``). A template says where elements stand, never what they say.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, refuse
from labels import files

LEAST_PT = 6.0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a column: a paragraph of one or more elements, a symbol, or a pictogram."""

    elements: tuple[str, ...]
    size: float = LEAST_PT
    bold: bool = False
    caption: str = "none"  # none | inline | above
    caption_pt: float = LEAST_PT
    align: str = "left"  # left | center | right
    join: str = "run"  # run: one paragraph; lines: a line for every language
    between: str = "/"  # stands between two languages in a run
    separator: str = "·"  # stands between two elements in a run
    boxed: str = ""  # the element of this item that has a frame round it
    optional: bool = (
        False  # elements the table lets the papers carry: left out, last first, when there is no room
    )
    modules_mm: tuple[Fraction, ...] = ()
    height_mm: Fraction = Fraction(0)
    drawing_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """Items under each other; ``share`` of the block's width."""

    items: tuple[Item, ...]
    share: float = 1.0
    vertical: str = "top"  # top | middle | bottom
    gap_pt: float = 0.6


@dataclass(frozen=True, slots=True)
class Block:
    """Columns beside each other, across the label: plain, framed, ruled above, or white on black."""

    columns: tuple[Column, ...]
    style: str = "plain"  # plain | rule | frame | reverse
    pad_pt: float = 0.0
    between_pt: float = 4.0
    line_pt: float = 0.5


@dataclass(frozen=True, slots=True)
class Template:
    """A whole label. ``grid_mm`` is a length both printers print in whole dots; symbols start on it."""

    name: str
    version: str
    kinds: tuple[str, ...]
    width_mm: Fraction
    height_mm: Fraction
    margin_mm: Fraction
    grid_mm: Fraction
    dpi: tuple[Fraction, ...]
    gap_pt: float
    gap_most_pt: float
    leading: float  # from line to line, of the size
    short: frozenset[str]  # elements said in few words, because the label is small
    blocks: tuple[Block, ...]

    def placed(self) -> frozenset[str]:
        """The names of all elements this template has a place for."""
        return frozenset(n for b in self.blocks for c in b.columns for i in c.items for n in i.elements)


def load(name: str, version: str) -> Template:
    """The template on file under this name, in exactly this version."""
    template = _read_file(_path(name))
    if template.version != version:
        raise _wrong(
            f"{name} v{version}",
            Phrase(
                "template {name} is on file in version {there}, not {asked}",
                name=name,
                there=template.version,
                asked=version,
            ),
        )
    return template


def template_sha256(name: str, version: str) -> str:
    """SHA-256 of the template's file: what its approval is of."""
    load(name, version)
    return hashlib.sha256(_path(name).read_bytes()).hexdigest()


def _path(name: str) -> Path:
    return files.chosen(
        "templates", name, "label.template", Phrase("there is no label template {name}", name=name)
    )


@cache
def _read_file(path: Path) -> Template:
    template = read(files.read_toml(path), path.stem)
    if template.name != path.stem:
        raise _wrong(path.stem, Phrase("the file says its name is {name}", name=template.name))
    return template


def read(raw: Mapping[str, Any], name: str) -> Template:
    """A template from its parsed TOML; what is not understood is refused."""
    known = {f.name for f in fields(Template)} - {"blocks"} | {"block"}
    if set(raw) != known:
        raise _wrong(
            name, Phrase("missing or unknown keys: {keys}", keys=", ".join(sorted(set(raw) ^ known)))
        )
    lengths = {key: Fraction(raw[key]) for key in ("width_mm", "height_mm", "margin_mm", "grid_mm")}
    return Template(
        **lengths,
        name=raw["name"],
        version=raw["version"],
        kinds=tuple(raw["kinds"]),
        dpi=tuple(Fraction(d) for d in raw["dpi"]),
        short=frozenset(raw["short"]),
        gap_pt=float(raw["gap_pt"]),
        gap_most_pt=float(raw["gap_most_pt"]),
        leading=float(raw["leading"]),
        blocks=tuple(_block(block, name) for block in raw["block"]),
    )


def _block(raw: Mapping[str, Any], name: str) -> Block:
    columns = tuple(_column(column, name) for column in raw["column"])
    return Block(columns, **_options(Block, raw, "column", name))


def _column(raw: Mapping[str, Any], name: str) -> Column:
    return Column(tuple(_item(item, name) for item in raw["item"]), **_options(Column, raw, "item", name))


def _item(raw: Mapping[str, Any], name: str) -> Item:
    options = _options(Item, raw, "elements", name)
    for key in ("modules_mm", "height_mm"):
        if key in raw:
            options[key] = tuple(Fraction(m) for m in raw[key]) if key == "modules_mm" else Fraction(raw[key])
    item = Item(tuple(raw["elements"]), **options)
    if min(item.size, item.caption_pt) < LEAST_PT:
        raise _wrong(name, Phrase("{element} is set in less than 6 pt", element=item.elements[0]))
    return item


def _options(kind: Any, raw: Mapping[str, Any], inner: str, name: str) -> dict[str, Any]:
    """The optional keys of a table, floats where the field is one; an unknown key is refused."""
    known = {f.name: f for f in fields(kind)}
    unknown = set(raw) - set(known) - {inner}
    if unknown:
        raise _wrong(name, Phrase("unknown keys: {keys}", keys=", ".join(sorted(unknown))))
    return {k: float(v) if known[k].type is float else v for k, v in raw.items() if k != inner}


def _wrong(typed: str, what: Phrase) -> Refusal:
    return refuse(
        "label.template",
        what,
        expected=Phrase("an approved template, complete and with known keys only"),
        resolve_by=Phrase("a QA officer, by approving the template"),
        field="template",
        typed=typed,
    )
