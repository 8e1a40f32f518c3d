"""A site's folder: ``site.toml`` says which site it is and where its database lies (``site.db`` beside it by default).

``inkt init`` writes it, every other command opens the site through it. It refuses a folder that holds no site, one
that holds a site already, and a database of several sites when nobody said which.
"""

import json
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Refusal, Unable, refuse
from inkt_mfg.store.clock import Clock, ShiftedClock
from inkt_mfg.store.engine import database_url, kept_address, open_engine, place_of
from inkt_mfg.store.schema import refuse_unknown_schema
from inkt_mfg.store.unable import saying_what_the_machine_cannot
from inkt_mfg.store.unit_of_work import Store

SITE_FILE = "site.toml"
DATABASE_FILE = "site.db"
_FARTHEST = 10**10  # seconds that a training site's clock may be off: some 300 years
MAKING_FILE = "site.making"  # there while `inkt init` is at work, or when it was killed


@dataclass(frozen=True, slots=True)
class Place:
    """Which site, and the address of its database. ``folder`` is None for a database named by its address alone."""

    code: str
    address: str
    folder: Path | None = None
    clock_offset: timedelta | None = None


def new_place(folder: Path, code: str, address: str | None = None) -> Place:
    """Make the folder of a new site, with a database of its own or the one at ``address``. Raises Refusal, OSError."""
    refuse_occupied(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = site_text(code, None if address is None else database_url(address))
    (folder / SITE_FILE).write_text(text, encoding="utf-8")
    return Place(code, address or _beside(folder), folder)


def site_text(code: str, address: URL | None, clock_offset: timedelta | None = None) -> str:
    """What ``site.toml`` says. The password stays out of it: INKT_DATABASE_URL or PostgreSQL's own pgpass gives it."""
    lines = [f"code = {json.dumps(code)}"]
    if address is not None:
        lines.append(f"database = {json.dumps(kept_address(address))}")
    if clock_offset is not None:
        lines.append(_offset_line(clock_offset))
    return "\n".join(lines) + "\n"


def refuse_occupied(folder: Path) -> None:
    """Neither a site nor a database whose site.toml got lost is ever made anew. Raises Refusal ``site.exists``."""
    if (folder / SITE_FILE).exists() or (folder / DATABASE_FILE).exists():
        raise refuse(
            "site.exists",
            Phrase("there is a site in this folder already"),
            expected=Phrase("a new or empty folder"),
            field="site",
            typed=str(folder),
        )


def _beside(folder: Path) -> str:
    return f"sqlite:///{(folder / DATABASE_FILE).resolve()}"


def find_place(folder: Path | None, address: str | None) -> Place:
    """The site meant by ``--site`` and ``INKT_DATABASE_URL``; the address given wins over the folder's own."""
    if folder is None:
        if address is None:
            raise _no_site("")
        return Place(_only_site(address), address)
    try:
        content = (folder / SITE_FILE).read_bytes()
        if (folder / MAKING_FILE).exists():
            raise _half_made(folder)
    except FileNotFoundError:
        if (folder / MAKING_FILE).exists():
            raise _half_made(folder) from None
        raise _no_site(str(folder)) from None
    except OSError as wrong:
        raise Unable(
            Phrase("{file} cannot be read: {why}.", file=folder / SITE_FILE, why=wrong.strerror),
            Phrase("Let this user read the site's folder."),
        ) from wrong
    said = _parsed(folder, content)
    offset = said.get("clock_offset_seconds")
    return Place(
        str(said["code"]),
        address or str(said.get("database") or _beside(folder)),
        folder,
        timedelta(seconds=offset) if isinstance(offset, int) else None,
    )


def shift_clock(folder: Path, offset: timedelta) -> None:
    """Let a training site live on the day its simulation ended; a clinical site refuses to open with it."""
    with (folder / SITE_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{_offset_line(offset)}\n")


def _offset_line(offset: timedelta) -> str:
    return f"clock_offset_seconds = {int(offset.total_seconds())}"


def _parsed(folder: Path, content: bytes) -> dict[str, object]:
    try:
        said = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Unable(
            Phrase("{file} is damaged: {why}.", file=folder / SITE_FILE, why=wrong),
            Phrase("Restore it from the last good backup."),
        ) from wrong
    if not isinstance(said.get("code"), str):
        raise Unable(
            Phrase("{file} does not say which site this is.", file=folder / SITE_FILE),
            Phrase("Restore it from the last good backup."),
        )
    offset = said.get("clock_offset_seconds", 0)
    if not isinstance(said.get("database", ""), str) or not (
        isinstance(offset, int) and abs(offset) <= _FARTHEST
    ):
        raise Unable(
            Phrase("{file} says something that cannot be.", file=folder / SITE_FILE),
            Phrase("Restore it from the last good backup."),
        )
    return said


def _no_site(typed: str) -> Refusal:
    return refuse(
        "site.unknown",
        Phrase("there is no site here"),
        expected=Phrase("the folder of a site (--site or INKT_SITE), made by `inkt init`"),
        field="site",
        typed=typed,
    )


def _half_made(folder: Path) -> Refusal:
    return refuse(
        "site.half_made",
        Phrase("the making of a site in this folder was cut off"),
        expected=Phrase("`inkt init` once more, with the same options: it begins anew"),
        resolve_by=Phrase("whoever makes the site"),
        field="site",
        typed=str(folder),
    )


def _only_site(address: str) -> str:
    url = database_url(address)
    with saying_what_the_machine_cannot(place_of(url)):
        engine = open_engine(url)
        try:
            refuse_unknown_schema(engine)
            with engine.connect() as connection:
                codes = list(connection.execute(sa.text("SELECT code FROM site ORDER BY code")).scalars())
        finally:
            engine.dispose()
    if len(codes) != 1:
        raise refuse(
            "site.unknown",
            Phrase("this database holds {n} sites", n=len(codes)),
            expected=Phrase("the folder of one of them (--site): {codes}", codes=", ".join(codes)),
            field="site",
            typed=place_of(url),
        )
    return str(codes[0])


def open_site(
    folder: Path | None, address: str | None, clock: Clock | None = None, *, inspecting: bool = False
) -> Store:
    """Open the store of the site meant. Raises Refusal for a site that is not there, Unable as ``Store.open``."""
    place = find_place(folder, address)
    if clock is None and place.clock_offset is not None:
        clock = ShiftedClock(place.clock_offset)
    store = Store.open(place.address, place.code, clock, inspecting=inspecting)
    store.folder = place.folder
    return store
