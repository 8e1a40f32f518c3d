"""Which schema a database has, and whether this program may touch it. Reads; never migrates (``migrate`` does)."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Unable

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest_revision() -> str:
    """The revision this program was written for: the last migration file's number. Alembic itself loads slowly."""
    return max((path.name.split("_", 1)[0] for path in _VERSIONS.glob("[0-9]*.py")), default="0000")


def revision_of(engine: Engine) -> str | None:
    """The database's own revision; None for a database that holds no site."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def refuse_unknown_schema(engine: Engine) -> None:
    """Raises Unable when the database holds no site, is older than this program, or newer."""
    found, known = revision_of(engine), newest_revision()
    if found == known:
        return
    if found is None:
        raise Unable(Phrase("There is no site in this database."), Phrase("Make one with `inkt init`."))
    _refuse_newer(found, known)
    raise Unable(
        Phrase(
            "The database has the older schema {found}; this program needs {known}.", found=found, known=known
        ),
        Phrase("Nothing was touched. Back it up and run `inkt upgrade`."),
    )


def refuse_newer_schema(engine: Engine) -> None:
    """Raises Unable when a newer program has made this schema: an upgrade would not know what it holds."""
    _refuse_newer(revision_of(engine) or "", newest_revision())


def _refuse_newer(found: str, known: str) -> None:
    if found > known:
        raise Unable(
            Phrase(
                "The database has schema {found}; this program knows up to {known}.", found=found, known=known
            ),
            Phrase("Nothing was touched. Use the newer program that made it."),
        )
