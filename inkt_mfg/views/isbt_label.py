"""The ISBT 128 text of a dose's label: donation, product and expiry in one symbol (023), under the site's own registration.

Called where a label's content is frozen. Off until the site has set its registered facility number and product code; it
refuses a donation that is not numbered by that facility, because only the facility may issue its numbers.
"""

from dataclasses import replace

from inkt_mfg.codes.isbt128 import Compound, Donation, Expiry, Product, check_of, read_isbt
from inkt_mfg.language import Phrase
from inkt_mfg.records.site_settings import SiteSettings
from inkt_mfg.refusal import Refusal, refuse
from inkt_mfg.views.label_facts import InfusionFacts

_REPRINT = "05"
_DIN = 13
_MOST = 26  # divisions of the first level, A0 to Z0


def isbt_is_on(settings: SiteSettings) -> bool:
    """Whether this site's labels bear ISBT 128."""
    return settings.isbt_facility is not None and settings.isbt_product is not None


def own_donation(settings: SiteSettings, number: str) -> Donation:
    """A donation number of 13 characters, or 14 with its check, of the site's own facility. Raises Refusal ``isbt.*``."""
    check_of(number)
    donation = Donation.of(f"{number[:_DIN]}00")
    if donation.facility != settings.isbt_facility:
        raise refuse(
            "isbt.facility",
            Phrase("the donation was numbered by facility {facility}", facility=donation.facility),
            expected=Phrase(
                "a number of this site's own facility {facility}", facility=settings.isbt_facility
            ),
            field="donation_id",
            typed=number,
        )
    return donation


def isbt_of(settings: SiteSettings, facts: InfusionFacts) -> str:
    """What the symbol says; empty where the site has no registration. Raises Refusal ``isbt.*``."""
    if settings.isbt_facility is None or settings.isbt_product is None:
        return ""
    assert facts.expires_at is not None, "released, so filled"
    at = facts.expires_at.replace(tzinfo=None, second=0, microsecond=0)  # cut to the minute: never later
    bears_hazard = bool(facts.reactive) or facts.risk_factor
    product = Product(settings.isbt_product, "X" if bears_hazard else "1", _division(facts))
    return str(Compound((own_donation(settings, facts.collection_code), product, Expiry(at))))


def _division(facts: InfusionFacts) -> str:
    """00 for the only container, A0, B0 … for several."""
    if facts.containers == 1:
        return "00"
    if facts.containers > _MOST:
        raise _too_many(facts.containers)
    return f"{chr(ord('A') + facts.container - 1)}0"


def _too_many(containers: int) -> Refusal:
    return refuse(
        "isbt.division",
        Phrase("{n} containers have more divisions than one letter names", n=containers),
        expected=Phrase("at most {most} containers of one donation", most=_MOST),
        field="containers",
        typed=str(containers),
    )


def reprinted(text: str) -> str:
    """The same with the flags of a reprint; empty stays empty."""
    if not text:
        return ""
    compound = read_isbt(text)
    assert isinstance(compound, Compound)
    return str(
        Compound(tuple(replace(p, flags=_REPRINT) if isinstance(p, Donation) else p for p in compound.parts))
    )


def donation_in(text: str) -> Donation | None:
    """The donation a label's ISBT text names; None without one."""
    if not text:
        return None
    compound = read_isbt(text)
    assert isinstance(compound, Compound)
    return next(part for part in compound.parts if isinstance(part, Donation))
