"""The site as its own screens name it before anybody has logged in: name, time zone, training, idle lock.

Nothing in it is about a patient. It refuses a database that does not hold the site.
"""

from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class SiteFace:
    """What a locked or empty terminal may show."""

    code: str
    name: str
    time_zone: str
    training: bool
    idle_lock_minutes: int


def site_face(store: Store) -> SiteFace:
    """The face of the store's site. Raises Unable when the database holds no such site."""
    with store.reading() as session:
        site = session.exec(select(Site).where(Site.code == store.site)).first()
    if site is None:
        raise Unable(
            Phrase("The database holds no site {code}.", code=store.site),
            Phrase("Make one with `inkt init`."),
        )
    minutes = settings_of(site).idle_lock_minutes
    return SiteFace(site.code, site.name, site.time_zone, site.training, minutes)
