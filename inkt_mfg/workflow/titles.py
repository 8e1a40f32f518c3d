"""Names of commands as an audit trail's reader knows them: their titles, also of those no form declares."""

from inkt_mfg.language import Phrase
from inkt_mfg.workflow.catalogue import JOBS, outside
from inkt_mfg.workflow.command import CATALOGUE

_REFUSED = ".refused"
_OTHERS = {
    "site.create": Phrase("make the site"),
    "site.begin_again": Phrase("begin the site again, with new first passwords"),
    "site.upgrade": Phrase("upgrade the site's database"),
    "ledger.restored": Phrase("put the site back from a backup"),
    "ledger.replaced": Phrase("replace the ledger by that of a backup"),
    "person.log_in": Phrase("log in"),
    "person.unlock_bench": Phrase("unlock one's own bench"),
    "person.log_in_anew": Phrase("log in with the new password"),
    "person.sign_beside": Phrase("come to sign beside another person"),
    "person.failed_attempt": Phrase("fail to log in or to sign"),
    "person.uncounted_attempt": Phrase("try to log in or to sign while failures cannot be counted"),
    **{name: command.title for name, command in outside().items()},
}


def title_of(command: str) -> str:
    """What a command is called; its own name when nobody has given it another."""
    assert JOBS  # importing them declares every command
    name = command.removesuffix(_REFUSED)
    title = CATALOGUE[name].title if name in CATALOGUE else _OTHERS.get(name)
    if title is None:
        return command
    text = f"{str(title)[:1].upper()}{str(title)[1:]}"
    return text if name == command else str(Phrase("{title}: refused", title=text))


def commands_called(text: str) -> tuple[str, ...]:
    """The names of the commands whose title holds this text."""
    sought = text.strip().casefold()
    if not sought:
        return ()
    names = [*CATALOGUE, *_OTHERS, *(f"{name}{_REFUSED}" for name in CATALOGUE)]
    return tuple(sorted(name for name in names if sought in title_of(name).casefold()))
