"""Every command there is, by name. Importing this declares all that stand on a form; ``outside`` names the rest.

Screens, the command line and documents read it; it changes nothing.
"""

from functools import cache

from inkt_mfg.protocol.making import Operation
from inkt_mfg.workflow import (
    accounting,
    bench_labels,
    collections,
    confirming,
    container_labels,
    corrections,
    counting,
    culture,
    custody,
    deviations,
    enrolling,
    formulation,
    jobs,
    label_reprinting,
    label_templates,
    labelling,
    lots,
    people,
    printers,
    printing,
    protocols,
    reassessing,
    release,
    site,
    subjects,
    testing,
)
from inkt_mfg.workflow.command import CATALOGUE, Command

JOBS = (
    people,
    enrolling,
    confirming,
    site,
    protocols,
    subjects,
    collections,
    lots,
    culture,
    counting,
    testing,
    formulation,
    release,
    label_templates,
    bench_labels,
    labelling,
    container_labels,
    label_reprinting,
    accounting,
    printers,
    printing,
    jobs,
    custody,
    deviations,
    corrections,
    reassessing,
)


def named(name: str) -> Command:
    """The command called so, as the key maps and the documents name it. Raises KeyError."""
    assert JOBS
    return CATALOGUE[name]


@cache
def recording() -> dict[Operation, Command]:
    """The command that records each kind of step of a plan; a receipt is on record before there is a batch."""
    return {c.operation: c for c in CATALOGUE.values() if c.operation is not None}


@cache
def outside() -> dict[str, Command]:
    """The commands beside the catalogue, by name: the last step of a job of ``inkt`` itself, so none has a form."""
    # What makes backups, seals and exports comes with them: not for a screen that only asks what can be done next.
    from inkt_mfg.workflow import keeping, ledger_exports, moving, record_copies, sealing

    return {
        c.name: c
        for module in (keeping, ledger_exports, moving, record_copies, sealing)
        for c in module.COMMANDS
    }
