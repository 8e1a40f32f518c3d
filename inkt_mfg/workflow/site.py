"""Making a site: its first rows and first administrator, before anybody can log in.

Called once by ``inkt init``. It refuses a second site of the same code, a training site's cheap password profile at a
clinical site, and a clinical site with fewer than two administrators.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM, Intent
from inkt_mfg.moments import zone
from inkt_mfg.records.people import RoleGrant, User
from inkt_mfg.records.site import Site
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import refuse
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.workflow.passwords import CLINICAL, TRAINING, check_new_password

IDLE_LOCK_MINUTES = 10
CLINICAL_ADMINISTRATORS = 2


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a site is made from."""

    code: str
    name: str
    address: str
    time_zone: str
    training: bool


@dataclass(frozen=True, slots=True)
class NewAdministrator:
    """The first people of a site: they may add the others and do nothing else."""

    user_name: str
    full_name: str
    password: str
    identity_checked: str
    must_change_password: bool = True


def create_site(
    store: Store, new: NewSite, administrators: Sequence[NewAdministrator], workstation: str
) -> None:
    """Write the site and its administrators as the first entry of its ledger."""
    _refuse_too_few(new, administrators)
    if store.clock.simulated and not new.training:
        raise refuse(
            "R06",
            Phrase("site {code} is a clinical site: nobody sets its clock", code=new.code),
            expected=Phrase("the machine's own clock, or a site made with --training"),
            field="training",
        )
    at = store.clock.now().astimezone(zone(new.time_zone))
    intent = Intent(new.code, "site.create", SYSTEM, workstation, at, None, {"site": new.code})
    with store.work(intent) as work:
        if work.session.exec(select(Site).where(Site.code == new.code)).first():
            raise refuse(
                "site.exists",
                Phrase("there is a site {code} already", code=new.code),
                expected=Phrase("a site code that is not in use"),
                field="code",
                typed=new.code,
            )
        profile = TRAINING if new.training else CLINICAL
        settings = {"argon2": profile.as_settings(), "idle_lock_minutes": IDLE_LOCK_MINUTES}
        work.add(
            Site(
                site=new.code,
                code=new.code,
                name=new.name,
                address=new.address,
                time_zone=new.time_zone,
                training=new.training,
                settings=json.dumps(settings, sort_keys=True),
            )
        )
        for person in administrators:
            _add_administrator(work, new, person)


def administrators_needed(*, training: bool) -> int:
    """So that no lock-out or unlocking depends on one person."""
    return 1 if training else CLINICAL_ADMINISTRATORS


def _refuse_too_few(new: NewSite, administrators: Sequence[NewAdministrator]) -> None:
    needed = administrators_needed(training=new.training)
    if len(administrators) < needed:
        raise refuse(
            "R24",
            Phrase("a site of this kind needs {n} administrators", n=needed),
            expected=Phrase("so that no lock-out or unlocking depends on one person"),
            field="administrator",
            typed=", ".join(a.user_name for a in administrators),
        )


def _add_administrator(work: Work, new: NewSite, person: NewAdministrator) -> None:
    check_new_password(person.password, person.user_name)
    profile = TRAINING if new.training else CLINICAL
    user = work.add(
        User(
            site=new.code,
            user_name=person.user_name,
            full_name=person.full_name,
            password_hash=profile.hasher().hash(person.password),
            must_change_password=person.must_change_password,
            identity_checked=person.identity_checked,
        )
    )
    work.add(
        RoleGrant(
            site=new.code,
            person=user.key,
            role=Role.ADMINISTRATOR,
            granted_by=SYSTEM.user_name,
            granted_at=work.intent.at,
        )
    )
