"""The evidence page of a restore drill, as PDF: what was restored, what was verified, and room for two names.

``inkt backup drill --out`` writes it. The same drill gives the same bytes; it refuses nothing.
"""

from datetime import datetime

from inkt_mfg import __version__
from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment
from inkt_mfg.reports.paper import Bold, Frame, Paper
from inkt_mfg.store.bundle_seal import Sealed
from inkt_mfg.store.drill import Drill


def drill_pdf(drill: Drill) -> bytes:
    """One page A4."""
    manifest = drill.backup.manifest
    marks = (str(Phrase("TRAINING – NOT FOR CLINICAL USE")),) if manifest.training else ()
    paper = Paper(
        Frame(
            str(Phrase("Restore drill")),
            drill.backup.name,
            manifest.site,
            marks,
            str(Phrase("Printed by inkt {version}", version=__version__)),
        )
    )
    paper.title(Phrase("Restore drill"))
    paper.loud(
        Phrase("The backup was restored and verified; the live ledger continues it.")
        if drill.ok
        else Phrase("THE DRILL FAILED: see what is marked no.")
    )
    paper.section(Phrase("What was restored"))
    paper.facts(_restored(drill), columns=1, label_mm=60)
    paper.section(Phrase("What was found"))
    paper.facts(_found(drill), columns=1, label_mm=60)
    paper.section(Phrase("Performed and reviewed by"))
    lines = [[Phrase("Performed"), "", "", ""], [Phrase("Reviewed"), "", "", ""]]
    paper.table(["", Phrase("name"), Phrase("date"), Phrase("signature")], lines, [30, 60, 30, 60])
    return paper.pdf()


def _restored(drill: Drill) -> list[tuple[object, object]]:
    manifest = drill.backup.manifest
    return [
        (Phrase("Backup"), drill.backup.name),
        (Phrase("Made at"), _moment(drill, manifest.made_at)),
        (Phrase("Last entry it holds"), str(manifest.sequence)),
        (Phrase("Head of its chain"), manifest.head),
        (Phrase("SHA-256 of its manifest"), drill.backup.sha256),
        (Phrase("Seal of its manifest"), _seal(drill)),
        (Phrase("Schema and software that made it"), f"{manifest.schema} · inkt {manifest.software}"),
        (Phrase("Files"), str(len(manifest.files))),
    ]


def _found(drill: Drill) -> list[tuple[object, object]]:
    return [
        (Phrase("Drilled at"), _moment(drill, drill.at)),
        (Phrase("Time taken"), Phrase("{n} s", n=f"{drill.seconds:.1f}")),
        (Phrase("Every file as the manifest lists it"), _yes(drill.files_as_listed)),
        (Phrase("Restored ledger ends where the manifest says"), _yes(drill.restored_as_listed)),
        (Phrase("Entries verified after restoring"), str(drill.proven.entries)),
        (Phrase("Findings"), str(drill.proven.findings)),
        (Phrase("The live ledger holds the backup's head"), _yes(drill.continues)),
        (Phrase("Entries of the live ledger"), str(drill.live[0])),
        (Phrase("Head of the live ledger"), drill.live[1]),
    ]


def _seal(drill: Drill) -> object:
    said = drill.seal.says()
    return Bold(said) if drill.seal.sealed is Sealed.BROKEN else said


def _moment(drill: Drill, at: datetime) -> str:
    there = drill.backup.manifest.made_at.tzinfo
    assert there is not None, "a manifest's time has an offset"
    return show_moment(at, there)


def _yes(holds: bool) -> object:
    return Phrase("yes") if holds else Bold(Phrase("NO"))
