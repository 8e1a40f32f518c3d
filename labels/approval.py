"""What a QA officer approves of a template: its exact text, and a specimen of it as it prints, both by their SHA-256.

Called by the command line and the demo, which hand it to ``template.approve``. The specimen is in as many languages as the
template is made for, on the first kind of label it names; its proof passes or there is nothing to approve.
"""

import hashlib
from dataclasses import dataclass

from inkt_mfg.language import Phrase
from inkt_mfg.refusal import ANYONE
from inkt_mfg.views.label_kinds import KINDS
from labels import files
from labels.produce import LabelSheet, specimen
from labels.template import Template, load

PROFILE = "CN"


@dataclass(frozen=True, slots=True)
class Approval:
    """One template as it lies on file. ``sheet`` is the specimen that is looked at."""

    template: Template
    text: str
    sha256: str
    sheet: LabelSheet


def names() -> tuple[str, ...]:
    """Every template on file, ours and the site's."""
    return tuple(files.names("templates"))


def on_file(name: str) -> tuple[Template, str]:
    """A template and its exact text. Raises Refusal ``label.template`` for a name that is not on file."""
    unknown = Phrase("there is no label template {name}", name=name)
    path = files.chosen("templates", name, "label.template", unknown, resolve_by=ANYONE)
    return load(name, str(files.read_toml(path).get("version"))), path.read_bytes().decode()


def for_approval(name: str) -> Approval:
    """The text and its specimen. Raises Refusal as ``produce`` does for a template that cannot be printed."""
    template, text = on_file(name)
    sheet = specimen(name, template.version, profile=PROFILE, languages=_languages(template))
    return Approval(template, text, hashlib.sha256(text.encode()).hexdigest(), sheet)


def _languages(template: Template) -> tuple[str, ...]:
    """One language where another template takes over for two."""
    kind = KINDS[template.kinds[0]]
    one_only = kind.template_for_two and kind.template == template.name
    return ("zh",) if one_only else ("zh", "en")
