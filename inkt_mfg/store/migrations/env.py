"""Alembic's environment. Run only by ``inkt_mfg.store.migrate``, which hands it an open connection.

It refuses to open a database of its own: there is no alembic.ini, and no migration outside the one transaction.
"""

from alembic import context
from sqlmodel import SQLModel

from inkt_mfg.store.autogenerate import render_type, same_type

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render_type,
    compare_type=same_type,
    transaction_per_migration=False,
)
context.run_migrations()
