"""Makes and upgrades the schema: every migration and the triggers in one transaction, wholly or not at all.

Called by ``inkt init`` and ``inkt upgrade``. Refuses a database with a newer schema. A developer writes the next
migration with ``python -m inkt_mfg.store.migrate "what it does"``.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlmodel import SQLModel

from inkt_mfg.ledger import entry  # noqa: F401 — its tables belong to the schema
from inkt_mfg.records import every  # noqa: F401 — as above
from inkt_mfg.store import triggers
from inkt_mfg.store.engine import (
    database_url,
    for_writing,
    open_engine,
    place_of,
)
from inkt_mfg.store.schema import newest_revision, refuse_newer_schema
from inkt_mfg.store.unable import saying_what_the_machine_cannot

_MIGRATIONS = Path(__file__).parent / "migrations"


def create_schema(engine: Engine) -> None:
    """Every table, index, constraint and trigger in an empty database; harmless where they already stand."""
    upgrade(engine)


def upgrade(engine: Engine, finish: Callable[[Connection], None] | None = None) -> None:
    """Bring the database to this program's schema in one transaction. Raises Unable for a newer one.

    ``finish`` runs last in the same transaction; whatever it raises puts everything back.
    """
    with saying_what_the_machine_cannot(place_of(engine.url)):
        refuse_newer_schema(engine)
        with for_writing(engine).begin() as connection:
            _migrate(connection)
            triggers.install(connection)
            if finish is not None:
                finish(connection)


def _alembic(connection: Connection, **more: Any) -> Any:
    # alembic takes 0.4 s to import and only a migration needs it.
    from alembic.config import Config

    config = Config(attributes={"connection": connection, **more})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _migrate(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_alembic(connection), "head")


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would still change between the models and this database; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from inkt_mfg.store.autogenerate import same_type

    context = MigrationContext.configure(connection, opts={"compare_type": same_type})
    return list(compare_metadata(context, SQLModel.metadata))


def draft(message: str) -> Path:
    """Write the next migration from what the models have and the newest schema has not."""
    from alembic import command

    number = int(newest_revision()) + 1
    with TemporaryDirectory() as scratch:
        engine = open_engine(database_url(f"sqlite:///{scratch}/draft.db"))
        with for_writing(engine).begin() as connection:
            config = _alembic(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            command.upgrade(config, "head")
            script: Any = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()
    return Path(script.path)


if __name__ == "__main__":
    sys.stdout.write(f"{draft(' '.join(sys.argv[1:]))}\n")
