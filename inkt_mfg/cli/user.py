"""``inkt user``: the register of people, adding and unlocking them, failed attempts, the accountability statement.

What changes something names the acting person with ``--as``; reading needs no log-in, for nothing here is a patient's.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli import second_factor
from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.language import Phrase

if TYPE_CHECKING:
    from inkt_mfg.views.people import RegisteredPerson

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
app.add_typer(second_factor.app, name="second-factor")
_PASSWORD_BYTES = 9
_UserName = Annotated[str, typer.Argument(help="Whose account.")]


@app.command("add")
def add(
    ctx: typer.Context,
    user_name: Annotated[str, typer.Argument(help="Never used before at this site.")],
    full_name: Annotated[str, typer.Option(help="As signatures print it.")],
    role: Annotated[
        str, typer.Option(help="technician, qa_officer, pharmacist, physician or administrator.")
    ],
    identity_checked: Annotated[str, typer.Option(help="How and by whom the person was identified.")],
    reason: Annotated[str | None, typer.Option(help="Why the person is given this role.")] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Add a person with one role; the first password is printed once and must be changed."""
    from inkt_mfg.workflow import people

    first = secrets.token_urlsafe(_PASSWORD_BYTES)
    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(
            people.add_person,
            reason=reason,
            user_name=user_name,
            full_name=full_name,
            role=role,
            first_password=first,
            identity_checked=identity_checked,
        )
    answer = {"user_name": user_name, "first_password": first, "sequence": receipt.sequence}
    give(
        ctx,
        answer,
        [receipt.says, Phrase("First password of {user}: {password}", user=user_name, password=first)],
    )


@app.command("unlock")
def unlock(
    ctx: typer.Context,
    user_name: _UserName,
    reason: Annotated[str, typer.Option(help="Why it is unlocked.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Unlock an account; its password stays its owner's."""
    from inkt_mfg.workflow import people

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(people.unlock, reason=reason, user_name=user_name)
    give(ctx, {"user_name": user_name, "sequence": receipt.sequence}, [receipt.says])


# --- reading


@app.command("list")
def list_people(ctx: typer.Context, _json: WantsJson = False) -> None:
    """Everybody who ever had an account: roles, last log-in, what stands out."""
    from inkt_mfg.views.people import people_register

    with opened(ctx) as store:
        register, local = people_register(store), _local(store)
    give(
        ctx, {"people": [as_json(p) for p in register]}, (line for p in register for line in _short(p, local))
    )


@app.command("show")
def show(ctx: typer.Context, user_name: _UserName, _json: WantsJson = False) -> None:
    """One account: who granted what, when and why, trainings, statement, locks, failed attempts."""
    from inkt_mfg.refusal import refuse
    from inkt_mfg.views.people import people_register

    with opened(ctx) as store:
        found = [p for p in people_register(store) if p.user_name == user_name]
        local = _local(store)
    if not found:
        raise refuse(
            "record.unknown",
            Phrase("there is nobody called {name} at this site", name=user_name),
            expected=Phrase("a user name of this site"),
            field="user_name",
            typed=user_name,
        )
    give(ctx, as_json(found[0]), _whole(found[0], local))


@app.command("failures")
def failures(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How far back, in days.")] = 30,
    _json: WantsJson = False,
) -> None:
    """Log-ins and signings that failed, with the name as it was typed."""
    from inkt_mfg.views.people import failed_attempts
    from inkt_mfg.workflow.people_told import failure

    with opened(ctx) as store:
        found, local = failed_attempts(store, since=store.clock.now() - timedelta(days=days)), _local(store)
    answer = [{"sequence": f.sequence, "at": f.at.isoformat(), "typed_name": f.typed_name, "attempt": f.attempt,
               "workstation": f.workstation} for f in found]  # fmt: skip
    lines: list[object] = [failure(f, local) for f in found]
    give(
        ctx,
        {"days": days, "failures": answer},
        lines or [Phrase("No attempt failed in the last {n} days.", n=days)],
    )


@app.command("statement")
def statement(ctx: typer.Context, _json: WantsJson = False) -> None:
    """The accountability statement in force, to be read before it is accepted."""
    from inkt_mfg.views.people import statement_in_force

    with opened(ctx) as store:
        newest = statement_in_force(store)
    answer = {"version": newest.version, "text": newest.text, "published_by": newest.published_by,
              "published_at": newest.published_at.isoformat()}  # fmt: skip
    accept = Phrase(
        "Accept it: inkt act person.accept_statement version={version} --as NAME", version=newest.version
    )
    give(ctx, answer, [Phrase("Version {version}", version=newest.version), "", newest.text, accept])


# --- how a person is told


def as_json(person: "RegisteredPerson") -> dict[str, Any]:
    """One account as programs read it; times in UTC."""
    return {
        "user_name": person.user_name,
        "full_name": person.full_name,
        "roles": list(person.roles),
        "active": person.active,
        "locked": person.locked,
        "failed_attempts": person.failed_attempts,
        "must_change_password": person.must_change_password,
        "password_changed_at": _iso(person.password_changed_at),
        "identity_checked": person.identity_checked,
        "unconfirmed_password_of": person.unconfirmed or None,
        "added_by": person.added_by,
        "added_at": person.added_at.isoformat(),
        "statement_accepted": person.accepted,
        "last_log_in": _iso(person.last_log_in.at if person.last_log_in else None),
        "grants": [
            {
                "role": g.role.value,
                "granted_by": g.granted_by,
                "granted_at": g.granted_at.isoformat(),
                "because": g.because or None,
                "trained_until": _iso(g.trained_until),
                "revoked_by": g.revoked_by or None,
                "revoked_at": _iso(g.revoked_at),
                "revoked_because": g.revoked_because or None,
            }
            for g in person.grants
        ],
        "trainings": [
            {
                "role": t.role.value,
                "topic": t.topic,
                "trained_by": t.trained_by,
                "completed_on": t.completed_on.isoformat(),
                "expires_on": t.expires_on.isoformat(),
                "recorded_by": t.recorded_by,
                "recorded_at": t.recorded_at.isoformat(),
            }
            for t in person.trainings
        ],
        "events": [
            {"at": e.at.isoformat(), "what": e.what.english, "by": e.by, "because": e.because or None}
            for e in person.events
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _local(store: Any) -> tzinfo:
    from inkt_mfg.moments import zone
    from inkt_mfg.views.site_card import site_face

    return zone(site_face(store).time_zone)


def _padded(text: str, width: int) -> str:
    """Filled up to a width in cells: a Chinese character takes two."""
    from rich.cells import cell_len

    return text + " " * max(0, width - cell_len(text))


def _short(person: "RegisteredPerson", local: tzinfo) -> Iterator[object]:
    from inkt_mfg.workflow.people_told import last_log_in, marks_of, roles_of

    last = Phrase("last log-in {when}", when=last_log_in(person, local))
    told = [
        _padded(person.user_name, 14),
        _padded(person.full_name, 18),
        _padded(f"[{roles_of(person)}]", 24),
    ]
    yield "  ".join([*told, str(last), *marks_of(person)])


def _whole(person: "RegisteredPerson", local: tzinfo) -> Iterator[object]:
    from inkt_mfg.workflow.people_told import account

    yield from _short(person, local)
    yield from account(person, local)
