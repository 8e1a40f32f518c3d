"""A label printer of the tests: a real TCP server on this machine, and what its head would have burned.

The reader of ZPL II is written from the printer's manual and shares nothing with the writer: it takes the stream command by
command, and a command that no label of ours needs is an error.
"""

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

import numpy as np
import numpy.typing as npt

from labels.reading import decode

Image = npt.NDArray[np.uint8]
READY = ("030,0,0,0812,000,0,0,0,000,0,0,0", "001,0,0,0,1,2,4,0,00000000,1,000", "1234,0")
HARD_RESET = struct.pack("ii", 1, 0)


@dataclass
class Zebra:
    """Listens from ``__enter__`` on. ``breaks_after``: bytes of the ``breaks_at``-th label after which the line breaks."""

    breaks_after: int | None = None
    breaks_at: int = 1
    reads: bool = True
    status: tuple[str, ...] = READY  # what it answers when it is asked; nothing: it never answers
    instead: Callable[[], object] | None = None  # what happens then instead of the line breaking
    received: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.socket()
        # As small as the machine allows: a printer has little memory.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    @property
    def labels(self) -> list[bytes]:
        """What came over connections that said anything; asking whether a printer is there says nothing."""
        return [content for content in self.received if content]

    def _serve(self) -> None:
        kept = []
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            if not self.reads:
                kept.append(line)
                continue
            with line:
                self._take(line)

    def _take(self, line: socket.socket) -> None:
        breaks = self.breaks_after if len(self.labels) + 1 == self.breaks_at else None
        content = b""
        while breaks is None or len(content) < breaks:
            with contextlib.suppress(OSError):
                piece = line.recv(4096 if breaks is None else min(4096, breaks - len(content)))
                if piece == b"~HS\r\n":
                    line.sendall("".join(f"\x02{text}\x03\r\n" for text in self.status).encode())
                    continue
                content += piece
                if piece:
                    continue
            break
        if breaks is not None and content and self.instead is not None:
            self.instead()
        elif breaks is not None and content:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD_RESET)
        self.received.append(content)


# --- what it burns


@dataclass(frozen=True)
class Burned:
    """One label as the head burns it: black is 0."""

    image: Image
    copies: int

    def read(self, dpi: Fraction) -> set[str]:
        """What a scanner reads on it."""
        return {symbol.text for symbol in decode(np.pad(self.image, 8, constant_values=255), dpi, "1-bit")}


def burned(stream: bytes) -> list[Burned]:
    """Every label of a stream of ZPL II."""
    found = []
    commands = re.findall(r"([\^~][A-Z]{2})([^\^~]*)", stream.decode("ascii"))
    assert "".join(name + rest for name, rest in commands) == stream.decode("ascii")
    for name, rest in commands:
        if name == "^XA":
            label = _Format()
        label.obey(name, rest.rstrip("\n"))
        if name == "^XZ":
            found.append(Burned(label.image(), label.copies))
    return found


class _Format:
    """One format, from ^XA to ^XZ."""

    def __init__(self) -> None:
        self.wide = self.high = self.x = self.y = 0
        self.home = (0, 0)
        self.copies = 1
        self.graphics: list[tuple[int, int, Image]] = []

    def obey(self, name: str, rest: str) -> None:
        numbers = [int(n) for n in rest.split(",")] if re.fullmatch(r"[\d,]+", rest) else []
        if name == "^PW":
            self.wide = numbers[0]
        elif name == "^LL":
            self.high = numbers[0]
        elif name == "^LH":
            self.home = (numbers[0], numbers[1])
        elif name == "^FO":
            self.x, self.y = self.home[0] + numbers[0], self.home[1] + numbers[1]
        elif name == "^PQ":
            self.copies = numbers[0]
        elif name == "^GF":
            self.graphics.append((self.x, self.y, _graphic(rest)))
        else:
            assert name in {"^XA", "^XZ", "^FS"}, f"no label of ours needs {name}"
            assert rest == ""

    def image(self) -> Image:
        paper = np.full((self.high, self.wide), 255, np.uint8)
        for x, y, graphic in self.graphics:
            part = graphic[: self.high - y, : self.wide - x]
            here = paper[y : y + part.shape[0], x : x + part.shape[1]]
            here[part == 0] = 0
        return paper


def _graphic(rest: str) -> Image:
    kind, _binary, total, across, digits = rest.split(",", 4)
    assert kind == "A"
    line = 2 * int(across)
    rows: list[str] = []
    row, times = "", 0
    for sign in digits:
        if sign == ":":
            rows.append(rows[-1])
            continue
        if sign in ",!":
            row += {",": "0", "!": "F"}[sign] * (line - len(row))
        elif sign in "0123456789ABCDEF":
            row += sign * max(times, 1)
            times = 0
        else:
            times += 20 * (ord(sign) - ord("f")) if sign.islower() else ord(sign) - ord("F")
        if len(row) == line:
            rows.append(row)
            row = ""
    assert row == ""
    assert len(rows) * int(across) == int(total)
    bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(rows)), np.uint8).reshape(len(rows), -1), axis=1)
    return np.where(bits == 1, np.uint8(0), np.uint8(255))
