"""Hand-off, kick-back and routing as the CRM gets them: what is missing, to whom, why, until when, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from callsheet.bootstrap.crm import line
from callsheet.bootstrap.demo import Demo, a_demo
from callsheet.bootstrap.office import Office
from callsheet.bootstrap.start import Start
from callsheet.domain.events import Packet
from callsheet.services import decisions, routing
from callsheet.services.desk import Refused
from callsheet.services.mail_draft import mail_draft
from callsheet.sync.run import sync
from tests.desks import Clock

WEDNESDAY = datetime(2026, 11, 25, 10, 20, tzinfo=UTC)
PACKET = Packet("Priya Raman", "COO", "routes for 40 vans", "a pilot in May", "the price", "mornings")


pytestmark = pytest.mark.xdist_group("given on")
"""One demo for all: each test gives on another lead of it."""


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with a_demo(Start(Clock(WEDNESDAY), {"TZ": "Europe/London"})) as made:
        yield made


@pytest.fixture(scope="module")
def office(demo: Demo) -> Iterator[Office]:
    opened = demo.opening(demo.start, demo.paths, demo.settings)
    yield opened
    opened.book.close()


def told(demo: Demo, office: Office) -> str:
    """Sync, and return all remarks that the CRM has."""
    with line(office, demo.connecting) as opened:
        sync(opened)
        report = sync(opened)
    assert (report.waiting, report.parked, report.problem) == (0, 0, "")
    return "\n".join(one.text for one in demo.server.delivered() if one.key not in demo.past)


def first_hot(office: Office) -> str:
    return office.book.sheet(office.desk.now(), pane="hot")[0].entry.lead


def test_a_packet_that_is_not_complete_is_refused_with_what_is_missing(office: Office) -> None:
    with pytest.raises(Refused, match="lacks role, best time"):
        decisions.hand_off(office.desk, first_hot(office), "Sam Diaz", Packet("Priya", "", "vans", "pilot"))


def whose(demo: Demo, office: Office, lead: str) -> str:
    """Return the name of whose a lead is in the CRM."""
    with office.book.sync_rows().work() as work:
        link = work.link(lead)
    assert link is not None
    contact = demo.server.contact(link.remote_id)
    assert contact is not None
    return next(f"{one.first} {one.last}" for one in demo.server.owners if one.id == contact["hubspot_owner_id"])


def test_a_hand_off_is_in_the_crm_with_its_packet_and_the_lead_is_theirs(demo: Demo, office: Office) -> None:
    lead = first_hot(office)
    decisions.hand_off(office.desk, lead, "Sam Second", PACKET)
    found = told(demo, office)
    assert "Handed off to Sam Second" in found
    assert whose(demo, office, lead) == "Sam Second"
    assert all(part in found for part in ("Need: routes for 40 vans", "Objections: the price", "Best time: mornings"))


def test_a_kick_back_is_in_the_crm_with_reason_and_their_clock(demo: Demo, office: Office) -> None:
    lead = first_hot(office)
    decisions.kick_back(office.desk, lead, "nobody there has heard of it", to="Tele Prospector")
    found = told(demo, office)
    assert "Kicked back to Tele Prospector: nobody there has heard of it" in found
    assert "Their answer is owed by Thu 26 Nov 2026 10:20 (Europe/London)" in found
    assert whose(demo, office, lead) != "Sam Second", "a tele prospector is no user there: the note has said it all"


def test_a_lead_that_the_routing_gives_to_a_colleague_is_theirs_in_the_crm_with_the_reason(
    demo: Demo, office: Office
) -> None:
    with office.book.work() as work:
        lead = work.lead(first_hot(office))
        assert lead is not None
    plan = routing.distribute([lead], [routing.Rule("sam@example.com")], me="", history={})
    routing.hand_out(office.desk, plan)
    assert "Reassigned to sam@example.com: everything else" in told(demo, office)
    assert whose(demo, office, lead.id) == "Sam Second"


def test_the_first_mail_opens_with_the_points_that_were_handed_over(office: Office) -> None:
    from dataclasses import replace

    with office.book.work() as work:
        lead = work.lead(first_hot(office))
        assert lead is not None
    draft = mail_draft(replace(lead, packet=PACKET, originator="Tele Prospector"), signature="Robin")
    opening = draft.body.split("\n\n")[1]
    assert opening.startswith("You spoke with Tele Prospector")
    assert "routes for 40 vans" in opening
    assert "a pilot in May" in opening
    assert "price" not in opening, "what they object to is ours to know"
