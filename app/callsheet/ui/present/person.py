"""Who a lead is, how to reach them, and why now: the upper half of the card, of the lead screen and of the block."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from callsheet.domain.agenda import Entry
from callsheet.domain.events import Interaction
from callsheet.domain.lead import Contact, Lead
from callsheet.domain.why import ASKED, ago, why
from callsheet.services.calling import Callable
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, line, plain, short, wrapped
from callsheet.ui.present.row import KINDS
from callsheet.ui.present.times import Moment, spoken_span
from callsheet.ui.views import LeadView


def identity(view: LeadView, width: int) -> list[Content]:
    """Return name, position and company, and what is known of the company."""
    profile = view.card.lead.profile
    name = profile.name or next(iter(profile.emails), "") or "no name"
    position = " · ".join(part for part in (profile.title, profile.company) if part)
    size = f"{profile.company_size:,} people" if profile.company_size else ""
    about = " · ".join(part for part in (profile.industry, size, profile.city or profile.country) if part)
    lines = [line((short(name, width), ink.STRONG))]
    lines += [line((text, "")) for text in wrapped(position, width, 2) if text]
    lines += [line((text, ink.QUIET)) for text in wrapped(about, width, 2) if text]
    return lines


def reach(view: LeadView, width: int) -> list[Content]:
    """Return the number with the time there and whether calling is fine, and the address."""
    lines = []
    calling, emails = view.calling, view.card.lead.emails
    if view.card.lead.do_not_contact:
        lines.append(line(("✋ do not contact", ink.BROKEN), (", by any channel", "")))
    elif view.numbers:
        shown = plain(view.numbers[0][1], 40)
        number = line(("☎ ", ""), (shown, ink.STRONG))
        fine = line((calling_words(calling, view.moment), calling_style(calling)))
        if number.cell_length + 3 + fine.cell_length <= width:
            lines.append(line(number, "   ", fine))
        else:
            words = wrapped(calling_words(calling, view.moment), width - 2)
            lines += [number, *(line("  ", (text, calling_style(calling))) for text in words)]
    else:
        lines.append(line(("☎ no number known", ink.LATE)))
    if emails:
        first, *more = wrapped(emails[0], width - 2, 2)
        lines += [line("✉ ", first), *(line("  ", row) for row in more)]
    else:
        lines.append(line(("✉ no address known", ink.QUIET)))
    return lines


def calling_style(calling: Callable) -> str:
    """Return the colour of a verdict; the words say the same."""
    if calling.now:
        return ink.FINE if calling.soft else ink.LATE
    return ink.LATE


def calling_words(calling: Callable, moment: Moment) -> str:
    """Return whether they may be called: `08:58 there · fine until 17:30`, or why not and from when."""
    there = f"{calling.local:%H:%M} there" if calling.local and calling.zone else ""
    unsure = "zone uncertain" if calling.flagged and calling.zone else ""
    if calling.now:
        until = f"fine until {_there(calling, moment)}" if calling.until else "fine"
        early = "" if calling.soft else "early or late for them"
        return " · ".join(part for part in (there, early or until, unsure) if part)
    again = f"not before {moment.when(calling.from_)}" if calling.from_ else ""
    return " · ".join(part for part in (there, again or plain(calling.rule), unsure) if part)


def _there(calling: Callable, moment: Moment) -> str:
    if calling.until is None:
        return ""
    until = calling.until.astimezone(calling.local.tzinfo) if calling.local else moment.local(calling.until)
    return f"{until:%H:%M}"


def why_now(view: LeadView, width: int) -> list[Content]:
    """Return why the lead is on the sheet now, in sentences."""
    lead, entry, moment = view.card.lead, view.entry, view.moment
    sentences: list[tuple[str, str]] = []
    if entry is None:
        sentences.append((_standing(lead), ""))
    else:
        sentences += _because(entry, lead, moment)
        if entry.review and not entry.decision:
            sentences.append(
                (f"{entry.unanswered} attempts without an answer: go on, or record it and move on?", ink.LATE)
            )
    if lead.routed_by:
        sentences.append((f"Yours because of {plain(lead.routed_by, 120)}.", ink.QUIET))
    return [line((text, style)) for sentence, style in sentences for text in wrapped(sentence, width)]


def _because(entry: Entry, lead: Lead, moment: Moment) -> list[tuple[str, str]]:
    sentences: list[tuple[str, str]] = []
    if entry.kind == "hot" and entry.asked_at is not None:
        asked = ASKED.get(entry.asked_kind, "asked to hear from you")
        sentences.append((f"{asked[:1].upper()}{asked[1:]} {ago(moment.ago(entry.asked_at))}.", ""))
    else:
        parts = [part for part in why(entry, moment.now, moment.rules).split(" · ") if not part.startswith("promise")]
        because = " · ".join(parts) or "nothing is planned"
        sentences.append((f"{because[:1].upper()}{because[1:]}.", ""))
    if entry.kind == "commitment":
        sentences.append((f"Agreed for {moment.when(entry.due_at)}.", ""))
    if entry.promise_at is not None:
        due = moment.when(entry.promise_at)
        if entry.promise_at < moment.now:
            late = spoken_span(moment.ago(entry.promise_at))
            sentences.append((f"Promise broken {late} ago: it was {due}.", ink.BROKEN))
        else:
            sentences.append((f"Promised by {due}.", ""))
    if entry.kind == "hot" and entry.tried:
        again = "now" if entry.due_at <= moment.now else moment.when(entry.due_at)
        sentences.append((f"Tried {entry.counted} of {entry.cap}; next try {again}.", ""))
    if lead.not_before is not None and lead.not_before > moment.now:
        sentences.append((f"Put off until {moment.when(lead.not_before)}.", ink.QUIET))
    return sentences


def _standing(lead: Lead) -> str:
    """Say why a record is not on the sheet."""
    match lead.state:
        case "name":
            return (
                f"A name, {len(lead.contacts)} interaction{'s' if len(lead.contacts) != 1 else ''} so far: not called."
            )
        case "closed":
            reason = (lead.closed or "").replace("_", " ")
            return f"Closed: {reason}." + (f" {plain(lead.closed_note, 200)}" if lead.closed_note else "")
        case "returned":
            back = lead.returned
            return f"Returned to {plain(back.to, 60)}: {plain(back.why, 200)}" if back else "Returned."
        case _:
            return "Nothing is due."


def reason(view: LeadView, width: int, most: int = 4) -> list[Content]:
    """Return the reason to call: what they said, then what they looked at, newest first."""
    lead, moment = view.card.lead, view.moment
    contacts = sorted(lead.contacts, key=lambda one: one.at, reverse=True)
    asked = lead.asked or next((one for one in contacts if one.interaction.text), None)
    lines: list[Content] = []
    if asked is not None and (asked.interaction.text or asked.interaction.topic):
        words = asked.interaction.text or asked.interaction.topic
        lines += [line((text, "")) for text in wrapped(f"“{words}”", width, 3)]
        lines.append(line((f"{kind_of(asked.interaction)} · {moment.when(asked.at)}".lstrip(" ·"), ink.QUIET)))
    elif asked is not None:
        lines.append(line(f"{ASKED.get(asked.interaction.kind, 'was in touch')} · {moment.when(asked.at)}"))
    others = [one for one in contacts if one is not asked and (one.interaction.topic or one.interaction.kind)]
    lines += [_did(one, moment, width) for one in others[:most]]
    if len(others) > most:
        lines.append(line((f"and {len(others) - most} more", ink.QUIET)))
    if lead.packet is not None and lead.packet.need:
        lines += [line((text, "")) for text in wrapped(f"Handed over: {lead.packet.need}", width, 3)]
    return lines or [line(("no interaction is known", ink.QUIET))]


def _did(one: Contact, moment: Moment, width: int) -> Content:
    tail = f" {kind_of(one.interaction)} · {moment.day(one.at)}".replace("  ", " ")
    topic = one.interaction.topic or one.interaction.text or kind_of(one.interaction)
    room = max(width - len(tail), 8)
    return line(short(topic, room), (tail, ink.QUIET))


def kind_of(interaction: Interaction) -> str:
    """Return what kind of interaction it was, in a word or two."""
    return KINDS.get(interaction.kind, interaction.kind)


def section(head: str, lines: Sequence[Content], *, style: str = ink.HEAD, note: str = "") -> list[Content]:
    """Put a head over lines, and a blank line before it."""
    parts: list[Part] = [(head, style)]
    if note:
        parts.append((f"  {note}", ink.QUIET))
    return [Content(""), line(*parts), *lines]
