"""Words of the records as people read them, with a sign before each verdict so that nothing depends on colour."""

from rich.cells import cell_len
from rich.text import Text

from inkt_mfg.language import Phrase
from inkt_mfg.views.label_kinds import KINDS
from inkt_mfg.workflow.states import state_name

VERDICTS: dict[str, tuple[str, Phrase, str]] = {
    "pass": ("✓", Phrase("pass"), "green"),
    "fail": ("✗", Phrase("FAIL"), "bold red"),
    "not_determined": ("?", Phrase("not determined"), "yellow"),
    "report_only": ("i", Phrase("report only"), ""),
    "pending": ("…", Phrase("pending"), "yellow"),
    "below": ("▼", Phrase("BELOW"), "bold red"),
    "within": ("✓", Phrase("within"), "green"),
    "above": ("▲", Phrase("ABOVE"), "bold red"),
}
LABEL_STATES: dict[str, Phrase] = {
    "prepared": Phrase("prepared"),
    "proofed": Phrase("proofed"),
    "printed": Phrase("printed"),
    "applied": Phrase("applied"),
    "spoiled": Phrase("spoiled"),
    "destroyed": Phrase("destroyed"),
    "specimen": Phrase("specimen"),
    "returned": Phrase("returned"),
}
MEANINGS: dict[str, Phrase] = {
    "authorship": Phrase("authorship"),
    "verification": Phrase("verification"),
    "review": Phrase("review"),
    "approval": Phrase("approval"),
    "responsibility": Phrase("responsibility"),
    "release": Phrase("release"),
    "rejection": Phrase("rejection"),
}
READING_STATES: dict[str, Phrase] = {
    "awaiting_second": Phrase("awaits the second reading"),
    "confirmed": Phrase("confirmed"),
    "differs": Phrase("DIFFERS: measure again"),
}


def verdict(word: str) -> Text:
    """A verdict with its sign."""
    sign, said, style = VERDICTS.get(word, ("", Phrase("{word}", word=word), ""))
    return Text(f"{sign} {said}".strip(), style=style)


def padded(text: str, width: int) -> str:
    """The text filled up to a width in cells: a Chinese character takes two."""
    return text + " " * max(0, width - cell_len(text))


def titled(said: Phrase) -> str:
    """A sentence's part as the beginning of one."""
    text = str(said)
    return f"{text[:1].upper()}{text[1:]}"


def state(word: str) -> str:
    """A state as people read it."""
    return str(LABEL_STATES.get(word) or READING_STATES.get(word) or state_name(word))


def kind(word: str) -> str:
    """A kind of label as people read it."""
    return str(KINDS[word].title) if word in KINDS else word


def verified(by: str, *, needed: bool = True) -> Text:
    """Who verified it, or that nobody has."""
    if by:
        return Text(f"✓ {by}", style="green")
    return Text(f"… {Phrase('unverified')}", style="yellow") if needed else Text("–")
