"""Who can resolve what the guards find, and which entries a count answers."""

from inkt_mfg.workflow.permissions import Permission, who_may

QA = who_may(Permission.RELEASE)
COUNTED = frozenset(
    {"total_concentration", "viability", "inkt_of_live"}
)  # entries a cell count of the step answers
BENCH = who_may(Permission.RECORD_BATCH)
WARD = who_may(Permission.ORDER_DOSE)
