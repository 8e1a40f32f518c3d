"""Commands about protocol versions: registering the exact text and approving it with two signatures (R31).

A clinical site refuses a protocol whose values are only illustrative.
"""

from sqlmodel import select

from inkt_mfg.language import Phrase
from inkt_mfg.protocol import Protocol
from inkt_mfg.records.base import Record
from inkt_mfg.records.signature import Signature
from inkt_mfg.records.site import ProtocolVersion, Site
from inkt_mfg.records.words import Meaning, Role
from inkt_mfg.refusal import Blocker, refuse
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.command import Act, Done, command
from inkt_mfg.workflow.permissions import Permission, who_may

_APPROVALS = 2


@command("protocol.register", Phrase("register a protocol version"), permission=Permission.APPROVE_PROTOCOL)
def register_protocol(act: Act, *, text: str, file_name: str) -> Done:
    """The text as it is, after it has been checked. A version's text never changes: another text is another version."""
    protocol = Protocol.read(text, file_name)
    code = f"{protocol.id}@{protocol.version}"
    known = act.work.session.exec(
        select(ProtocolVersion).where(ProtocolVersion.site == act.work.site, ProtocolVersion.code == code)
    ).first()
    if known is not None:
        raise refuse(
            "R31",
            Phrase("version {code} is registered already", code=code),
            expected=Phrase("a new version number for a changed text"),
            field="version",
            typed=protocol.version,
        )
    version = act.work.add(
        ProtocolVersion(
            site=act.work.site,
            code=code,
            protocol_id=protocol.id,
            version=protocol.version,
            sha256=protocol.content_sha256,
            text=text,
        )
    )
    return Done(version, Phrase("protocol {code} is registered; two people must approve it", code=code))


def signer_has_not_approved_yet(case: Case) -> Blocker | None:
    """Two signatures are two people."""
    if case.actor not in {s.signer for s in _approvals(case)}:
        return None
    return Blocker(
        "R31",
        Phrase("{name} has approved this version already", name=case.person(case.actor)),
        Phrase("the approval of a second person"),
        who_may(Permission.APPROVE_PROTOCOL),
        "signature",
    )


def illustrative_values_train_only(case: Case) -> Blocker | None:
    """Values nobody has published must be the site's own before a real batch (DOMAIN: open values)."""
    site = case.session.exec(select(Site).where(Site.code == case.target.site)).one()
    version = _version(case)
    open_values = [v.key for v in Protocol.read(version.text, version.code).site_values() if v.illustrative]
    if site.training or not open_values:
        return None
    return Blocker(
        "protocol.illustrative",
        Phrase("{n} values are only illustrative, {first} for one", n=len(open_values), first=open_values[0]),
        Phrase("the site's own value for each of them"),
        who_may(Permission.APPROVE_PROTOCOL),
        "protocol",
        version.code,
    )


def _version(case: Case) -> ProtocolVersion:
    assert isinstance(case.target, ProtocolVersion)
    return case.target


def _approvals(case: Case) -> list[Signature]:
    question = select(Signature).where(
        Signature.site == case.target.site,
        Signature.signed_key == case.target.key,
        Signature.meaning == Meaning.APPROVAL,
    )
    return list(case.session.exec(question).all())


def _only_the_text(_case: Case, record: Record) -> list[Record]:
    return [record]


@command(
    "protocol.approve",
    Phrase("approve a protocol version"),
    permission=Permission.APPROVE_PROTOCOL,
    on=ProtocolVersion,
    guards=[signer_has_not_approved_yet, illustrative_values_train_only],
    signs=Meaning.APPROVAL,
    covers=_only_the_text,
)
def approve_protocol(act: Act, *, on: ProtocolVersion) -> Done:
    """One of two approvals; the second, of which at least one is QA's, makes the version usable."""
    earlier = _approvals(act.case)
    roles = {s.role for s in earlier} | {Role(act.work.intent.actor.role)}
    if len(earlier) + 1 >= _APPROVALS and Role.QA_OFFICER in roles:
        on.approved = True
        return Done(on, Phrase("protocol {code} is approved", code=on.code))
    return Done(
        on, Phrase("approval {n} of {all} for {code}", n=len(earlier) + 1, all=_APPROVALS, code=on.code)
    )
