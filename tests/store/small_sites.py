"""Sites that hold one person and material lots: enough for benches to work at several sites of one database."""

from scene import LI, NOW
from sqlmodel import select

from inkt_mfg.ledger.intent import Intent
from inkt_mfg.records.people import User
from inkt_mfg.records.site import Site
from inkt_mfg.records.step import MaterialLot
from inkt_mfg.store.unit_of_work import Store

MADE = 1  # entry of a site's making


def make_small_site(address: str, code: str) -> Store:
    """A store of a new site in this database."""
    store = Store.open(address, code)
    with store.work(Intent(code, "site.create", LI, "BENCH-1", NOW)) as work:
        work.add(
            Site(site=code, code=code, name=code, address="a", time_zone="UTC", training=True, settings="{}")
        )
        work.add(
            User(
                site=code,
                user_name="li.wei",
                full_name="Li Wei",
                password_hash="argon2",
                identity_checked="b",
            )
        )
    return store


def lots_of(store: Store) -> tuple[set[str], int]:
    """The lots of the site, and how many its person says there are."""
    with store.reading() as session:
        codes = set(session.exec(select(MaterialLot.code).where(MaterialLot.site == store.site)).all())
        return codes, session.exec(select(User).where(User.site == store.site)).one().failed_attempts
