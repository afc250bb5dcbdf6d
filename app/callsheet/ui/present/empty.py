"""What an empty place says: how to fill it, or what comes next."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from callsheet.domain.agenda import Pane
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, wrapped
from callsheet.ui.views import SheetView

NO_LEADS = (
    "No leads yet. Bring a list with `callsheet import FILE.csv`, connect your CRM with `callsheet connect odoo`, "
    "press a to add one, or try `callsheet demo`."
)

BEGINNINGS: Final = (
    ("callsheet import FILE.csv", "brings a list in, as your CRM or event scanner writes it"),
    ("callsheet connect odoo", "connects your CRM (or hubspot, pipedrive, espocrm, salesforce)"),
    ("a", "adds a lead, here and now"),
    ("callsheet demo", "shows all of it on a sample book"),
)
"""The ways to a first lead, and what each does."""


def first_steps(view: SheetView, width: int) -> list[Content]:
    """Return what the card says while there is nobody to show."""
    if any(view.total(pane) for pane in ("hot", "due", "later")) or view.only.active:
        return []
    lines = [line(("How to begin", ink.HEAD))]
    for how, does in BEGINNINGS:
        lines += [Content(""), line((how, ink.STRONG)), *(line((row, ink.QUIET)) for row in wrapped(does, width))]
    return lines


def teaching(view: SheetView, pane: Pane) -> str:
    """Return what an empty pane says."""
    counts = view.counts
    if view.only.active:
        return "Nobody here passes the filter; f changes it."
    if not (counts.hot or counts.due or counts.later):
        if pane == "hot" and not counts.names:
            return NO_LEADS
        if pane == "hot":
            return f"{counts.names:,} names wait for a second interaction; names are not called."
    match pane:
        case "hot":
            return "Nobody waits for your call. Who asks to hear from you comes up here at once."
        case "due":
            return _nothing_due(view)
        case "later":
            return "Nothing is planned beyond today."


def _nothing_due(view: SheetView) -> str:
    first = view.rows.get("later", {}).get(0)
    if first is None:
        return "Nothing is due."
    entry = first.entry
    day = view.moment.day(entry.due_at)
    when = day if entry.all_day else f"{day} {view.moment.clock(entry.due_at)}"
    return f"Nothing is due. Next: {first.name or first.company}, {when}."
