"""What a command wants said before anything is looked up: the record it is about, and the reason where one is due.

Asked by ``workflow.bench`` before its transaction; it reads nothing and refuses what is missing or too much.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.records.base import spoken_field
from inkt_mfg.refusal import control_in, refuse, speaks
from inkt_mfg.workflow.command import Act, Command


def refuse_no_record(command: Command, on: str | None) -> None:
    """A command about a record is given its code, one about none is given none. Raises Refusal ``record.unknown``."""
    if (command.on is None) != (on is None):
        raise refuse(
            "record.unknown",
            Phrase("“{command}” needs the code of a {kind}", command=command.title, kind=command.about)
            if command.on
            else Phrase("“{command}” takes no code of a record", command=command.title),
            expected=Phrase("the {kind}'s code", kind=command.about) if command.on else Phrase("no code"),
            field="on",
            typed=on or "",
        )


def called(field: str) -> Phrase:
    """A parameter as people call it; of a lot its material, ``lot:il2``."""
    of_lot = field.removeprefix("lot:")
    return spoken_field(field) if of_lot == field else Phrase("the lot of {material}", material=of_lot)


def refuse_control(text: str, field: str, *, lines: bool) -> None:
    """Raises Refusal ``entry.control`` for what no reader sees and a terminal or a printer would obey."""
    if odd := control_in(text, lines=lines):
        raise refuse(
            "entry.control",
            Phrase("{field} holds a control character ({code})", field=called(field), code=odd),
            expected=Phrase("the text without it"),
            field=field,
            typed=text,
        )


def refuse_empty_reason(command: Command, reason: str | None) -> None:
    """Where the declaration asks for a reason there is one, and none hides anything. Raises Refusal R02, ``entry.control``."""
    refuse_control(reason or "", "reason", lines=True)
    if command.asks_reason and not speaks(reason):
        raise refuse(
            "R02",
            Phrase("{command} asks for a reason", command=command.title),
            expected=Phrase("a sentence that says why"),
            field="reason",
            typed=reason or "",
        )


def refuse_without_reason(act: Act, what: Phrase, *, expected: Phrase) -> None:
    """Where only some uses of a command ask why: nothing on record is replaced without a word. Raises Refusal R02."""
    if not speaks(act.work.intent.reason):
        raise refuse("R02", what, expected=expected, field="reason", typed=act.work.intent.reason or "")
