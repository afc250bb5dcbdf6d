"""Invitations to booked meetings: sent with the salient points, moved, called off, and answered (RULES §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from callsheet.domain import events as ev
from callsheet.domain.lead import Invite, Lead, effective
from callsheet.domain.text import one_line
from callsheet.services.calendar_items import points, version_of
from callsheet.services.desk import Changes, Desk, Fact, Refused, Work
from callsheet.services.leads import any_lead, working_lead

MEETING: Final = timedelta(minutes=30)
"""How long a meeting is invited for when nobody said."""

PartStat = Literal["accepted", "declined", "tentative", "delegated"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a meeting."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """What goes out: the meeting as it stands. `sequence` grows when it is moved or called off."""

    method: Literal["REQUEST", "CANCEL"]
    uid: str
    sequence: int
    stamped: datetime
    start: datetime
    end: datetime
    title: str
    text: str
    organizer: Person
    attendee: Person


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came in: from whom, to which version of the invitation, and when it was given."""

    uid: str
    sequence: int
    attendee: str
    status: PartStat
    stamped: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did; `changes` is None when it said nothing new."""

    lead: str
    name: str
    status: PartStat
    changes: Changes | None


class Journal(Protocol):
    """Where the events of a lead are read; the book is one."""

    def events(self, lead: str) -> Sequence[ev.Event]:
        """Return the events of a lead, oldest in the journal first."""
        ...


def invitation(desk: Desk, journal: Journal, lead: str, organizer: Person) -> Invitation:
    """Return the invitation to the lead's meeting as it stands, or its cancellation when it was called off.

    Raises:
        NotFound: there is no such lead.
        Refused: no meeting is booked, or there is no address to send it to or from.
    """
    with desk.book.work() as work:
        found = any_lead(work, lead)
    meeting = _meeting(found)
    if not found.emails:
        raise Refused(
            f"{found.profile.name} has no email address to invite", rule="invitation",
            hint="ask for one and add it to the lead",
        )  # fmt: skip
    if not organizer.email:
        raise Refused(
            "an invitation comes from somebody", rule="invitation", hint="set email under [rep] in the settings"
        )
    events = journal.events(lead)
    off = meeting.status == "cancelled"
    title = one_line(meeting.title or f"Meeting with {found.profile.name}", 200)
    return Invitation(
        "CANCEL" if off else "REQUEST", meeting.uid, version_of(events, meeting.uid), desk.now(), meeting.start,
        meeting.end, title, shared_points(found), organizer, Person(found.profile.name, found.emails[0]),
    )  # fmt: skip


def shared_points(lead: Lead) -> str:
    """Return the salient points as the lead may read them: nothing of ours about objections or how to reach them."""
    ours = ("Objections:", "Best time:", "Phone:", "Email:", "Who:", "Role:")
    return "\n".join(line for line in points(lead).splitlines() if not line.startswith(ours))


def book_meeting(
    desk: Desk, lead: str, start: datetime, *, length: timedelta | None = None, title: str = ""
) -> Changes:  # fmt: skip
    """Book a meeting, or move the one that is booked: its invitation keeps its identity, and is to be sent again.

    Without a `length` it stays as long as it was.

    Raises:
        NotFound: there is no such lead.
        Refused: the record is not open, or the time is over.
    """
    now = desk.now()
    if start <= now:
        raise Refused("a meeting lies ahead", rule="invitation", hint="give a time to come, like `thu 14:00`")
    with desk.book.work() as work:
        found = working_lead(work, lead)
        before = found.invite if found.invite is not None and found.invite.status != "cancelled" else None
        name = title or (found.invite.title if found.invite else "") or f"Meeting with {found.profile.name}"
        uid = before.uid if before else ev.new_id()
        end = start + (length or (before.end - before.start if before else MEETING))
        facts: list[Fact] = [
            (lead, now, ev.NextStepSet("advance", start, "meeting", one_line(name, 200))),
            (lead, now, ev.InviteSent(uid, start, end, one_line(name, 200))),
        ]
        label = f"meeting {'moved' if before else 'booked'} · {found.profile.name}"
        return work.append(desk.action(label, facts))


def call_off(desk: Desk, lead: str) -> Changes:
    """Call the meeting off; the next step has to be agreed anew, and the cancellation is to be sent.

    Raises:
        NotFound: there is no such lead.
        Refused: no meeting is booked.
    """
    with desk.book.work() as work:
        found = any_lead(work, lead)
        body = ev.InviteAnswered(_meeting(found).uid, "cancelled")
        return work.append(desk.action(f"meeting called off · {found.profile.name}", [(lead, desk.now(), body)]))


def answer(desk: Desk, journal: Journal, reply: Reply) -> Answered:
    """Take an answer to an invitation: from the person invited, to the meeting as it stands now.

    Raises:
        Refused: nobody was invited at that address, or the answer is to a time that no longer holds.
    """
    with desk.book.work() as work:
        found = _invited(work, reply)
        meeting = _meeting(found)
        events = journal.events(found.id)
        name = found.profile.name
        if reply.sequence != version_of(events, reply.uid) or meeting.status == "cancelled":
            raise Refused(
                f"the answer of {name} is to a time that no longer holds", rule="invitation",
                hint="send the invitation again: `callsheet invite send LEAD`",
            )  # fmt: skip
        answers = [
            event for event in effective(events)
            if isinstance(event.body, ev.InviteAnswered) and event.body.uid == reply.uid
        ]  # fmt: skip
        if meeting.status == reply.status or any(event.at >= reply.stamped for event in answers):
            return Answered(found.id, name, reply.status, None)
        at = min(max(reply.stamped, meeting.sent_at), desk.now())
        body = ev.InviteAnswered(reply.uid, reply.status)
        action = desk.action(
            f"invitation {reply.status} · {name}", [(found.id, at, body)], origin="import", kind="fact"
        )
        return Answered(found.id, name, reply.status, work.append(action))


def _invited(work: Work, reply: Reply) -> Lead:
    """Find who was invited by the address that answers: an answer from anybody else sets nothing."""
    address = reply.attendee.strip()
    known = work.with_points({address, address.lower()})
    for lead in sorted({one for leads in known.values() for one in leads}):
        found = work.lead(lead)
        if found is not None and found.invite is not None and found.invite.uid == reply.uid:
            return found
    raise Refused(
        f"nobody with the address {one_line(address, 100)} has this invitation", rule="invitation",
        hint="answers count from the address that was invited, while the lead is open",
    )  # fmt: skip


def _meeting(lead: Lead) -> Invite:
    if lead.invite is None:
        raise Refused(
            f"no meeting with {lead.profile.name} is booked", rule="invitation",
            hint='log one: `callsheet log LEAD meeting --next "thu 14:00 demo"`',
        )  # fmt: skip
    return lead.invite
