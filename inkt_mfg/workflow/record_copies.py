"""Copies of records that leave the program: each file written is an entry of the ledger, with its SHA-256 (R01, R63).

Declared like any command and run by a ``Bench``, but outside the catalogue: it only makes sense just before the file is
written, so that no copy exists that the ledger does not know.
"""

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.site import Site
from inkt_mfg.workflow.bench import Bench, Receipt
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.permissions import Permission

COPY = "records.copy"


def _copy(act: Act, *, what: str, file: str, sha256: str) -> Done:
    for name, text in (("what", what), ("file", file), ("sha256", sha256)):
        act.work.note(name, text)
    site = act.work.session.exec(select(Site).where(Site.code == act.work.site)).one()
    return Done(site, Phrase("the copy {file} is on record", file=file))


copy_records = Command(
    COPY, Phrase("write a copy of records to a file"), Permission.COPY_RECORDS, _copy, None, None, None, (), None, None,
    asks_reason=False,
)  # fmt: skip
COMMANDS = (copy_records,)


def record_copy(bench: Bench, *, what: str, file: str, sha256: str) -> Receipt:
    """The entry that says who took which records where. ``what`` as people ask for them, ``sha256`` of the file's bytes."""
    return bench.run(copy_records, what=what, file=file, sha256=sha256)
