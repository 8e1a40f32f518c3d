"""Brings the catalogues in ``inkt_mfg/locale`` up to the sentences of the source: extract, update, compile.

Run by ``make words``; tests/house/test_language.py uses ``sentences`` to see that nothing is untranslated. It invents no
translation: a new sentence enters the catalogue empty, and one that left the source leaves the catalogue.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from inkt_mfg.language import LANGUAGES
from inkt_mfg.protocol import values
from inkt_mfg.records import words
from inkt_mfg.records.base import spoken
from inkt_mfg.records.every import TABLES
from inkt_mfg.units import Kind

ROOT = Path(__file__).parents[1]
SOURCES = ("inkt_mfg", "tui", "labels")
LOCALE = ROOT / "inkt_mfg" / "locale"
DOMAIN = "inkt"


def sentences() -> dict[str, list[str]]:
    """Every sentence and word that can be shown, with the files it comes from."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for sentence, place in (*_written(), *_closed_lists(), *_records()):
        if sentence:
            found[sentence].add(place)
    return {sentence: sorted(found[sentence]) for sentence in sorted(found)}


def _written() -> Iterator[tuple[str, str]]:
    """The literal templates. Read from the syntax tree: Babel's own reader does not look inside f-strings."""
    for path in sorted(path for top in SOURCES for path in (ROOT / top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Phrase"), args=[ast.Constant(value=str(sentence)), *_]):
                    yield sentence, path.relative_to(ROOT).as_posix()


def _closed_lists() -> Iterator[tuple[str, str]]:
    """Values of enums, which become a ``Phrase`` where they are shown: states, verdicts, roles, kinds of quantity."""
    for module in (words, values):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Enum) and value.__module__ == module.__name__:
                yield from ((str(one.value).replace("_", " "), _file(value)) for one in value)
    yield from ((kind.value, _file(Kind)) for kind in Kind)
    yield from ((verdict.value.upper(), _file(words.DoseVerdict)) for verdict in words.DoseVerdict)


def _records() -> Iterator[tuple[str, str]]:
    return ((spoken(table).template, _file(table)) for table in TABLES)


def _file(a_class: type) -> str:
    return f"{a_class.__module__.replace('.', '/')}.py"


def catalogue_path(language: str) -> Path:
    """The text catalogue of a language; the compiled one lies beside it."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """The catalogue as it stands, or an empty one for a new language."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(
            locale=language,
            domain=DOMAIN,
            project="inkt-mfg",
            header_comment="# Sentences of inkt-mfg.",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str) -> list[str]:
    """Bring one language's catalogue up to the source, compile it, and return what it does not translate yet."""
    catalogue = read(language)
    translated = {str(m.id): m.string for m in catalogue if m.id}
    there = sentences()
    for gone in translated.keys() - there.keys():
        catalogue.delete(gone)
    for sentence, files in there.items():
        # Added anew, because adding to a message that is there keeps the files it was in before.
        catalogue.delete(sentence)
        catalogue.add(sentence, translated.get(sentence, ""), locations=[(file, 0) for file in files])
    _write(catalogue, catalogue_path(language))
    return [sentence for sentence in there if not translated.get(sentence)]


def _write(catalogue: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Files without line numbers, so that moving code does not touch every translation.
        write_po(file, catalogue, width=0, sort_by_file=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> int:
    """Update every language; 1 when a sentence still has no translation."""
    missing = [(language, one) for language in LANGUAGES if language != "en" for one in update(language)]
    sys.stdout.writelines(f"{language}: not translated: {sentence}\n" for language, sentence in missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
