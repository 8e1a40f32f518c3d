"""What each role may do, as one table. The refusal, the enabled buttons and the matrix in the documents come from it."""

from enum import Enum

from inkt_mfg.language import Phrase
from inkt_mfg.records.words import Role


class Permission(Enum):
    """A permission with the sentence that says what it allows."""

    CHANGE_OWN_PASSWORD = Phrase("change one's own password")
    ACCEPT_STATEMENT = Phrase("accept the accountability statement for oneself")
    ENROL_SECOND_FACTOR = Phrase("enrol one's own second factor")
    MANAGE_PEOPLE = Phrase("add people, grant and revoke roles, unlock accounts")
    CONFIRM_IDENTITY = Phrase("confirm who uses a password that an administrator gave")
    SET_UP_SITE = Phrase("change the settings of the site")
    PUBLISH_STATEMENT = Phrase("publish the accountability statement")
    KEEP_SITE = Phrase("back up the site")
    REPLACE_LEDGER = Phrase("put a backup in the place of a newer ledger")
    APPROVE_PROTOCOL = Phrase("register and approve protocol versions")
    ENROL = Phrase("enrol subjects and record their treatment dates")
    MEASURE_BODY = Phrase("measure height and weight, or read them a second time")
    ORDER_DOSE = Phrase("order an infusion")
    HANDLE_COLLECTION = Phrase("announce and receive collections")
    DECIDE_COLLECTION = Phrase("accept or reject collections")
    RECORD_BATCH = Phrase("plan batches and record what is done at the bench")
    VERIFY_ENTRY = Phrase("verify another person's critical entries")
    MANAGE_LOTS = Phrase("register material lots")
    DECIDE_LOTS = Phrase("release or reject material lots")
    CORRECT = Phrase("ask for a correction of an entered value")
    APPROVE_CORRECTION = Phrase("approve or refuse the correction of a critical value")
    RECORD_RESULT = Phrase("record test results")
    SUBMIT = Phrase("submit a batch for review")
    REVIEW = Phrase("review a batch record")
    RELEASE = Phrase("release or reject a batch")
    SEAL_LEDGER = Phrase("seal the ledger and keep its key")
    EXPORT_LEDGER = Phrase("export the ledger")
    COPY_RECORDS = Phrase("write copies of records to a file")
    OPEN_DEVIATION = Phrase("open a deviation")
    CLOSE_DEVIATION = Phrase("assess and close deviations, place and lift holds")
    LABEL_MAKING = Phrase("print and apply labels before release: collection, in process, quarantine")
    REPRINT_MAKING = Phrase("reprint a label made before release, and account for one that is not used")
    LABEL = Phrase("print and apply infusion labels")
    REPRINT = Phrase("reprint a label of a released dose, and account for one that is not used")
    APPROVE_TEMPLATE = Phrase("approve and retire label templates")
    WITNESS = Phrase("witness the destruction of a label")
    SET_UP_PRINTERS = Phrase("register label printers")
    ISSUE = Phrase("issue a released dose")
    WARD = Phrase("receive a dose at the ward and record its infusion")

    @property
    def sentence(self) -> Phrase:
        return self.value


P = Permission
FOR_ONESELF = frozenset(
    {P.CHANGE_OWN_PASSWORD, P.ACCEPT_STATEMENT, P.ENROL_SECOND_FACTOR}
)  # everybody's, with whatever role

ROLES: dict[Role, frozenset[Permission]] = {
    Role.TECHNICIAN: frozenset(
        {
            P.MEASURE_BODY,
            P.HANDLE_COLLECTION,
            P.RECORD_BATCH,
            P.VERIFY_ENTRY,
            P.MANAGE_LOTS,
            P.RECORD_RESULT,
            P.SUBMIT,
            P.LABEL_MAKING,
            P.REPRINT_MAKING,
            P.CORRECT,
            P.COPY_RECORDS,
            P.OPEN_DEVIATION,
        }
    ),
    Role.QA_OFFICER: frozenset(
        {
            P.CONFIRM_IDENTITY,
            P.APPROVE_TEMPLATE,
            P.PUBLISH_STATEMENT,
            P.APPROVE_PROTOCOL,
            P.REPLACE_LEDGER,
            P.DECIDE_COLLECTION,
            P.DECIDE_LOTS,
            P.VERIFY_ENTRY,
            P.RECORD_RESULT,
            P.REVIEW,
            P.RELEASE,
            P.SEAL_LEDGER,
            P.EXPORT_LEDGER,
            P.CORRECT,
            P.APPROVE_CORRECTION,
            P.WITNESS,
            P.COPY_RECORDS,
            P.OPEN_DEVIATION,
            P.CLOSE_DEVIATION,
        }
    ),
    Role.PHARMACIST: frozenset(
        {
            P.MEASURE_BODY,
            P.LABEL_MAKING,
            P.REPRINT_MAKING,
            P.LABEL,
            P.REPRINT,
            P.WITNESS,
            P.SET_UP_PRINTERS,
            P.ISSUE,
            P.CORRECT,
            P.COPY_RECORDS,
            P.OPEN_DEVIATION,
        }
    ),
    Role.PHYSICIAN: frozenset(
        {
            P.APPROVE_PROTOCOL,
            P.ENROL,
            P.MEASURE_BODY,
            P.ORDER_DOSE,
            P.WARD,
            P.CORRECT,
            P.COPY_RECORDS,
            P.OPEN_DEVIATION,
        }
    ),
    Role.ADMINISTRATOR: frozenset({P.COPY_RECORDS, P.KEEP_SITE, P.MANAGE_PEOPLE, P.SET_UP_SITE}),
}


# Whoever may sign something; a test holds it to the commands, which a log-in need not have loaded.
SIGNERS = frozenset(Role) - {Role.ADMINISTRATOR}


OVERSEERS = frozenset({Role.ADMINISTRATOR, Role.QA_OFFICER})  # who hear of other people's accounts


def roles_with(permission: Permission) -> list[Role]:
    """Which roles may do this."""
    return [role for role, allowed in ROLES.items() if permission in allowed]


ROLE_NAMES = {
    Role.TECHNICIAN: Phrase("technician"),
    Role.QA_OFFICER: Phrase("QA officer"),
    Role.PHARMACIST: Phrase("pharmacist"),
    Role.PHYSICIAN: Phrase("physician"),
    Role.ADMINISTRATOR: Phrase("administrator"),
}


def role_name(role: str) -> Phrase:
    """A role on record as people read it; one of an older program by its own word."""
    return ROLE_NAMES[Role(role)] if role in set(Role) else Phrase("{role}", role=role.replace("_", " "))


SOMEBODY = {
    Role.TECHNICIAN: Phrase("a technician"),
    Role.QA_OFFICER: Phrase("a QA officer"),
    Role.PHARMACIST: Phrase("a pharmacist"),
    Role.PHYSICIAN: Phrase("a physician"),
    Role.ADMINISTRATOR: Phrase("an administrator"),
}


def who_may(permission: Permission) -> Phrase:
    """Named in a refusal: who can resolve it."""
    roles = roles_with(permission)
    if not roles:
        return Phrase("everybody, for themselves")
    sentence = SOMEBODY[roles[0]]
    for role in roles[1:]:
        sentence = Phrase("{one} or {other}", one=sentence, other=SOMEBODY[role])
    return sentence
