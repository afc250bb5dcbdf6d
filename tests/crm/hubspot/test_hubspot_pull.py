"""Leads come in once each, however many there are, however late the index shows them, and wherever they went."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from callsheet.crm.contract.suite import pull, pull_history
from callsheet.crm.demo.network import DemoTransport
from callsheet.crm.hubspot import HubSpot
from callsheet.crm.hubspot.pull import OVERLAP
from callsheet.sync.port import Drift, Gone, Invalid, Moved, NotVisible, Present
from tests.crm.hubspot.backend import HubSpotBackend


def fill(hub: HubSpotBackend, count: int) -> set[str]:
    """So many leads of the rep's, all changed in one moment as a nightly batch does."""
    moment = hub.clock.at
    made = set()
    for number in range(count):
        hub.clock.at = moment - timedelta(milliseconds=2)
        made.add(hub.server.make_contact({"firstname": f"Lead {number}"}))
    return made


@pytest.mark.slow
def test_more_leads_than_the_search_can_page_come_in_once_although_they_share_a_moment(
    hub: HubSpotBackend, rep: HubSpot
) -> None:
    hub.faults._inner = DemoTransport(hub.server)  # the form of each record was checked elsewhere
    made = fill(hub, 10_050)
    leads, cursor = pull(rep)
    assert leads.keys() == made
    assert hub.faults.requests <= 10_050 // 200 + 3
    again, _ = pull(rep, cursor)
    assert again.keys() <= made


