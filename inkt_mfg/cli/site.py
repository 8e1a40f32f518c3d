"""``inkt init``: make a site, its database and its first administrators."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, asked, give
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.store.roles import Roles

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_PASSWORD_BYTES = 9


@app.command()
def init(
    ctx: typer.Context,
    code: Annotated[
        str, typer.Option(help="Two to twelve letters and digits; stands in every code of the site.")
    ],
    name: Annotated[str, typer.Option(help="The facility's name as labels print it.")],
    address: Annotated[str, typer.Option(help="The facility's address as labels print it.")],
    time_zone: Annotated[str, typer.Option(help="IANA name, such as Asia/Shanghai.")],
    administrator: Annotated[
        list[str], typer.Option(help="user.name=Full Name; a clinical site needs two, so give it twice.")
    ],
    training: Annotated[bool, typer.Option(help="A site for training: every print says so.")] = False,
    _json: WantsJson = False,
) -> None:
    """Make a site in the folder named by --site. The first passwords are printed once and must be changed."""
    from inkt_mfg.store.making import making_site
    from inkt_mfg.workflow.site import NewAdministrator, NewSite, begin_again, create_site

    people = [_administrator(text) for text in administrator]
    first = {user_name: secrets.token_urlsafe(_PASSWORD_BYTES) for user_name, _full in people}
    new = NewSite(code.upper(), name, address, time_zone, training)
    wanted = asked(ctx)
    with making_site(wanted.site, new.code, wanted.database_url) as making:
        # An earlier making that was cut off on a server left its first entry: its passwords were never shown.
        create = begin_again if making.begun else create_site
        create(
            making.store,
            new,
            [NewAdministrator(user, full, first[user], "at the making of the site") for user, full in people],
            "command line",
        )
    lines = [Phrase("Site {code} is made.", code=new.code)]
    lines += [Phrase("First password of {user}: {password}", user=u, password=p) for u, p in first.items()]
    answer: dict[str, object] = {"site": new.code, "training": training, "first_passwords": first}
    if making.roles is not None:
        answer["database_roles"] = making.roles.as_json()
        lines += role_lines(making.roles)
    give(ctx, answer, lines)


def role_lines(roles: "Roles") -> list[Phrase]:
    """What whoever runs the database has to put into pgpass; shown this once."""
    lines = [
        Phrase("inkt connects as {app}; upgrades and restores are done as {owner}.", app=roles.application,
               owner=roles.owner),
    ]  # fmt: skip
    return lines + [
        Phrase("Password of {user}: {password}", user=u, password=p) for u, p in roles.passwords.items()
    ]


def _administrator(text: str) -> tuple[str, str]:
    user_name, mark, full_name = text.partition("=")
    if not (mark and user_name.strip() and full_name.strip()):
        raise typer.BadParameter(str(Phrase("an administrator is given as user.name=Full Name")))
    return user_name.strip(), full_name.strip()
