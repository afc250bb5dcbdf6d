"""What Salesforce's documentation and other people's trouble tell, and what we make of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, deliver, make_op, pull, pull_history
from callsheet.crm.registry import Connection
from callsheet.crm.salesforce import Salesforce, connect
from callsheet.crm.salesforce.login import DeviceLogin, org_address
from callsheet.crm.salesforce.soql import listed, quoted
from callsheet.crm.transport import Transport
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import (
    Applied,
    AuthBroken,
    Drift,
    Invalid,
    LeadCreate,
    LeadPatch,
    Note,
    Rejected,
    Retry,
    TakeBack,
    Task,
    Throttled,
)
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import CLIENT, CLIENT_SECRET, HOST, MANAGER, REFRESH, REP, TOKEN, FakeSalesforce
from tests.crm.salesforce.schema import KEY

# signing in


def test_an_expired_token_is_renewed_once_and_the_request_repeated(backend: SalesforceBackend, crm: Salesforce) -> None:
    crm.whoami()
    backend.server.tokens.clear()
    op = make_op(backend.make_lead("Ann Other"), CALL)
    applied(crm.apply([op])[0])
    assert backend.server.refreshed == 2
    assert len(backend.effects(op.id)) == 1


def test_many_threads_renew_a_token_once(backend: SalesforceBackend, crm: Salesforce) -> None:
    crm.whoami()
    backend.server.tokens.clear()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: crm.changes(None), range(16)))
    assert backend.server.refreshed == 2


def test_a_refresh_token_that_is_void_once_used_is_used_once(backend: SalesforceBackend) -> None:
    backend.server.rotates = True
    crm = backend.adapter()
    crm.whoami()
    for _ in range(3):
        backend.server.tokens.clear()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: crm.changes(None), range(8)))
    assert backend.server.refreshed == 4
    assert backend.server.refresh == f"{REFRESH}-4"


def test_a_revoked_refresh_token_is_told_and_not_tried_for_ever(backend: SalesforceBackend) -> None:
    crm = backend.adapter(secret="revoked")
    before = len(backend.server.asked)
    with pytest.raises(AuthBroken, match="callsheet connect") as caught:
        crm.changes(None)
    assert "revoked" not in str(caught.value)
    assert len(backend.server.asked) == before + 1


def test_an_access_token_alone_works_until_it_expires(backend: SalesforceBackend) -> None:
    crm = backend.adapter(secret=TOKEN, client_id="")
    assert crm.whoami().user_id == REP
    backend.server.tokens.clear()
    with pytest.raises(AuthBroken):
        crm.changes(None)


def test_client_credentials_need_the_name_of_the_rep(backend: SalesforceBackend) -> None:
    crm = backend.adapter(secret=CLIENT_SECRET, grant="client_credentials", user="manager@example.com")
    assert crm.whoami().name == "Mona Manager"
    assert crm.whoami().user_id == MANAGER
    with pytest.raises(Invalid, match="No user"):
        backend.adapter(secret=CLIENT_SECRET, grant="client_credentials", user="nobody' OR Name != '").whoami()


def test_the_instance_may_be_another_host_of_salesforce_and_no_other(backend: SalesforceBackend) -> None:
    backend.server.instance = "https://evil.example"
    with pytest.raises(Drift, match=r"evil\.example"):
        backend.adapter().whoami()
    assert backend.server.asked == ["POST /services/oauth2/token"]


def test_a_machine_without_a_browser_signs_in_with_a_code(backend: SalesforceBackend) -> None:
    login = DeviceLogin(Transport(f"https://{HOST}", vendor="Salesforce", transport=backend.faults), CLIENT)
    code = login.begin()
    assert code.code == "ABCD-1234"
    assert "device-1" not in repr(code)
    assert login.poll(code) is None
    refresh = login.poll(code)
    assert refresh is not None
    assert refresh.reveal() == REFRESH


def test_a_wrong_secret_is_told_and_so_is_a_server_that_is_none_of_theirs(backend: SalesforceBackend) -> None:
    with pytest.raises(AuthBroken, match="invalid client credentials"):
        backend.adapter(secret="x", grant="client_credentials", user="one@example.com").whoami()
    nothing = httpx.MockTransport(lambda _: httpx.Response(404, json={"message": "no such page"}))
    other = Connection(url=f"https://{HOST}", secret=Secret("x"), options={"client_id": CLIENT}, transport=nothing)
    with pytest.raises(Drift, match="check the address"):
        connect(other).whoami()


def test_an_app_that_wants_its_secret_at_each_renewal_is_told_with_the_way_out(backend: SalesforceBackend) -> None:
    backend.server.confidential = True
    with pytest.raises(AuthBroken, match="Require Secret for Refresh Token Flow"):
        backend.adapter().whoami()


def test_a_way_of_signing_in_that_cannot_be_is_told() -> None:
    with pytest.raises(Invalid, match="client_id"):
        connect(Connection(url=f"https://{HOST}", secret=Secret("x"), options={"grant": "client_credentials"}))


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        ("https://co.my.salesforce.com/", "https://co.my.salesforce.com"),
        ("https://co.lightning.force.com/lightning/page/home", "https://co.my.salesforce.com"),
        ("co--dev.sandbox.lightning.force.com", "https://co--dev.sandbox.my.salesforce.com"),
        ("https://co.my.salesforce-setup.com/lightning/setup/SetupOneHome/home", "https://co.my.salesforce.com"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        ("", "https://login.salesforce.com"),
    ],
)
def test_an_address_copied_from_the_browser_will_do(shown: str, asked: str) -> None:
    assert org_address(shown) == asked


# limits


def test_the_limit_of_the_day_comes_as_403_and_is_told_as_such(backend: SalesforceBackend, crm: Salesforce) -> None:
    crm.whoami()
    backend.server.limit = backend.server.used
    with pytest.raises(Throttled) as caught:
        crm.changes(None)
    assert caught.value.scope == "daily"
    assert caught.value.after
    with pytest.raises(Throttled):
        crm.apply([make_op(backend.make_lead("Ann Other"), CALL)])


def test_a_locked_row_is_tried_again_and_its_neighbours_arrive(backend: SalesforceBackend, crm: Salesforce) -> None:
    busy, free = backend.make_lead("Busy One"), backend.make_lead("Free One")
    backend.server.locked = {busy}
    first, second = crm.apply([make_op(busy, CALL), make_op(free, CALL)])
    assert isinstance(first, Retry)
    assert isinstance(second, Applied)


def test_two_hundred_touches_go_in_one_request(backend: SalesforceBackend, crm: Salesforce) -> None:
    crm.whoami()
    ops = [make_op(backend.make_lead(f"Lead Number{number}"), CALL) for number in range(200)]
    before = backend.faults.writes
    assert all(isinstance(one, Applied) for one in crm.apply(ops))
    assert backend.faults.writes - before == 1
    assert all(isinstance(one, Applied) and one.replayed for one in crm.apply(ops))
    assert backend.faults.writes - before == 1


# our own field


@pytest.mark.parametrize(
    ("server", "told"),
    [(FakeSalesforce(keyed=("Lead",)), "lack the field"), (FakeSalesforce(external=False), "no External ID")],
)
def test_a_missing_field_is_told_and_holds_deliveries_back_until_it_is_made(server: FakeSalesforce, told: str) -> None:
    backend = SalesforceBackend(server)
    crm = backend.adapter()
    [finding] = [one for one in crm.check(create=True) if one.name == "delivery key"]
    assert not finding.ok
    assert told in finding.detail
    assert "Object Manager, Activity" in finding.detail
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, CALL)
    waits = crm.apply([op])[0]
    assert isinstance(waits, Retry)
    assert "Object Manager" in waits.reason
    applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0])
    assert backend.state(lead).do_not_contact
    server.hidden.clear()
    server.external = True
    applied(crm.apply([op])[0])


# tasks


def test_the_time_of_a_call_and_its_length_are_kept(backend: SalesforceBackend, crm: Salesforce) -> None:
    op = make_op(backend.make_lead("Ann Other"), CALL)
    row = backend.server.tables["Task"][applied(crm.apply([op])[0]).remote_id]
    assert row["TaskSubtype"] == "Call"
    assert (row["CallDurationInSeconds"], row["CallDisposition"]) == (47, "Left a voicemail")
    assert (row["ActivityDate"], row["Description"].split("\n")[0]) == ("2026-07-03", "At 2026-07-03T10:00:00Z")
    [touch] = pull_history(crm)[0]
    assert (touch.at, touch.channel) == (SUMMER, "phone")


def test_the_rep_may_choose_the_words_for_an_outcome(backend: SalesforceBackend) -> None:
    crm = backend.adapter(outcome_voicemail="Left VM", status_meeting="Working - Contacted")
    assert crm.vocabulary().outcomes == {"voicemail": "Left VM"}
    op = make_op(backend.make_lead("Ann Other"), CALL)
    row = backend.server.tables["Task"][applied(crm.apply([op])[0]).remote_id]
    assert row["CallDisposition"] == "Left VM"
    assert "Left a voicemail" in row["Description"]


def test_a_next_step_keeps_its_time_in_its_reminder(backend: SalesforceBackend, crm: Salesforce) -> None:
    op = make_op(backend.make_lead("Ann Other"), Task("Call back", SUMMER.replace(hour=23, minute=30), "phone"))
    row = backend.server.tables["Task"][applied(crm.apply([op])[0]).remote_id]
    assert row["ActivityDate"] == "2026-07-04"  # the day in London
    assert row["ReminderDateTime"] == "2026-07-03T23:30:00Z"
    assert row["Status"] == "Not Started"


def test_a_long_text_fills_several_tasks_which_go_together(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    note = Note("all that was said " * 4000)
    op = make_op(lead, note)
    applied(crm.apply([op])[0])
    assert len(backend.effects(op.id)) == 3
    back = make_op(lead, TakeBack(of=op.id, was=note))
    assert applied(crm.apply([back])[0]).how == "deleted"
    assert not backend.effects(op.id)


def test_without_the_right_to_delete_a_note_takes_back(backend: SalesforceBackend, crm: Salesforce) -> None:
    backend.server.no_delete = True
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, CALL)
    applied(crm.apply([op])[0])
    back = make_op(lead, TakeBack(of=op.id, was=CALL))
    assert applied(crm.apply([back])[0]).how == "corrected by a note"
    [told] = backend.effects(back.id)
    assert "Taken back" in told.text


def test_linkedin_has_a_type_where_the_org_knows_it(backend: SalesforceBackend, crm: Salesforce) -> None:
    op = make_op(backend.make_lead("Ann Other"), replace(CALL, channel="linkedin", label="Invited"))
    row = backend.server.tables["Task"][applied(crm.apply([op])[0]).remote_id]
    assert (row["Type"], row["Subject"]) == ("LinkedIn", "LinkedIn: Invited")


# reading


def test_hundreds_of_leads_of_one_time_all_come_in(backend: SalesforceBackend) -> None:
    made = {backend.make_lead(f"Bulk Number{number}") for number in range(50)}
    for row in backend.server.tables["Lead"].values():
        row["SystemModstamp"] = "2026-07-06T09:30:00.000+0000"
    crm = SalesforceBackend(backend.server, page=7).adapter()
    leads, cursor = pull(crm)
    assert leads.keys() == made
    assert pull(crm, cursor)[0].keys() == made  # the overlap


def test_an_answer_to_a_campaign_comes_in_though_the_lead_did_not_change(
    backend: SalesforceBackend, crm: Salesforce
) -> None:
    lead = backend.make_lead("Ann Other")
    _, cursor = pull(crm)
    backend.server.tick(timedelta(hours=1))
    backend.server.make(
        "CampaignMember", LeadId=lead, Status="Attended", HasResponded=True, FirstRespondedDate="2026-07-06",
        Campaign={"Name": "Summer webinar", "Type": "Webinar"},
    )  # fmt: skip
    leads, _ = pull(crm, cursor)
    [seen] = leads[lead].interactions
    assert (seen.kind, seen.topic) == ("webinar", "Summer webinar")
    assert leads[lead].campaign == "Summer webinar"


@pytest.mark.parametrize(
    ("source", "kind"), [("Web", "contact_form"), ("Phone Inquiry", "inbound_call"), ("Other", "other")]
)
def test_what_made_a_lead_is_an_interaction(
    backend: SalesforceBackend, crm: Salesforce, source: str, kind: str
) -> None:
    lead = backend.make_lead("Ann Other")
    backend.server.edit("Lead", lead, LeadSource=source, Description="Please call me")
    [asked] = pull(crm)[0][lead].interactions
    assert (asked.kind, asked.text) == (kind, "Please call me")


@pytest.mark.parametrize("text", ["x", '{"at":"\' OR Id != \'"}', '{"high":"tomorrow"}', "[]"])
def test_a_cursor_that_is_none_of_ours_is_told(crm: Salesforce, text: str) -> None:
    with pytest.raises(Invalid, match="full sync"):
        crm.changes(text)


def test_nothing_breaks_out_of_a_literal(backend: SalesforceBackend, crm: Salesforce) -> None:
    assert quoted('O\'Brien\\ "x"\n') == r"'O\'Brien\\ \"x\"\n'"
    assert listed(["a", "b'"]) == r"('a', 'b\'')"
    mail = "' OR Name != '"
    backend.make_lead("Ann Other", email="ann@one.example")
    body = LeadCreate(Profile(name="Eve", emails=(mail,)), received_at=SUMMER)
    made = applied(crm.apply([make_op("", body)])[0])
    assert not made.replayed
    with pytest.raises(Invalid):
        backend.adapter(key_field="Id FROM User WHERE Name != '' --").whoami()


def test_a_key_that_fits_several_records_is_told(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, Task("Call back", SUMMER, "phone"))
    for _ in range(2):
        backend.server.make("Task", REP, **{KEY: op.id}, Subject="twice", Status="Not Started", WhoId=lead, OwnerId=REP)
    result = crm.apply([op])[0]
    assert isinstance(result, Rejected)
    assert result.code == "duplicate"


def test_a_lead_without_key_address_and_number_is_made_once_all_the_same() -> None:
    backend = SalesforceBackend(FakeSalesforce(keyed=("Task",)))
    crm = backend.adapter()
    op = make_op("", LeadCreate(Profile(name="Nia New", company="New & Co"), received_at=SUMMER))
    crm.whoami()
    backend.faults.lose_reply()
    applied(deliver(backend, crm, op))
    assert len(backend.server.tables["Lead"]) == 1
    other = make_op("", LeadCreate(Profile(name="Nia New", company="Other & Co"), received_at=SUMMER))
    applied(deliver(backend, crm, other))
    assert len(backend.server.tables["Lead"]) == 2
