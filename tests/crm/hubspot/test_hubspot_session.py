"""Who we are there, what the account lacks, and what its refusals mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from callsheet.crm.contract.suite import pull_history
from callsheet.crm.demo.schema import DO_NOT_CONTACT, KEY, KINDS
from callsheet.crm.demo.server import TOKEN
from callsheet.crm.hubspot import HubSpot, connect, wire
from callsheet.crm.hubspot.session import KEYED
from callsheet.crm.hubspot.wire import meaning
from callsheet.crm.registry import Connection, factory
from callsheet.crm.transport import Reply
from callsheet.settings import Secret
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Throttled, Uncertain
from tests.crm.hubspot.backend import HubSpotBackend

NOON = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)


def test_the_rep_is_found_by_address_whatever_its_case(hub: HubSpotBackend) -> None:
    adapter = connect(Connection("", Secret(TOKEN), user="REP@Example.com", transport=hub.faults))
    me = adapter.whoami()
    assert (me.user_id, me.name, me.timezone, me.organization) == ("101", "Robin Rep", "Europe/London", "Demo CRM")


@pytest.mark.parametrize("user", ["", "nobody@example.com"])
def test_a_rep_who_is_not_there_is_asked_for(hub: HubSpotBackend, user: str) -> None:
    adapter = connect(Connection("", Secret(TOKEN), user=user, transport=hub.faults))
    with pytest.raises(Invalid) as caught:
        adapter.whoami()
    assert caught.value.field == "user"


def test_the_registry_knows_it() -> None:
    assert factory("hubspot") is connect


def test_the_clocks_are_compared(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.clock.forward(timedelta(minutes=20))
    assert abs(rep.whoami().skew - timedelta(minutes=20)) < timedelta(minutes=1)
    [clock] = [one for one in rep.check() if one.name == "Clock"]
    assert not clock.ok
    assert "20 minutes behind" in clock.detail


def test_a_fresh_account_lacks_what_connect_offers_to_create() -> None:
    bare = HubSpotBackend(prepare=False)
    rep = bare.adapter()
    offered = [one.name for one in rep.check() if not one.ok and one.can_create]
    assert offered == ["Delivery key", "Do-not-contact flag"]
    assert bare.faults.writes == 0, "nothing is created without being asked for"
    assert all(one.ok for one in rep.check(create=True))
    schema = bare.server._account.book.schema
    assert {kind for kind in KINDS if KEY in schema[kind]} == set(KEYED)
    assert all(schema[kind][KEY].unique for kind in KEYED)
    assert DO_NOT_CONTACT in schema["contacts"]
    writes = bare.faults.writes
    rep.check(create=True)
    assert bare.faults.writes == writes


def test_an_account_without_unique_properties_is_told_so() -> None:
    rep = HubSpotBackend(unique=False).adapter()
    rep.whoami()
    [key] = [one for one in rep.check() if one.name == "Delivery key"]
    assert key.ok
    assert "looked up" in key.detail
    assert rep.capabilities.idempotency == "lookup"
    assert rep.capabilities.lookup_lag > timedelta(0)


def test_a_missing_permission_is_named(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.unreadable = frozenset({"postal_mail"})
    bad = [one for one in rep.check() if not one.ok]
    assert [one.name for one in bad] == ["Permission for postal mail"]


def test_the_scope_that_is_missing_is_named(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.unreadable = frozenset({"companies", "notes"})
    said = {one.name: one for one in rep.check()}
    notes, companies = said["Permission for notes"], said["Permission for companies"]
    assert (notes.ok, notes.detail) == (False, "The HubSpot token lacks a permission: crm.objects.notes.read")
    assert companies.ok, "leads come in without them"
    assert companies.detail.endswith("crm.objects.companies.read; what only the company of a contact says stays blank")


@pytest.fixture
def waited(hub: HubSpotBackend, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited; the server's clock moves along."""
    seconds: list[float] = []

    def sleep(some: float) -> None:
        seconds.append(some)
        hub.clock.forward(timedelta(seconds=some))

    monkeypatch.setattr(wire, "sleep", sleep)
    return seconds


