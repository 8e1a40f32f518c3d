"""The one spelling of each number, instant and secret, so that texts can be compared instead of values.

Used by the columns' own types and by the ledger. It stands by itself, because the processes that verify a large ledger
load nothing of a database's layer.
"""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal


def decimal_text(value: Decimal) -> str:
    """One spelling per number (``1.9E+6`` and ``1900000.0`` are both ``1900000``), so that replay can compare texts."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def moment_text(value: datetime) -> str:
    """UTC, microseconds, ``Z``: sorts as text and reads the same from both databases."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def digest_text(value: object) -> str:
    """What stands for a secret: enough to see that it was changed, nothing to log in with."""
    # Bytes that are no text, as verification reads them out of a damaged column, are hashed as they are.
    return f"sha256:{hashlib.sha256(str(value).encode('utf-8', 'surrogateescape')).hexdigest()}"
