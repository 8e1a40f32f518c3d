"""What a site may set for itself, in one typed home: each setting with its default, its limits and how it is typed.

``Site.settings`` holds them as canonical JSON; ``settings_of`` parses that once. ``workflow.site`` alone changes one,
by ``site.set``. A value outside its limits is refused with the limits; the failures before a lock are no setting.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from inkt_mfg.language import Phrase
from inkt_mfg.records.site import Site
from inkt_mfg.refusal import refuse

OFF = "off"


class SigningPolicy(StrEnum):
    """What is typed at a signing (21 CFR 11.200(a)(1)): both components every time, or both at the first of a session."""

    NAME_AND_PASSWORD = "name and password"  # noqa: S105 — the policy's name
    PASSWORD_WITHIN_SESSION = "password within one unbroken session"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """Argon2id parameters (RFC 9106). memory_kib in KiB."""

    time_cost: int
    memory_kib: int
    parallelism: int


CLINICAL_COST = Argon2Cost(3, 65_536, 4)  # RFC 9106, second recommended option
TRAINING_COST = Argon2Cost(1, 8, 1)  # nothing worth guarding behind it


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Every setting of a site. Minutes, characters, passwords and days are whole numbers; None is off."""

    argon2: Argon2Cost = CLINICAL_COST
    idle_lock_minutes: int = 10
    password_min_length: int = 10
    password_history: int = 5
    password_ageing_days: int | None = None
    signing_policy: SigningPolicy = SigningPolicy.NAME_AND_PASSWORD
    training_required: bool = True
    second_factor_required: bool = False
    isbt_facility: str | None = None  # as registered with ICCBBA; labels bear ISBT 128 when both are set
    isbt_product: str | None = None

    @classmethod
    def for_new(cls, *, training: bool) -> "SiteSettings":
        """What a site begins with. A training site hashes cheaply and lets anybody try."""
        return cls(argon2=TRAINING_COST, training_required=False) if training else cls()

    def as_text(self) -> str:
        """Canonical JSON, as ``Site.settings`` keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    def value(self, name: str) -> str:
        """One setting as people type it."""
        return SETTINGS[name].spelled(self)

    def changed(self, name: str, typed: str) -> "SiteSettings":
        """With this setting as typed. Raises Refusal ``site.setting`` for another name or a value outside its limits."""
        setting = SETTINGS.get(name.strip())
        if setting is None:
            raise refuse(
                "site.setting",
                Phrase("there is no setting {name}", name=name),
                expected=Phrase("{choices}", choices=", ".join(SETTINGS)),
                field="setting",
                typed=name,
            )
        return setting.put(self, typed.strip())


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name as typed, what it means, how it is spelled, what may be typed, and how that is read."""

    name: str
    means: Phrase
    may_be: Phrase
    get: Callable[[SiteSettings], Any]
    read: Callable[[SiteSettings, str], SiteSettings | None]

    def spelled(self, settings: SiteSettings) -> str:
        value = self.get(settings)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return OFF if value is None else str(value)

    def put(self, settings: SiteSettings, typed: str) -> SiteSettings:
        put = self.read(settings, typed)
        if put is None:
            raise refuse(
                "site.setting",
                Phrase("{setting} cannot be {typed}", setting=self.means, typed=typed or "–"),
                expected=self.may_be,
                field="value",
                typed=typed,
            )
        return put


def _whole(typed: str, low: int, high: int) -> int | None:
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else None
    return number if number is not None and low <= number <= high else None


def _number(name: str, means: Phrase, low: int, high: int, *, or_off: bool = False) -> Setting:
    def read(settings: SiteSettings, typed: str) -> SiteSettings | None:
        if or_off and typed == OFF:
            return _with(settings, name, None)
        number = _whole(typed, low, high)
        return None if number is None else _with(settings, name, number)

    limits = Phrase("a whole number from {low} to {high}", low=low, high=high)
    may_be = Phrase("{limits}, or off", limits=limits) if or_off else limits
    return Setting(name, means, may_be, lambda settings: getattr(settings, name), read)


