"""Forms whose fields depend on the records: enrolment from the protocol's criteria, a result from its tests, and what
a second person is shown before verifying. Each is built in a worker.
"""

from dataclasses import replace

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import refuse
from inkt_mfg.views.batch_page import BatchPage, batch_page
from inkt_mfg.views.enrolment import Question, enrolment_questions
from inkt_mfg.workflow.bench import Bench
from tui.forms.field import Choice, Entry, Field, Form, reason, yes_or_no

_SEXES = (Phrase("female"), Phrase("male"))


def enrolment_form(bench: Bench, _on: str) -> Form:
    """The newest approved protocol's questions. Refused while no version is approved."""
    versions = enrolment_questions(bench.store)
    if not versions:
        raise refuse(
            "R31",
            Phrase("no protocol version is approved at this site"),
            expected=Phrase("two approval signatures by two people"),
            field="protocol",
        )
    asked = versions[0]
    arms = tuple(Choice(code, title) for code, title in asked.arms)
    sexes = tuple(Choice(s.english, s) for s in _SEXES)
    return Form(
        "subject.enrol",
        (
            Field("subject_number", Phrase("Subject number"), example="YA-001"),
            Field("patient_name", Phrase("Patient's name")),
            Field("patient_id", Phrase("Patient id"), Entry.SCAN, example="H1000123"),
            Field("birth_date", Phrase("Date of birth"), Entry.DATE, example="1969-05-04"),
            Field("sex", Phrase("Sex"), Entry.CHOICE, choices=sexes),
            Field("arm", Phrase("Arm"), Entry.CHOICE, choices=arms),
            Field("consent_signed_on", Phrase("Consent signed on"), Entry.DATE, example="2026-02-27"),
            *(_answer(q) for q in (*asked.inclusion, *asked.exclusion)),
        ),
        shown=((str(Phrase("Protocol")), f"{asked.protocol} · {asked.title}"),),
        fixed={"protocol": asked.protocol},
    )


def _answer(question: Question) -> Field:
    label = Phrase("{sentence}", sentence=question.sentence)
    goes_to = f"answers.{question.code}"
    if question.yes_or_no:
        return Field(question.code, label, Entry.CHOICE, choices=yes_or_no(), goes_to=goes_to)
    example = "78 µmol/L; 104 µmol/L" if question.against_upper_limit else ""
    hint = Phrase("required: {criterion}", criterion=question.required)
    return Field(question.code, label, example=example, hint=hint, goes_to=goes_to)


def result_form(bench: Bench, batch: str) -> Form:
    """A test of the batch's protocol, those without a result first."""
    page = batch_page(bench.store, batch)
    waiting = sorted(page.tests, key=lambda t: bool(t.code))
    tests = tuple(
        Choice(t.test, f"{t.title}  {t.criterion}" + (f"  [{t.result}]" if t.code else "")) for t in waiting
    )
    return Form(
        "result.record",
        (
            Field("test", Phrase("Test"), Entry.CHOICE, choices=tests),
            Field("result", Phrase("Result, as printed"), example="92.5 %  ·  <0.05 EU/mL  ·  negative"),
            Field("resulted_on", Phrase("Result of"), Entry.DATE, example="2026-12-08"),
            reason(
                optional=True, hint=Phrase("needed only for a second result of a test; both stay on record")
            ),
        ),
    )


def shown_to_verifier(form: Form, page: BatchPage, code: str) -> Form:
    """The form with the entries under this code, for the second person to compare with the source."""
    return replace(form, shown=(*form.shown, *_entries(page, code)))


def _entries(page: BatchPage, code: str) -> tuple[tuple[str, str], ...]:
    for step in page.steps:
        if step.code == code:
            lots = tuple((str(Phrase("Lot: {title}", title=m)), lot) for m, lot in step.lots)
            return ((step.code, step.title), *step.readings, *lots)
    for count in page.counts:
        if count.code == code:
            rows = tuple(
                (str(Phrase("Replicate {n}", n=n)), f"{concentration}   {viability}")
                for n, (concentration, viability) in enumerate(count.replicates, start=1)
            )
            return ((count.code, count.point), (str(Phrase("Volume")), count.volume), *rows)
    for test in page.tests:
        if test.code == code:
            return ((test.code, test.title), (str(Phrase("Result")), f"{test.result}   ({test.criterion})"))
    return ()
