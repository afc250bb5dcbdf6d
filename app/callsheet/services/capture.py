"""Capturing a lead at a booth: a form that refuses blanks, as its event asks (RULES §2, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal

from callsheet.domain.events import Bant, Interaction
from callsheet.domain.profile import Profile, changed
from callsheet.domain.text import one_line, safe_text
from callsheet.services import campaigns
from callsheet.services.desk import Changes, Desk, Refused, Work
from callsheet.services.imports import Imported, import_rows
from callsheet.services.lead_row import LeadRow
from callsheet.services.phones import read_numbers
from callsheet.services.places import country_of

WANTS_A_CALL: Final = "5"
"""The digit beside those of the qualifying questions: they asked to be contacted."""

TYPED: Final = ("name", "company", "title", "website", "linkedin", "industry", "address", "zip", "city", "state")
"""Fields of a profile that are kept as they were typed."""

LONGEST: Final[Mapping[str, int]] = {"industry": 200, "zip": 40, "city": 200, "state": 200}
"""Characters of a field; 500 for the others."""


def typed(name: str, text: str) -> str:
    """Return what was typed into a field of a profile as one line, no longer than that field may be."""
    return one_line(text, LONGEST.get(name, 500))


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed into the form. `answers` are digits: 1 budget, 2 authority, 3 need, 4 timeframe, 5 a call.

    `phone` and `email` may hold several, with commas between; `denied` are digits of questions answered with no.
    """

    name: str = ""
    company: str = ""
    title: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    zip: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    campaign: str = ""
    answers: str = ""
    comment: str = ""
    denied: str = ""
    website: str = ""
    linkedin: str = ""
    industry: str = ""
    source: str = ""
    outbound: bool = False


class FormRefused(Refused):
    """A form that cannot be taken; `fields` are those to look at again, the first one first."""

    def __init__(self, message: str, fields: Sequence[str], *, hint: str = "") -> None:
        super().__init__(message, rule="capture", hint=hint)
        self.fields = tuple(fields)


Kind = Literal["merged", "stopped", "handed_on", "name", "hot", "lead"]

