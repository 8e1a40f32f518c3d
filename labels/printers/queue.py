"""A CUPS queue: ``lpstat`` asked whether it can print, ``lp`` given the bytes with scaling off and the true size of the medium.

Called by ``labels.printers.sending``. What CUPS says is passed on in its own words. Both programs are started by their
arguments, never through a shell.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from decimal import Decimal

from inkt_mfg.language import Phrase
from inkt_mfg.views.printers import PrinterCard
from labels.printers.sending import NotThrough

# What stops a printer, as IPP spells it in printer-state-reasons (RFC 8011, 5.4.12), -error and -warning left away.
_STOPPING = (
    "media-empty",
    "media-needed",
    "media-jam",
    "cover-open",
    "door-open",
    "marker-supply-empty",
    "offline",
    "paused",
    "shutdown",
    "stopped",
)


def ask_queue(queue: str, seconds: float) -> None:
    """Raises NotThrough for a queue that is unknown, disabled, or says it has no labels."""
    if shutil.which("lpstat") is None:
        return  # a machine with lp alone: lp will say what is wrong
    code, said = _run(["lpstat", "-l", "-p", queue], b"", seconds, unknown=False)
    alerts = " ".join(
        line.partition(":")[2] for line in said.splitlines() if line.strip().startswith("Alerts")
    )
    disabled = any(line.startswith("printer ") and " disabled " in f"{line} " for line in said.splitlines())
    if code != 0 or disabled or any(reason in alerts for reason in _STOPPING):
        raise NotThrough(
            Phrase("CUPS says of the queue {queue}: {said}", queue=queue, said=_short(said)),
            Phrase(
                "See to the printer: labels, lid, ribbon, switched on; a wrong name: `inkt printer change`."
            ),
            unknown=False,
        )


def to_queue(card: PrinterCard, name: str, content: bytes, seconds: float) -> None:
    """One file to the queue. Raises NotThrough; unknown when ``lp`` had to be ended."""
    code, said = _run(arguments(card, name), content, seconds, unknown=True)
    if code != 0:
        raise NotThrough(
            Phrase(
                "CUPS did not take it for the queue {queue}: {said}", queue=card.address, said=_short(said)
            ),
            Phrase("See that the queue is there and accepts jobs: `lpstat -p -a`."),
            unknown=False,
        )


def arguments(card: PrinterCard, name: str) -> list[str]:
    """``lp`` for this printer: raw for ZPL, else a page of the medium's own size and no scaling."""
    command = ["lp", "-d", card.address, "-t", name, "-n", "1"]
    if card.language == "zpl":
        return [*command, "-o", "raw"]
    size = f"{_plain(card.width_mm)}x{_plain(card.height_mm)}mm"
    return [*command, "-o", "print-scaling=none", "-o", f"media=Custom.{size}"]


def _plain(length: Decimal) -> str:
    return f"{length.normalize():f}"


def _run(command: Sequence[str], given: bytes, seconds: float, *, unknown: bool) -> tuple[int, str]:
    """The program's code and everything it said."""
    try:
        ended = subprocess.run(  # noqa: S603 — found on PATH, arguments of a checked form, no shell
            command,
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as missing:
        raise NotThrough(
            Phrase("{tool} is not on this machine's PATH.", tool=command[0]),
            Phrase("Install the CUPS client (Debian: cups-client), or print by TCP or from the file."),
            unknown=False,
        ) from missing
    except subprocess.TimeoutExpired as slow:
        raise NotThrough(
            Phrase("{tool} did not end within {seconds} s.", tool=command[0], seconds=f"{seconds:g}"),
            Phrase("Look at the queue: `lpstat -o`."),
            unknown=unknown,
        ) from slow
    except OSError as no:
        raise NotThrough(
            Phrase("{tool} cannot be started: {reason}.", tool=command[0], reason=no.strerror or no),
            Phrase("Put that right and try again."),
            unknown=False,
        ) from no
    return ended.returncode, (ended.stderr + b"\n" + ended.stdout).decode("utf-8", "replace")


def _short(said: str) -> str:
    """Its words on one line."""
    words = " ".join(line.strip() for line in said.splitlines() if line.strip())
    return words[:300] or "nothing"
