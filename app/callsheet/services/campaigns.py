"""Events and campaigns (RULES §11, `S2`): set up before the day, with what its lead form asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Protocol, cast, get_args

import msgspec

from callsheet.domain.events import Bant, InteractionKind
from callsheet.domain.profile import Profile, folded
from callsheet.domain.text import one_line
from callsheet.services.desk import Desk, Refused
from callsheet.services.routing import Rule
from callsheet.settings.schema import CaptureField

NOTE: Final = "campaigns"
"""The name under which the book keeps them: they are no facts about a lead."""

FIELDS: Final[tuple[CaptureField, ...]] = get_args(CaptureField)
REQUIRED: Final[tuple[CaptureField, ...]] = ("name", "company", "address", "zip", "phone", "email")


KINDS: Final[Mapping[str, InteractionKind | None]] = {
    "fair": "scan", "conference": "attendance", "webinar": "webinar", "campaign": None,
}  # fmt: skip
"""Kinds of events, and what somebody did who is on the list of one and nothing else is said of them."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """An event or a campaign: when it is, what its form asks for, the topics that its visitors are there for.

    `routes` say who gets its leads, and `owners` among whom those are shared out that no rule speaks for.
    """

    name: str
    first: date | None = None
    last: date | None = None
    place: str = ""
    required: tuple[str, ...] = REQUIRED
    topics: tuple[str, ...] = ()
    kind: str = "campaign"
    owners: tuple[str, ...] = ()
    routes: tuple[Rule, ...] = ()

    @property
    def attended(self) -> InteractionKind | None:
        """What somebody did who was there; None where being on the list says nothing."""
        return KINDS.get(self.kind)

    def on(self, day: date) -> bool:
        """Tell whether it is on that day."""
        return self.first is not None and self.first <= day <= (self.last or self.first)


class Notes(Protocol):
    """Where campaigns are kept; the book is one."""

    def note(self, name: str, default: object = None) -> Any:
        """Return what was noted under a name."""
        ...

    def put_note(self, name: str, value: object) -> None:
        """Note something in place of what was noted under the name."""
        ...


def campaigns(notes: Notes) -> list[Campaign]:
    """Return the campaigns that were set up, the latest first; then those without a date, by name."""
    found = msgspec.convert(notes.note(NOTE, []), list[Campaign])
    return sorted(found, key=lambda one: (-(one.first.toordinal() if one.first else 0), folded(one.name)))


def set_up(notes: Notes, campaign: Campaign) -> Campaign:
    """Set a campaign up, or change the one of that name; return it as it is kept.

    Raises:
        Refused: it has no name, ends before it begins, or asks for a field that leads do not have.
    """
    name = one_line(campaign.name, 100)
    if not name:
        raise Refused("a campaign has a name", rule="campaign", hint="name the event as your CRM does")
    if campaign.last is not None and (campaign.first is None or campaign.last < campaign.first):
        raise Refused(f"{name} ends before it begins", rule="campaign", hint="give the first day, then the last")
    unknown = [field for field in campaign.required if field not in FIELDS]
    if unknown:
        raise Refused(
            f"a lead form has no field {', '.join(unknown)}", rule="campaign", hint=f"choose of {', '.join(FIELDS)}"
        )
    if campaign.kind not in KINDS:
        raise Refused(
            f"{one_line(campaign.kind, 40)} is no kind of event", rule="campaign", hint=f"choose of {', '.join(KINDS)}"
        )
    topics, owners = (
        tuple(filter(None, (one_line(text, 100) for text in texts))) for texts in (campaign.topics, campaign.owners)
    )
    kept = replace(campaign, name=name, place=one_line(campaign.place, 200), topics=topics, owners=owners)
    others = [one for one in campaigns(notes) if folded(one.name) != folded(name)]
    notes.put_note(NOTE, msgspec.to_builtins([*others, kept]))
    return kept


def drop(notes: Notes, name: str) -> bool:
    """Forget the set-up of a campaign; its leads stay. Return whether there was one."""
    every = campaigns(notes)
    left = [one for one in every if folded(one.name) != folded(name)]
    notes.put_note(NOTE, msgspec.to_builtins(left))
    return len(left) < len(every)


def running(desk: Desk, notes: Notes) -> Campaign | None:
    """Return the campaign that is on today: the one that the lead form is for."""
    today = desk.rules.calendar.day_of(desk.now())
    return next((one for one in campaigns(notes) if one.on(today)), None)


def of_name(notes: Notes, name: str) -> Campaign | None:
    """Return the set-up of a campaign by its name."""
    return next((one for one in campaigns(notes) if folded(one.name) == folded(name)), None)


def missing(required: Sequence[str], profile: Profile, *, comment: str = "") -> tuple[str, ...]:
    """Return the required fields of a lead form that are blank, in the order in which they are asked (`S2`)."""
    lists = {"phone": profile.phones, "email": profile.emails}

    def blank(field: str) -> bool:
        if field in lists:
            return not lists[field]
        value = comment if field == "comment" else cast("str", getattr(profile, field, ""))
        return not value.strip()

    return tuple(field for field in required if blank(field))


def bant_of(digits: str) -> Bant | None:
    """Read the qualifying questions off the digits that were ticked: 1 budget, 2 authority, 3 need, 4 timeframe.

    None when none was ticked: unasked is not no.

    Raises:
        ValueError: there is something else among them.
    """
    ticked = set(digits) - set(" ,")
    if not ticked <= set("1234"):
        raise ValueError(f"“{one_line(digits, 20)}”: the questions are 1 budget, 2 authority, 3 need, 4 timeframe")
    if not ticked:
        return None
    budget, authority, need, timeframe = (True if digit in ticked else None for digit in "1234")
    return Bant(budget, authority, need, timeframe)