WORDS: Final[Mapping[Kind, str]] = {
    "merged": "known already: what is new was added", "stopped": "on the do-not-contact list: kept, closed",
    "handed_on": "a colleague's", "name": "a name: it waits for another interaction",
    "hot": "hot: on top of your sheet", "lead": "a lead, with a plan from today",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Captured:
    """What a form became, also in words; `changes` are those that undo takes back."""

    changes: Changes
    became: str
    kind: Kind = "lead"
    lead: str = ""
    """Who it is now."""


def asked_today(desk: Desk, required: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the event that is on today, and what its form requires; no event, and `required`, when there is none."""
    on = campaigns.running(desk, desk.book)
    return (on.name, on.required) if on is not None else ("", tuple(required))


def capture(desk: Desk, form: Form, required: Sequence[str]) -> Captured:
    """Take a form: a lead, a name, or more about somebody who is known.

    Raises:
        FormRefused: a required field is blank, or a number, address or answer cannot be read.
    """
    row = _row(desk, form)
    event = campaigns.of_name(desk.book, row.campaign) if row.campaign else None
    blank = campaigns.missing(event.required if event is not None else required, row.profile, comment=row.comment)
    if blank:
        verb, them = ("is", "it") if len(blank) == 1 else ("are", "them")
        hint = f"ask for {them} while they stand before you"
        raise FormRefused(f"{', '.join(blank)} {verb} blank", blank, hint=hint)
    if not row.profile.name:
        raise FormRefused("name is blank", ["name"])
    with desk.book.work() as work:
        before = work.last_done()
    kind = _kind(import_rows(desk, [row], by_rep=True))
    with desk.book.work() as work:
        last = work.last_done()
        if last is not None and before is not None and last.id == before.id:
            last = None  # all of it was known
        leads = frozenset(work.leads_of(last.id)) if last is not None else frozenset()
        lead = _who(work, row, leads)
        found = work.lead(lead) if lead else None
    why = found.routed_by if found else ""
    words = f"{WORDS[kind]}, yours because of {why}" if why and kind != "merged" else WORDS[kind]
    if kind == "handed_on" and found is not None and found.returned is not None:
        words = f"for {found.returned.to}: {found.returned.why}"
    return Captured(Changes(last.id if last else "", leads, f"captured {row.profile.name}"), words, kind, lead)


def read_phones(desk: Desk, text: str, country: str, field: str = "phone") -> tuple[str, ...]:
    """Return the numbers that were typed, as they are kept; of the rep's own region where the country is not known.

    Raises:
        FormRefused: there is none that can be dialled; `field` is what it names.
    """
    if not text.strip():
        return ()
    numbers = read_numbers(text, country if len(country) == 2 else desk.region)
    if not numbers:
        raise FormRefused(f"“{one_line(text, 40)}” is no number that can be dialled", [field])
    return tuple(dict.fromkeys(number.e164 for number in numbers))


def read_emails(text: str, field: str = "email") -> tuple[str, ...]:
    """Return the addresses that were typed, with commas or semicolons between.

    Raises:
        FormRefused: one is no address; `field` is what it names.
    """
    emails = tuple(filter(None, (one_line(part, 320).lower() for part in text.replace(";", ",").split(","))))
    for email in emails:
        if "@" not in email.strip("@") or " " in email:
            raise FormRefused(f"“{one_line(email, 60)}” is no mail address", [field])
    return tuple(dict.fromkeys(emails))


def _who(work: Work, row: LeadRow, leads: Iterable[str]) -> str:
    """Return the lead that a form is about: the one that it made, or who has its number, address or name."""
    points = (*row.profile.emails, *row.profile.phones)
    having = work.with_points(points)
    known = [lead for point in points for lead in sorted(having.get(point, ()))]
    named = sorted(work.with_name(row.profile.name, row.profile.company))
    return next(iter([*sorted(leads), *(known or named)]), "")


def _row(desk: Desk, form: Form) -> LeadRow:
    country = country_of(form.country) or one_line(form.country, 60)
    phones, emails = read_phones(desk, form.phone, country), read_emails(form.email)
    try:
        bant = _bant(form)
    except ValueError as error:
        raise FormRefused(str(error), ["answers"]) from error
    reached = Profile(phones=phones, emails=emails, country=country)
    profile = changed(reached, {name: typed(name, getattr(form, name)) for name in TYPED})
    event, comment = one_line(form.campaign, 200), safe_text(form.comment, 10_000).strip()
    asks = WANTS_A_CALL in form.answers
    # Who said nothing at all was there nevertheless: a scan is an interaction (RULES §2).
    seen = () if bant or comment or asks else ((Interaction("scan", event, campaign=event), None),)
    return LeadRow(
        0, profile, one_line(form.source, 200), event, "outbound" if form.outbound else None, interactions=seen,
        contact_me=asks or None, bant=bant, comment=comment,
    )  # fmt: skip


def _bant(form: Form) -> Bant | None:
    """Return the answers to the qualifying questions; what was neither ticked nor denied is unasked.

    Raises:
        ValueError: a digit is none of a question.
    """
    yes = campaigns.bant_of(form.answers.replace(WANTS_A_CALL, ""))
    no = campaigns.bant_of(form.denied)
    if no is None:
        return yes
    said = [(getattr(yes, one.name, None), getattr(no, one.name)) for one in fields(Bant)]
    return Bant(*(ticked or (False if denied else None) for ticked, denied in said))


def _kind(found: Imported) -> Kind:
    if found.merged:
        return "merged"
    if found.stopped:
        return "stopped"
    if found.handed_on:
        return "handed_on"
    if found.names:
        return "name"
    return "hot" if found.hot else "lead"
