"""The protocol a site works to now, for whoever calculates inside it without a batch."""

from sqlmodel import col, select

from inkt_mfg.protocol import Protocol
from inkt_mfg.records.site import ProtocolVersion
from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.views.case import parsed_protocol


def approved_protocol(store: Store, protocol_id: str) -> Protocol | None:
    """The newest approved version of this protocol at the site. None when none is approved."""
    question = (
        select(ProtocolVersion)
        .where(
            ProtocolVersion.site == store.site,
            ProtocolVersion.protocol_id == protocol_id,
            col(ProtocolVersion.approved).is_(True),
        )
        .order_by(col(ProtocolVersion.code).desc())
    )
    with store.reading() as session:
        version = session.exec(question).first()
    if version is None:
        return None
    return parsed_protocol(version.sha256, version.text, version.code)
