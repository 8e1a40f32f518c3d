"""Forms about people and materials, reached from the command palette."""

from inkt_mfg.language import Phrase
from inkt_mfg.views.site_card import setting_lines
from inkt_mfg.workflow.bench import Bench
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
LOT = Field(
    "lot_number",
    Phrase("Lot number"),
    Entry.SCAN,
    example="IL-5521",
    scan=ScanKind.LOT,
    hint=Phrase("scan the box: lot and expiry are filled in"),
    expiry_goes_to="expires_on",
)
OLD = Field("old_password", Phrase("Old password"), Entry.SECRET)
NEW = Field(
    "new_password",
    Phrase("New password"),
    Entry.SECRET,
    hint=Phrase("long, and nothing anybody would guess"),
    also_named=("password",),
)
FIRST = Field("first_password", Phrase("First password"), Entry.SECRET, also_named=("password",))
CODE = Field("code", Phrase("Code of the authenticator"), example="492039")
IDENTITY = Field("identity_checked", Phrase("Identity checked by"), example="staff card 4711")
SEEN = Field(
    "identity_checked",
    Phrase("Identity checked by"),
    example="staff card 4711",
    hint=Phrase("let them log in with their own password before your eyes"),
)

FORMS = (
    Form(
        "person.add",
        (
            USER,
            Field("full_name", Phrase("Full name"), example="Li Na"),
            FIRST,
            IDENTITY,
            ROLE,
            reason(optional=True),
        ),
    ),
    Form("person.grant_role", (USER, ROLE, reason())),
    Form("person.revoke_role", (USER, ROLE, reason())),
    Form("person.unlock", (USER, reason())),
    Form("person.reset_password", (USER, FIRST, IDENTITY, reason())),
    Form("person.confirm_identity", (USER, SEEN)),
    Form("person.confirm_identity_without_qa", (USER, SEEN, reason())),
    Form("person.change_password", (OLD, NEW)),
    Form(
        "person.enrol_second_factor",
        (Field("password", Phrase("Password"), Entry.SECRET, also_named=("signature",)),),
        asks_for=Phrase(
            "Its secret is shown once, for the authenticator on your phone; then you type a code of it."
        ),
    ),
    Form("person.confirm_second_factor", (CODE,), asks_for=Phrase("The code your authenticator shows now.")),
    Form(
        "person.drop_second_factor",
        (CODE,),
        asks_for=Phrase("With a code not used yet: for another phone, say."),
    ),
    Form("person.reset_second_factor", (USER, IDENTITY, reason())),
    Form("person.deactivate", (USER, reason())),
    Form("person.reactivate", (USER, reason())),
    Form(
        "person.record_training",
        (
            USER,
            ROLE,
            Field("topic", Phrase("Trained on"), example="SOP-12 culture of iNKT cells, version 3"),
            Field("trained_by", Phrase("Trained by"), example="Zhao Lin"),
            Field("completed_on", Phrase("Completed on"), Entry.DATE, example="2026-11-20"),
            Field("expires_on", Phrase("Counts until the end of"), Entry.DATE, example="2027-11-20"),
            reason(optional=True, hint=Phrase("needed only where it ends before the one on record")),
        ),
    ),
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


def setting_form(bench: Bench, _on: str) -> Form:
    """The site's settings with what each is now and may be."""
    lines = setting_lines(bench.store)
    choices = tuple(Choice(x.name, f"{x.means}: {x.value}") for x in lines)
    return Form(
        "site.set",
        (
            Field("setting", Phrase("Setting"), Entry.CHOICE, choices=choices),
            Field(
                "value",
                Phrase("New value"),
                example="15",
                hint=Phrase("whole numbers; yes or no; off; a policy as it is spelled"),
            ),
            reason(),
        ),
        shown=tuple((str(x.means), f"{x.value}   ({x.may_be})") for x in lines),
    )
