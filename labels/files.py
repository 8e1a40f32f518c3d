"""The data files labels are made from: templates, profiles, languages. Ours, and those a site lays beside them.

Called by ``labels.elements`` and ``labels.template``. A site adds files in the folder INKT_LABELS names (``templates``,
``profiles`` and ``words`` in it); a file with the name of one of ours is refused, so ours always mean the same. Its
``fonts`` are read by ``labels.fonts``.
"""

import os
import re
import tomllib
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

HERE = Path(__file__).parent
QA = Phrase("a QA officer, by completing the record or approving another profile")


def names(folder: str) -> dict[str, Path]:
    """Every file of this folder by its name without ending, ours and the site's. Raises Refusal ``label.file``."""
    found = {path.stem: path for path in sorted((HERE / folder).glob("*.toml"))}
    site = os.environ.get("INKT_LABELS")
    for path in sorted((Path(site) / folder).glob("*.toml")) if site else ():
        if path.stem in found:
            raise refuse(
                "label.file",
                Phrase("{file} has the name of a file of the program", file=path),
                expected=Phrase("another name for the site's own file"),
                resolve_by=QA,
                field=folder,
                typed=path.stem,
            )
        found[path.stem] = path
    return found


def chosen(folder: str, name: str, rule: str, what: Phrase, resolve_by: Phrase = QA) -> Path:
    """The file of this name, or a refusal under ``rule`` that says ``what`` and lists what there is."""
    there = names(folder)
    if not re.fullmatch(r"[\w-]+", name) or name not in there:
        raise refuse(
            rule,
            what,
            expected=Phrase("one of {names}", names=", ".join(there)),
            resolve_by=resolve_by,
            field=folder,
            typed=name,
        )
    return there[name]


@lru_cache(maxsize=64)
def read_toml(path: Path) -> dict[str, Any]:
    """The file's tables, its fractions exact. A program run reads each file once."""
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Fraction)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse(
            "label.file",
            Phrase("{file} cannot be read: {error}", file=path.name, error=str(error)),
            expected=Phrase("a TOML file in UTF-8"),
            resolve_by=QA,
            field=path.stem,
        ) from error
