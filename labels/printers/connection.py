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
