"""A book of varied leads at a fixed moment: what the pictures show, and what the stories play on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.services.desk import Desk
from callsheet.services.intake import Happened, first_facts
from callsheet.services.next_steps import Agreed, set_next_step
from callsheet.services.outreach import Report, log
from callsheet.services.research import tick
from tests.desks import Clock

ZONE = "America/New_York"
NOW = datetime(2026, 11, 24, 14, 58, tzinfo=UTC)
"""A Tuesday, two minutes before ten in New York, where the rep works."""


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def did(kind: ev.InteractionKind, topic: str, at: datetime, text: str = "", **more: object) -> Happened:
    return ev.Interaction(kind, topic, text, **more), at  # type: ignore[arg-type]


def bring(desk: Desk, key: str, profile: Profile, *happened: Happened, received: datetime, **more: object) -> str:
    """Bring a lead in under an id that is always the same; a story names it by its key."""
    lead = f"01930000-0000-7000-8000-{sum(map(ord, key)):04x}{len(key):04x}{ord(key[0]):04x}"
    captured = ev.Captured(profile, received, received, **more)  # type: ignore[arg-type]
    with desk.book.work() as work:
        work.append(
            desk.action("import", first_facts(lead, captured, happened, desk.rules), origin="import", kind="fact")
        )
    return lead


def who(name: str, title: str, company: str, phone: str = "", **more: object) -> Profile:
    address = "".join(char for char in name.lower().split()[0] if char.isascii() and char.isalpha()) or "info"
    site = "".join(char for char in company.lower() if char.isascii() and char.isalnum()) or "firma"
    fields: dict[str, object] = {
        "emails": (f"{address}@{site}.example",), "phones": (phone,) if phone else (), "website": f"https://{site}.example",
        "zip": "60601",
    }  # fmt: skip
    return Profile(name=name, title=title, company=company, **{**fields, **more})  # type: ignore[arg-type]


def fill(desk: Desk, clock: Clock) -> dict[str, str]:
    """Put the leads into the book, as the rep's last three weeks would have; return their ids by first name."""
    leads: dict[str, str] = {}
    _hot(desk, leads)
    _cadence(desk, clock, leads)
    _planned(desk, clock, leads)
    _others(desk, leads)
    clock.at = NOW
    return leads


def _hot(desk: Desk, leads: dict[str, str]) -> None:
    leads["priya"] = bring(
        desk, "priya",
        who("Priya Raman", "VP Operations", "Northwind Traders", "+13125550142", industry="Logistics", company_size=400,
            city="Chicago", state="IL", country="US", timezone="America/Chicago", linkedin="https://linkedin.com/in/priya"),
        did("contact_form", "Pricing", ago(minutes=4, seconds=12), "Pricing for 40 seats, we renew in January."),
        did("download", "Fleet ROI guide", ago(days=5)), did("webinar", "Route planning live", ago(days=12)),
        received=ago(minutes=4, seconds=12), campaign="Spring fair",
    )  # fmt: skip
    leads["jonas"] = bring(
        desk, "jonas", who("Jonas Weber", "Head of IT", "Brandt GmbH", "+493023125014", city="Berlin", country="DE"),
        did("contact_form", "", ago(days=1, minutes=40)), received=ago(days=1, minutes=40),
    )  # fmt: skip
    leads["tom"] = bring(
        desk, "tom", who("Tom Okafor", "COO", "Halden Freight", "+442079460123", city="London", country="GB"),
        did("sales_email", "Can you cover Felixstowe?", ago(hours=20, minutes=50)), received=ago(hours=20, minutes=50),
    )  # fmt: skip


def _two(topic: str, at: datetime) -> tuple[Happened, Happened]:
    return did("download", "Fleet ROI guide", at - timedelta(days=2)), did("webinar", topic, at)


