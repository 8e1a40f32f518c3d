"""People, what they may do, and the failed attempts that lock them. Written by ``workflow.people`` alone.

User names are unique, never deleted and never reissued (21 CFR 11.100(a)).
"""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from inkt_mfg.records.base import Record, choice, moment, refers_to, words
from inkt_mfg.records.words import Role


class User(Record, table=True):
    """A person with a user name. The password is kept as its Argon2id hash only."""

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("site", "user_name"),)
    lifecycle: ClassVar[frozenset[str]] = frozenset(
        {"password_hash", "must_change_password", "failed_attempts", "locked", "active"}
    )

    user_name: str = words(40, index=True)
    full_name: str = words(80)
    password_hash: str = words(200)
    must_change_password: bool = True
    failed_attempts: int = Field(default=0, sa_type=sa.Integer)
    locked: bool = False
    active: bool = True
    identity_checked: str = words(200)  # how and by whom, before signing rights are given (R20)


class RoleGrant(Record, table=True):
    """One role given to one person, by whom and when; revoked by a date, never deleted."""

    __tablename__ = "role_grant"
    lifecycle: ClassVar[frozenset[str]] = frozenset({"revoked_at", "trained_until"})

    person: str = refers_to("person")
    role: Role = choice(Role)
    granted_by: str = words(40)
    granted_at: datetime = moment()
    trained_until: datetime | None = moment(default=None)
    revoked_at: datetime | None = moment(default=None)
