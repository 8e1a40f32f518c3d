"""Writing what a command was asked to write: the whole file or none of it.

Every command with ``--out`` uses it; a full disk, Ctrl-C or a kill leaves whatever was there before.
"""

from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable


def write_whole(out: Path, content: bytes) -> None:
    """The file holds all of the content, or what was there before still is. Raises Unable, which names the file."""
    try:
        _write_beside(out, content)
    except (OSError, ValueError) as error:  # ValueError: `/` and the like have no name
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise Unable(
            Phrase("{path} cannot be written: {reason}.", path=out, reason=reason),
            Phrase("Name a file in a folder that is there and may be written to."),
        ) from error


def _write_beside(out: Path, content: bytes) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
