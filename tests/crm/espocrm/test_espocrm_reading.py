"""Reading from EspoCRM: many changes of one second, streams, campaigns, colleagues, and what ended."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from callsheet.crm.contract.suite import SUMMER, applied, deliver, make_op, pull, pull_history
from callsheet.crm.espocrm import EspoCrm, connect
from callsheet.crm.espocrm.wire import PAGE
from callsheet.crm.registry import Connection
from callsheet.domain.events import new_id
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import (
    CrmError,
    Invalid,
    LeadCreate,
    LeadPatch,
)
from tests.crm.espocrm.backend import EspoBackend
from tests.crm.espocrm.fake import KEY, OTHER, FakeEspo


def test_hundreds_of_leads_of_one_second_all_come_in(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.server.tick(timedelta(seconds=1))
    made = {backend.make_lead(f"Bulk Number{number}") for number in range(2 * PAGE + 30)}
    for row in backend.server.tables["Lead"].values():
        row["modifiedAt"] = "2026-07-06 09:30:00"
    leads, cursor = pull(crm)
    assert leads.keys() == made
    again, _ = pull(crm, cursor)
    assert again.keys() == made  # the overlap


def test_a_post_is_found_though_the_lead_does_not_count_as_changed(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    before = backend.server.tables["Lead"][lead]["modifiedAt"]
    _, cursor = pull_history(crm)
    backend.server.tick(timedelta(hours=1))
    backend.remark(lead, "They moved")
    backend.server.post(lead, "", kind="EmailReceived", emailName="Re: your offer")
    assert backend.server.tables["Lead"][lead]["modifiedAt"] == before
    touches, _ = pull_history(crm, cursor)
    assert [(one.text, one.channel, one.outcome) for one in touches] == [
        ("They moved", "research", ""),
        ("Re: your offer", "email", "replied"),
    ]


def test_a_click_in_a_campaign_comes_in_though_the_lead_did_not_change(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    _, cursor = pull(crm)
    backend.server.tick(timedelta(hours=1))
    backend.server.make(
        "CampaignLogRecord", action="Clicked", actionDate=backend.server.stamp(), parentType="Lead", parentId=lead,
        campaignName="Spring news",
    )  # fmt: skip
    leads, _ = pull(crm, cursor)
    [click] = [one for one in leads[lead].interactions if one.kind == "email_click"]
    assert click.topic == "Spring news"


def test_a_web_form_is_an_interaction(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.edit("Lead", lead, source="Web Site", description="Please call me")
    [asked] = pull(crm)[0][lead].interactions
    assert (asked.kind, asked.text) == ("contact_form", "Please call me")


def test_a_cursor_that_is_none_of_ours_is_told(crm: EspoCrm) -> None:
    for text in ("nonsense", '{"leads": 3}', "[]"):
        with pytest.raises(CrmError):
            crm.changes(text)


def test_a_cursor_of_an_earlier_version_is_read_on(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    _, cursor = pull(crm)
    backend.server.tick(timedelta(hours=1))
    backend.edit_lead(lead, title="Chief")
    earlier = json.dumps({name: place[:4] for name, place in json.loads(cursor).items()})
    assert pull(crm, earlier)[0][lead].profile.title == "Chief"


@pytest.mark.parametrize(
    "url", ["https://crm.example", "crm.example/", "https://crm.example/#Lead/view/1", "https://crm.example/api/v1/"]
)
def test_an_address_copied_from_the_browser_will_do(backend: EspoBackend, url: str) -> None:
    crm = connect(Connection(url=url, secret=Secret(KEY), transport=backend.faults))
    assert crm.whoami().name == "Rep One"


def test_a_colleagues_call_on_my_lead_is_in_the_history(backend: EspoBackend, crm: EspoCrm) -> None:
    lead, other = backend.make_lead("Ann Other"), backend.make_lead("Not Mine", mine=False)
    for parent in (lead, other):
        backend.server.make(
            "Call", OTHER, name="Called them", status="Held", parentType="Lead", parentId=parent,
            dateStart="2026-07-06 08:00:00", dateEnd="2026-07-06 08:05:00", assignedUserId=OTHER,
        )  # fmt: skip
    touches, _ = pull_history(crm)
    [call] = [one for one in touches if one.channel == "phone"]
    assert (call.lead, call.author, call.mine, call.key) == (lead, "Rep Two", False, "")


def test_no_key_of_another_program_is_taken_for_ours(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    backend.remark(lead, "see [callsheet nothing]")
    backend.remark(lead, f"[callsheet {new_id()}]")
    [touch] = [one for one in pull_history(crm)[0] if one.text]
    assert touch.key == ""


def test_the_key_of_an_api_user_serves_the_rep_who_is_named(backend: EspoBackend) -> None:
    theirs = backend.make_lead("Not Mine", mine=False)
    named = Connection(url="https://crm.example", secret=Secret(KEY), user="two", transport=backend.faults)
    with pytest.raises(Invalid, match="read Users"):  # the role shows no other user at first
        connect(named).whoami()
    backend.server.rights["User"]["read"] = "all"
    crm = connect(named)
    assert crm.whoami().user_id == OTHER
    backend.server.may("all")
    assert theirs in pull(crm)[0]
    nobody = Connection(url="https://crm.example", secret=Secret(KEY), user="nobody", transport=backend.faults)
    with pytest.raises(Invalid, match="nobody"):
        connect(nobody).whoami()


def test_a_role_without_the_stream_does_not_park_do_not_contact(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.server.no_stream = True
    lead = backend.make_lead("Ann Other", phone="+442079460013")
    assert applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0]).how
    assert backend.state(lead).do_not_contact


def test_a_lead_without_key_address_and_number_is_made_once_all_the_same() -> None:
    backend = EspoBackend(FakeEspo(keyed=("Call", "Task")))
    crm = backend.adapter()
    op = make_op("", LeadCreate(Profile(name="Nia New", company="New & Co"), received_at=SUMMER))
    crm.whoami()
    backend.faults.lose_reply()
    applied(deliver(backend, crm, op))
    assert len(backend.server.tables["Lead"]) == 1
    other = make_op("", LeadCreate(Profile(name="Nia New", company="Other & Co"), received_at=SUMMER))
    applied(deliver(backend, crm, other))
    assert len(backend.server.tables["Lead"]) == 2


def test_leads_come_in_though_the_campaigns_do_not_answer(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    crm.whoami()
    backend.faults._add(lambda inner, request: inner.handle_request(request), 1, writes_only=False)
    backend.faults.server_error(500, writes_only=False)
    assert lead in pull(crm)[0]
    assert not backend.faults.pending
