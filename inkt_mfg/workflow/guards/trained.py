"""Guard about training: whoever made and counted the batch was trained on the day they did it."""

from inkt_mfg.language import Phrase
from inkt_mfg.moments import zone
from inkt_mfg.records.site_settings import settings_of
from inkt_mfg.refusal import Blocker
from inkt_mfg.views.case import Case
from inkt_mfg.workflow.permissions import Permission, roles_with, who_may
from inkt_mfg.workflow.training import was_trained


def everybody_was_trained(case: Case) -> Blocker | None:
    """Every step and count was done by somebody whose training covered that day, where the site requires it (R28)."""
    if not settings_of(case.site).training_required:
        return None
    local = zone(case.site.time_zone)
    done = {(step.performed_by, step.performed_at) for step in case.steps}
    done |= {(count.performed_by, count.performed_at) for count in case.counts}
    days = {(person, at.astimezone(local).date()) for person, at in done}
    roles = roles_with(Permission.RECORD_BATCH)
    for person, day in sorted(days, key=lambda one: one[1]):
        if not was_trained(case.session, case.site.code, person, roles, day):
            return Blocker(
                "R39",
                Phrase("{name} worked on this batch on {day} without training on record",
                       name=case.person(person), day=day),
                Phrase("a training of whoever made it that covers the day"),
                Phrase("{who}, where the training was given and is not on record yet (person.record_training)",
                       who=who_may(Permission.MANAGE_PEOPLE)),
                "training",
                str(day),
            )  # fmt: skip
    return None
