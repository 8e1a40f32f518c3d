"""What the ledger says of a site that moves to a server: its last entry in the file, and copied with the rest.

Declared like any other command and run by a ``Bench``, but outside the catalogue: it only makes sense as the first step of
``inkt site move``. It refuses whoever may not keep the site.
"""

from inkt_mfg.language import Phrase
from inkt_mfg.workflow.bench import Bench, Receipt
from inkt_mfg.workflow.command import Act, Command, Done
from inkt_mfg.workflow.keeping import refuse_who_may_not
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.site import site_of


def _move(act: Act, *, to: str) -> Done:
    site = site_of(act)
    site.row_version += 1  # touched, so that its history, which is indexed, leads here
    act.work.note("to", to)
    return Done(site, Phrase("site {site} moves to {place}", site=site.code, place=to))


move_site = Command(
    "site.move", Phrase("move the site to a server"), Permission.KEEP_SITE, _move, None, None, None, (), None,
    None, asks_reason=True,
)  # fmt: skip
COMMANDS = (move_site,)


def record_move(bench: Bench, to: str, reason: str | None) -> Receipt:
    """The entry that says who moves the site, where to and why. Raises Refusal R24, or without a reason."""
    refuse_who_may_not(bench, Permission.KEEP_SITE)
    return bench.run(move_site, reason=reason, to=to)
