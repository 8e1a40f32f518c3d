"""The master batch record as versioned data: one TOML file per protocol, and the model that reads it.

``load`` and ``available`` answer for the protocols that come with the program, ``check`` for a file a site is
writing, ``Protocol.read`` for a text a batch has pinned. A file with anything wrong in it is refused as a whole.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from inkt_mfg.files import bytes_of
from inkt_mfg.language import Phrase
from inkt_mfg.protocol.faults import Fault
from inkt_mfg.protocol.model import Protocol, SiteValue
from inkt_mfg.refusal import refuse

__all__ = ["Fault", "Protocol", "SiteValue", "available", "check", "load", "of_bytes"]


def available() -> list[str]:
    """The ids of the protocols that come with the program, in alphabetical order."""
    return sorted(
        item.name.removesuffix(".toml") for item in files(__name__).iterdir() if item.name.endswith(".toml")
    )


@cache
def load(protocol_id: str) -> Protocol:
    """A protocol that comes with the program. Refuses ``protocol.unknown``."""
    if protocol_id not in available():
        raise refuse(
            "protocol.unknown",
            Phrase("there is no such protocol"),
            expected=Phrase("one of {ids}", ids=", ".join(available())),
            field="protocol",
            typed=protocol_id,
        )
    name = f"{protocol_id}.toml"
    return of_bytes(files(__name__).joinpath(name).read_bytes(), name)


def check(path: Path) -> Protocol:
    """The protocol in a file; a Refusal names every fault with its key and line. Unable when it cannot be read."""
    content = bytes_of(path, rule="protocol.file", expected=Phrase("the path of a protocol file"))
    return of_bytes(content, path.name)


def of_bytes(content: bytes, name: str) -> Protocol:
    """The protocol in the bytes of a file, read as UTF-8. Refuses ``protocol.encoding`` and all that ``read`` does."""
    try:
        return Protocol.read(content.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(
            "protocol.encoding",
            Phrase("{file}, line {line}: this is not UTF-8", file=name, line=line),
            expected=Phrase("a file saved as UTF-8"),
            field="file",
        ) from error
