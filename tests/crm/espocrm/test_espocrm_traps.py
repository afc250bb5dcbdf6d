"""What a running EspoCRM was seen to do, and what we make of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull, pull_history
from callsheet.crm.espocrm import EspoCrm, connect
from callsheet.crm.registry import Connection
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import (
    AuthBroken,
    LeadCreate,
    LeadPatch,
    Rejected,
    Retry,
    Task,
    TaskDone,
)
from tests.crm.espocrm.backend import EspoBackend
from tests.crm.espocrm.fake import KEY, OTHER, FakeEspo

# keys


def test_a_wrong_key_is_tried_once_and_never_again(backend: EspoBackend) -> None:
    crm = backend.adapter(broken_key=True)

    def ask(_: int) -> None:
        with pytest.raises(AuthBroken):
            crm.changes(None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(30)))
    assert len(backend.server.answered) == 1
    backend.adapter().whoami()  # the office is not locked out


def test_a_key_that_is_revoked_meanwhile_locks_nobody_out(backend: EspoBackend, crm: EspoCrm) -> None:
    crm.whoami()
    backend.server.key = "another-key"
    lead = backend.make_lead("Ann Other")

    def send(_: int) -> None:
        with pytest.raises(AuthBroken):
            crm.apply([make_op(lead, CALL)])

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(send, range(40)))
    assert len(backend.server.bad_keys) <= 4


@pytest.mark.parametrize(("says_why", "requests"), [(True, 1), (False, 2)])
def test_a_network_that_is_locked_out_stops_everything(
    backend: EspoBackend, crm: EspoCrm, *, says_why: bool, requests: int
) -> None:
    """Older versions give no reason: then it is asked who we are, to be sure."""
    backend.server.says_why = says_why
    backend.server.bad_keys = [backend.server.now] * 11
    for _ in range(5):
        with pytest.raises(AuthBroken, match="wait a few minutes"):
            crm.whoami()
    assert len(backend.server.answered) == requests


@pytest.mark.parametrize(("says_why", "requests"), [(True, 1), (False, 2)])
def test_a_lockout_in_the_middle_parks_nothing(
    backend: EspoBackend, crm: EspoCrm, *, says_why: bool, requests: int
) -> None:
    backend.server.says_why = says_why
    crm.whoami()
    lead = backend.make_lead("Ann Other")
    backend.server.bad_keys = [backend.server.now] * 11
    before = len(backend.server.answered)
    for _ in range(3):
        with pytest.raises(AuthBroken, match="wait a few minutes"):
            crm.apply([make_op(lead, CALL)])
    assert len(backend.server.answered) == before + requests


# our own field


def test_a_missing_field_is_told_with_the_way_to_make_it() -> None:
    backend = EspoBackend(FakeEspo(keyed=("Task",)))
    findings = {one.name: one for one in backend.adapter().check(create=True)}
    told = findings["delivery key of calls"]
    assert not told.ok
    assert not told.can_create
    assert "Entity Manager, Call" in told.detail
    assert "callsheetId" in told.detail
    assert findings["delivery key of tasks"].ok


def test_without_the_field_no_call_is_made_but_do_not_contact_goes_out() -> None:
    backend = EspoBackend(FakeEspo(keyed=()))
    crm = backend.adapter()
    lead = backend.make_lead("Ann Other", phone="+442079460013")
    waits = crm.apply([make_op(lead, CALL)])[0]
    assert isinstance(waits, Retry)
    assert "Entity Manager" in waits.reason
    assert not backend.server.tables["Call"]
    applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0])
    assert backend.state(lead).do_not_contact


@pytest.mark.parametrize("name", ["cCallsheetId", "callsheetId", "cDeliveryKey"])
def test_the_field_is_found_with_its_prefix_and_without(name: str) -> None:
    backend = EspoBackend(FakeEspo(key_field=name))
    crm = backend.adapter(key_field="deliveryKey" if name == "cDeliveryKey" else "")
    op = make_op(backend.make_lead("Ann Other"), CALL)
    applied(crm.apply([op])[0])
    [call] = backend.server.tables["Call"].values()
    assert call[name] == op.id
    assert crm.find_effect(op)


def test_a_key_that_is_dropped_without_a_word_leaves_no_call(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.server.frozen = {"cCallsheetId"}
    waits = crm.apply([make_op(backend.make_lead("Ann Other"), CALL)])[0]
    assert isinstance(waits, Retry)
    assert "did not keep" in waits.reason
    assert not backend.server.tables["Call"]


def test_a_field_that_an_administrator_removes_holds_deliveries_back_until_it_is_there_again(
    backend: EspoBackend, crm: EspoCrm
) -> None:
    crm.whoami()
    kept, backend.server.custom = backend.server.custom, {}
    op = make_op(backend.make_lead("Ann Other"), CALL)
    for _ in range(2):
        waits = crm.apply([op])[0]
        assert isinstance(waits, Retry)
        assert "Entity Manager" in waits.reason
    assert not backend.server.tables["Call"]
    backend.server.custom = kept
    applied(crm.apply([op])[0])
    assert len(backend.effects(op.id)) == 1


def test_a_call_keeps_its_length_though_the_answer_says_otherwise(backend: EspoBackend, crm: EspoCrm) -> None:
    op = make_op(backend.make_lead("Ann Other"), CALL)
    applied(crm.apply([op])[0])
    [call] = backend.server.tables["Call"].values()
    assert (call["dateStart"], call["dateEnd"]) == ("2026-07-03 10:00:00", "2026-07-03 10:00:47")
    assert call["status"] == "Not Held"
    assert call["leadsIds"] == [op.lead]


def test_a_task_that_somebody_changes_meanwhile_is_read_again(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    task = make_op(lead, Task("Call back", SUMMER, "phone"))
    made = applied(crm.apply([task])[0]).remote_id

    def meanwhile(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        backend.server.edit("Task", made, description="The manager was here")
        return inner.handle_request(request)

    backend.faults._add(meanwhile, 1, writes_only=True)
    applied(crm.apply([make_op(lead, TaskDone(task=task.id, text="Sent it"))])[0])
    row = backend.server.tables["Task"][made]
    assert row["status"] == "Completed"
    assert row["description"] == "The manager was here\nSent it"
    assert "PATCH Task/" + made + " 409" in backend.server.answered


# what the real server refuses, by its own sources


def test_a_line_of_text_never_holds_what_is_refused_there(backend: EspoBackend, crm: EspoCrm) -> None:
    """`<`, `>` and `=` are refused in names, titles and places; the words as they were go into the text."""
    lead = backend.make_lead("Ann Other")
    bodies = (replace(CALL, label="No answer => later"), Task("Send <offer>", SUMMER, "email"))
    for body in bodies:
        op = make_op(lead, body)
        applied(crm.apply([op])[0])
        [effect] = backend.effects(op.id)
        assert "No answer => later" in effect.text or "Send <offer>" in effect.text
    profile = Profile(name="Nia <New>", company="A = B", title="<b>", city="<i>", emails=("nia@new.example",))
    made = applied(crm.apply([make_op("", LeadCreate(profile, received_at=SUMMER))])[0]).remote_id
    row = backend.server.tables["Lead"][made]
    assert (row["firstName"], row["lastName"], row["accountName"]) == ("Nia", "‹New›", "A ＝ B")
    assert all(said in row["description"] for said in ("Nia <New>", "A = B", "<b>", "<i>"))


def test_a_new_lead_is_not_lost_for_an_address_that_is_none(backend: EspoBackend, crm: EspoCrm) -> None:
    profile = Profile(name="Nia New", website="not a site", phones=("+44 20 7946 0013", "none"))
    made = applied(crm.apply([make_op("", LeadCreate(profile, received_at=SUMMER))])[0]).remote_id
    row = backend.server.tables["Lead"][made]
    assert "website" not in row
    assert "not a site" in row["description"]
    assert "none" in row["description"]


def test_numbers_that_were_never_seen_here_stay(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other", phone="+442079460013")
    many = [{"phoneNumber": "+442079460013", "primary": True}, {"phoneNumber": "+442079460014", "primary": False}]
    backend.server.edit("Lead", lead, phoneNumberData=many)
    patch = LeadPatch(profile={"phones": "+442079460013; +442079460015"})
    applied(crm.apply([make_op(lead, patch)])[0])
    now = backend.server.tables["Lead"][lead]["phoneNumberData"]
    assert [one["phoneNumber"] for one in now] == ["+442079460013", "+442079460015", "+442079460014"]


def test_connecting_tells_what_the_role_may_not_write(backend: EspoBackend) -> None:
    backend.server.frozen = {"cCallsheetId", "doNotCall"}
    failed = {one.name: one.detail for one in backend.adapter().check() if not one.ok}
    assert failed.keys() == {"delivery key of calls", "delivery key of tasks", "do not call"}
    assert all("may not write" in told for told in failed.values())


def test_a_key_of_somebody_else_must_reach_the_reps_records_and_assign_to_them(backend: EspoBackend) -> None:
    def told() -> dict[str, str]:
        crm = connect(Connection(url="https://crm.example", secret=Secret(KEY), user="two", transport=backend.faults))
        return {one.name: one.detail for one in crm.check() if not one.ok}

    backend.server.rights["User"]["read"] = "all"
    assert told().keys() == {"leads: read", "leads: edit", "leads: stream", "assigning"}
    assert "Rep Two" in told()["leads: read"]
    backend.server.assigns, backend.server.teams = "team", ["6b0300000000team1"]
    backend.server.may("team")
    assert "tasks: read" in told()
    backend.server.may("all")
    assert not told()


def test_a_lead_that_becomes_mine_brings_what_was_done_long_before(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Taken Over", mine=False)
    server = backend.server
    start = server.stamp()
    server.make("Call", OTHER, name="Call: talked", status="Held", dateStart=start, dateEnd=start, parentType="Lead",
                parentId=lead, assignedUserId=OTHER, description="wants prices")  # fmt: skip
    server.make("Task", OTHER, name="Email: sent", status="Completed", dateEnd=start, parentType="Lead",
                parentId=lead, assignedUserId=OTHER, description="prices")  # fmt: skip
    server.make("Meeting", OTHER, name="At theirs", status="Held", dateStart=start, parentType="Lead", parentId=lead,
                assignedUserId=OTHER)  # fmt: skip
    server.make("Meeting", OTHER, name="To come", status="Planned", dateStart=start, parentType="Lead", parentId=lead,
                assignedUserId=OTHER)  # fmt: skip
    server.post(lead, "Knows Ann")
    backend.make_lead("Mine All Along")
    server.tick(timedelta(days=40))
    _, cursor = pull_history(crm)
    server.tick(timedelta(days=1))
    backend.reassign(lead, mine=True)
    touches, _ = pull_history(crm, cursor)
    assert sorted(touch.text.splitlines()[-1] for touch in touches) == [
        "At theirs",
        "Knows Ann",
        "prices",
        "wants prices",
    ]


def test_every_number_and_address_is_opted_out(backend: EspoBackend, crm: EspoCrm) -> None:
    """The flag of a lead means its primary number alone."""
    lead = backend.make_lead("Ann Other", phone="+442079460013", email="ann@one.example")
    numbers = [{"phoneNumber": f"+44207946001{digit}", "primary": digit == 3} for digit in (3, 4)]
    backend.server.edit("Lead", lead, phoneNumberData=numbers)
    row = backend.server.tables["Lead"][lead]
    for stop in (True, False):
        applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=stop))])[0])
        assert row["doNotCall"] is stop
        assert [one["optOut"] for one in row["phoneNumberData"]] == [stop, stop]
        assert row["emailAddressIsOptedOut"] is stop
    both = LeadPatch(do_not_contact=True, profile={"phones": "+442079460013; +442079460015"})
    applied(crm.apply([make_op(lead, both)])[0])
    assert {one["phoneNumber"]: one["optOut"] for one in row["phoneNumberData"]} == {
        "+442079460013": True, "+442079460014": True, "+442079460015": True,
    }  # fmt: skip


def test_do_not_contact_is_set_though_an_old_number_is_no_longer_taken(backend: EspoBackend, crm: EspoCrm) -> None:
    """EspoCRM checks all numbers of a lead when one is written; an import of long ago may have left others."""
    lead = backend.make_lead("Ann Other", phone="020 7946 0013", email="ann@one.example")
    applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0])
    row = backend.server.tables["Lead"][lead]
    assert (row["doNotCall"], row["emailAddressIsOptedOut"]) == (True, True)
    assert any("020 7946 0013" in said for said in backend.notes(lead))
    refused = crm.apply([make_op(lead, LeadPatch(profile={"phones": "ask reception"}))])[0]
    assert isinstance(refused, Rejected)
    assert refused.field == "phoneNumber"


def test_a_step_of_a_day_has_no_time_until_it_gets_one(backend: EspoBackend, crm: EspoCrm) -> None:
    op = make_op(backend.make_lead("Ann Other"), Task("Send it", SUMMER.replace(hour=23, minute=30), "email", True))
    row = backend.server.tables["Task"][applied(crm.apply([op])[0]).remote_id]
    assert row["dateEndDate"] == "2026-07-04"  # the day in London
    timed = replace(op, body=Task("Send it", SUMMER, "email"))
    applied(crm.apply([timed])[0])
    row = next(iter(backend.server.tables["Task"].values()))
    assert (row["dateEndDate"], row["dateEnd"]) == (None, "2026-07-03 10:00:00")
    assert applied(crm.apply([timed])[0]).replayed
    applied(crm.apply([op])[0])
    assert next(iter(backend.server.tables["Task"].values()))["dateEndDate"] == "2026-07-04"


def test_who_opts_in_to_a_campaign_did_something(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    for action in ("Opted In", "Sent", "Opened", "Opted Out"):
        backend.server.make(
            "CampaignLogRecord", action=action, actionDate=backend.server.stamp(), parentType="Lead", parentId=lead,
            campaignName="Spring fair", objectName="Form of the fair",
        )  # fmt: skip
    backend.server.make(
        "CampaignLogRecord", action="Clicked", actionDate=backend.server.stamp(), parentType="Lead", parentId=lead,
        isTest=True,
    )  # fmt: skip
    [seen] = [one for one in pull(crm)[0][lead].interactions if one.remote_id.startswith("CampaignLogRecord")]
    assert (seen.kind, seen.topic, seen.text) == ("other", "Spring fair", "Form of the fair")


def test_an_end_of_the_companys_own_is_an_end(backend: EspoBackend) -> None:
    """Statuses that an administrator added say themselves whether a lead is still worked."""
    backend.server.over = ["Went to another", "Signed"]
    crm = backend.adapter(status_won="Signed")
    leads = {one: backend.make_lead(f"Lead {one}") for one in ("Went to another", "Signed", "Recycled", "Dead", "New")}
    for status, lead in leads.items():
        backend.server.edit("Lead", lead, status=status)
    there = pull(crm)[0]
    assert {status: there[lead].closed for status, lead in leads.items()} == {
        "Went to another": "lost", "Signed": "won", "Recycled": None, "Dead": "lost", "New": None,
    }  # fmt: skip
    applied(crm.apply([make_op(leads["Went to another"], LeadPatch(stage="connected"))])[0])
    assert backend.server.tables["Lead"][leads["Went to another"]]["status"] == "Went to another"
