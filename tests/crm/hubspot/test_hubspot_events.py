"""Who came to a marketing event of HubSpot's comes in as an interaction, once, though their contact did not change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from callsheet.crm.contract.suite import SUMMER, pull
from callsheet.crm.hubspot import HubSpot
from callsheet.crm.hubspot.events import EVERY
from tests.crm.hubspot.backend import HubSpotBackend


@pytest.fixture
def hub() -> HubSpotBackend:
    hub = HubSpotBackend()
    hub.clock.at = SUMMER
    return hub


@pytest.fixture
def rep(hub: HubSpotBackend) -> Iterator[HubSpot]:
    adapter = hub.adapter()
    adapter.whoami()
    yield adapter
    adapter.close()


def test_only_who_came_and_is_the_reps_is_told(hub: HubSpotBackend, rep: HubSpot) -> None:
    came, registered = hub.make_lead("Ann Came"), hub.make_lead("Bob Registered")
    theirs = hub.make_lead("Cat Came", mine=False)
    _, cursor = pull(rep)
    states = {came: "ATTENDED", registered: "REGISTERED", theirs: "ATTENDED"}
    states |= {hub.make_lead(f"Guest Number{number}", mine=False): "NO_SHOW" for number in range(150)}
    hub.server.hold_event("Fleet routing, live", SUMMER - timedelta(hours=2), states, kind="WEBINAR")
    hub.clock.forward(EVERY)
    leads, _ = pull(rep, cursor)
    assert {one for one, lead in leads.items() if lead.interactions} == {came}
    assert theirs not in leads
    [did] = leads[came].interactions
    assert (did.kind, did.topic, did.at) == ("webinar", "Fleet routing, live", SUMMER - timedelta(hours=2))
    assert leads[came].profile.name == "Ann Came"


def test_it_is_asked_once_an_hour_and_known_again_by_its_key(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.make_lead("Ann Came")
    hub.server.hold_event("Fair", SUMMER - timedelta(days=3), {lead: "ATTENDED"})
    hub.server.hold_event("Long ago", SUMMER - timedelta(days=300), {lead: "ATTENDED"})
    hub.server.hold_event("To come", SUMMER + timedelta(days=3), {lead: "REGISTERED"})
    leads, cursor = pull(rep)
    [first] = leads[lead].interactions
    assert (first.kind, first.topic) == ("attendance", "Fair")
    hub.clock.forward(timedelta(minutes=59))
    asked = hub.faults.requests
    pull(rep, cursor)
    assert hub.faults.requests == asked + 1
    hub.clock.forward(timedelta(minutes=1))
    assert pull(rep, cursor)[0][lead].interactions == (first,)


def test_a_token_that_may_not_see_events_brings_the_leads(hub: HubSpotBackend) -> None:
    lead = hub.make_lead("Ann Able")
    hub.server.nasty.no_events = True
    rep = hub.adapter()
    assert set(pull(rep)[0]) == {lead}
    told = next(one for one in rep.check() if one.name == "Marketing events")
    assert told.ok
    assert "crm.objects.marketing_events.read" in told.detail
    rep.close()


def test_a_failure_over_events_keeps_no_lead_out(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.make_lead("Ann Able")
    hub.server.hold_event("Fair", SUMMER - timedelta(days=3), {lead: "ATTENDED"})
    hub.faults._add(lambda inner, request: inner.handle_request(request), 1, writes_only=False)
    hub.faults.lose_reply(5, writes_only=False)
    leads, cursor = pull(rep)
    assert set(leads) == {lead}
    hub.faults = type(hub.faults)(hub.contracted, lambda _request: False)
    again = hub.adapter()
    assert [one.topic for one in pull(again, cursor)[0][lead].interactions] == ["Fair"]
    again.close()
