"""Next steps, meetings and call blocks as iCalendar (RFC 5545), on the rep's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from callsheet.exchange.ics.zone import vtimezone
from callsheet.services.calendar_items import BlockSeries, Item
from callsheet.services.invitations import Invitation, Person

PRODUCT: Final = "-//callsheet//callsheet//EN"
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS: Final = 10
"""How far ahead the clock changes of a zone are written out."""


def calendar(
    items: Iterable[Item], blocks: Iterable[BlockSeries], zone: ZoneInfo, *, now: datetime,
    sequences: Mapping[str, int] | None = None,
) -> bytes:  # fmt: skip
    """Return one calendar with everything. `sequences` are those of blocks, by uid, where they were changed before."""
    made = _calendar()
    made.add("X-WR-CALNAME", "callsheet")
    known = sequences or {}
    for block in blocks:
        made.add_component(block_event(block, zone, now, known.get(block.uid, 0)))
    for item in items:
        made.add_component(item_event(item, zone))
    _add_zone(made, zone, now)
    return bytes(made.to_ical())


def item_event(item: Item, zone: ZoneInfo) -> Event:
    """Return a next step or a meeting as an event."""
    event = Event()
    event.add("uid", item.uid)
    event.add("dtstamp", item.changed.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", item.changed.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", item.sequence)
    event.add("dtstart", _local(item.start, zone))
    event.add("dtend", _local(item.end, zone))
    event.add("summary", item.title)
    if item.text:
        event.add("description", item.text)
    event.add("status", item.status.upper())
    event.add("transp", "TRANSPARENT" if item.status == "cancelled" else "OPAQUE")
    if item.status != "cancelled":
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", item.title)
        alarm.add("trigger", -item.alarm)
        event.add_component(alarm)
    return event


def block_event(block: BlockSeries, zone: ZoneInfo, now: datetime, sequence: int = 0) -> Event:
    """Return a daily block as one event that repeats, with the days off taken out."""
    event = Event()
    event.add("uid", block.uid)
    # Of the year, not of the moment: a calendar in which nothing changed is the same file.
    event.add("dtstamp", datetime(now.year, 1, 1, tzinfo=UTC))
    event.add("sequence", sequence)
    event.add("dtstart", _at(block.first, block.start, zone))
    event.add("dtend", _at(block.first, block.end, zone))
    event.add("rrule", {"freq": "WEEKLY", "byday": [WEEKDAYS[day] for day in sorted(block.weekdays)]})
    if block.skipped:
        event.add("exdate", [_at(day, block.start, zone) for day in block.skipped])
    event.add("summary", block.title)
    if block.text:
        event.add("description", block.text)
    event.add("transp", "OPAQUE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", block.title)
    alarm.add("trigger", -block.alarm)
    event.add_component(alarm)
    return event


def single(event: Event, zone: ZoneInfo, now: datetime) -> bytes:
    """Return a calendar of one event: a file of a folder that calendar programs watch."""
    made = _calendar()
    made.add_component(event)
    _add_zone(made, zone, now)
    return bytes(made.to_ical())


def invitation_file(invite: Invitation, zone: ZoneInfo) -> bytes:
    """Return an invitation, or its cancellation, as a mail program sends it (RFC 5546)."""
    made = _calendar()
    made.add("method", invite.method)
    event = Event()
    event.add("uid", invite.uid)
    event.add("dtstamp", invite.stamped.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", invite.sequence)
    event.add("dtstart", _local(invite.start, zone))
    event.add("dtend", _local(invite.end, zone))
    event.add("summary", invite.title)
    if invite.text:
        event.add("description", invite.text)
    event.add("organizer", _address(invite.organizer), encode=False)
    attendee = _address(invite.attendee)
    for name, value in (("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "TRUE")):
        attendee.params[name] = vText(value)
    event.add("attendee", attendee, encode=False)
    event.add("status", "CANCELLED" if invite.method == "CANCEL" else "CONFIRMED")
    made.add_component(event)
    _add_zone(made, zone, invite.stamped)
    return bytes(made.to_ical())


def _calendar() -> Calendar:
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    return made


def _add_zone(made: Calendar, zone: ZoneInfo, now: datetime) -> None:
    if zone.key == "UTC":
        return
    made.subcomponents.insert(0, vtimezone(zone, now.year - 1, now.year + YEARS))


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(UTC if zone.key == "UTC" else zone).replace(microsecond=0)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, UTC if zone.key == "UTC" else zone)


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        # A quote cannot stand in a parameter at all (RFC 5545, 3.2).
        address.params["CN"] = vText(
            "".join("'" if char == '"' else char for char in person.name if char.isprintable())
        )
    return address