def test_searches_keep_to_what_an_account_has_of_them(hub: HubSpotBackend, rep: HubSpot, waited: list[float]) -> None:
    hub.server.nasty.searches = 5
    hub.make_lead("Ann Lee")
    for _ in range(2):
        rep.changes(None)
        cursor = pull_history(rep)[1]
        pull_history(rep, cursor)
    assert 0 < sum(waited) < 5
    waited.clear()
    rep.check()
    assert waited == [], "what connect looks at takes one search"


def test_other_apps_may_use_all_searches_up(hub: HubSpotBackend, rep: HubSpot, waited: list[float]) -> None:
    hub.server.nasty.throttle = "concurrent"
    with pytest.raises(Throttled) as caught:
        rep.changes(None)
    assert caught.value.scope == "burst"
    assert waited == [1.0] * wire.PAUSES


def test_what_the_token_may_not_see_is_left_out_of_the_history(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = hub.make_lead("Ann Lee")
    hub.remark(lead, "Likes tea")
    hub.server.nasty.unreadable = frozenset({"emails", "meetings"})
    fresh = hub.adapter()
    assert [touch.text for touch in pull_history(fresh, pull_history(fresh)[1])[0]] == ["Likes tea"]


def test_creating_without_permission_is_forbidden() -> None:
    bare = HubSpotBackend(prepare=False)
    bare.server.nasty.no_properties = True
    with pytest.raises(Forbidden):
        bare.adapter().check(create=True)


def test_outcomes_of_this_account_are_fetched(rep: HubSpot) -> None:
    words = rep.vocabulary()
    assert words.outcomes["meeting"] == "Meeting booked"
    assert words.outcomes["do_not_contact"] == "Do not call"
    assert words.stages["won"] == "Customer"
    assert set(words.lost_reasons.values()) == {"Unqualified"}


def test_an_address_without_https_is_refused() -> None:
    with pytest.raises(Invalid, match="https"):
        connect(Connection("http://hubspot.example", Secret(TOKEN)))


def test_no_error_shows_the_token(hub: HubSpotBackend) -> None:
    for broken in ("revoked", "malformed"):
        hub.server.nasty.credentials = broken
        with pytest.raises(AuthBroken) as caught:
            hub.adapter().whoami()
        assert TOKEN not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"category": "EXPIRED_AUTHENTICATION", "message": "expired"}, AuthBroken),
        (530, None, AuthBroken),
        (403, {"category": "MISSING_SCOPES", "message": "scopes"}, Forbidden),
        (403, {"message": "locked"}, Forbidden),
        (429, {"policyName": "DAILY", "message": "x"}, Throttled),
        (429, {"policyName": "SECONDLY", "message": "x"}, Throttled),
        (429, None, Throttled),
        (400, {"message": "bad", "errors": [{"context": {"propertyName": ["zip"]}}]}, Invalid),
        (422, {"message": "bad"}, Invalid),
        (500, None, Uncertain),
        (502, None, Uncertain),
        (504, None, Uncertain),
        (418, None, Drift),
    ],
)
def test_what_a_status_means(status: int, body: object, expected: type[CrmError]) -> None:
    error = meaning(Reply(status, httpx.Headers(), body, at=NOON), "Europe/London", writing=False)
    assert type(error) is expected
    assert len(str(error).split()) > 2


def test_the_field_to_blame_is_told() -> None:
    body = {"message": "bad", "errors": [{"context": {"propertyName": ["zip"]}}]}
    error = meaning(Reply(400, httpx.Headers(), body), "", writing=True)
    assert isinstance(error, Invalid)
    assert error.field == "zip"


def test_an_unknown_answer_to_a_write_may_have_done_it() -> None:
    assert isinstance(meaning(Reply(418, httpx.Headers(), None), "", writing=True), Uncertain)


@pytest.mark.parametrize(("zone", "hours"), [("Europe/London", 11), ("US/Eastern", 16), ("nowhere", 12), ("", 12)])
def test_a_daily_limit_ends_at_the_accounts_midnight(zone: str, hours: int) -> None:
    error = meaning(Reply(429, httpx.Headers(), {"policyName": "DAILY"}, at=NOON), zone, writing=False)
    assert isinstance(error, Throttled)
    assert (error.scope, error.after) == ("daily", timedelta(hours=hours))
