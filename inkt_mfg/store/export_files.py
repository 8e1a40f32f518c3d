"""Writes an export of the ledger to a file, from one snapshot of the database. Called by ``workflow.ledger_exports``.

The whole file or none of it, readable by its owner alone: it holds what the ledger holds. It changes nothing.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.export import Exported, Selection, write_export
from inkt_mfg.refusal import Unable
from inkt_mfg.store.engine import one_snapshot
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store

Progress = Callable[[str, int, int], None]
_PAGE = "ledger-format.md"
_BESIDE = Path(__file__).resolve().parents[1] / "ledger" / _PAGE  # in an installed package
_IN_SOURCE = Path(__file__).resolve().parents[2] / "docs" / _PAGE


def export(
    store: Store, out: Path, selection: Selection, about: Mapping[str, str], tell: Progress
) -> Exported:
    """Write the zip. Raises Unable when the file cannot be written or the database cannot be read."""
    part = out.with_name(f".{out.name}.part")
    page = (_BESIDE if _BESIDE.exists() else _IN_SOURCE).read_bytes()
    try:
        opened = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(opened, "w+b") as file,
            saying_what_the_machine_cannot(store.place),
            one_snapshot(store.engine).connect() as connection,
        ):
            done = write_export(file, connection, store.site, selection, about, page, tell)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as wrong:
        raise Unable(
            Phrase("{file} cannot be written: {why}.", file=out, why=wrong.strerror or wrong),
            Phrase(
                "The ledger says that it was exported; nothing was handed out. Make room and do it again."
            ),
        ) from wrong
    finally:
        part.unlink(missing_ok=True)
    return done
