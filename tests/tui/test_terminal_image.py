"""What is sent to a terminal that shows pictures, read back by a reader that shares nothing with the writer."""

import base64
import re

import numpy as np
import pytest
from rich.cells import cell_len

from tui.terminal_image import MARKS, MOST, Protocol, kitty, kitty_forget, placeholders, protocol, sixel


def read_sixel(text):
    """Dots by colour register, as a VT340 paints them."""
    head = re.match(r'\x1bP0;0;0q"1;1;(\d+);(\d+)', text)
    wide, high = int(head[1]), int(head[2])
    painted = np.full((high + 6, wide), -1)
    x = y = colour = 0
    body = text[head.end() : -2]
    for token in re.finditer(r"#(\d+)(;2;\d+;\d+;\d+)?|!(\d+)([?-~])|([?-~])|(\$)|(-)", body):
        number, defines, many, repeated, sign, back, down = token.groups()
        if number:
            colour = colour if defines else int(number)
        elif back:
            x = 0
        elif down:
            x, y = 0, y + 6
        else:
            bits, run = ord(repeated or sign) - 63, int(many or 1)
            for row in range(6):
                if bits >> row & 1:
                    painted[y + row, x : x + run] = colour
            x += run
    return painted[:high]


@pytest.mark.parametrize("shape", [(6, 1), (13, 40), (24, 7)])
def test_every_dot_arrives_as_ink_or_as_paper(shape):
    ink = np.random.default_rng(3).random(shape) < 0.5
    ink[:, : shape[1] // 2] = True
    painted = read_sixel(sixel(ink))
    assert painted.shape == shape
    assert ((painted == 0) == ink).all()
    assert ((painted == 1) == ~ink).all()


def test_a_png_reaches_kitty_in_pieces_of_its_size_and_quietly():
    picture = bytes(range(256)) * 40
    messages = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(picture, 7, 30, 12))
    assert messages[0][0] == "a=T,q=2,f=100,U=1,i=7,c=30,r=12,m=1"
    assert [said for said, _ in messages[1:]] == ["q=2,m=1"] * (len(messages) - 2) + ["q=2,m=0"]
    assert all(len(piece) <= 4096 for _, piece in messages)
    assert base64.b64decode("".join(piece for _, piece in messages)) == picture
    assert kitty_forget(7) == "\x1b_Ga=d,d=I,q=2,i=7\x1b\\"


def test_placeholders_take_one_cell_each_and_number_their_rows_and_columns():
    lines = placeholders(5, 3)
    assert [cell_len(line) for line in lines] == [5, 5, 5]
    assert lines[2][3:6] == f"\U0010eeee{MARKS[2]}{MARKS[1]}"
    assert len(set(MARKS)) == MOST > 130
    with pytest.raises(ValueError, match="at most"):
        placeholders(MOST + 1, 1)


@pytest.mark.parametrize(
    ("environment", "can"),
    [
        ({"TERM": "xterm-kitty"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, Protocol.KITTY),
        ({"TERM": "foot"}, Protocol.SIXEL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Protocol.SIXEL),
        ({"KONSOLE_VERSION": "220770"}, Protocol.SIXEL),
        ({"KONSOLE_VERSION": "210400"}, Protocol.TEXT),
        ({"KONSOLE_VERSION": "²"}, Protocol.TEXT),
        ({"TERM": "xterm-256color"}, Protocol.TEXT),
        ({"TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"}, Protocol.TEXT),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, Protocol.TEXT),
        ({"TERM": "xterm-kitty", "INKT_PICTURES": "text"}, Protocol.TEXT),
        ({"TERM": "tmux-256color", "TMUX": "x", "INKT_PICTURES": " Sixel "}, Protocol.SIXEL),
        ({"TERM": "foot", "INKT_PICTURES": "nonsense"}, Protocol.SIXEL),
    ],
)
def test_what_a_terminal_can_is_read_from_its_environment(environment, can):
    assert protocol(environment) is can
