"""The one form screen for all commands: it draws a declared form, carries the command out, and keeps what was typed.

A refusal is shown beside the field it names; a stale record can be looked at again without losing a character. Signed
commands ask for the signature in a modal, verifications for a second person's.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import Blocker, Refusal, Unable
from inkt_mfg.workflow.bench import Receipt
from inkt_mfg.workflow.signing import Credentials
from tui import words
from tui.acting import Meanwhile, Prepared, Target, meanwhile, named_by_scan, prepare, refuse_blocked
from tui.asking import No
from tui.forms.field import Entry, Field, arguments, refuse_empty
from tui.keys import key
from tui.scanning import ScanKind
from tui.screens.house import HouseScreen
from tui.screens.sign import SignScreen
from tui.screens.sure import SureScreen
from tui.widgets.form.field_row import FieldRow
from tui.widgets.form.form_body import FormBody
from tui.widgets.form.refusal_note import MACHINE, RefusalNote
from tui.widgets.frame.plain import Plain

ON = Field("on", Phrase("Code of the record"), Entry.SCAN)
STALE = "record.version"
_OF_SIGNING = frozenset({"R20", "R21", "R24", "R25"})


class ActScreen(HouseScreen[Receipt | None]):
    """Gives the receipt of the command when it happened, None when the person went back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "act",
            Phrase("Do it"),
            Phrase("Check and record what is typed"),
            id="act.do",
            priority=True,
        ),
        key(
            "ctrl+n",
            "now",
            Phrase("Now"),
            Phrase("Fill in this minute, or today"),
            id="act.now",
            priority=True,
        ),
        key(
            "ctrl+r",
            "reload",
            Phrase("Look again"),
            Phrase("Read the record again and keep what is typed"),
            id="act.reload",
        ),
        key("escape", "back", Phrase("Back"), Phrase("Back without recording anything"), id="act.back"),
    ]

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target
        self._prepared: Prepared | None = None
        self._busy = False

    # --- what is shown

    def content(self) -> Iterator[Widget]:
        yield Plain("…", id="heading", classes="heading")
        yield Plain("", id="asks", classes="asks")
        yield VerticalScroll(id="form-place", can_focus=False)
        yield Plain("", classes="hint")
        with Horizontal(id="act-bar"):
            yield Button("…", id="do", variant="primary", disabled=True)
            yield Plain("", id="act-says")

    def on_mount(self) -> None:
        bench, target = self.bench, self._target
        self.ask(lambda: prepare(bench, target), self._show_form, refused=self._cannot_prepare)

    async def _show_form(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self.query_one("#heading", Plain).update(
            " ─ ".join(part for part in (words.titled(prepared.command.title), prepared.heading) if part)
        )
        self.query_one("#asks", Plain).update(str(prepared.form.asks_for or ""))
        place = self.query_one("#form-place", VerticalScroll)
        if prepared.form.shown:
            await place.mount(
                *(
                    Plain(f"{words.padded(label, 33)} {value}", classes="shown")
                    for label, value in prepared.form.shown
                )
            )
        await place.mount(FormBody(self._fields(prepared)))
        button = self.query_one("#do", Button)
        button.label = self._button_says(prepared)
        button.disabled = False
        body = self.query_one(FormBody)
        if prepared.blockers:
            body.show(prepared.blockers)
        if body.rows:
            body.focus_first()
        else:
            button.focus()

    def _fields(self, prepared: Prepared) -> tuple[Field, ...]:
        form, on = prepared.form, prepared.command.on
        if on is None or self._target.on:
            return form.fields
        unknown = on.__name__.lower()  # how a refusal calls a code of this table that nobody has given
        if form.names_record:
            return tuple(
                replace(f, also_named=(*f.also_named, unknown)) if f.name == form.names_record else f
                for f in form.fields
            )
        # A lot is named by scanning its box, also one that has expired: it may be rejected.
        scan = ScanKind.ANY_LOT if on.__name__ == "MaterialLot" else ScanKind.ANY
        return (replace(ON, scan=scan, also_named=(unknown,)), *form.fields)

    def _button_says(self, prepared: Prepared) -> str:
        if prepared.form.by_second_person:
            return str(Phrase("Second person signs…"))
        if prepared.command.signs is not None:
            return str(Phrase("Sign…"))
        return str(Phrase("Record"))

    def _cannot_prepare(self, no: No) -> None:
        self.query_one("#asks", Plain).update(str(no))
        self.app.bell()

    # --- typing

    @property
    def typing_begun(self) -> bool:
        """Whether something would be lost by leaving."""
        return bool(self.query(FormBody)) and self.query_one(FormBody).begun

    @on(FieldRow.Changed)
    def _typing(self) -> None:
        self.query_one("#act-says", Plain).update("", layout=False)

    def action_now(self) -> None:
        """Put this minute into a time, today into a date."""
        focused = self.focused
        row = next((r for r in self.query(FieldRow) if focused is not None and focused in r.query("*")), None)
        if row is not None and row.field.entry in {Entry.MOMENT, Entry.DATE}:
            now = self.now_typed()
            row.fill(now if row.field.entry is Entry.MOMENT else now[:10])

    # --- doing it

    @on(Button.Pressed, "#do")
    def _pressed(self) -> None:
        self.action_act()

    def action_act(self) -> None:
        """Send what is typed; a signed command asks for the signature first."""
        if self._prepared is None or self._busy:
            return
        body = self.query_one(FormBody)
        misread = body.misread()
        if misread:
            self.app.bell()
            body.show(misread)
            return
        body.show(())
        if self._prepared.command.signs is not None:
            self._before_signing()
        else:
            self._carry_out(None)

    def _before_signing(self) -> None:
        """Nobody signs what would be refused: it is done once without the signature, and nothing of that stays."""
        prepared, bench = self._prepared, self.bench
        assert prepared is not None
        form, typed, on, sent = prepared.form, *self._entered()

        def rehearse() -> None:
            if form.by_second_person:  # who that is, is not known yet
                refuse_empty(form.fields, typed)
                refuse_blocked(bench, prepared.command, on)
            else:
                about = on or named_by_scan(form, typed) or None
                bench.rehearse(prepared.command, about, seen_version=prepared.version, **sent)

        self._set_busy(Phrase("checking…"))
        self.ask(rehearse, self._may_sign, group="acting", refused=lambda no: self._not_done(no, None))

    def _may_sign(self, _nothing: None) -> None:
        self._set_busy(None)
        self._ask_signature()

    def _ask_signature(self, name: str = "", refused: tuple[Blocker, ...] = ()) -> None:
        prepared = self._prepared
        assert prepared is not None
        assert prepared.command.signs is not None
        signing = SignScreen(
            words.titled(prepared.command.title),
            prepared.heading,
            prepared.command.signs.value,
            second_person=prepared.form.by_second_person,
            signer=name,
            refused=refused,
        )
        self.app.push_screen(signing, self._signed)

    def _signed(self, credentials: Credentials | None) -> None:
        if credentials is not None:
            self._carry_out(credentials)

    def _carry_out(self, credentials: Credentials | None) -> None:
        prepared = self._prepared
        assert prepared is not None
        typed, on, sent = self._entered()
        self._set_busy(Phrase("recording…"))
        bench = self.bench

        def run() -> Receipt:
            acting = bench.beside(credentials) if prepared.form.by_second_person and credentials else bench
            about = on or named_by_scan(prepared.form, typed)
            return acting.run(
                prepared.command, about or None, sign_with=credentials, seen_version=prepared.version, **sent
            )

        self.ask(run, self._done, group="acting", refused=lambda no: self._not_done(no, credentials))

    def _entered(self) -> tuple[dict[str, str], str, dict[str, Any]]:
        """What stands in the fields, the record's code, and what is sent to the command."""
        assert self._prepared is not None
        typed = self.query_one(FormBody).typed
        on = typed.pop("on", "") or self._target.on
        form = self._prepared.form
        return typed, on, {**form.fixed, **arguments(form.fields, typed)}

    def _set_busy(self, says: Phrase | None) -> None:
        self._busy = says is not None
        self.query_one("#do", Button).disabled = self._busy
        self.query_one("#act-says", Plain).update(str(says or ""))

    def _done(self, receipt: Receipt) -> None:
        self.house.told(receipt)
        self.dismiss(receipt)

    def _not_done(self, no: No, signer: Credentials | None) -> None:
        self._set_busy(None)
        self.app.bell()
        if not isinstance(no, Refusal):
            self.query_one("#refused-form", RefusalNote).show(unable(no))
            self.query_one("#act-says", Plain).update(
                str(Phrase("Not recorded. What you typed is still here."))
            )
            return
        if signer and no.first.field in {"signature", "user_name"} and no.rule in _OF_SIGNING:
            self._ask_signature("" if no.rule == "R24" else signer.user_name, no.blockers)
            return
        self.query_one(FormBody).show(no.blockers)
        says = (
            Phrase("Ctrl+R reads the record again; what you typed stays.")
            if no.rule == STALE
            else Phrase("Not recorded.")
        )
        self.query_one("#act-says", Plain).update(str(says))

    # --- somebody else was there

    def action_reload(self) -> None:
        """The record as it is now, with everything typed still here."""
        if self._prepared is None:
            return
        bench, target = self.bench, self._target
        self.ask(lambda: meanwhile(bench, target), self._seen_again)

    def _seen_again(self, now: Meanwhile) -> None:
        assert self._prepared is not None
        self._prepared = replace(self._prepared, version=now.version)
        self.query_one(FormBody).show(())
        since = "\n".join(now.acts)
        says = (
            Phrase("Read again. Last on this record:\n{acts}", acts=since) if since else Phrase("Read again.")
        )
        self.query_one("#asks", Plain).update(str(says))

    def action_back(self) -> None:
        """Nothing is recorded; asks before typed text is thrown away."""
        if not self.typing_begun:
            self.dismiss(None)
            return
        self.app.push_screen(
            SureScreen(Phrase("What you typed is not recorded. Throw it away?")), self._leave_if
        )

    def _leave_if(self, sure: bool | None) -> None:
        if sure:
            self.dismiss(None)


def unable(no: No) -> Blocker:
    """What the machine could not do, in the form of a refusal."""
    assert isinstance(no, Unable)
    return Blocker(MACHINE, no.what, no.remedy)
