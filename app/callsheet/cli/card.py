"""`callsheet show`: a lead with all that is known of it, and why it stands where it stands."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, lead_argument, open_office
from callsheet.cli.output import emit, say, title
from callsheet.domain.text import one_line


@click.command()
@lead_argument
@json_option
@click.pass_obj
def show(start: Start, *, lead: str, as_json: bool) -> int:
    """Print a lead: its card, its timeline, and why it stands where it stands, rule by rule."""
    from callsheet.cli.reasons import reasons
    from callsheet.cli.timeline import timeline
    from callsheet.services.desk import NotFound
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        card = office.book.card(found)
        if card is None:
            raise NotFound(f"there is no lead {found}")
        now = start.now()
        told = timeline(office, card, office.book.events(found))
        why = reasons(office, card, now)
        if as_json:
            emit({"lead": found, "card": card_json(office, card, now), "timeline": told, "why": why})
        else:
            _print(card_json(office, card, now), told, why)
    return 0


def card_json(office: Any, card: Any, now: datetime) -> dict[str, Any]:
    """Return who the lead is and where it stands."""
    from callsheet.cli.output import stamp
    from callsheet.domain.classification import distinct

    lead, zone = card.lead, office.rules.calendar.tz
    profile = {**asdict(lead.profile), "extra": dict(lead.profile.extra)}
    profile["address_state"] = profile.pop("state")  # `state` is where the lead stands
    return {
        "id": lead.id, "state": lead.state, "hot": lead.hot, **profile, "phones_in_use": list(lead.phones),
        "emails_in_use": list(lead.emails), "incomplete": list(lead.profile.incomplete), "zones": list(card.zones),
        "regions": list(card.regions), "direction": lead.direction, "source": lead.source, "campaign": lead.campaign,
        "originator": lead.originator, "hand_off": asdict(lead.packet) if lead.packet else None,
        "bant": asdict(lead.bant) if lead.bant else None, "routed_by": lead.routed_by, "referred_by": lead.referred_by,
        "created_at": stamp(lead.created_at, zone), "received_at": stamp(lead.received_at, zone),
        "since": stamp(lead.since, zone), "reason": lead.why,
        "interactions": {
            "distinct": distinct(one.interaction for one in lead.contacts), "needed": office.rules.interactions,
        },
        "next_step": {
            "kind": lead.commitment.kind, "due_at": stamp(lead.commitment.due, zone),
            "channel": lead.commitment.channel, "what": lead.commitment.what,
        } if lead.commitment else None,
        "research": {item: one.finding for item, one in lead.research.items()},
        "closed": lead.closed, "closed_note": lead.closed_note, "do_not_contact": lead.do_not_contact,
        "returned_to": lead.returned.to if lead.returned else None, "status": lead.status, "owner": lead.owner,
        "remote_id": card.remote_id, "last_touch": stamp(lead.last_touch, zone), "as_of": stamp(now, zone),
    }  # fmt: skip


def _print(card: dict[str, Any], told: list[dict[str, Any]], why: dict[str, Any]) -> None:
    title(" · ".join(filter(None, (card["name"], card["title"], card["company"]))))
    for name, value in (
        ("phone", ", ".join(card["phones_in_use"])), ("email", ", ".join(card["emails_in_use"])),
        ("where", ", ".join(filter(None, (card["city"], card["address_state"], card["country"], *card["zones"][:2])))),
        ("state", card["state"].replace("_", " ") + (f" ({card['closed']})" if card["closed"] else "")),
        ("came by", ", ".join(filter(None, (card["source"], card["campaign"], card["originator"])))),
        ("lacks", ", ".join(card["incomplete"])), ("id", card["id"]),
    ):  # fmt: skip
        if value:
            say(f"  {name:<8} {value}")
    say()
    title("Why it stands where it stands")
    for name, reason in why.items():
        if reason is not None and reason.get("says"):
            say(f"  {name:<9} {reason['says']}")
            say(f"            rule: {reason['rule']} · setting: {reason['setting']}")
    steps = (why.get("plan") or {}).get("steps") or []
    for step in steps:
        mark = "✓" if step["done"] else "→" if step["open"] else " "
        say(f"    {mark} {step['date']} day {step['day']:<3} {step['channel']:<9} {step['label']}")
    say()
    title("Timeline")
    for one in told:
        at = datetime.fromisoformat(one["at"])
        mark = {True: "●", False: "◌", None: " "}[one["in_crm"]]
        say(f"  {mark} {at:%a %d %b %Y %H:%M}  {one_line(one['says'], 10_000)}")
