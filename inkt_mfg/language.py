"""Sentences the user sees, kept apart from the language they are shown in.

A ``Phrase`` is an English sentence with named blanks. It is written to the ledger in English and shown in the
reader's language (catalogues in ``inkt_mfg/locale``, gettext format). Every floor may use it; it refuses nothing.
"""

import gettext
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
_LOCALE_DIR = Path(__file__).parent / "locale"
_chosen: list[str] = []


def choose_language(code: str | None) -> None:
    """Show every later sentence in this language; None goes back to what the environment asks for."""
    _chosen.clear()
    if code is not None:
        if code not in LANGUAGES:
            raise ValueError(f"{code!r} is not one of {', '.join(LANGUAGES)}")
        _chosen.append(code)


def shortened(sentence: str, longest: int) -> str:
    """A sentence this program made, cut where it must be and saying so by “…”. What a person typed is never cut."""
    return sentence if len(sentence) <= longest else f"{sentence[: longest - 1]}…"


def current_language() -> str:
    """The language chosen, else INKT_LANG, else LC_ALL, LC_MESSAGES, LANG; English when none is one we have."""
    if _chosen:
        return _chosen[0]
    for variable in ("INKT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        asked = os.environ.get(variable, "").split(".")[0]
        if asked in LANGUAGES:
            return asked
        if asked.startswith("zh"):
            return "zh_CN"
        if asked:
            return "en"
    return "en"


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("inkt", localedir=_LOCALE_DIR, languages=[code], fallback=True)


@dataclass(frozen=True, slots=True, init=False)
class Phrase:
    """An English sentence with ``{named}`` blanks. ``english`` goes to records; ``str()`` is in the reader's language."""

    template: str
    blanks: Mapping[str, object]

    def __init__(self, template: str, /, **blanks: object) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "blanks", blanks)

    @property
    def english(self) -> str:
        filled = {k: v.english if isinstance(v, Phrase) else v for k, v in self.blanks.items()}
        return self.template.format(**filled) if filled else self.template

    def __str__(self) -> str:
        translated = _catalogue(current_language()).gettext(self.template) if self.template else ""
        return translated.format(**self.blanks) if self.blanks else translated
