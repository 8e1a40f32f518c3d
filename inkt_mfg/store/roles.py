"""PostgreSQL's roles of a site: an owner that migrates and restores, and an application role that can do no more than work.

The application role reads everything, adds rows, and changes only what commands may change: no UPDATE on ledger or signature
tables, no DELETE, no TRUNCATE, no DDL. Made by ``inkt init`` and ``inkt backup restore`` when the address they are given may make
roles. ``Store.open`` asks here whether the program connects as somebody who could do more.
"""

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from inkt_mfg.language import Phrase
from inkt_mfg.records.every import SERIALISED, TABLES
from inkt_mfg.refusal import Unable
from inkt_mfg.store.engine import open_engine, place_of
from inkt_mfg.store.triggers import PROTECTED, REFUSING_FUNCTION
from inkt_mfg.store.unable import saying_what_the_machine_cannot

_PASSWORD_BYTES = 18
_MAY_MAKE_ROLES = (
    "SELECT rolsuper OR (rolcreaterole AND rolcreatedb) FROM pg_roles WHERE rolname = current_user"
)
_OWNER = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'ledger_entry' AND pg_table_is_visible(oid)"
# Whoever adds entries and does not own them: the application roles, whatever they are called here.
_APPLICATIONS = """
SELECT DISTINCT grantee FROM information_schema.role_table_grants
WHERE table_name = 'ledger_entry' AND privilege_type = 'INSERT' AND grantee NOT IN (SELECT pg_get_userbyid(relowner)
FROM pg_class WHERE relname = 'ledger_entry' AND pg_table_is_visible(oid))
"""
# Of any table: its rows deleted, triggers put on it. Of what never changes: a column changed, also by a grant on that column alone.
_TOO_MUCH = """
SELECT relname FROM pg_class c WHERE relkind = 'r' AND relname = ANY(%(every)s) AND pg_table_is_visible(c.oid)
AND (pg_has_role(current_user, relowner, 'USAGE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER')
     OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND relname = ANY(%(frozen)s) AND NOT relname || '.' || a.attname = ANY(%(living)s)
                AND has_column_privilege(c.oid, a.attnum, 'UPDATE')))
ORDER BY relname LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Roles:
    """The two roles of a database, and the passwords of those just made: shown once, kept nowhere."""

    owner: str
    application: str
    passwords: dict[str, str]

    def as_json(self) -> dict[str, object]:
        return {"owner": self.owner, "application": self.application, "passwords": self.passwords}


def make_roles(url: URL) -> Roles | None:
    """The roles of this database, made where they are missing. None when this address may not make roles, or is SQLite's."""
    if url.get_backend_name() != "postgresql":
        return None
    engine = open_engine(url)
    try:
        with saying_what_the_machine_cannot(place_of(url)), engine.begin() as connection:
            if not connection.exec_driver_sql(_MAY_MAKE_ROLES).scalar():
                return None
            return _make(
                connection, str(connection.exec_driver_sql("SELECT current_database()").scalar_one())
            )
    finally:
        engine.dispose()


def _make(connection: Connection, database: str) -> Roles:
    owner, application = f"{database}_owner", f"{database}_app"
    passwords: dict[str, str] = {}
    for role, may in ((owner, "CREATEDB"), (application, "NOCREATEDB")):
        known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
        if not known:
            passwords[role] = secrets.token_urlsafe(_PASSWORD_BYTES)
            verifier = _verifier(connection, role, passwords[role])
            connection.exec_driver_sql(
                f"CREATE ROLE {_named(connection, role)} LOGIN {may} NOCREATEROLE NOSUPERUSER PASSWORD '{verifier}'"
            )
    _open_the_database(connection, database, owner, application)
    _adopt(connection, owner)
    return Roles(owner, application, passwords)


def _open_the_database(connection: Connection, database: str, owner: str, application: str) -> None:
    db, own, app = (_named(connection, name) for name in (database, owner, application))
    for statement in (
        f"GRANT {own} TO CURRENT_USER",  # a superuser is it anyway; a managed server's administrator is not
        f"REVOKE TEMPORARY ON DATABASE {db} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {db} TO {own}, {app}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {own}",
        f"GRANT USAGE ON SCHEMA public TO {app}",
    ):
        connection.exec_driver_sql(statement)


