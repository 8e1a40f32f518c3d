"""``inkt init``: make a site, its database and its first administrators."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from inkt_mfg.cli.answers import WantsJson, asked, give
from inkt_mfg.cli.passphrase import PassphraseFile, given_elsewhere, new_passphrase
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.store.roles import Roles

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
_PASSWORD_BYTES = 9
_PASSPHRASE_BYTES = 15


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
    seal_passphrase_file: PassphraseFile = None,
    _json: WantsJson = False,
) -> None:
    """Make a site in the folder named by --site. The first passwords are printed once and must be changed."""
    from inkt_mfg.ledger.minisign import SecretKey
    from inkt_mfg.store import seal_key
    from inkt_mfg.store.making import making_site
    from inkt_mfg.workflow.site import NewAdministrator, NewSite, begin_again, create_site, refuse_too_few

    people = [_administrator(text) for text in administrator]
    first = {user_name: secrets.token_urlsafe(_PASSWORD_BYTES) for user_name, _full in people}
    administrators = [
        NewAdministrator(user, full, first[user], "at the making of the site") for user, full in people
    ]
    key = SecretKey.make()
    new = NewSite(code.upper(), name, address, time_zone, training, key.public.text)
    refuse_too_few(new, administrators)  # before anybody thinks of a passphrase
    phrase = _seal_passphrase(seal_passphrase_file, training=training)
    wanted = asked(ctx)
    with making_site(wanted.site, new.code, wanted.database_url) as making:
        folder = seal_key.the_folder(wanted.site)
        seal_key.write_key(folder, key, phrase.text, training=training)
        seal_key.write_public(folder, key.public)
        # An earlier making that was cut off on a server left its first entry: its passwords were never shown.
        create = begin_again if making.begun else create_site
        create(making.store, new, administrators, "command line")
    lines = [Phrase("Site {code} is made.", code=new.code)]
    lines += [Phrase("First password of {user}: {password}", user=u, password=p) for u, p in first.items()]
    answer: dict[str, object] = {
        "site": new.code,
        "training": training,
        "first_passwords": first,
        "seal_key": key.public.text,
    }
    lines.append(Phrase("Public key of its seals: {key}", key=key.public.text))
    if phrase.made_up:
        answer["seal_passphrase"] = phrase.text
        lines.append(Phrase("Passphrase of the seal key: {passphrase}", passphrase=phrase.text))
    if making.roles is not None:
        answer["database_roles"] = making.roles.as_json()
        lines += role_lines(making.roles)
    give(ctx, answer, lines)


class _Passphrase(NamedTuple):
    """The seal key's passphrase, and whether it was made up here and must be printed."""

    text: str
    made_up: bool


def _seal_passphrase(file: Path | None, *, training: bool) -> _Passphrase:
    """Given in a file or typed; a training site that is given none gets one like its first passwords. Raises Refusal."""
    if training and not given_elsewhere(file):
        return _Passphrase(secrets.token_urlsafe(_PASSPHRASE_BYTES), made_up=True)
    return _Passphrase(new_passphrase(file), made_up=False)


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
