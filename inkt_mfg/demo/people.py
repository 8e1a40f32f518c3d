"""The people of the demo site and how they log in. Their passwords are printed: they guard nothing."""

from dataclasses import dataclass, field

from inkt_mfg.store.unit_of_work import Store
from inkt_mfg.workflow import people
from inkt_mfg.workflow.bench import Bench, log_in
from inkt_mfg.workflow.signing import Credentials
from inkt_mfg.workflow.site import NewAdministrator

FIRST_PASSWORD = "change-me-first"  # noqa: S105 — printed for everybody to read
PASSWORD = "demo-password"  # noqa: S105
ADMINISTRATOR = NewAdministrator(
    "zhang.admin", "Zhang Min", PASSWORD, "demo: no identity check", must_change_password=False
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One member of the demo staff."""

    user_name: str
    full_name: str
    role: str


STAFF = (
    DemoPerson("li.tech", "Li Na", "technician"),
    DemoPerson("wang.tech", "Wang Jun", "technician"),
    DemoPerson("chen.qa", "Chen Yu", "qa_officer"),
    DemoPerson("zhao.qa", "Zhao Lin", "qa_officer"),
    DemoPerson("liu.pharm", "Liu Fang", "pharmacist"),
    DemoPerson("sun.md", "Sun Wei", "physician"),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody at their bench, by user name; ``weeks``: in which week of the calendar each of them last logged in."""

    benches: dict[str, Bench]
    weeks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __getitem__(self, user_name: str) -> Bench:
        """Their bench. Whoever was not here this week logs in again: no session lasts through a trial."""
        bench = self.benches[user_name]
        year, week, _day = bench.store.clock.now().isocalendar()
        if self.weeks.setdefault(user_name, (year, week)) != (year, week):
            self.weeks[user_name] = (year, week)
            self.benches[user_name] = log_in(bench.store, sign_as(bench), bench.workstation)
        return self.benches[user_name]


def sign_as(bench: Bench) -> Credentials:
    """What this demo person types to sign."""
    return Credentials(bench.person.user_name, PASSWORD)


def hire(store: Store) -> Staff:
    """Add the staff through the administrator's own commands; each does on the first day what everybody must.

    That is: a password of their own, and the accountability statement read and accepted.
    """
    administrator = log_in(store, Credentials(ADMINISTRATOR.user_name, PASSWORD), "office")
    benches: dict[str, Bench] = {ADMINISTRATOR.user_name: administrator}
    for person in STAFF:
        administrator.run(
            people.add_person,
            reason="staff of the demo",
            user_name=person.user_name,
            full_name=person.full_name,
            first_password=FIRST_PASSWORD,
            identity_checked="demo: no identity check",
            role=person.role,
        )
        fresh = log_in(store, Credentials(person.user_name, FIRST_PASSWORD), "bench-1")
        fresh.run(people.change_password, old_password=FIRST_PASSWORD, new_password=PASSWORD)
        own = log_in(store, Credentials(person.user_name, PASSWORD), "bench-1")
        own.run(people.accept_statement, version="1")
        benches[person.user_name] = own
    return Staff(benches)
