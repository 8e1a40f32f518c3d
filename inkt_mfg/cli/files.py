"""Writing what a command was asked to write: the whole file or none of it.

Every command with ``--out`` uses it; a full disk, Ctrl-C or a kill leaves whatever was there before.
"""

from pathlib import Path


def write_whole(out: Path, content: bytes) -> None:
    """The file holds all of the content, or what was there before still is. Raises OSError."""
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(content)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
