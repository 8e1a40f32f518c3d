"""What a form screen needs to know about the act it is for, read in a worker before anything is shown.

The heading names batch, subject and patient, so that nobody types into another patient's form; the version is the one
the person saw, by which a stale form is told.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from inkt_mfg.codes.label_code import LabelCode, read_code
from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.refusal import Blocker, Refusal
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.views.history import batch_history
from inkt_mfg.views.subjects import subject_page
from inkt_mfg.workflow.asked import refuse_no_record
from inkt_mfg.workflow.bench import Bench
from inkt_mfg.workflow.catalogue import named
from inkt_mfg.workflow.command import CATALOGUE, Command
from inkt_mfg.workflow.states import state_name
from tui.forms.catalogue import form_for
from tui.forms.field import Field, Form
from tui.forms.generated import shown_to_verifier

BY_SECOND_PERSON = frozenset({"step.verify", "count.verify", "result.verify", "body.read_again"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """The act with its form, heading, version seen, and what stands in its way already."""

    command: Command
    form: Form
    heading: str
    version: int | None
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What an act is about: the record's code, and the batch or subject it hangs on, as far as the page knew them."""

    command: str
    on: str = ""
    batch: str = ""
    subject: str = ""
    seen_version: int | None = None
    part: str = ""  # which value of the record, where a form asks for it
    filled: tuple[tuple[str, str], ...] = ()  # what a form begins with: field and text


def prepare(bench: Bench, target: Target) -> Prepared:
    """Everything a form of this command on this record shows. Raises Refusal."""
    command, on = named(target.command), target.on
    form = form_for(target.command, bench, on)
    if target.part:
        form = replace(form, fields=tuple(_chosen(f, target.part) for f in form.fields))
    if target.filled:
        begun = dict(target.filled)
        form = replace(form, fields=tuple(replace(f, typed=begun.get(f.name, f.typed)) for f in form.fields))
    heading, version = on, None
    if target.batch:
        page = batch_page(bench.store, target.batch)
        heading = heading_of(page)
        form = shown_to_verifier(form, page, on) if form.by_second_person else form
        version = page.version if _on(command, "Batch") else None
    elif target.subject:
        subject = subject_page(bench.store, target.subject)
        record = f"{on} · " if on and on != subject.code else ""
        heading = f"{record}{subject.code} · {subject.patient_name} · {subject.patient_id}"
        version = subject.version if _on(command, "Subject") else None
    blockers = tuple(bench.blockers(command, on)) if on and command.on is not None else ()
    seen = version if target.seen_version is None else target.seen_version
    return Prepared(command, form, heading, seen, in_the_way(target.command, blockers))


def named_by_scan(form: Form, typed: dict[str, str]) -> str:
    """The serial of the label that was scanned, where the form asks for no record. Raises Refusal ``label.code``."""
    if not form.names_record:
        return ""
    code = read_code(typed.get(form.names_record, ""))
    return code.serial if isinstance(code, LabelCode) else ""


def _chosen(field: Field, part: str) -> Field:
    return replace(field, typed=part) if field.name == "value" else field


def in_the_way(name: str, blockers: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """That one made the entry oneself does not stand in the way of a second person who signs in place."""
    if name not in BY_SECOND_PERSON:
        return blockers
    return tuple(b for b in blockers if b.field != "signature")


def refuse_blocked(bench: Bench, command: Command, on: str) -> None:
    """What stands in the way of a second person as well. Raises Refusal with every reason."""
    refuse_no_record(command, on or None)
    if command.on is not None and (waiting := in_the_way(command.name, tuple(bench.blockers(command, on)))):
        raise Refusal(*waiting)


def named_title(name: str) -> str:
    """A command as people read it; what is no command (a log-in, a refused try) by its own name."""
    return str(CATALOGUE[name].title) if name in CATALOGUE else name


def _on(command: Command, table: str) -> bool:
    return command.on is not None and command.on.__name__ == table


def heading_of(page: BatchPage) -> str:
    """Batch, subject, patient and state on one line."""
    infusion = Phrase("infusion {n}", n=page.infusion_number)
    return f"{page.code} · {page.subject} · {page.patient_name} · {page.patient_id} · {infusion} · {state_name(page.state)}"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """The record as it is now, for a form that was opened on an older one: its version and what others did last."""

    version: int | None
    acts: tuple[str, ...]


def meanwhile(bench: Bench, target: Target) -> Meanwhile:
    """What happened since: the newest entries of the batch's history."""
    command = named(target.command)
    if target.batch:
        page = batch_page(bench.store, target.batch)
        entries = batch_history(bench.store, target.batch)[-3:]
        local = zone(bench.site.time_zone)
        said = tuple(
            f"{show_moment(datetime.fromisoformat(e.at), local)}  {e.full_name}: {named_title(e.command)}"
            for e in entries
        )
        return Meanwhile(page.version if _on(command, "Batch") else None, said)
    if target.subject and _on(command, "Subject"):
        return Meanwhile(subject_page(bench.store, target.subject).version, ())
    return Meanwhile(None, ())
