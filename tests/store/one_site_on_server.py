"""A database on the tests' server as ``inkt init`` prepares it: an owner role, an application role, and their grants."""

from inkt_mfg.store import roles
from inkt_mfg.store.engine import database_url, open_engine


def make_site_on_server(address: str) -> roles.Roles:
    """The roles of this database, whose schema stands; asked of the server's administrator."""
    made = roles.make_roles(database_url(address))
    assert made is not None
    engine = open_engine(database_url(address))
    with engine.begin() as connection:
        roles.grant(connection, made.application)
    engine.dispose()
    return made


def application_address(address: str) -> str:
    """The same database, as the role the program works as."""
    url = database_url(address)
    assert url.database is not None
    return url.set(drivername="postgresql", username=f"{url.database}_app").render_as_string(
        hide_password=False
    )
