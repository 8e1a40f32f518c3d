"""The protocol a site works to now, for whoever calculates inside it without a batch."""

import re

from sqlmodel import Session, col, select

from inkt_mfg.protocol import Protocol
from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.case import parsed_protocol


def approved_versions(session: Session, site: str) -> list[ProtocolVersion]:
    """The approved protocol versions of the site, the newest version of each first: 1.10 comes after 1.9."""
    question = select(ProtocolVersion).where(
        ProtocolVersion.site == site, col(ProtocolVersion.approved).is_(True)
    )
    return sorted(session.exec(question).all(), key=_version, reverse=True)


def _version(protocol: ProtocolVersion) -> tuple[str, list[tuple[int, str]]]:
    parts = re.split(r"[^0-9A-Za-z]+", protocol.version)
    return protocol.protocol_id, [(int(part) if part.isdecimal() else -1, part) for part in parts]


def approved_protocol(store: Store, protocol_id: str) -> Protocol | None:
    """The newest approved version of this protocol at the site. None when none is approved."""
    with store.reading() as session:
        known = (v for v in approved_versions(session, store.site) if v.protocol_id == protocol_id)
        version = next(known, None)
    if version is None:
        return None
    return parsed_protocol(version.sha256, version.text, version.code)
