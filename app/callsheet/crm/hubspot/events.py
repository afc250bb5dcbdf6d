"""Which marketing events people came to, by HubSpot's account: that does not count as a change of the contact.

That somebody registered is told by the form that they sent in for it; only who came is news.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from callsheet.crm.hubspot.times import at
from callsheet.crm.hubspot.wire import Missing, Wire
from callsheet.domain.events import InteractionKind
from callsheet.domain.text import one_line
from callsheet.sync.port import Drift, Forbidden, Invalid, RemoteInteraction

EVERY: Final = timedelta(hours=1)
"""How often it is asked who came: lists of participants are long, and brought in some time after the event."""

LATELY: Final = timedelta(days=90)
"""Events that began longer ago are not asked for."""

MOST: Final = 20
"""So many events are asked for, the latest first."""

CAME: Final = "ATTENDED"

UNTOLD: Final = (Forbidden, Invalid, Missing, Drift)
"""What keeps us from knowing who came, and from nothing else: not every token may, nor every account has events."""


def attended(wire: Wire, now: datetime) -> dict[str, list[RemoteInteraction]]:
    """Which events contacts came to lately, by contact. Raises what `sync.port` lists for a whole call."""
    held = [one for one in wire.marketing_events() if one.start_date_time and now - LATELY < one.start_date_time <= now]
    held.sort(key=lambda one: one.start_date_time or now, reverse=True)
    came: dict[str, list[RemoteInteraction]] = {}
    for event in held[:MOST]:
        webinar = "webinar" in f"{event.event_type or ''} {event.event_name}".casefold()
        kind: InteractionKind = "webinar" if webinar else "attendance"
        for one in wire.participations(event.object_id):
            if one.properties.attendance_state != CAME:
                continue
            contact = one.associations.contact.contact_id
            moment = at(str(one.properties.occurred_at or "")) or event.start_date_time or now
            key = f"{contact}:event:{event.object_id}"
            came.setdefault(contact, []).append(RemoteInteraction(key, moment, kind, one_line(event.event_name, 300)))
    return came
