"""What a person may be called here: user names of a closed alphabet, full names that are told apart (R20).

``people`` and ``site`` ask it before an account is made. It refuses a user name that is or looks like one ever issued at
the site, and a full name that hides something or is somebody else's. Compared in Python: a database folds ASCII only.
"""

import re
import unicodedata
from collections.abc import Iterable

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM
from inkt_mfg.records.people import User
from inkt_mfg.refusal import Refusal, refuse, visible
from inkt_mfg.workflow.typed import something

_USER_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_LOOK_ALIKE = str.maketrans("01-_", "ol..")  # what a hurried reader of the audit trail takes for one another
_LINES = frozenset({"Zl", "Zp"})
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")  # that lend each other's letters their looks


def new_user_name(typed: str, known: Iterable[str]) -> str:
    """The user name as it is issued. Raises Refusal R20 for one that is, was or looks like somebody's, or is no user name."""
    name = something(typed, "user_name")
    folded = _looks(name)
    if folded == _looks(SYSTEM.user_name):
        raise _not_issued(Phrase("the user name {name} is the program's own", name=name), typed)
    for issued in known:
        if folded == _looks(issued):
            raise _not_issued(_taken(name, issued), typed)
    if not _USER_NAME.fullmatch(name):
        raise refuse(
            "R20",
            Phrase("a user name is made of the letters a to z, figures, “.”, “_” and “-”"),
            expected=Phrase("2 to 40 of them, a letter first, such as {example}", example="li.tech"),
            field="user_name",
            typed=visible(typed),
        )
    return name


def _looks(name: str) -> str:
    """What an eye makes of a user name: its case, its widths, and the figures that look like letters do not count."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_LOOK_ALIKE)


def _taken(name: str, issued: str) -> Phrase:
    if name.casefold() == issued.casefold():
        return Phrase("the user name {name} is or was somebody's", name=name)
    return Phrase(
        "the user name {name} looks like {issued}, which is or was somebody's", name=name, issued=issued
    )


def _not_issued(what: Phrase, typed: str) -> Refusal:
    return refuse(
        "R20",
        what,
        expected=Phrase("a user name never used at this site"),
        field="user_name",
        typed=visible(typed),
    )


def new_full_name(typed: str, known: Iterable[User]) -> str:
    """The full name as signatures print it. Raises Refusal R20 for what cannot be seen in it, or another's name."""
    name = plain_full_name(typed)
    for other in known:
        if _same(name) == _same(other.full_name):
            raise refuse(
                "R20",
                Phrase("{user} is called {name} too", user=other.user_name, name=other.full_name),
                expected=Phrase("what tells the two apart behind the name, such as {example}", example=f"{name} (Pharmacy)"),
                field="full_name",
                typed=typed,
            )  # fmt: skip
    return name


def plain_full_name(typed: str) -> str:
    """A full name in Unicode's composed form, one blank between its parts. Raises Refusal R20 for one that is not what it shows."""
    shown = unicodedata.normalize("NFC", typed.strip())
    odd = next(
        (c for c in shown if unicodedata.category(c)[0] == "C" or unicodedata.category(c) in _LINES), None
    )
    if odd is not None:
        raise _not_plain(Phrase("a full name holds no character that cannot be seen ({code})", code=f"U+{ord(odd):04X}"), typed)  # fmt: skip
    if len({a for c in shown for a in _ALPHABETS if unicodedata.name(c, "").startswith(a)}) > 1:
        raise _not_plain(
            Phrase("letters of different alphabets that look alike are mixed in this name"), typed
        )
    return " ".join(something(shown, "full_name").split())


def _not_plain(what: Phrase, typed: str) -> Refusal:
    return refuse(
        "R20",
        what,
        expected=Phrase("the name on one line as signatures print it, such as {example}", example="Li Na"),
        field="full_name",
        typed=visible(typed),
    )


def _same(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
