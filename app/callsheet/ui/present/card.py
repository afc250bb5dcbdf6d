"""The card beside the sheet: all that is needed to decide whether to call, at a glance."""

from __future__ import annotations

from textual.content import Content

from callsheet.ui.present import findings, history, ink, person
from callsheet.ui.present.cells import closer, line, wrapped
from callsheet.ui.present.person import section
from callsheet.ui.views import LeadView


def card_lines(view: LeadView, width: int, height: int = 100) -> list[Content]:
    """Return the card's lines for a width in cells; closer together in few rows."""
    lead = view.card.lead
    lines = [*person.identity(view, width), Content(""), *person.reach(view, width)]
    lines += section("Why now", person.why_now(view, width), style=ink.WARM_HEAD)
    lines += section("Reason to call", person.reason(view, width))
    lines += section("Research", findings.checklist(view, width), note=findings.progress(view))
    lines += section("So far", history.so_far(view, width, 5), note=_counted(view))
    if lead.profile.incomplete:
        missing = ", ".join(lead.profile.incomplete)
        lines += [Content(""), *(line((text, ink.LATE)) for text in wrapped(f"▢ still unknown: {missing}", width))]
    return closer(lines, height)


def _counted(view: LeadView) -> str:
    entry = view.entry
    return f"{entry.counted} counted, at most {entry.cap}" if entry and entry.counted else ""
