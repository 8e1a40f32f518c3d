"""The label templates a site has approved or retired, for whoever lists, approves or chooses them. It changes nothing."""

from dataclasses import dataclass

from sqlmodel import col, select

from inkt_mfg.moments import show_moment, zone
from inkt_mfg.records.label import LabelTemplate
from inkt_mfg.records.people import User
from inkt_mfg.records.site import Site
from inkt_mfg.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One version as QA approved it. ``retired`` is why, where it is."""

    code: str
    name: str
    version: str
    sha256: str
    specimen_sha256: str
    approved_by: str
    approved_at: str
    retired: str | None


def template_list(store: Store) -> tuple[TemplateLine, ...]:
    """Every version ever approved, by name, the oldest first."""
    with store.reading() as session:
        local = zone(session.exec(select(Site.time_zone).where(Site.code == store.site)).one())
        question = (
            select(LabelTemplate, User.full_name)
            .join(User, col(User.key) == col(LabelTemplate.approved_by))
            .where(LabelTemplate.site == store.site)
            .order_by(col(LabelTemplate.name), col(LabelTemplate.approved_at))
        )
        return tuple(
            TemplateLine(
                row.code,
                row.name,
                row.version,
                row.sha256,
                row.specimen_sha256,
                approver,
                show_moment(row.approved_at, local),
                (row.retire_reason or "") if row.retired_at else None,
            )
            for row, approver in session.exec(question).all()
        )
