"""Label templates for QA: every one on file, how it stands at this site, and its specimen with the proof before approving.

Approving is signed over the exact text and the specimen that is shown; nothing that was not looked at here is approved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.label_templates import TemplateLine, template_list
from inkt_mfg.workflow.bench import Receipt
from inkt_mfg.workflow.label_templates import approve_template
from inkt_mfg.workflow.permissions import Permission
from inkt_mfg.workflow.signing import Credentials
from tui import words
from tui.acting import Target
from tui.asking import No
from tui.keys import key
from tui.screens.main import MainScreen
from tui.screens.preview import TURN
from tui.screens.sign import SignScreen
from tui.widgets.frame.plain import Plain
from tui.widgets.label.label_view import LabelView
from tui.widgets.tables.lines import Lines

if TYPE_CHECKING:
    from inkt_mfg.store.unit_of_work import Store
    from labels.approval import Approval


@dataclass(frozen=True, slots=True)
class _OnFile:
    """A template on file, and the approvals of it there ever were."""

    name: str
    version: str
    size: str
    kinds: str
    approved: TemplateLine | None
    changed: bool

    @property
    def code(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def standing(self) -> Text:
        """With a sign, so that it does not depend on colour."""
        if self.approved is None:
            return Text(f"✗ {Phrase('NOT approved')}", style="bold yellow")
        if self.approved.retired is not None:
            return Text(f"✗ {Phrase('retired')}", style="dim")
        if self.changed:
            return Text(f"✗ {Phrase('ANOTHER TEXT is approved')}", style="bold red")
        return Text(f"✓ {Phrase('approved')}", style="green")


class TemplatesScreen(MainScreen):
    """Beneath the list the specimen of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "a",
            "approve",
            Phrase("Approve…"),
            Phrase("Sign for the text and the specimen shown"),
            id="templates.approve",
        ),
        key("x", "retire", Phrase("Retire"), Phrase("Take this version out of use"), id="templates.retire"),
        key("v", "turn", Phrase("View"), TURN, id="templates.turn"),
        key("escape", "back", Phrase("Back"), Phrase("Back to where you were"), id="templates.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, _OnFile] = {}
        self._looked: Approval | None = None

    def content(self) -> Iterator[Widget]:
        yield Plain(str(Phrase("Label templates")), id="templates-heading", classes="heading")
        yield Lines(
            Phrase("Template"),
            Phrase("Stands"),
            Phrase("Size"),
            Phrase("Kinds"),
            Phrase("By"),
            id="templates",
        )
        yield LabelView()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#templates", Lines).focus()

    def action_read(self) -> None:
        store = self.bench.store
        self.ask(lambda: _on_file(store), self._show)

    def _show(self, found: tuple[_OnFile, ...]) -> None:
        self._lines = {line.name: line for line in found}
        self.query_one("#templates", Lines).fill(
            (x.name, [x.code, x.standing, x.size, x.kinds, x.approved.approved_by if x.approved else "–"])
            for x in found
        )

    @property
    def _held(self) -> _OnFile | None:
        return self._lines.get(self.query_one("#templates", Lines).held or "")

    @on(DataTable.RowHighlighted, "#templates")
    def _look(self) -> None:
        """Its specimen, drawn and proofed as it lies on file now."""
        held = self._held
        self._looked = None
        if held is None:
            return
        name = held.name

        def look() -> "Approval":
            from labels.approval import for_approval  # the labels floor: when a specimen is looked at

            return for_approval(name)

        self.ask(look, self._show_specimen, group="specimen", refused=self._no_specimen)

    def _show_specimen(self, found: "Approval") -> None:
        self._looked = found
        self.query_one(LabelView).show(found.sheet)

    def _no_specimen(self, no: No) -> None:
        blockers = no.blockers if isinstance(no, Refusal) else ()
        self.query_one(LabelView).says("\n".join(f"✗ {b.what}  [{b.rule}]" for b in blockers) or f"✗ {no}")

    # --- what QA does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Others look."""
        if action in {"approve", "retire"}:
            return self.bench.may(Permission.APPROVE_TEMPLATE)
        return super().check_action(action, parameters)

    @on(DataTable.RowSelected, "#templates")
    def action_approve(self) -> None:
        """Asks the signature for what is on the screen."""
        held, looked = self._held, self._looked
        if not self.bench.may(Permission.APPROVE_TEMPLATE):
            return
        if held is not None and held.approved is not None:
            says = Phrase("{code} was approved before. A changed text is a new version.", code=held.code)
            self.notify(str(says), markup=False)
            return
        if held is None or looked is None or looked.template.name != held.name:
            self.notify(str(Phrase("First its specimen has to be here.")), markup=False)
            return
        self._sign(looked)

    def _sign(self, looked: "Approval", name: str = "", refused: tuple[Blocker, ...] = ()) -> None:
        about = f"{looked.template.name}@{looked.template.version} · SHA-256 {looked.sha256[:16]}…"
        assert approve_template.signs is not None
        signing = SignScreen(
            words.titled(approve_template.title),
            about,
            approve_template.signs.value,
            signer=name,
            refused=refused,
        )
        self.app.push_screen(signing, lambda given: self._signed(looked, given))

    def _signed(self, looked: "Approval", given: Credentials | None) -> None:
        if given is None:
            return
        bench = self.bench

        def approve() -> Receipt:
            return bench.run(
                approve_template,
                sign_with=given,
                text=looked.text,
                sha256=looked.sha256,
                specimen_sha256=looked.sheet.pdf_sha256,
            )

        self.ask(approve, self._approved, group="acting", refused=lambda no: self._refused(looked, given, no))

    def _approved(self, receipt: Receipt) -> None:
        self.house.told(receipt)
        self.action_read()

    def _refused(self, looked: "Approval", given: Credentials, no: No) -> None:
        self.app.bell()
        if isinstance(no, Refusal) and no.first.field in {"signature", "user_name"}:
            self._sign(looked, given.user_name, no.blockers)
        else:
            self.refused(no)

    def action_retire(self) -> None:
        """The form, with a reason and a signature."""
        held = self._held
        if held is not None and held.approved is not None:
            self.open_act(Target("template.retire", held.approved.code))

    def action_turn(self) -> None:
        """Picture, dots, text."""
        self.query_one(LabelView).turn()

    def action_back(self) -> None:
        """Back to the day board: this is one of the main screens."""
        self.action_board() if len(self.app.screen_stack) < 3 else self.dismiss(None)


def _on_file(store: "Store") -> tuple[_OnFile, ...]:
    """In a worker: what lies on file beside what was approved of it."""
    from labels.approval import names, on_file  # the labels floor: when templates are looked at
    from labels.template import template_sha256

    approvals = {line.code: line for line in template_list(store)}
    found = []
    for name in names():
        template, _text = on_file(name)
        approved = approvals.get(f"{name}@{template.version}")
        digest = template_sha256(name, template.version)
        found.append(
            _OnFile(
                name,
                template.version,
                f"{float(template.width_mm):g} × {float(template.height_mm):g} mm",
                ", ".join(words.kind(kind) for kind in template.kinds),
                approved,
                approved is not None and approved.sha256 != digest,
            )
        )
    return tuple(found)