def _adopt(connection: Connection, owner: str) -> None:
    """A database made before it had roles: its tables go to the owner role."""
    known = [str(table.__tablename__) for table in TABLES]
    question = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s) AND pg_table_is_visible(oid) AND pg_get_userbyid(relowner) <> %s"
    names = [*known, *PROTECTED, "alembic_version"]
    for name in list(connection.exec_driver_sql(question, (names, owner)).scalars()):
        connection.exec_driver_sql(
            f"ALTER TABLE {_named(connection, name)} OWNER TO {_named(connection, owner)}"
        )
    function = connection.exec_driver_sql(
        "SELECT 1 FROM pg_proc WHERE proname = %s AND pg_function_is_visible(oid)", (REFUSING_FUNCTION,)
    ).scalar()
    if function:
        connection.exec_driver_sql(
            f"ALTER FUNCTION {REFUSING_FUNCTION}() OWNER TO {_named(connection, owner)}"
        )


def _verifier(connection: Connection, role: str, password: str) -> str:
    # What the server keeps, made here: a password in a statement would stand in the server's log.
    driver = connection.connection.driver_connection
    assert driver is not None, "this connection is open"
    made = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return str(made.decode())


def _named(connection: Connection, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote_identifier(name))


def grant(connection: Connection, application: str) -> None:
    """What the application role may do with each table, anew; run as the tables' owner, after every migration."""
    app = _named(connection, application)
    every = [str(table.__tablename__) for table in TABLES]
    in_part = _living_columns()
    for name in dict.fromkeys([*every, *PROTECTED, "alembic_version"]):
        may = "SELECT" if name == "alembic_version" else "SELECT, INSERT"
        if name in in_part:
            may += f", UPDATE ({', '.join(_named(connection, c) for c in in_part[name])})"
        elif name in every and name not in PROTECTED:
            may += ", UPDATE"
        connection.exec_driver_sql(f"REVOKE ALL ON {_named(connection, name)} FROM {app}, PUBLIC")
        connection.exec_driver_sql(f"GRANT {may} ON {_named(connection, name)} TO {app}")


def _living_columns() -> dict[str, list[str]]:
    """Table → the columns of a serialised record that may change."""
    return {str(table.__tablename__): sorted({*table.lifecycle, "row_version"}) for table in SERIALISED}


def grant_again(connection: Connection) -> None:
    """After a migration: every application role gets what it may on the new tables, too. Nothing to do on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    for application in list(connection.exec_driver_sql(_APPLICATIONS).scalars()):
        if application != "PUBLIC":
            grant(connection, application)


def owner_of(engine: Engine) -> str | None:
    """Who owns the ledger's table here, when it is not the role connected as; None on SQLite. Raises Unable.

    Raises when the role connected as may not act for the owner: an upgrade is not the application's to do.
    """
    if engine.dialect.name != "postgresql":
        return None
    with saying_what_the_machine_cannot(place_of(engine.url)), engine.connect() as connection:
        owner = connection.exec_driver_sql(_OWNER).scalar()
        user = connection.exec_driver_sql("SELECT current_user").scalar_one()
        if owner is None or owner == user:
            return None
        may = connection.exec_driver_sql("SELECT pg_has_role(current_user, %s, 'MEMBER')", (owner,)).scalar()
    if not may:
        raise Unable(
            Phrase("The database user {user} may not change the schema.", user=user),
            Phrase("Nothing was touched. Give --database-url with the owner role {owner}.", owner=owner),
        )
    return str(owner)


def too_powerful(connection: Connection) -> tuple[str, str] | None:
    """(user, table) when the program connects as somebody who could do with a table what nobody may. Else None."""
    if connection.dialect.name != "postgresql":
        return None
    in_part = _living_columns()
    named = {
        "every": [*(str(t.__tablename__) for t in TABLES), *PROTECTED, "alembic_version"],
        "frozen": [*PROTECTED, *in_part, "alembic_version"],
        "living": [f"{table}.{column}" for table, columns in in_part.items() for column in columns],
    }
    table = connection.exec_driver_sql(_TOO_MUCH, named).scalar()
    if table is None:
        return None
    return str(connection.exec_driver_sql("SELECT current_user").scalar_one()), str(table)


def refuse_too_powerful(connection: Connection, site: str, *, inspecting: bool = False) -> Phrase | None:
    """At a clinical site raises Unable for such a role; at a training site, or to inspect, gives the sentence that warns."""
    found = too_powerful(connection)
    if found is None:
        return None
    what = Phrase(
        "The database user {user} could change or delete in {table} what nobody may.",
        user=found[0],
        table=found[1],
    )
    question = sa.text("SELECT training FROM site WHERE code = :site")
    if not inspecting and connection.execute(question, {"site": site}).scalar() is False:
        raise Unable(
            what,
            Phrase("Nothing was touched. Connect as the application role (docs/postgresql.md)."),
        )
    return what
