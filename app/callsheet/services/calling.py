"""Whether a lead may be called now: do-not-contact, then the hours of where the person is (RULES §13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from callsheet.domain.calling_hours import verdict
from callsheet.domain.lead import Lead
from callsheet.services.desk import Desk, Refused


@dataclass(frozen=True, slots=True)
class Callable:
    """A verdict for the rep: may this person be called `now`, `from_` when, `until` when, by which `rule`."""

    now: bool
    rule: str
    from_: datetime | None = None
    until: datetime | None = None
    soft: bool = False
    local: datetime | None = None
    zone: str = ""
    flagged: bool = False
    final: bool = False
    """Whether no reason can override it."""


def located(lead: Lead) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the zones a lead may be in and the regions whose hours hold: by the CRM, the address, the number.

    Where the address and the number disagree both are candidates, and the strictest decides.
    """
    from callsheet.services import places

    profile = lead.profile
    number = next(iter(lead.phones), "")
    country = places.country_of(profile.country) or "" if profile.country else ""
    state = places.state_of(profile.state) if profile.state and country in ("", "US") else None
    address = (state or country,) if state or country else ()
    by_number, zones = _by_number(number) if number else ((), ())
    regions = tuple(dict.fromkeys((*address, *by_number)))
    if profile.timezone:
        return (profile.timezone,), regions
    by_address = places.zones_of(address[0]) if address else ()
    if zones and by_address and not set(zones) & set(by_address):
        zones = (*by_address, *zones)
    return zones or by_address, regions


@lru_cache(maxsize=4096)
def _by_number(number: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the regions and the zones that a number points to; kept, as a switchboard has many leads behind it."""
    from callsheet.services import phones

    return phones.regions(number), phones.zones(number)


def callable_now(
    desk: Desk, now: datetime, zones: Sequence[str], regions: Sequence[str], *, phone: str,
    calls: Sequence[datetime] = (), refused_at: datetime | None = None, do_not_contact: bool = False,
) -> Callable:  # fmt: skip
    """Say whether a person may be called at a moment, from what is known of where they are."""
    if do_not_contact:
        return Callable(now=False, rule="on the do-not-contact list", final=True)
    if not phone:
        return Callable(now=False, rule="no number known", final=True)
    hours = desk.hours
    found = verdict(now, zones, regions, hours.table, hours.soft, hours.hard, calls, refused_at=refused_at)
    return Callable(found.now, found.rule, found.from_, found.until, found.soft, found.local, found.zone, found.flagged)


def callable_lead(desk: Desk, lead: Lead, now: datetime) -> Callable:
    """Say whether a lead may be called at a moment.

    The limits are on calls by anybody of ours; who was skipped was not called.
    """
    zones, regions = located(lead)
    outcomes = desk.rules.outcomes
    phoned = [touch for touch in lead.touches if touch.channel == "phone" and touch.at < now]
    calls = [touch.at for touch in phoned if not outcomes.of(touch.outcome).skips]
    refusals = [touch.at for touch in lead.touches if outcomes.of(touch.outcome).ends]
    return callable_now(
        desk, now, zones, regions, phone=next(iter(lead.phones), ""), calls=calls,
        refused_at=max(refusals, default=None), do_not_contact=lead.do_not_contact,
    )  # fmt: skip


def require_callable(desk: Desk, lead: Lead, now: datetime, override: str) -> None:
    """Refuse a call outside the hard window, unless a reason is given.

    Raises:
        Refused: they may not be called now; an override of the hours needs a reason, do-not-contact has none.
    """
    found = callable_lead(desk, lead, now)
    if found.now or (override.strip() and not found.final) or found.rule == "no number known":
        return
    again = (
        f"they may be called from {found.from_.astimezone(desk.rules.calendar.tz):%a %d %b %H:%M}"
        if found.from_
        else ""
    )
    hint = "" if found.final else f"{again}; to call all the same give a reason with --override".lstrip("; ")
    raise Refused(f"{lead.profile.name} may not be called now: {found.rule}", rule="calling hours", hint=hint)
