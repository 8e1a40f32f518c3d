"""Verifies a store: chain, replay and seals on one snapshot; the schema, the triggers that protect it, and that no others stand
there; and of a SQLite file every page and every index, through which a bench finds its rows.

Called by ``inkt ledger verify``, by the release checklist and by backup. It changes nothing.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from sqlalchemy.engine import Connection

from inkt_mfg.ledger.findings import Finding, FindingKind, Verification
from inkt_mfg.ledger.minisign import PublicKey
from inkt_mfg.ledger.seals import Outside, check_seals
from inkt_mfg.ledger.verify import Progress, verify_site
from inkt_mfg.store.altered import altered
from inkt_mfg.store.engine import one_snapshot
from inkt_mfg.store.page_check import PageLook
from inkt_mfg.store.triggers import added_triggers, found_triggers, missing_triggers
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store

_MOST_PROCESSES = 8


def verify(
    store: Store,
    progress: Progress | None = None,
    *,
    outside: Sequence[Outside] = (),
    trusted: PublicKey | None = None,
    pages: bool = True,
) -> Verification:
    """Everything that can be checked here, and against seals and a public key kept outside where there are any.

    ``pages``: of a SQLite file, every page and index too; False where they are looked at meanwhile. Raises Unable when the
    database cannot be read.
    """
    look = _looking(store) if pages else None
    with (
        saying_what_the_machine_cannot(store.place),
        look or nullcontext(),
        one_snapshot(store.engine).connect() as connection,
    ):
        schema = (*altered(connection), *_wrong_triggers(connection))
        checked = verify_site(connection, store.site, progress, processes=_cores())
        seals = check_seals(connection, store.site, outside, trusted, progress)
    damaged = () if look is None else look.findings
    findings = (*damaged, *checked.findings, *schema, *seals.findings)
    return Verification(checked.entries, checked.head, findings, seals.seals, seals.sealed)


def _looking(store: Store) -> PageLook | None:
    url = store.engine.url
    if url.get_backend_name() != "sqlite" or not url.database or "uri" in url.query:
        return None
    return PageLook(Path(url.database), Path(url.database))


def _cores() -> int:
    """One process for each core this program may use; more than eight would wait for the disk."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST_PROCESSES)


def _wrong_triggers(connection: Connection) -> Iterator[Finding]:
    standing = {(trigger.table, trigger.name): trigger.definition for trigger in found_triggers(connection)}
    for trigger in missing_triggers(connection):
        there = standing.get((trigger.table, trigger.name))
        yield Finding(FindingKind.TRIGGER, trigger.table, trigger.name, None, trigger.definition, there)
    for trigger in added_triggers(connection):
        yield Finding(FindingKind.TRIGGER, trigger.table, trigger.name, None, None, trigger.definition)
