"""The research checklist, the persona fit and the qualifying questions."""

from __future__ import annotations

from textual.content import Content

from callsheet.domain.classification import Fit
from callsheet.domain.events import Bant
from callsheet.services.research import CHECKLIST, found_out
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, line, short
from callsheet.ui.views import LeadView

DONE = "√"
OPEN = "▢"


def checklist(view: LeadView, width: int, *, numbered: bool = False) -> list[Content]:
    """Return the items with what was found; numbered, each shows the digit that ticks it."""
    research = view.card.lead.research
    lines = []
    for index, item in enumerate(CHECKLIST, 1):
        found = research.get(item.name)
        head, _, about = item.label.partition(": ")
        parts: list[Part] = [(f"{index} ", ink.KEY)] if numbered else []
        parts.append((f"{DONE} ", ink.FINE) if found else (f"{OPEN} ", ink.QUIET))
        used = 4 if numbered else 2
        if found is None:
            parts.append((short(f"{head}: {about}" if numbered and about else head, width - used), ink.QUIET))
        else:
            parts.append(head)
            room = width - used - len(head) - 2
            if found.finding and room > 3:
                parts.append((f"  {short(found.finding, room)}", ink.QUIET))
        lines.append(line(*parts))
    return lines


def progress(view: LeadView) -> str:
    """Return how much of the checklist is done: `2 of 7`."""
    return f"{found_out(view.card.lead)} of {len(CHECKLIST)}"


def persona(fit: Fit, width: int) -> list[Content]:
    """Return the persona fit, criterion by criterion, in as many lines as it takes."""
    signs = {True: ("√", ink.FINE), False: ("✗", ink.LATE), None: ("?", ink.QUIET)}
    head = "fits persona" if fit.fits else "persona fit"
    rows: list[list[Part]] = [[(head, ink.FINE if fit.fits else ink.QUIET)]]
    used = len(head)
    for name, value in fit.criteria:
        if used + 4 + len(name) > width:
            rows.append([" " * len(head)])
            used = len(head)
        rows[-1] += ["  ", signs[value], (f" {name}", ink.QUIET)]
        used += 4 + len(name)
    return [line(*parts) for parts in rows]


def bant(answers: Bant | None) -> list[Content]:
    """Return Budget, Authority, Need and Timeframe with their answers."""
    if answers is None or not answers.answered:
        return [line(("not asked yet", ink.QUIET))]
    signs = {True: ("yes", ink.FINE), False: ("no", ink.LATE), None: ("?", ink.QUIET)}
    parts: list[Part] = []
    for name in ("budget", "authority", "need", "timeframe"):
        text, style = signs[getattr(answers, name)]
        parts += [(f"{name} ", ink.QUIET), (f"{text}   ", style)]
    return [line(*parts)]