def _cost(name: str, means: Phrase, low: int, high: int) -> Setting:
    def read(settings: SiteSettings, typed: str) -> SiteSettings | None:
        number = _whole(typed, low, high)
        changes: dict[str, Any] = {name: number}
        return None if number is None else replace(settings, argon2=replace(settings.argon2, **changes))

    limits = Phrase("a whole number from {low} to {high}", low=low, high=high)
    return Setting(f"argon2_{name}", means, limits, lambda settings: getattr(settings.argon2, name), read)


def _with(settings: SiteSettings, name: str, value: object) -> SiteSettings:
    changes: dict[str, Any] = {name: value}
    return replace(settings, **changes)


def _policy(settings: SiteSettings, typed: str) -> SiteSettings | None:
    known = {policy.value: policy for policy in SigningPolicy}
    return replace(settings, signing_policy=known[typed]) if typed in known else None


def _yes_or_no(name: str, means: Phrase) -> Setting:
    answers = {"yes": True, "no": False}

    def read(settings: SiteSettings, typed: str) -> SiteSettings | None:
        return _with(settings, name, answers[typed]) if typed in answers else None

    return Setting(name, means, Phrase("yes or no"), lambda settings: getattr(settings, name), read)


def _pattern(name: str, means: Phrase, pattern: str, may_be: Phrase) -> Setting:
    def read(settings: SiteSettings, typed: str) -> SiteSettings | None:
        if typed == OFF:
            return _with(settings, name, None)
        return _with(settings, name, typed) if re.fullmatch(pattern, typed) else None

    return Setting(name, means, may_be, lambda settings: getattr(settings, name), read)


# RFC 9106 asks for at least 8 KiB a lane; below the clinical floor of memory only what a training site was made with.
SETTINGS: Mapping[str, Setting] = {
    s.name: s
    for s in (
        _number("idle_lock_minutes", Phrase("minutes until an idle bench locks"), 1, 60),
        _number("password_min_length", Phrase("fewest characters of a password"), 8, 64),
        _number("password_history", Phrase("former passwords that are not taken again"), 0, 24),
        _number("password_ageing_days", Phrase("days until a password must be changed"), 30, 730, or_off=True),
        Setting(
            "signing_policy",
            Phrase("what is typed at a signing"),
            Phrase("{one}, or {other}", one=SigningPolicy.NAME_AND_PASSWORD.value,
                   other=SigningPolicy.PASSWORD_WITHIN_SESSION.value),
            lambda settings: settings.signing_policy.value,
            _policy,
        ),
        _yes_or_no("training_required", Phrase("a role works only with unexpired training")),
        _yes_or_no("second_factor_required", Phrase("everybody's log-in asks for a code as well")),
        _pattern("isbt_facility", Phrase("ISBT 128 facility number"), "[A-NP-Z1-9][0-9]{4}",
                 Phrase("the site's own registered number, such as G1234, or off")),
        _pattern("isbt_product", Phrase("ISBT 128 product code"), "[A-NP-Z1-9][0-9A-Z]{4}",
                 Phrase("five characters, local ones beginning with D, or off")),
        _cost("time_cost", Phrase("Argon2id passes"), 2, 20),
        _cost("memory_kib", Phrase("Argon2id memory in KiB"), 19_456, 1_048_576),
        _cost("parallelism", Phrase("Argon2id lanes"), 1, 16),
    )
}  # fmt: skip


def settings_of(site: Site) -> SiteSettings:
    """The site's settings; what an older program did not write has the default of its kind of site."""
    return _parsed(site.settings, site.training)


@lru_cache(maxsize=16)
def _parsed(text: str, training: bool) -> SiteSettings:
    kept: dict[str, Any] = json.loads(text)
    known = {f.name for f in fields(SiteSettings)}
    said = {name: value for name, value in kept.items() if name in known}
    if "argon2" in said:
        said["argon2"] = Argon2Cost(**said["argon2"])
    if "signing_policy" in said:
        said["signing_policy"] = SigningPolicy(said["signing_policy"])
    return replace(SiteSettings.for_new(training=training), **said)