def test_a_round_of_many_pages_asks_for_no_page_by_number(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.search_cap = 400
    made = fill(hub, 900)
    pages = []
    cursor = None
    while True:
        page = rep.changes(cursor)
        pages.append(len(page.leads))
        cursor = page.cursor
        if not page.more:
            break
    assert sum(pages) == len(made)
    assert max(pages) == 200


def test_a_change_behind_the_walk_comes_in_with_the_next_round(hub: HubSpotBackend, rep: HubSpot) -> None:
    fill(hub, 450)
    first = rep.changes(None)
    assert first.more
    behind = first.leads[0].id
    hub.clock.forward(OVERLAP * 3)
    hub.server.edit(behind, jobtitle="changed meanwhile")
    hub.server.edit(hub.server.contacts()[-1], jobtitle="and one ahead of it")
    _, cursor = pull(rep, first.cursor)
    later, _ = pull(rep, cursor)
    assert later[behind].profile.title == "changed meanwhile"


@pytest.mark.parametrize("lag", [5, 60, 240])
def test_what_the_index_shows_late_is_not_missed(hub: HubSpotBackend, rep: HubSpot, lag: int) -> None:
    hub.server.nasty.lag = timedelta(seconds=lag)
    late = hub.server.make_contact({"firstname": "Late"})
    hub.clock.forward(timedelta(seconds=lag // 2))
    seen = hub.server.make_contact({"firstname": "Later still"})
    first, cursor = pull(rep)
    assert late not in first
    hub.clock.forward(timedelta(seconds=lag))
    second, cursor = pull(rep, cursor)
    assert {late, seen} <= second.keys()


def test_a_pull_of_nothing_new_keeps_the_cursor(hub: HubSpotBackend, rep: HubSpot) -> None:
    assert rep.changes(None).cursor == rep.changes(rep.changes(None).cursor).cursor
    assert hub.faults.requests == 5  # each round from the beginning asks for marketing events too


def test_the_usual_round_is_one_request(hub: HubSpotBackend, rep: HubSpot) -> None:
    fill(hub, 30)
    _, cursor = pull(rep)
    hub.faults.requests = 0
    pull(rep, cursor)
    assert hub.faults.requests == 1


def test_a_cursor_that_is_none_is_told(rep: HubSpot) -> None:
    with pytest.raises(Invalid, match="full sync"):
        rep.changes("once upon a time")


def test_the_company_fills_what_the_contact_leaves_blank(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann", "jobtitle": "CEO"})
    with_company(hub, lead, {"name": "Nord AG", "industry": "Logistics", "numberofemployees": "1200"})
    [found] = pull(rep)[0].values()
    assert (found.profile.company, found.profile.industry, found.profile.company_size) == ("Nord AG", "Logistics", 1200)


def test_a_token_that_may_not_see_companies_still_brings_leads(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann", "jobtitle": "CEO"})
    with_company(hub, lead, {"name": "Nord AG"})
    hub.server.nasty.unreadable = frozenset({"companies"})
    [found] = pull(rep)[0].values()
    assert (found.profile.name, found.profile.company) == ("Ann", "")


def with_company(hub: HubSpotBackend, lead: str, values: dict[str, str]) -> None:
    book = hub.server._account.book
    company = book.create("companies", values, hub.clock())
    book.put(book.get("contacts", lead), {"associatedcompanyid": company.id}, hub.clock())


def test_another_order_than_the_one_asked_for_is_not_walked(hub: HubSpotBackend, rep: HubSpot) -> None:
    made = fill(hub, 3)

    def shuffled() -> httpx.Response:
        at = "2026-07-03T12:00:00Z"
        shown = [{"id": one, "properties": {}, "createdAt": at, "updatedAt": at} for one in sorted(made, reverse=True)]
        return httpx.Response(200, json={"total": 3, "results": shown})

    hub.faults.answer(shuffled, writes_only=False)
    with pytest.raises(Drift, match="order"):
        rep.changes(None)


# where leads went


@pytest.mark.parametrize("behaviour", ["vanishes", "answers"])
@pytest.mark.parametrize("new_id", [False, True])
def test_a_merged_lead_leads_to_the_survivor(
    hub: HubSpotBackend, rep: HubSpot, behaviour: str, *, new_id: bool
) -> None:
    hub.server.nasty.merged = behaviour  # type: ignore[assignment]
    hub.server.nasty.merge_new_id = new_id
    first, second = (hub.server.make_contact({"firstname": name}) for name in ("Ann", "Anne"))
    kept = hub.server.merge(first, second)
    where = rep.resolve([first, second, kept])
    assert where[second] == Moved(kept)
    assert isinstance(where[kept], Present)
    if new_id:
        assert where[first] == Moved(kept)


def test_a_chain_of_merges_leads_to_the_last(hub: HubSpotBackend, rep: HubSpot) -> None:
    one, two, three = (hub.server.make_contact({"firstname": name}) for name in ("Ann", "Anne", "Anna"))
    hub.server.merge(two, one)
    hub.server.merge(three, two)
    assert rep.resolve([one]) == {one: Moved(three)}


def test_deleted_erased_and_foreign_leads_are_told_apart(hub: HubSpotBackend, rep: HubSpot) -> None:
    deleted, erased, given = (hub.server.make_contact({"firstname": name}) for name in ("Del", "Era", "Giv"))
    hub.server.delete(deleted)
    hub.server.erase(erased)
    hub.server.reassign(given, hub.server.other.id)
    where = rep.resolve([deleted, erased, given, "no number"])
    assert where[deleted] == where[erased] == where["no number"] == Gone()
    assert where[given] == NotVisible("Sam Second")


def test_hundreds_of_leads_are_resolved_in_few_requests(hub: HubSpotBackend, rep: HubSpot) -> None:
    made = fill(hub, 250)
    where = rep.resolve(sorted(made))
    assert all(isinstance(one, Present) for one in where.values())
    assert hub.faults.requests == 3


# what must not be believed


def test_a_record_without_properties_is_not_believed(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.make_contact({"firstname": "Ann"})
    hub.server.nasty.drift = "missing"
    hub.faults._inner = DemoTransport(hub.server)  # what it answers now fits no description
    with pytest.raises(Drift, match="form"):
        rep.changes(None)


def test_a_time_that_is_none_is_not_believed(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.make_contact({"firstname": "Ann"})
    hub.server.nasty.drift = "unknown"
    with pytest.raises(Drift, match="the day before"):
        rep.changes(None)


def test_a_status_that_nobody_knows_is_shown_as_it_is(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server._account.book.put(
        hub.server._account.book.get("contacts", hub.server.make_contact({"firstname": "Ann"})),
        {"hs_lead_status": "MOONWALKING"},
        hub.clock(),
    )
    [lead] = pull(rep)[0].values()
    assert lead.status == "MOONWALKING"
    assert lead.closed is None


# what leads did


def test_a_form_makes_a_lead_ask_for_contact(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann"})
    hub.server.submit_form(lead, "Contact us: pricing", "Please call me about 40 seats")
    [found] = pull(rep)[0].values()
    [form] = found.interactions
    assert (form.kind, form.topic, form.text) == (
        "contact_form",
        "Contact us: pricing",
        "Please call me about 40 seats",
    )
    assert form.at.tzinfo is not None


def test_every_form_comes_in_although_a_contact_shows_only_the_last(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann"})
    hub.server.submit_form(lead, "Download: white paper")
    hub.clock.forward(timedelta(minutes=9))
    hub.server.submit_form(lead, "Contact us", "Call me")
    hub.clock.forward(timedelta(minutes=9))
    hub.server.submit_form(lead, "Webinar in May")
    [found] = pull(rep)[0].values()
    assert [(form.kind, form.topic, form.text) for form in found.interactions] == [
        ("download", "Download: white paper", ""),
        ("contact_form", "Contact us", "Call me"),
        ("webinar", "Webinar in May", ""),
    ]
    assert len({form.remote_id for form in found.interactions}) == 3


def test_a_form_keeps_its_id_when_another_follows(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann"})
    hub.server.submit_form(lead, "Contact us", "Call me")
    first = pull(rep)[0][lead].interactions[0].remote_id
    hub.clock.forward(timedelta(hours=1))
    hub.server.submit_form(lead, "Contact us", "Still waiting")
    assert pull(rep)[0][lead].interactions[0].remote_id == first


def test_a_click_in_a_campaign_is_an_interaction(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.server.make_contact({"firstname": "Ann"})
    hub.server.click_email(lead, "Spring news")
    [found] = pull(rep)[0].values()
    assert [(one.kind, one.topic) for one in found.interactions] == [("email_click", "Spring news")]


def test_the_campaign_is_told(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.make_contact({"firstname": "Ann"}, source="EMAIL_MARKETING", campaign="Spring fair")
    [found] = pull(rep)[0].values()
    assert (found.source, found.campaign) == ("email marketing", "Spring fair")


# history


def test_a_lead_that_was_given_to_me_brings_its_whole_history(hub: HubSpotBackend, rep: HubSpot) -> None:
    theirs = hub.server.make_contact({"firstname": "Ann"}, owner=hub.server.other.id)
    hub.server.log("calls", theirs, {"hs_call_body": "Spoke about seats", "hs_call_direction": "OUTBOUND"})
    cursor = rep.history(None).cursor
    hub.clock.forward(timedelta(days=3))
    hub.server.reassign(theirs, hub.server.rep.id)
    [touch] = pull_history(rep, cursor)[0]
    assert (touch.channel, touch.text, touch.author, touch.mine) == (
        "phone",
        "Spoke about seats",
        "Sam Second",
        False,
    )


def test_what_is_done_on_others_leads_is_not_mine_to_see(hub: HubSpotBackend, rep: HubSpot) -> None:
    cursor = rep.history(None).cursor
    theirs = hub.server.make_contact({"firstname": "Ann"}, owner=hub.server.other.id)
    hub.server.remark(theirs, "private")
    assert not pull_history(rep, cursor)[0]


def test_a_long_history_comes_in_whole(hub: HubSpotBackend, rep: HubSpot) -> None:
    leads = [hub.server.make_contact({"firstname": f"Lead {number}"}) for number in range(120)]
    for lead in leads:
        hub.server.remark(lead, "one")
        hub.server.log("emails", lead, {"hs_email_text": "two", "hs_email_direction": "INCOMING_EMAIL"})
    found, _ = pull_history(rep)
    assert len(found) == 240
    assert {touch.outcome for touch in found if touch.channel == "email"} == {"replied"}
