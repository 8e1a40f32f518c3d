"""Who is doing what, from where and why: what every change must carry before it may reach the database.

The workflow makes an ``Intent`` for each command; the ledger writes it into the entry. A session without one cannot
write at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or the program itself, ``system``) as named in every entry: key, user name, full name, role."""

    key: str
    user_name: str
    full_name: str
    role: str


SYSTEM = Actor(key="system", user_name="system", full_name="inkt_mfg", role="system")


@dataclass(frozen=True, slots=True)
class Intent:
    """One command about to be carried out. ``at`` is aware; ``about`` names what it concerns by human code."""

    site: str
    command: str
    actor: Actor
    workstation: str
    at: datetime
    reason: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)
