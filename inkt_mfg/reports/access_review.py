"""The access review on paper and as JSON: everybody with roles, grants, trainings, log-ins and locks; what stands out first.

The reviewer signs on the line at the end; what the program could see by itself is marked, the rest is theirs to judge.
"""

from datetime import datetime
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.moments import show_moment, zone
from inkt_mfg.reports.paper import Bold, Frame, Paper
from inkt_mfg.views.people import GrantLine, RegisteredPerson
from inkt_mfg.workflow.access_review import AccessReview
from inkt_mfg.workflow.permissions import ROLE_NAMES
from inkt_mfg.workflow.training import last_day

_FAILURES_PRINTED = 60


def access_review_pdf(review: AccessReview) -> bytes:
    """The report, A4. The same review gives the same bytes."""
    return _Sheets(review).pdf()


def as_json(review: AccessReview, person: Any) -> dict[str, Any]:
    """The whole review as one document; ``person`` turns one account into JSON."""
    return {
        "site": review.site,
        "training_site": review.training,
        "at": review.at.isoformat(),
        "since": review.since.isoformat(),
        "statement": review.statement,
        "settings": {s.name: s.value for s in review.settings},
        "oddities": [{"user_name": o.user_name or None, "what": o.what.english} for o in review.oddities],
        "people": [person(p) for p in review.people],
        "failures": [
            {"sequence": f.sequence, "at": f.at.isoformat(), "typed_name": f.typed_name, "attempt": f.attempt,
             "workstation": f.workstation}
            for f in review.failures
        ],
    }  # fmt: skip


class _Sheets:
    """One report under way."""

    def __init__(self, review: AccessReview) -> None:
        self.review = review
        self.local = zone(review.time_zone)
        marks = (str(Phrase("TRAINING – NOT FOR CLINICAL USE")),) if review.training else ()
        self.paper = Paper(
            Frame(
                str(Phrase("Access review")),
                review.site,
                review.site_name,
                marks,
                str(Phrase("As it stood at {when}", when=self.at(review.at))),
            )
        )

    def at(self, moment: datetime | None) -> str:
        return str(Phrase("never")) if moment is None else show_moment(moment, self.local)

    def pdf(self) -> bytes:
        review = self.review
        self.paper.title(Phrase("Access review of site {code}", code=review.site))
        self.paper.text(
            Phrase("{n} accounts, {open} open; log-ins and failures since {since}", n=len(review.people),
                   open=sum(p.active for p in review.people), since=self.at(review.since)[:10])
        )  # fmt: skip
        self._stands_out()
        self._overview()
        self._settings()
        for person in review.people:
            self._person(person)
        self._failures()
        self._reviewed_by()
        return self.paper.pdf()

    def _stands_out(self) -> None:
        self.paper.section(Phrase("What stands out"))
        if not self.review.oddities:
            self.paper.text(Phrase("Nothing the program can see."))
            return
        head = (Phrase("Account"), Phrase("What"), Phrase("Reviewer's decision"))
        rows = [(Bold(o.user_name or "–"), o.what, "") for o in self.review.oddities]
        self.paper.table(head, rows, [30, 90, 60])

    def _overview(self) -> None:
        self.paper.section(Phrase("Accounts"))
        head = (Phrase("User name"), Phrase("Full name"), Phrase("Roles"), Phrase("Last log-in"),
                Phrase("Password of"), Phrase("Statement"), Phrase("State"))  # fmt: skip
        rows = [
            (
                p.user_name,
                p.full_name,
                _roles(p),
                self.at(p.last_log_in.at if p.last_log_in else None),
                self.at(p.password_changed_at)[:10],
                p.accepted or "–",
                _state(p),
            )
            for p in self.review.people
        ]
        self.paper.table(head, rows, [24, 26, 30, 42, 20, 16, 22])

    def _settings(self) -> None:
        self.paper.section(Phrase("Settings of the site"))
        self.paper.facts([(s.means, s.value) for s in self.review.settings], label_mm=58)

    def _person(self, person: RegisteredPerson) -> None:
        self.paper.section(f"{person.full_name} ({person.user_name})")
        self.paper.facts(
            [
                (
                    Phrase("added"),
                    Phrase("{when} by {who}", when=self.at(person.added_at), who=person.added_by),
                ),
                (Phrase("identity checked"), person.identity_checked),
            ]
        )
        head = (Phrase("Role"), Phrase("Granted"), Phrase("Why"), Phrase("Trained until"), Phrase("Ended"))
        self.paper.table(head, [self._grant(g) for g in person.grants], [26, 44, 40, 26, 44])
        if person.trainings:
            self.paper.gap()
            head = (
                Phrase("Training"),
                Phrase("Role"),
                Phrase("From – to"),
                Phrase("Trained by"),
                Phrase("Recorded"),
            )
            rows = [
                (t.topic, ROLE_NAMES[t.role], f"{t.completed_on} – {t.expires_on}", t.trained_by,
                 f"{self.at(t.recorded_at)} {t.recorded_by}")
                for t in person.trainings
            ]  # fmt: skip
            self.paper.table(head, rows, [50, 26, 36, 26, 42])
        events = [
            (self.at(e.at), e.what, e.by, e.because) for e in person.events[1:]
        ]  # the first is being added
        if not events:
            return
        self.paper.gap()
        self.paper.table(
            (Phrase("When"), Phrase("Account"), Phrase("By"), Phrase("Why")), events, [44, 46, 30, 60]
        )

    def _grant(self, grant: GrantLine) -> tuple[object, ...]:
        ended = f"{self.at(grant.revoked_at)} {grant.revoked_by}\n{grant.revoked_because}"
        return (
            ROLE_NAMES[grant.role],
            f"{self.at(grant.granted_at)} {grant.granted_by}",
            grant.because,
            "–" if grant.trained_until is None else last_day(grant.trained_until, self.local),
            "" if grant.revoked_at is None else ended,
        )

    def _failures(self) -> None:
        self.paper.section(Phrase("Failed attempts"))
        found = self.review.failures
        if not found:
            self.paper.text(Phrase("None since {day}.", day=self.at(self.review.since)[:10]))
            return
        head = (Phrase("When"), Phrase("Name as typed"), Phrase("What"), Phrase("Where"), Phrase("Entry"))
        rows = [
            (self.at(f.at), f.typed_name or "–", f.attempt, f.workstation, f.sequence)
            for f in found[:_FAILURES_PRINTED]
        ]
        self.paper.table(head, rows, [44, 40, 48, 32, 16])
        if len(found) > _FAILURES_PRINTED:
            self.paper.small(
                Phrase("and {n} earlier ones; the JSON holds them", n=len(found) - _FAILURES_PRINTED)
            )

    def _reviewed_by(self) -> None:
        self.paper.section(Phrase("Reviewed by"))
        self.paper.facts([(Phrase("Name"), ""), (Phrase("Date and signature"), "")], columns=1, label_mm=44)


def _roles(person: RegisteredPerson) -> str:
    return ", ".join(str(ROLE_NAMES[r]) for r in person.roles) or "–"


def _state(person: RegisteredPerson) -> object:
    said = (
        (not person.active, Phrase("CLOSED")),
        (person.locked, Phrase("LOCKED")),
        (person.must_change_password, Phrase("first password")),
    )
    marks = ", ".join(str(mark) for holds, mark in said if holds)
    return Bold(marks) if marks else Phrase("open")
