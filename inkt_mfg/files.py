"""Reading a file somebody named: its bytes, or a refusal for a wrong path and Unable for what the machine cannot read."""

from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable, refuse


def bytes_of(path: Path, *, rule: str, expected: Phrase, largest: int = 20_000_000) -> bytes:
    """The whole file. Raises Refusal ``rule`` for no such file or one too large, Unable when it cannot be read."""
    try:
        content = at_most(path, largest)
        if content is None:
            raise refuse(
                rule,
                Phrase("{file} is larger than any such file", file=path.name),
                expected=expected,
                field="file",
                typed=str(path),
            )
    except FileNotFoundError:
        raise refuse(
            rule, Phrase("there is no such file"), expected=expected, field="file", typed=str(path)
        ) from None
    except OSError as error:
        raise Unable(
            Phrase("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
            Phrase("Give a readable file."),
        ) from error
    return content


def at_most(path: Path, largest: int) -> bytes | None:
    """The whole file, or None for one that is larger: a device says it holds nothing and never ends. Raises OSError."""
    with path.open("rb") as file:
        content = file.read(largest + 1)
    return content if len(content) <= largest else None
