"""Making a site, its settings, and the statement its people sign under.

``create_site`` is called once by ``inkt init``, before anybody can log in: it refuses a second site of the same code and
a clinical site with fewer than two administrators. ``site.set`` changes one setting afterwards and refuses a value
outside its limits; ``site.publish_statement`` asks everybody to accept again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.ledger.intent import SYSTEM, Intent
from inkt_mfg.ledger.minisign import PublicKey
from inkt_mfg.moments import zone
from inkt_mfg.records.people import RoleGrant, Statement, User
from inkt_mfg.records.seal import SealKey
from inkt_mfg.records.site import Site
from inkt_mfg.records.site_settings import SETTINGS, SiteSettings, settings_of
from inkt_mfg.records.words import Role
from inkt_mfg.refusal import refuse
from inkt_mfg.store.unit_of_work import Store, Work
from inkt_mfg.views.statements import newest_statement
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.names import new_full_name, new_user_name, plain_full_name
from inkt_mfg.workflow.passwords import check_new_password, hasher
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.statement import FIRST_TEXT
from inkt_mfg.workflow.typed import said

CLINICAL_ADMINISTRATORS = 2


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a site is made from."""

    code: str
    name: str
    address: str
    time_zone: str
    training: bool
    seal_key: str | None = None  # the public key its ledger is sealed with, in minisign's own line


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
    refuse_too_few(new, administrators)
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
        settings = SiteSettings.for_new(training=new.training)
        work.add(
            Site(
                site=new.code,
                code=new.code,
                name=new.name,
                address=new.address,
                time_zone=new.time_zone,
                training=new.training,
                settings=settings.as_text(),
            )
        )
        work.add(
            Statement(
                site=new.code, version=1, text=FIRST_TEXT, published_by=SYSTEM.user_name, published_at=at
            )
        )
        for person in administrators:
            _add_administrator(work, settings, person)
        _add_seal_key(work, new)


def _add_seal_key(work: Work, new: NewSite) -> None:
    """The site's key; it takes the place of one that was lost when the making was cut off, before it sealed anything."""
    if new.seal_key is None:
        return
    known = work.rows(select(SealKey).where(SealKey.site == new.code))
    succeeded = {key.succeeds for key in known}
    work.add(
        SealKey(
            site=new.code,
            key_id=PublicKey.read(new.seal_key).name,
            public_key=new.seal_key,
            made_at=work.intent.at,
            made_by=SYSTEM.user_name,
            succeeds=next((key.key for key in known if key.key not in succeeded), None),
        )
    )


def begin_again(
    store: Store, new: NewSite, administrators: Sequence[NewAdministrator], workstation: str
) -> None:
    """New first passwords for a site whose making was cut off before anybody saw the first ones.

    Only the store says that a site stands there with its one entry. Raises Refusal when it was begun otherwise.
    """
    at = store.clock.now().astimezone(zone(new.time_zone))
    intent = Intent(new.code, "site.begin_again", SYSTEM, workstation, at, None, {"site": new.code})
    with store.work(intent) as work:
        site = work.session.exec(select(Site).where(Site.code == new.code)).one()
        users = work.rows(select(User).where(User.site == new.code))
        begun = (
            site.name,
            site.address,
            site.time_zone,
            site.training,
            {u.user_name: u.full_name for u in users},
        )
        if begun != (new.name, new.address, new.time_zone, new.training,
                     {a.user_name: plain_full_name(a.full_name) for a in administrators}):  # fmt: skip
            raise refuse(
                "site.exists",
                Phrase("the making of site {code} was begun with other options", code=new.code),
                expected=Phrase("the same options as then, or another site code"),
                field="code",
                typed=new.code,
            )
        cost = settings_of(site).argon2
        for user in users:
            user.password_hash = hasher(cost).hash(
                next(a.password for a in administrators if a.user_name == user.user_name)
            )
        _add_seal_key(work, new)


def administrators_needed(*, training: bool) -> int:
    """So that no lock-out or unlocking depends on one person."""
    return 1 if training else CLINICAL_ADMINISTRATORS


def refuse_too_few(new: NewSite, administrators: Sequence[NewAdministrator]) -> None:
    """Raises Refusal R24 for fewer administrators than a site of this kind needs."""
    needed = administrators_needed(training=new.training)
    if len(administrators) < needed:
        raise refuse(
            "R24",
            Phrase("a site of this kind needs {n} administrators", n=needed),
            expected=Phrase("so that no lock-out or unlocking depends on one person"),
            field="administrator",
            typed=", ".join(a.user_name for a in administrators),
        )


def _add_administrator(work: Work, settings: SiteSettings, person: NewAdministrator) -> None:
    others = work.rows(select(User).where(User.site == work.site))
    name = new_user_name(person.user_name, (u.user_name for u in others))
    full = new_full_name(person.full_name, others)
    check_new_password(person.password, (name, full), settings)
    user = work.add(
        User(
            site=work.site,
            user_name=name,
            full_name=full,
            password_hash=hasher(settings.argon2).hash(person.password),
            must_change_password=person.must_change_password,
            identity_checked=person.identity_checked,
            password_changed_at=work.intent.at,
        )
    )
    work.add(
        RoleGrant(
            site=work.site,
            person=user.key,
            role=Role.ADMINISTRATOR,
            granted_by=SYSTEM.user_name,
            granted_at=work.intent.at,
        )
    )


# --- afterwards


def site_of(act: Act) -> Site:
    """The site the act happens at."""
    return act.work.session.exec(select(Site).where(Site.code == act.work.site)).one()


@command(
    "site.set", Phrase("change a setting of the site"), permission=Permission.SET_UP_SITE, asks_reason=True
)
def set_setting(act: Act, *, setting: str, value: str) -> Done:
    """One setting; the entry holds what it was and what it is (R10)."""
    site = site_of(act)
    before = settings_of(site)
    after = before.changed(setting, value)
    name = setting.strip()
    was, now = before.value(name), after.value(name)
    if was == now:
        raise refuse(
            "site.setting",
            Phrase("{setting} is {value} already", setting=SETTINGS[name].means, value=now),
            expected=Phrase("another value: {limits}", limits=SETTINGS[name].may_be),
            field="value",
            typed=value,
        )
    site.settings = after.as_text()
    act.work.note(
        name, f"{was} → {now}"
    )  # the row holds all settings as one text: which one is said beside it
    return Done(site, Phrase("{setting}: {was} → {now}", setting=SETTINGS[name].means, was=was, now=now))


@command(
    "site.publish_statement",
    Phrase("publish a new version of the accountability statement"),
    permission=Permission.PUBLISH_STATEMENT,
    asks_reason=True,
)
def publish_statement(act: Act, *, text: str) -> Done:
    """QA's, because it is a document of the quality system; not signed, because whoever signs has accepted one before."""
    wording = said(text, "text", lines=True)
    newest = newest_statement(act.work.session, act.work.site)
    if newest is not None and newest.text.strip() == wording:
        raise refuse(
            "R28",
            Phrase("this is the text of version {version} already", version=newest.version),
            expected=Phrase("another text"),
            field="text",
        )
    statement = act.work.add(
        Statement(
            site=act.work.site,
            version=newest.version + 1 if newest is not None else 1,
            text=wording,
            published_by=act.actor.user_name,
            published_at=act.now,
        )
    )
    return Done(
        statement,
        Phrase("version {version} of the accountability statement; everybody is asked to accept it",
               version=statement.version),
    )  # fmt: skip
