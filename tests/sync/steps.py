"""What has to stand open in the CRM of a lead: told once more here, so that the core's telling is held to something."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from callsheet.domain.agenda import next_action
from callsheet.domain.lead import Lead
from callsheet.sync.port import Task
from tests.sync.disk_book import rules

Wanted = tuple[str, Task]
"""A kind of delivery, and the task that it is to keep open there."""


def agreed(lead: Lead) -> Wanted | None:
    """What was agreed with a lead, as it has to stand open in the CRM."""
    step = lead.commitment
    if step is None or lead.state not in ("working", "nurture"):
        return None
    return "task", Task(step.what, step.due.astimezone(UTC), step.channel)


def planned(lead: Lead) -> Wanted | None:
    """The next step of a lead's plan (RULES §5): none while it pauses, and none while something is agreed or asked."""
    going = lead.plan is not None and not lead.plan.paused and not lead.plan_ended
    if not going or lead.state != "working" or lead.commitment is not None or lead.awaiting is not None:
        return None
    entry = next_action(replace(lead, invite=None, stale_at=None), rules())
    if entry is None or entry.step is None or entry.decision:
        return None
    return "plan_task", Task(
        entry.label or entry.channel, entry.due_at.astimezone(UTC), entry.channel, all_day=entry.all_day
    )
