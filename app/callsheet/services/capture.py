"""Capturing a lead at a booth: a form that refuses blanks, as its event asks (RULES §2, §11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callsheet.domain.events import Interaction
from callsheet.domain.profile import Profile
from callsheet.domain.text import one_line, safe_text
from callsheet.services import campaigns
from callsheet.services.desk import Changes, Desk, Refused
from callsheet.services.imports import Imported, import_rows
from callsheet.services.lead_row import LeadRow
from callsheet.services.phones import read_numbers
from callsheet.services.places import country_of

WANTS_A_CALL: Final = "5"
"""The digit beside those of the qualifying questions: they asked to be contacted."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed into the form. `answers` are digits: 1 budget, 2 authority, 3 need, 4 timeframe, 5 a call."""

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


class FormRefused(Refused):
    """A form that cannot be taken; `fields` are those to look at again, the first one first."""

    def __init__(self, message: str, fields: Sequence[str], *, hint: str = "") -> None:
        super().__init__(message, rule="capture", hint=hint)
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True)
class Captured:
    """What a form became, in words; `changes` are those that undo takes back."""

    changes: Changes
    became: str


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
        verb = "is" if len(blank) == 1 else "are"
        raise FormRefused(f"{', '.join(blank)} {verb} blank", blank, hint="ask for it while they stand before you")
    if not row.profile.name:
        raise FormRefused("name is blank", ["name"])
    found = import_rows(desk, [row], by_rep=True)
    with desk.book.work() as work:
        last = work.last_done()
        leads = frozenset(work.leads_of(last.id)) if last is not None else frozenset()
    changes = Changes(last.id if last else "", leads, f"captured {row.profile.name}")
    return Captured(changes, _became(found))


def _row(desk: Desk, form: Form) -> LeadRow:
    country = country_of(form.country) or one_line(form.country, 60)
    numbers = read_numbers(form.phone, country if len(country) == 2 else desk.region) if form.phone.strip() else ()
    if form.phone.strip() and not numbers:
        raise FormRefused(f"“{one_line(form.phone, 40)}” is no number that can be dialled", ["phone"])
    email = one_line(form.email, 320).lower()
    if email and ("@" not in email.strip("@") or " " in email):
        raise FormRefused(f"“{one_line(email, 60)}” is no mail address", ["email"])
    try:
        bant = campaigns.bant_of(form.answers.replace(WANTS_A_CALL, ""))
    except ValueError as error:
        raise FormRefused(str(error), ["answers"]) from error
    profile = Profile(
        one_line(form.name, 500), one_line(form.company, 500), one_line(form.title, 500),
        tuple(dict.fromkeys(number.e164 for number in numbers)), (email,) if email else (),
        address=one_line(form.address, 500), zip=one_line(form.zip, 40), city=one_line(form.city, 200),
        state=one_line(form.state, 200), country=country,
    )  # fmt: skip
    event, comment = one_line(form.campaign, 200), safe_text(form.comment, 10_000).strip()
    asks = WANTS_A_CALL in form.answers
    # Who said nothing at all was there nevertheless: a scan is an interaction (RULES §2).
    seen = () if bant or comment or asks else ((Interaction("scan", event, campaign=event), None),)
    return LeadRow(
        0, profile, campaign=event, interactions=seen, contact_me=asks or None, bant=bant, comment=comment
    )  # fmt: skip


def _became(found: Imported) -> str:
    if found.merged:
        return "known already: what is new was added"
    if found.stopped:
        return "may not be contacted: kept closed"
    if found.names:
        return "a name: it waits for another interaction"
    return "hot: on top of your sheet" if found.hot else "a lead, with a plan from today"