def _cadence(desk: Desk, clock: Clock, leads: dict[str, str]) -> None:
    """Bring leads that stand on several days of the plan, having been worked as it says."""
    people = (
        ("marcus", who("Marcus Hill", "Plant Mgr", "Ferro", "+442079460111"), 10,
         ("researched", "sent", "sent", "invited")),
        ("lucia", who("Lucía Ferrer", "Ops Dir", "Cargomar", "+34915550177", country="ES"), 20,
         ("researched", "sent", "sent", "invited", "no_answer", "sent", "sent", "posted")),
        ("ken", who("Ken Adachi", "Buyer", "Sato Parts", "+81355550123", country="JP"), 11,
         ("researched", "sent", "sent", "invited", "voicemail")),
        ("ruth", who("Ruth Amadi", "Owner", "Amadi & Co", "+442079460155"), 7, ("researched", "sent", "sent")),
        ("ben", who("Ben Carver", "VP Sales", "Lumen", "+442079460133"), 4, ("researched",)),
        ("olga", who("Olga Petrova", "IT Lead", "Vostok", ""), 1, ()),
        ("sam", who("Sam Doyle", "CTO", "Pinnacle", "+442079460166"), 3, ("researched", "sent")),
    )  # fmt: skip
    channels: dict[str, ev.Channel] = {
        "researched": "research", "sent": "email", "invited": "linkedin", "no_answer": "phone", "voicemail": "phone",
        "posted": "post",
    }  # fmt: skip
    for key, profile, days, outcomes in people:
        start = ago(days=days)
        leads[key] = bring(desk, key, profile, *_two("Route planning live", start), received=start)
        for nth, outcome in enumerate(outcomes):
            clock.at = start.replace(hour=15) + timedelta(days=1 + nth * max((days - 2) // max(len(outcomes), 1), 1))
            asset = "Cross-dock savings, a case" if nth > 3 and outcome == "sent" else ""
            log(desk, leads[key], Report(outcome, channels[outcome], asset=asset, override="asked to be called then"))


def _planned(desk: Desk, clock: Clock, leads: dict[str, str]) -> None:
    """Bring leads with an agreed next step, and one in nurture."""
    for key, profile, due, what in (
        ("ana", who("Ana Lindqvist", "CFO", "Kestrel Labs", "+46855550123", country="SE"),
         NOW.replace(hour=15, minute=0),
         "walk through the proposal, with J. Moberg"),
        ("ines", who("Ines Rocha", "CEO", "Tejo", "+351215550123", country="PT"),
         NOW.replace(day=26, hour=19, minute=0),
         "contract questions"),
    ):  # fmt: skip
        start = ago(days=6)
        leads[key] = bring(desk, key, profile, *_two("Customs after Brexit", start), received=start)
        clock.at = ago(days=5)
        log(desk, leads[key], Report("researched", "research"))
        set_next_step(desk, leads[key], Agreed(due, what))
    tick(desk, leads["ana"], "website", "opened a hub in Malmö")
    tick(desk, leads["ana"], "linkedin", "CFO since 2024")


def _others(desk: Desk, leads: dict[str, str]) -> None:
    from callsheet.services.decisions import Decision, decide, do_not_contact

    leads["paul"] = bring(
        desk, "paul", who("Paul Nyberg", "VP Finance", "Arla", "+4687550123", country="SE"),
        *_two("Renewals", ago(days=30)), received=ago(days=30),
    )  # fmt: skip
    decide(desk, leads["paul"], Decision("nurture", note="renewal opens in Q1"))
    leads["mei"] = bring(
        desk, "mei", who("王小明 田中", "部長", "株式会社サンプル運輸", "+81355550199", country="JP"),
        *_two("物流の未来", ago(days=2)), received=ago(days=2),
    )  # fmt: skip
    leads["nadia"] = bring(
        desk,
        "nadia",
        who("Nadia Stop", "Buyer", "Quiet Co", "+442079460199"),
        *_two("x", ago(days=8)),
        received=ago(days=8),
    )
    do_not_contact(desk, leads["nadia"], "asked us to stop")
    leads["name"] = bring(
        desk, "one", who("Only Once", "Clerk", "Scan Ltd", "+442079460188"), did("scan", "Spring fair", ago(days=1)),
        received=ago(days=1),
    )  # fmt: skip
