"""The site as its own screens name it before anybody has logged in: name, time zone, training, length of passwords.

Nothing in it is about a patient. It refuses a database that does not hold the site.
"""

from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import SETTINGS, settings_of
from inkt_mfg.refusal import Unable
from inkt_mfg.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class SiteFace:
    """What a locked or empty terminal may show."""

    code: str
    name: str
    time_zone: str
    training: bool
    password_min_length: int


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as people read it: its name as typed, what it means, what it is, what it may be."""

    name: str
    means: Phrase
    value: str
    may_be: Phrase


def site_face(store: Store) -> SiteFace:
    """The face of the store's site. Raises Unable when the database holds no such site."""
    site = _site(store)
    return SiteFace(
        site.code, site.name, site.time_zone, site.training, settings_of(site).password_min_length
    )


def setting_lines(store: Store) -> tuple[SettingLine, ...]:
    """Every setting of the site. Raises Unable when the database holds no such site."""
    settings = settings_of(_site(store))
    return tuple(SettingLine(s.name, s.means, s.spelled(settings), s.may_be) for s in SETTINGS.values())


def _site(store: Store) -> Site:
    with store.reading() as session:
        site = session.exec(select(Site).where(Site.code == store.site)).first()
    if site is None:
        raise Unable(
            Phrase("The database holds no site {code}.", code=store.site),
            Phrase("Make one with `inkt init`."),
        )
    return site
