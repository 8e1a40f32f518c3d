"""``inkt label template``: what templates are on file, a specimen of each to look at, and QA's approval of them.

A label is prepared on an approved template only (R53): the text is approved byte for byte, with the specimen that was
looked at, and a changed text is a new version.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkt_mfg.cli.answers import WantsJson, give
from inkt_mfg.cli.files import write_whole
from inkt_mfg.cli.opening import ActingAs, at_bench, opened
from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse

if TYPE_CHECKING:
    from inkt_mfg.views.label_templates import TemplateLine
    from labels.approval import Approval

app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="A template on file, such as infusion-100x100.")]


@app.callback()
def _template() -> None:
    """Label templates: what is on file, a specimen of each, and their approval by QA."""


@app.command("list")
def list_(ctx: typer.Context, _json: WantsJson = False) -> None:
    """Every template on file, its size and kinds, and whether its text is approved at this site."""
    from inkt_mfg.views.label_templates import template_list
    from labels.approval import names, on_file
    from labels.template import template_sha256

    with opened(ctx) as store:
        approved = template_list(store)
    answer, lines = [], []
    for name in names():
        template, _text = on_file(name)
        standing = _standing(name, template.version, template_sha256(name, template.version), approved)
        size = f"{float(template.width_mm):g} × {float(template.height_mm):g} mm"
        answer.append(
            {
                "name": name,
                "version": template.version,
                "size": size,
                "kinds": list(template.kinds),
                "approved": standing == Phrase("approved"),
            }
        )
        lines.append(f"{name:<22} {template.version:<5} {size:<14} {standing}   {', '.join(template.kinds)}")
    give(ctx, {"templates": answer, "approvals": [_as_json(line) for line in approved]}, lines)


def _standing(name: str, version: str, sha256: str, approved: "tuple[TemplateLine, ...]") -> Phrase:
    of_it = [line for line in approved if (line.name, line.version) == (name, version)]
    if not of_it:
        return Phrase("NOT approved")
    if of_it[-1].retired is not None:
        return Phrase("retired")
    if of_it[-1].sha256 != sha256:
        return Phrase("ANOTHER TEXT is approved")
    return Phrase("approved")


def _as_json(line: "TemplateLine") -> dict[str, Any]:
    return {
        "template": line.code,
        "sha256": line.sha256,
        "specimen_sha256": line.specimen_sha256,
        "approved_by": line.approved_by,
        "approved_at": line.approved_at,
        "retired": line.retired,
    }


@app.command("show")
def show(
    ctx: typer.Context,
    name: Name,
    out: Annotated[Path, typer.Option(help="The specimen's PDF to write.")],
    _json: WantsJson = False,
) -> None:
    """Draw and proof a specimen of a template, to be looked at before it is approved. Needs no site."""
    from labels.approval import for_approval

    found = for_approval(name)
    write_whole(out, found.sheet.pdf)
    answer = {
        "template": f"{name}@{found.template.version}",
        "sha256": found.sha256,
        "specimen": str(out),
        "specimen_sha256": found.sheet.pdf_sha256,
        "proof": found.sheet.proof.as_json(),
    }
    give(
        ctx,
        answer,
        [
            Phrase("Specimen of {template}: {file}", template=answer["template"], file=out),
            Phrase("SHA-256 of the text {digest}", digest=found.sha256),
            Phrase(
                "To approve it: inkt label template approve {name} --specimen {file}", name=name, file=out
            ),
        ],
    )


@app.command("approve")
def approve(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(help="One template or several; `all` for every one on file.")],
    specimen: Annotated[
        Path | None,
        typer.Option(help="The specimen that was looked at, as `show` wrote it; for one template."),
    ] = None,
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Approve templates as they are on file: a QA officer signs over the text and a specimen of each."""
    from inkt_mfg.workflow.label_templates import approve_template
    from labels import approval

    wanted = approval.names() if names == ["all"] else tuple(names)
    drawn = [approval.for_approval(name) for name in wanted]
    for one in drawn:
        if specimen is not None:
            _refuse_another_specimen(one, specimen)
    with at_bench(ctx, acting) as (bench, given):
        receipts = [
            bench.run(
                approve_template,
                sign_with=given,
                text=one.text,
                sha256=one.sha256,
                specimen_sha256=one.sheet.pdf_sha256,
            )
            for one in drawn
        ]
    give(ctx, {"approved": [r.code for r in receipts]}, [r.says for r in receipts])


def _refuse_another_specimen(found: "Approval", file: Path) -> None:
    if not file.is_file() or file.read_bytes() != found.sheet.pdf:
        raise refuse(
            "label.template",
            Phrase(
                "{file} is not the specimen of {name} as it is on file now",
                file=file,
                name=found.template.name,
            ),
            expected=Phrase("the file `inkt label template show {name}` writes", name=found.template.name),
            resolve_by=Phrase("whoever approves it, by looking at that specimen"),
            field="specimen",
            typed=str(file),
        )


@app.command("retire")
def retire(
    ctx: typer.Context,
    template: Annotated[str, typer.Argument(help="An approved version, such as infusion-100x100@1.")],
    reason: Annotated[str, typer.Option(help="Why it is taken out of use.")],
    acting: ActingAs = None,
    _json: WantsJson = False,
) -> None:
    """Take a version out of use: nothing is prepared or reprinted on it any more."""
    from inkt_mfg.workflow.label_templates import retire_template

    with at_bench(ctx, acting) as (bench, given):
        receipt = bench.run(retire_template, template, reason=reason, sign_with=given)
    give(ctx, {"retired": receipt.code, "sequence": receipt.sequence}, [receipt.says])
