"""Every command there is, by name. Importing this declares them all; screens, the command line and documents read it."""

from inkt_mfg.workflow import (
    accounting,
    collections,
    confirming,
    corrections,
    counting,
    culture,
    custody,
    deviations,
    formulation,
    labelling,
    lots,
    people,
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
    labelling,
    accounting,
    printing,
    custody,
    deviations,
    corrections,
    reassessing,
)


def named(name: str) -> Command:
    """The command called so, as the key maps and the documents name it. Raises KeyError."""
    assert JOBS
    return CATALOGUE[name]
