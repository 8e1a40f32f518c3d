"""A label printer on the network, by a bare TCP connection (port 9100): one connection for each label.

Called by ``labels.printers.sending``. It tells apart what was certainly not sent from what may have come out: once the
first byte has left, only the printer's own end of the connection, or its acknowledgement of every byte, says it has all.
"""

import contextlib
import errno
import socket
import struct
import sys
import time

from inkt_mfg.language import Phrase
from labels.printers.sending import NotThrough

_PIECE = 16_384
_LOOK = 0.05  # seconds between two looks at a printer that has everything and does not hang up
_SETTLED = 0.4  # seconds after which a printer that acknowledged every byte may keep its end open
_PATIENCE = 1.0  # seconds for a status: a printer that gives one gives it at once
_STRINGS = 3  # a status is three strings, each ended by ETX
_FAULTS = (  # which string, which field of it
    (0, 1, Phrase("no labels left")),
    (0, 2, Phrase("paused")),
    (0, 5, Phrase("its memory is full")),
    (0, 9, Phrase("its configuration is lost")),
    (0, 11, Phrase("too hot")),
    (1, 2, Phrase("its head is open")),
    (1, 3, Phrase("no ribbon left")),
)
_SIOCOUTQ = 0x5411  # Linux: bytes the other end has not acknowledged


def connected(address: str, seconds: float) -> socket.socket:
    """A connection to ``host:port``. Raises NotThrough with what to look at."""
    host, _, port = address.rpartition(":")
    try:
        return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)
    except OSError as no:
        raise NotThrough(
            Phrase("The printer at {address} does not answer: {reason}.", address=address, reason=_why(no)),
            Phrase(
                "See that it is switched on, on the network, and that its address is right: `inkt printer list`."
            ),
            unknown=False,
        ) from no


def ask_printer(address: str, seconds: float) -> None:
    """Whether it answers at all, and what it says is wrong with it (``~HS``). Raises NotThrough.

    Many printers do not answer that question, and a Zebra may keep silent while its lid is open: silence proves nothing.
    """
    with connected(address, seconds) as line:
        line.settimeout(min(seconds, _PATIENCE))
        said = b""
        with contextlib.suppress(OSError):
            line.sendall(b"~HS\r\n")
            while said.count(b"\x03") < _STRINGS and (piece := line.recv(_PIECE)):
                said += piece
    wrong = faults(said.decode("ascii", "replace"))
    if wrong:
        what = ", ".join(str(fault) for fault in wrong)
        raise NotThrough(
            Phrase("The printer at {address} says: {what}.", address=address, what=what),
            Phrase("Put that right at the printer and print again."),
            unknown=False,
        )


def faults(status: str) -> tuple[Phrase, ...]:
    """What keeps a printer from printing, by its host status return (Zebra's ZPL II programming guide, ``~HS``)."""
    strings = [line.strip("\x02\x03\r\n ").split(",") for line in status.split("\x03")]
    return tuple(
        fault
        for number, place, fault in _FAULTS
        if len(strings) > number and len(strings[number]) > place and strings[number][place] == "1"
    )


def to_connection(address: str, content: bytes, seconds: float) -> None:
    """All of it, then the end. Raises NotThrough."""
    with connected(address, seconds) as line:
        sent = 0
        try:
            while sent < len(content):
                sent += line.send(content[sent : sent + _PIECE])
            line.shutdown(socket.SHUT_WR)
            _wait_for_its_end(line, seconds)
        except OSError as no:
            raise NotThrough(
                Phrase(
                    "The connection to {address} broke, {sent} of {all} bytes handed over: {reason}.",
                    address=address,
                    sent=sent,
                    all=len(content),
                    reason=_why(no),
                ),
                Phrase("See to the printer: paused, lid, labels, cable."),
                unknown=sent > 0,
            ) from no


def _wait_for_its_end(line: socket.socket, seconds: float) -> None:
    """Until the printer hangs up, or has acknowledged every byte and says nothing against it. Raises OSError."""
    began = time.monotonic()
    line.settimeout(_LOOK)
    while time.monotonic() - began < seconds:
        with contextlib.suppress(TimeoutError):
            if not line.recv(_PIECE):
                return
            continue  # it says something: a status nobody asked for
        if time.monotonic() - began > _SETTLED and _unacknowledged(line) == 0:
            return
    raise TimeoutError


def _unacknowledged(line: socket.socket) -> int | None:
    """Bytes still on their way; None where the machine does not say."""
    if not sys.platform.startswith("linux"):
        return None
    import fcntl  # there is none on Windows

    return int(struct.unpack("i", fcntl.ioctl(line, _SIOCOUTQ, b"\0\0\0\0"))[0])


def _why(no: OSError) -> str:
    if isinstance(no, TimeoutError):
        return "no answer in time"
    if isinstance(no, ConnectionResetError | BrokenPipeError) or no.errno == errno.ENOTCONN:
        return "the printer hung up"
    return no.strerror or type(no).__name__
