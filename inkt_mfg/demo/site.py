"""Making the demo's site: a training site on a simulated clock, its staff, its labels as files in a folder.

``inkt demo`` and the tests' fixtures start here. It refuses a folder that holds a site already.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from inkt_mfg.demo.lab import Lab
from inkt_mfg.demo.people import ADMINISTRATOR, hire
from inkt_mfg.moments import zone
from inkt_mfg.store.clock import SimulatedClock
from inkt_mfg.store.making import make_site_database
from inkt_mfg.views.label_content import LabelContent
from inkt_mfg.workflow.site import NewSite, create_site

SITE = NewSite(
    "YA01", "Demo Cell Processing Facility", "1 Example Road, Beijing", "Asia/Shanghai", training=True
)
LAST_HOUR = time(10, 30)


@contextmanager
def demo_lab(folder: Path, begins: date) -> Iterator[Lab]:
    """A new demo site whose clock stands at the first day, its staff at their benches."""
    local = zone(SITE.time_zone)
    clock = SimulatedClock(datetime.combine(begins, time(6), local).astimezone(UTC))
    with make_site_database(folder, SITE.code, None, clock) as store:
        create_site(store, SITE, [ADMINISTRATOR], "demo")
        yield Lab(store, hire(store), clock, local, LabelFiles(folder / "labels").print_label)


def last_day(now: datetime) -> date:
    """The newest day whose last demo hour has passed at the demo's site."""
    there = now.astimezone(zone(SITE.time_zone))
    return there.date() if there.time() >= LAST_HOUR else there.date() - timedelta(days=1)


class LabelFiles:
    """Draws, proofs and files each label; what a printer would be given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[Path] = []

    def print_label(self, content: LabelContent) -> tuple[str, dict[str, object]]:
        """The hash of the bytes and their proof. Raises Refusal when the proof does not pass."""
        from labels.produce import produce  # reportlab and the fonts load when the first label is drawn

        sheet = produce(content)
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{content.serial}.pdf"
        path.write_bytes(sheet.pdf)
        self.written.append(path)
        return sheet.pdf_sha256, sheet.proof.as_json()
