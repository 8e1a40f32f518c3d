"""A black-and-white picture as a terminal takes it: Kitty's graphics protocol with placeholders, or Sixel (DEC VT340).

The preview of a label uses it. What the terminal can is read from its environment alone: a question to the terminal
would be answered into the very stream a scanner types into. Nothing is imported here that is not in Python itself.
"""

import base64
import fcntl
import os
import re
import struct
import sys
import termios
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

SETTING = "INKT_PICTURES"  # kitty, sixel or text, for whoever knows their terminal better
_SIXEL_PROGRAMS = frozenset({"WezTerm", "iTerm.app", "mintty", "contour"})
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")
_KONSOLE_DRAWS_FROM = 220400
_CHUNK = 4096  # bytes of one message, by Kitty's protocol
_PLACEHOLDER = "\U0010eeee"
_LONG_RUN = re.compile(r"(.)\1{3,}")
# Kitty's own table (rowcolumn-diacritics.txt): the n-th combining character says row or column n.
_RANGES = (
    (0x305, 0x305), (0x30D, 0x30E), (0x310, 0x310), (0x312, 0x312), (0x33D, 0x33F), (0x346, 0x346),
    (0x34A, 0x34C), (0x350, 0x352), (0x357, 0x357), (0x35B, 0x35B), (0x363, 0x36F), (0x483, 0x487),
    (0x592, 0x595), (0x597, 0x599), (0x59C, 0x5A1), (0x5A8, 0x5A9), (0x5AB, 0x5AC), (0x5AF, 0x5AF),
    (0x5C4, 0x5C4), (0x610, 0x617), (0x657, 0x65B), (0x65D, 0x65E), (0x6D6, 0x6DC), (0x6DF, 0x6E2),
    (0x6E4, 0x6E4), (0x6E7, 0x6E8), (0x6EB, 0x6EC), (0x730, 0x730), (0x732, 0x733), (0x735, 0x736),
    (0x73A, 0x73A), (0x73D, 0x73D), (0x73F, 0x741), (0x743, 0x743), (0x745, 0x745), (0x747, 0x747),
    (0x749, 0x74A), (0x7EB, 0x7F1), (0x7F3, 0x7F3), (0x816, 0x819), (0x81B, 0x823), (0x825, 0x827),
    (0x829, 0x82D), (0x951, 0x951), (0x953, 0x954), (0xF82, 0xF83), (0xF86, 0xF87), (0x135D, 0x135F),
)  # fmt: skip
MARKS = tuple(chr(code) for first, last in _RANGES for code in range(first, last + 1))
MOST = len(MARKS)  # rows, and columns, a placed picture may have


class Protocol(Enum):
    """How a picture reaches the terminal; ``TEXT``: not at all."""

    KITTY = "kitty"
    SIXEL = "sixel"
    TEXT = "text"


class Cell(NamedTuple):
    """One character's place in the terminal's own dots."""

    width: int
    height: int


VT340 = Cell(10, 20)  # what Sixel was made for, and what is taken where a terminal does not say


def protocol(environment: Mapping[str, str] = os.environ) -> Protocol:
    """What this terminal can, by its environment. Inside tmux or screen a picture would be drawn beside its place."""
    asked = environment.get(SETTING, "").strip().lower()
    if asked in {p.value for p in Protocol}:
        return Protocol(asked)
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("TMUX") or term.startswith(("screen", "tmux")) or environment.get("NO_COLOR"):
        return Protocol.TEXT  # with no colours Kitty's pictures have no number either
    if environment.get("KITTY_WINDOW_ID") or term in {"xterm-kitty", "xterm-ghostty"} or program == "ghostty":
        return Protocol.KITTY
    konsole = environment.get("KONSOLE_VERSION", "")
    draws = konsole.isdecimal() and int(konsole) >= _KONSOLE_DRAWS_FROM
    return (
        Protocol.SIXEL
        if draws or program in _SIXEL_PROGRAMS or term.startswith(_SIXEL_TERMS)
        else Protocol.TEXT
    )


def cell_of_terminal() -> Cell:
    """The size of a character, asked of the system and not of the terminal."""
    try:
        answer = fcntl.ioctl(sys.__stderr__, termios.TIOCGWINSZ, b"\0" * 8)  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError):  # no terminal
        return VT340
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not (rows and columns and width >= columns and height >= rows):
        return VT340
    return Cell(width // columns, height // rows)


# --- Kitty


def kitty(picture: bytes, number: int, columns: int, rows: int) -> str:
    """A PNG sent to the terminal under this number, to be shown wherever its placeholders stand."""
    text = base64.b64encode(picture).decode("ascii")
    pieces = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)] or [""]
    first = f"a=T,q=2,f=100,U=1,i={number},c={columns},r={rows},"
    return "".join(
        f"\x1b_G{first if n == 0 else 'q=2,'}m={int(n + 1 < len(pieces))};{piece}\x1b\\"
        for n, piece in enumerate(pieces)
    )


def kitty_forget(number: int) -> str:
    """Take the picture out of the terminal's memory again: it shows a patient."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"


def placeholders(columns: int, rows: int) -> tuple[str, ...]:
    """The lines of characters the picture is shown in. ``ValueError``: more than the protocol can number."""
    if columns > MOST or rows > MOST:
        raise ValueError(f"{columns} × {rows} cells; at most {MOST} each")
    return tuple(
        "".join(f"{_PLACEHOLDER}{MARKS[row]}{MARKS[column]}" for column in range(columns))
        for row in range(rows)
    )


# --- Sixel


def sixel(ink: Any) -> str:
    """A picture given as an array of dots (true is ink), six rows at a time, runs counted."""
    import numpy as np  # here: whoever has a picture to show has loaded it already

    rows, wide = ink.shape
    pad = -rows % 6
    six = np.vstack([ink, np.zeros((pad, wide), bool)]).reshape(-1, 6, wide)
    there = np.ones((rows + pad, 1), bool)
    there[rows:] = False
    weights = (1 << np.arange(6)).reshape(1, 6, 1)
    black = (six * weights).sum(axis=1)
    white = (there.reshape(-1, 6, 1) * weights).sum(axis=1) - black
    bands = "".join(f"#0{_runs(b)}$#1{_runs(w)}-" for b, w in zip(black, white, strict=True))
    return f'\x1bP0;0;0q"1;1;{wide};{rows}#0;2;0;0;0#1;2;100;100;100{bands}\x1b\\'


def _runs(sixes: Any) -> str:
    signs = (63 + sixes).astype("uint8").tobytes().decode("ascii")
    return _LONG_RUN.sub(lambda run: f"!{len(run[0])}{run[1]}", signs)
