"""Our own field in an org that lacks it: offered to whoever may customize the org, else told."""

from __future__ import annotations

import pytest

from callsheet.crm.contract.suite import CALL, applied, make_op
from callsheet.sync.port import Check, Retry
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import CLIENT_SECRET, MANAGER, REP, FakeSalesforce
from tests.crm.salesforce.schema import KEY


@pytest.fixture
def backend() -> SalesforceBackend:
    server = FakeSalesforce(keyed=())
    server.admin = True
    return SalesforceBackend(server)


def found(checks: object) -> dict[str, Check]:
    return {one.name: one for one in checks}  # type: ignore[attr-defined]


def test_nothing_is_made_before_it_was_asked_for(backend: SalesforceBackend) -> None:
    told = found(backend.adapter().check())
    assert (told["delivery key"].ok, told["delivery key"].can_create) == (False, True)
    assert told["delivery key of leads"].can_create
    assert "Object Manager" not in told["delivery key"].detail
    assert not [one for one in backend.server.asked if one.startswith("POST") and "oauth2" not in one]


def test_the_field_is_made_and_shown_to_the_rep_and_serves_at_once(backend: SalesforceBackend) -> None:
    crm = backend.adapter()
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, CALL)
    assert isinstance(crm.apply([op])[0], Retry)
    told = found(crm.check(create=True))
    assert told["delivery key"].ok, told["delivery key"]
    assert "delivery key of leads" not in told
    assert backend.server.defined == {f"Activity.{KEY}", f"Lead.{KEY}"}
    shown = backend.server.tables["FieldPermissions"].values()
    assert {(row["SobjectType"], row["Field"], row["PermissionsEdit"]) for row in shown} == {
        ("Task", f"Task.{KEY}", True),
        ("Lead", f"Lead.{KEY}", True),
    }
    applied(crm.apply([op])[0])
    assert len(backend.effects(op.id)) == 1


def test_made_again_only_what_is_missing_is_made(backend: SalesforceBackend) -> None:
    backend.adapter().check(create=True)
    backend.server.hidden.add(f"Lead.{KEY}")
    backend.server.tables["FieldPermissions"].popitem()
    assert found(backend.adapter().check(create=True))["delivery key"].ok
    assert len(backend.server.tables["PermissionSet"]) == 1
    assert len(backend.server.tables["PermissionSetAssignment"]) == 1


def test_a_field_that_is_there_and_hidden_is_shown(backend: SalesforceBackend) -> None:
    backend.server.defined.add(f"Activity.{KEY}")
    assert found(backend.adapter().check(create=True))["delivery key"].ok


def test_a_rep_who_may_not_customize_is_told_what_an_administrator_does(backend: SalesforceBackend) -> None:
    backend.server.admin = False
    told = found(backend.adapter().check(create=True))
    assert not told["delivery key"].can_create
    assert "Object Manager, Activity" in told["delivery key"].detail
    assert not backend.server.defined


def test_what_is_refused_all_the_same_is_told(backend: SalesforceBackend) -> None:
    crm = backend.adapter()
    crm.whoami()
    backend.server.hidden.add("PermissionSet.Name")  # an org that lets nobody see these
    told = found(crm.check(create=True))["delivery key"]
    assert (told.ok, told.can_create) == (False, False)
    assert "could not make it" in told.detail
    assert "Object Manager" in told.detail


def test_the_field_of_a_package_is_not_made(backend: SalesforceBackend) -> None:
    told = found(backend.adapter(key_field="Package_Id").check(create=True))["delivery key"]
    assert not told.can_create
    assert not backend.server.defined


def test_both_the_rep_and_whoever_signs_in_for_them_see_it(backend: SalesforceBackend) -> None:
    crm = backend.adapter(secret=CLIENT_SECRET, grant="client_credentials", user="manager@example.com")
    assert found(crm.check(create=True))["delivery key"].ok
    given = backend.server.tables["PermissionSetAssignment"].values()
    assert {row["AssigneeId"] for row in given} == {REP, MANAGER}
