"""Leads in Salesforce: versions, do-not-contact, conversion, merges, duplicates, and new ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull
from callsheet.crm.salesforce import Salesforce
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    Applied,
    Conflict,
    LeadCreate,
    LeadPatch,
    Moved,
    Note,
    NotVisible,
    Present,
    Rejected,
)
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import MANAGER


def test_a_change_decided_on_an_old_version_is_a_conflict(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other", title="before")
    where = crm.resolve([lead])[lead]
    assert isinstance(where, Present)
    backend.server.tick(timedelta(minutes=1))
    backend.edit_lead(lead, title="theirs")
    op = replace(make_op(lead, LeadPatch(profile={"title": "mine"})), base=where.lead.version)
    result = crm.apply([op])[0]
    assert isinstance(result, Conflict)
    assert result.remote["title"] == "theirs"
    again = replace(op, base=result.version)
    applied(crm.apply([again])[0])
    assert backend.state(lead).title == "mine"


def test_a_stage_is_decided_anew_when_the_lead_changes_under_our_hands(
    backend: SalesforceBackend, crm: Salesforce
) -> None:
    lead = backend.make_lead("Ann Other")

    def meanwhile(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        backend.server.tick(timedelta(minutes=1))
        backend.lose(lead)
        return inner.handle_request(request)

    crm.whoami()
    backend.faults._add(meanwhile, 1, writes_only=True)
    applied(crm.apply([make_op(lead, LeadPatch(stage="connected"))])[0])
    assert backend.state(lead).closed


def test_do_not_contact_waits_for_nobody(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.tick(timedelta(minutes=1))
    backend.edit_lead(lead, title="changed")
    op = replace(make_op(lead, LeadPatch(do_not_contact=True)), base="2020-01-01T00:00:00.000+0000")
    applied(crm.apply([op])[0])
    assert backend.state(lead).do_not_contact


def test_without_the_right_do_not_contact_is_told(backend: SalesforceBackend) -> None:
    backend.server.hidden.add("Lead.DoNotCall")
    crm = backend.adapter()
    assert [one.detail for one in crm.check() if one.name == "leads: DoNotCall" and not one.ok]
    result = crm.apply([make_op(backend.make_lead("Ann Other"), LeadPatch(do_not_contact=True))])[0]
    assert isinstance(result, Rejected)
    assert result.code == "forbidden"


def test_a_converted_lead_is_won_and_no_longer_changed(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.edit("Lead", lead, IsConverted=True, Status="Closed - Converted")
    assert pull(crm)[0][lead].closed == "won"
    assert applied(crm.apply([make_op(lead, LeadPatch(stage="connected"))])[0]).replayed
    assert applied(crm.apply([make_op(lead, LeadPatch(stage="won", closed="won"))])[0]).replayed
    for patch in (LeadPatch(profile={"title": "Boss"}), LeadPatch(closed="lost"), LeadPatch(do_not_contact=True)):
        result = crm.apply([make_op(lead, patch)])[0]
        assert isinstance(result, Rejected)
        assert "converted" in result.reason


def test_who_asked_to_be_left_alone_is_left_alone_as_a_contact_too(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    contact = backend.server.make("Contact", DoNotCall=False, HasOptedOutOfEmail=False)
    backend.server.edit("Lead", lead, IsConverted=True, Status="Closed - Converted", ConvertedContactId=contact)
    assert applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0]).how
    row = backend.server.tables["Contact"][contact]
    assert (row["DoNotCall"], row["HasOptedOutOfEmail"]) == (True, True)


def test_what_was_done_before_a_lead_was_converted_goes_on_with_the_contact(
    backend: SalesforceBackend, crm: Salesforce
) -> None:
    lead, other, contact = backend.make_lead("Ann Other"), backend.make_lead("Bob Stone"), "003000000000000001"
    backend.server.edit("Lead", lead, IsConverted=True, Status="Closed - Converted", ConvertedContactId=contact)
    ops = [make_op(lead, CALL), make_op(other, CALL), make_op(lead, Note("all that was said " * 4000))]
    assert all(isinstance(one, Applied) and not one.replayed for one in crm.apply(ops))
    assert {effect.lead for effect in backend.effects(ops[0].id)} == {contact}
    assert [effect.lead for effect in backend.effects(ops[2].id)] == [contact] * 3
    assert all(isinstance(one, Applied) and one.replayed for one in crm.apply(ops))
    alone = backend.make_lead("No Contact")
    backend.server.edit("Lead", alone, IsConverted=True, Status="Closed - Converted")
    refused = crm.apply([make_op(alone, CALL)])[0]
    assert isinstance(refused, Rejected)
    assert "converted" in refused.reason


def test_a_lead_that_was_merged_twice_leads_to_the_last(backend: SalesforceBackend, crm: Salesforce) -> None:
    first, second, third = (backend.make_lead(f"Lead Number{number}") for number in range(3))
    backend.merge(first, second)
    backend.merge(second, third)
    assert crm.resolve([first])[first] == Moved(third)


def test_a_lead_that_sharing_hides_is_not_taken_for_deleted(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.private = True
    backend.reassign(lead)
    assert isinstance(crm.resolve([lead])[lead], NotVisible)


def test_a_lead_that_sharing_hides_once_it_was_handed_over_stays_there(
    backend: SalesforceBackend, crm: Salesforce
) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.private = True
    op = make_op(lead, LeadPatch(owner="two@example.com"))
    given = applied(crm.apply([op])[0])
    assert backend.state(lead).owner == "Rep Two"
    back = make_op(lead, LeadPatch(owner="", owner_from=given.remote_id))
    assert [type(one) for one in crm.apply([op, back])] == [Conflict, Conflict]
    assert backend.state(lead).owner == "Rep Two"


def test_a_lead_that_somebody_gives_away_while_we_do_stays_theirs(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")

    def meanwhile(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        backend.server.tick(timedelta(minutes=1))
        backend.server.edit("Lead", lead, OwnerId=MANAGER)
        return inner.handle_request(request)

    backend.faults._add(meanwhile, 1, writes_only=True)
    assert isinstance(crm.apply([make_op(lead, LeadPatch(owner="Rep Two"))])[0], Conflict)
    assert backend.state(lead).owner == "Mona Manager"


def test_a_converted_lead_is_handed_to_nobody(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.edit("Lead", lead, IsConverted=True)
    refused = crm.apply([make_op(lead, LeadPatch(owner="Rep Two"))])[0]
    assert isinstance(refused, Rejected)
    assert "converted" in refused.reason


def test_people_may_share_a_name_and_a_rule_does_not_stop_them(backend: SalesforceBackend, crm: Salesforce) -> None:
    there = backend.make_lead("Ann Other", email="ann@one.example")
    body = LeadCreate(Profile(name="Ann Other", emails=("ann@two.example",)), received_at=SUMMER)
    assert applied(crm.apply([make_op("", body)])[0]).remote_id != there


def test_a_colleagues_lead_is_not_taken(backend: SalesforceBackend, crm: Salesforce) -> None:
    backend.make_lead("Ann Other", email="ann@one.example", mine=False)
    body = LeadCreate(Profile(name="A. Other", emails=("Ann@One.example",)), received_at=SUMMER)
    result = crm.apply([make_op("", body)])[0]
    assert isinstance(result, Rejected)
    assert "Rep Two" in result.reason


def test_what_does_not_fit_is_told_in_the_description(backend: SalesforceBackend, crm: Salesforce) -> None:
    profile = Profile(name="Nia New", title="Head of " + "very " * 40 + "much", linkedin="https://linkedin.example/nia",
                      city="A very long name of a city that goes on and on", company_size=40)  # fmt: skip
    op = make_op("", LeadCreate(profile, received_at=SUMMER, source="Fair", campaign="Spring"))
    row = backend.server.tables["Lead"][applied(crm.apply([op])[0]).remote_id]
    assert (len(row["Title"]), len(row["City"]), row["NumberOfEmployees"]) == (128, 40, 40)
    for said in ("much", "linkedin.example/nia", "goes on and on", "Source: Fair", "Campaign: Spring"):
        assert said in row["Description"]
