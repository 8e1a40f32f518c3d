"""How alembic writes and compares our column types when a developer drafts a migration.

Used by ``migrations/env.py`` and ``migrate.differences`` only. A migration file then says what a column is in the
database and imports nothing of ours that may change later.
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from inkt_mfg.records.base import ExactDecimal, Moment

_DECIMAL = 'sa.Text().with_variant(sa.Numeric(), "postgresql")'
_INSTANT = 'sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")'


def render_type(what: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """How autogenerate writes our own column types; False leaves the rest to alembic."""
    if what != "type":
        return False
    if isinstance(thing, ExactDecimal):
        return _DECIMAL
    if isinstance(thing, Moment):
        return _INSTANT
    if isinstance(thing, sa.Enum):
        # Nameless: the naming convention calls the CHECK after table and column when the migration runs.
        values = ", ".join(map(repr, thing.enums))
        return (
            f"sa.Enum({values}, name=None, native_enum=False, create_constraint=True, length={thing.length})"
        )
    return False


def same_type(
    context: MigrationContext, _column: object, _wanted_column: object, inspected: Any, wanted: Any
) -> bool | None:
    """Whether a type differs: our own two are compared as what they are on this database."""
    if isinstance(wanted, ExactDecimal | Moment):
        there, ours = inspected.compile(dialect=context.dialect), wanted.compile(dialect=context.dialect)
        return bool(there != ours)
    return None
