"""``inkt board``: the day board of one person, as text or JSON."""

from typing import Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.opening import ActingAs, at_bench
from inkt_mfg.language import Phrase

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def board(ctx: typer.Context, acting: ActingAs = None, _json: WantsJson = False) -> None:
    """What is due within a week, and what blocks it."""
    from inkt_mfg.workflow.day_board import day_board

    with at_bench(ctx, acting) as (bench, _given):
        today = day_board(bench)
    tasks: list[dict[str, Any]] = [
        {
            "due": t.due.isoformat(),
            "command": t.command,
            "title": t.title.english,
            "on": t.on,
            "batch": t.batch or None,
            "subject": t.subject,
            "mine": t.mine,
            "blockers": [b.as_json() for b in t.blockers],
        }
        for t in today.tasks
    ]
    notices = [{"rule": n.rule, "text": n.text.english} for n in today.notices]
    kept = [today.backup] if today.backup else []
    lines: list[object] = [today.seal.line, *kept, *(n.text for n in today.notices)]
    for t in today.tasks:
        mark = str(Phrase("BLOCKED")) if t.blockers else ""
        lines.append(f"{t.due}  {t.on:<12} {t.subject:<8} {t.title}  [{t.who}] {mark}".rstrip())
        lines += [f"            {b}" for b in t.blockers if t.mine]
    give(
        ctx,
        {
            "today": today.today.isoformat(),
            "tasks": tasks,
            "notices": notices,
            "seal": today.seal.as_json(),
            "backup": today.backup.english if today.backup else None,
        },
        lines,
    )
