"""Forms about people and materials, reached from the command palette."""

from inkt_mfg.language import Phrase
from tui.forms.field import Choice, Entry, Field, Form, reason
from tui.scanning import ScanKind

ROLES = (
    ("technician", Phrase("technician")),
    ("qa_officer", Phrase("QA officer")),
    ("pharmacist", Phrase("pharmacist")),
    ("physician", Phrase("physician")),
    ("administrator", Phrase("administrator")),
)


def _roles() -> tuple[Choice, ...]:
    return tuple(Choice(role, name) for role, name in ROLES)


USER = Field("user_name", Phrase("User name"), example="li.tech")
ROLE = Field("role", Phrase("Role"), Entry.CHOICE, choices=_roles())
LOT = Field("lot_number", Phrase("Lot number"), Entry.SCAN, example="IL-5521", scan=ScanKind.LOT)
OLD = Field("old_password", Phrase("Old password"), Entry.SECRET)
NEW = Field(
    "new_password",
    Phrase("New password"),
    Entry.SECRET,
    hint=Phrase("at least 10 characters that nobody would guess"),
    also_named=("password",),
)
FIRST = Field("first_password", Phrase("First password"), Entry.SECRET, also_named=("password",))

FORMS = (
    Form(
        "person.add",
        (
            USER,
            Field("full_name", Phrase("Full name"), example="Li Na"),
            FIRST,
            Field("identity_checked", Phrase("Identity checked by"), example="staff card 4711"),
            ROLE,
        ),
    ),
    Form("person.grant_role", (USER, ROLE, reason())),
    Form("person.revoke_role", (USER, ROLE, reason())),
    Form("person.unlock", (USER, reason())),
    Form("person.reset_password", (USER, FIRST, reason())),
    Form("person.change_password", (OLD, NEW)),
    Form(
        "lot.register",
        (
            LOT,
            Field("material", Phrase("Material"), example="il2", hint=Phrase("the protocol's code of it")),
            Field("expires_on", Phrase("Expires on"), Entry.DATE, example="2027-12-31"),
        ),
    ),
    Form("lot.release"),
    Form("lot.reject", (reason(),)),
)
