"""The ledger's own two tables: the chained entries, and the index of which record each entry touched.

Only the ledger writes them, only inside a command's transaction; the database's triggers refuse UPDATE and DELETE.
They are not ``Record`` tables: the ledger does not describe itself.
"""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

import inkt_mfg.records.base  # noqa: F401 — it names the constraints, so it comes before any table


class LedgerEntry(SQLModel, table=True):
    """One command, as canonical JSON in ``body``; the other columns repeat parts of it for look-ups."""

    __tablename__ = "ledger_entry"

    site: str = Field(primary_key=True, max_length=12, sa_type=sa.Text)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    recorded_at: str = Field(sa_type=sa.Text, index=True)
    actor: str = Field(sa_type=sa.Text, index=True)
    command: str = Field(sa_type=sa.Text)
    body: str = Field(sa_type=sa.Text)
    hash: str = Field(sa_type=sa.Text)


class LedgerTouch(SQLModel, table=True):
    """Which entries concern which row: the history of one record without reading the whole ledger."""

    __tablename__ = "ledger_touch"

    site: str = Field(primary_key=True, max_length=12, sa_type=sa.Text)
    row_key: str = Field(primary_key=True, sa_type=sa.Text)
    sequence: int = Field(primary_key=True, sa_type=sa.BigInteger)
    row_table: str = Field(sa_type=sa.Text)
