"""People: what they may do, what they were trained for, what locks them out. Written by ``workflow.people`` alone.

User names are unique, never deleted and never reissued (21 CFR 11.100(a)).
"""

from datetime import date, datetime
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
        {
            "password_hash",
            "password_changed_at",
            "must_change_password",
            "failed_attempts",
            "locked",
            "active",
            "second_factor",
            "second_factor_since",
            "second_factor_used",
        }
    )

    user_name: str = words(40, index=True)
    full_name: str = words(80)
    password_hash: str = words(200, secret=True)
    must_change_password: bool = True
    failed_attempts: int = Field(default=0, sa_type=sa.Integer)
    locked: bool = False
    active: bool = True
    identity_checked: str = words(200)  # how and by whom, before signing rights are given (R20)
    password_changed_at: datetime | None = moment(default=None)
    second_factor: str | None = words(
        64, secret=True, default=None
    )  # shared with the person's authenticator, base32
    second_factor_since: datetime | None = moment(
        default=None
    )  # none: it was never shown that it works, and is not asked
    second_factor_used: int | None = Field(
        default=None, sa_type=sa.BigInteger
    )  # the newest time step taken: none twice


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


class FormerPassword(Record, table=True):
    """The hash of a password a person had before, so that it is not taken again (R26). Append-only."""

    __tablename__ = "former_password"

    person: str = refers_to("person")
    password_hash: str = words(200, secret=True)
    retired_at: datetime = moment()


class Training(Record, table=True):
    """A person was trained for a role: on what, when, by whom, until when it counts (R28). Append-only."""

    maker_columns: ClassVar[tuple[str, ...]] = ("recorded_by",)

    person: str = refers_to("person")
    role: Role = choice(Role)
    topic: str = words(200)
    trained_by: str = words(80)
    completed_on: date = Field(sa_type=sa.Date)
    expires_on: date = Field(sa_type=sa.Date)
    recorded_by: str = refers_to("person")
    recorded_at: datetime = moment()


class Statement(Record, table=True):
    """One version of the accountability statement: what a signature here means for who gives it (R28). Append-only."""

    __table_args__ = (sa.UniqueConstraint("site", "version"),)

    version: int = Field(sa_type=sa.Integer)
    text: str = words(4000)
    published_by: str = words(40)  # user name
    published_at: datetime = moment()


class StatementAcceptance(Record, table=True):
    """A person read a version of the statement and accepted it, before the first signature. Append-only."""

    __tablename__ = "statement_acceptance"
    __table_args__ = (sa.UniqueConstraint("person", "statement"),)
    maker_columns: ClassVar[tuple[str, ...]] = ("person",)

    person: str = refers_to("person")
    statement: str = refers_to("statement")
    accepted_at: datetime = moment()
