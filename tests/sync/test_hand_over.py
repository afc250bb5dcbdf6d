"""A lead that the rep hands to a colleague is theirs in the CRM too, when all else is there, and comes back undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.sync.port import LeadPatch, Op
from callsheet.sync.records import Delivery
from callsheet.sync.run import drop, edit, retry
from tests.sync.quiet import met, quiet, synced
from tests.sync.server import ME, OTHER, Record
from tests.sync.world import World

PACKET = ev.Packet("Priya", "Head of Ops", "pricing", "pricing", "none", "mornings")


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = quiet(request.param)
    yield made
    made.close()


def hand_off(world: World, lead: str, to: str) -> None:
    world.rep.act("hand-off", (lead, ev.Returned("hand_off", to, "", PACKET)))


def record(world: World) -> Record:
    [only] = world.server.records.values()
    return only


def moves(world: World, lead: str) -> list[Delivery]:
    """What was to move the owner of a lead there."""
    with world.book.sync_rows().work() as work:
        return [row for row in work.deliveries_of([lead])[lead] if row.moves_owner]


def state(world: World, lead: str) -> str:
    with world.book.work() as work:
        found = work.lead(lead)
    assert found is not None
    return str(found.state)


def facts(world: World, lead: str, kind: type[ev.Body]) -> int:
    """How many facts of a kind came from the CRM."""
    with world.book.sync_rows().work() as work:
        return sum(isinstance(one.body, kind) and one.origin == "crm" for one in work.events([lead])[lead])


def test_a_hand_off_makes_the_lead_a_colleagues_there(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Ann Lee")
    synced(world)
    assert record(world).owner == OTHER
    assert any("Handed off to Ann Lee" in one.text for one in world.server.effects.values())


def test_what_was_done_before_and_what_is_said_after_goes_over_before_the_owner(world: World) -> None:
    [lead] = met(world)
    sent: list[Op] = []
    world.crm.about_to = sent.extend
    world.rep.act("call", (lead, ev.Attempt("phone", "no_answer")))
    hand_off(world, lead, "Ann")
    world.rep.act("note", (lead, ev.Noted("Told Ann on the phone")))
    synced(world)
    assert isinstance(sent[-1].body, LeadPatch)
    assert sent[-1].body.owner == "Ann"
    assert len(sent) >= 4
    assert sum(isinstance(op.body, LeadPatch) and op.body.owner is not None for op in sent) == 1


def test_our_own_hand_off_is_no_news_and_no_finding(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Ann")
    for _ in range(3):
        report = synced(world, thorough=True)
        world.pass_time(3600 * 25)
        assert not report.findings
    assert state(world, lead) == "returned"
    assert facts(world, lead, ev.Returned) == 0
    assert facts(world, lead, ev.Reopened) == 0


def test_a_name_that_nobody_has_waits_for_the_rep_who_corrects_it(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Anm")
    assert synced(world).parked == 1
    [row] = moves(world, lead)
    assert (row.state, row.field, row.reason) == ("parked", "owner", "nobody is called Anm")
    retry(world.line(), row.op)
    assert synced(world).parked == 1
    edit(world.line(), row.op, {"owner": "Ann"})
    assert synced(world).parked == 0
    assert record(world).owner == OTHER


def test_a_name_is_corrected_once_for_all_leads(world: World) -> None:
    leads = met(world, 3)
    for lead, name in zip(leads, ("Anm", "Anm", "Bnm"), strict=True):
        world.rep.act("routed", (lead, ev.Returned("reassigned", name, "state TX")))
    assert synced(world).parked == 3
    [row] = moves(world, leads[0])
    edit(world.line(), row.op, {"owner": "Ann"})
    assert synced(world).parked == 1
    assert sorted(one.owner for one in world.server.records.values()) == [ME, OTHER, OTHER]


def test_a_name_that_two_have_is_never_guessed(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Tom")
    assert synced(world).parked == 1
    [row] = moves(world, lead)
    assert row.reason == "there are two: tom one, tom two"
    assert record(world).owner == ME
    drop(world.line(), row.op)
    assert synced(world).parked == 0
    assert record(world).owner == ME


def test_a_kick_back_to_what_is_no_user_there_asks_nothing_of_the_rep(world: World) -> None:
    [lead] = met(world)
    world.rep.act("kick back", (lead, ev.Returned("kick_back", "marketing", "no budget")))
    report = synced(world, thorough=True)
    assert (report.parked, report.waiting, report.findings) == (0, 0, ())
    assert record(world).owner == ME
    assert state(world, lead) == "returned"
    [row] = moves(world, lead)
    assert (row.state, row.reason) == ("cancelled", "nobody is called marketing")
    assert any("Kicked back to marketing" in one.text for one in world.server.effects.values())


def test_a_kick_back_to_a_user_there_makes_it_theirs(world: World) -> None:
    [lead] = met(world)
    world.rep.act("kick back", (lead, ev.Returned("kick_back", "ann", "not ours")))
    synced(world)
    assert record(world).owner == OTHER


def test_undone_the_lead_comes_back(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Tom One")
    synced(world)
    world.rep.undo()
    world.rep.act("agreed", (lead, ev.NextStepSet("advance", world.at + timedelta(days=2), "phone", "pricing")))
    report = synced(world)
    assert record(world).owner == ME
    assert state(world, lead) == "working"
    assert facts(world, lead, ev.Returned) == 0
    assert any("owner: Tom One was taken back" in line for line in report.taken_back)
    assert any(one.kind == "task" and not one.done for one in world.server.effects.values())


def test_put_back_it_is_handed_over_again(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Tom One")
    synced(world)
    world.rep.undo()
    synced(world)
    world.rep.redo()
    synced(world)
    assert record(world).owner == "tom1"
    assert state(world, lead) == "returned"


def test_undone_before_it_went_over_nothing_happens(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Ann")
    world.rep.undo()
    synced(world)
    assert record(world).owner == ME
    assert state(world, lead) == "working"


def test_undone_it_stays_with_whom_it_was_given_to_since(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Tom One")
    synced(world)
    record(world).owner = OTHER
    world.server.touch(record(world))
    world.rep.undo()
    world.pass_time(60)
    report = synced(world)
    assert record(world).owner == OTHER
    assert state(world, lead) == "returned"
    assert moves(world, lead)[-1].state == "cancelled"
    assert any("owner: Tom One was not taken back: in the CRM it went on" in line for line in report.taken_back)


def test_where_only_ones_own_leads_are_shown_an_undone_hand_off_says_that_it_stays(world: World) -> None:
    world.server.private = True
    [lead] = met(world)
    hand_off(world, lead, "Ann")
    synced(world)
    world.rep.undo()
    report = synced(world, thorough=True)
    assert any("not taken back" in line for line in report.taken_back)
    assert (state(world, lead), record(world).owner) == ("returned", OTHER)
    assert not synced(world, thorough=True).findings


def test_given_to_somebody_else_meanwhile_ours_is_left(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Tom One")
    record(world).owner = OTHER
    world.server.touch(record(world))
    synced(world)
    assert record(world).owner == OTHER
    assert moves(world, lead)[0].state == "cancelled"
    assert state(world, lead) == "returned"


def test_given_back_by_the_colleague_it_is_worked_again(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Ann")
    synced(world)
    world.pass_time(3600)
    synced(world)
    record(world).owner = ME
    world.server.touch(record(world))
    world.pass_time(3600)
    synced(world)
    assert state(world, lead) == "working"


def test_taken_up_again_before_it_went_over_it_stays_ours(world: World) -> None:
    [lead] = met(world)
    hand_off(world, lead, "Anm")
    synced(world)
    world.rep.act("reopen", (lead, ev.Reopened("Ann has no time")))
    assert synced(world).parked == 0
    assert record(world).owner == ME
    assert state(world, lead) == "working"
