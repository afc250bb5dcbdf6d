"""What an empty place says: how to fill it, or what comes next."""

from __future__ import annotations

from callsheet.domain.agenda import Pane
from callsheet.ui.views import SheetView

NO_LEADS = (
    "No leads yet. Bring a list with `callsheet import FILE.csv`, connect your CRM with `callsheet connect odoo`, "
    "press a to add one, or try `callsheet demo`."
)


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
