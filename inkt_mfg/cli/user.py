"""``inkt user``: add a person, unlock an account. The acting administrator is named with ``--as``."""

import secrets
from typing import Annotated

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
_PASSWORD_BYTES = 9


@app.command("add")
def add(
    ctx: typer.Context,
    user_name: Annotated[str, typer.Argument(help="Never used before at this site.")],
    full_name: Annotated[str, typer.Option(help="As signatures print it.")],
    role: Annotated[
        str, typer.Option(help="technician, qa_officer, pharmacist, physician or administrator.")
    ],
    identity_checked: Annotated[str, typer.Option(help="How and by whom the person was identified.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Add a person with one role; the first password is printed once and must be changed."""
    from inkt_mfg.workflow import people

    first = secrets.token_urlsafe(_PASSWORD_BYTES)
    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(
            people.add_person,
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
    user_name: Annotated[str, typer.Argument(help="Whose account.")],
    reason: Annotated[str, typer.Option(help="Why it is unlocked.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Unlock an account; its password stays its owner's."""
    from inkt_mfg.workflow import people

    with at_bench(ctx, acting) as (bench, _given):
        receipt = bench.run(people.unlock, reason=reason, user_name=user_name)
    give(ctx, {"user_name": user_name, "sequence": receipt.sequence}, [receipt.says])
