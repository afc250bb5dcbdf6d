"""Accounts with HubSpot's leads object: what is done shows there, its stage moves along, and no contact is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, make_op
from callsheet.crm.hubspot import HubSpot
from callsheet.crm.hubspot.lead_objects import LeadObject, Stages
from callsheet.crm.hubspot.shapes import Pipeline, Stage
from callsheet.domain.events import CloseReason
from callsheet.sync.port import Applied, LeadPatch, Note, Op, OpBody, Rejected, Task, TaskDone
from tests.crm.hubspot.backend import HubSpotBackend

LABELS = ("New", "Attempting", "Connected", "Meeting booked", "Qualified", "Disqualified")
PIPELINE = Pipeline("p", "Leads", [Stage(label.casefold(), label, place) for place, label in enumerate(LABELS)])


@pytest.fixture
def hub() -> HubSpotBackend:
    return HubSpotBackend(sales_hub=True)


@pytest.fixture
def rep(hub: HubSpotBackend) -> Iterator[HubSpot]:
    adapter = hub.adapter()
    adapter.whoami()
    hub.faults.requests = hub.faults.writes = 0
    yield adapter
    adapter.close()


def contact(hub: HubSpotBackend) -> str:
    return hub.server.make_contact({"firstname": "Ann", "lastname": "Lee"})


def sent(rep: HubSpot, *ops: Op) -> None:
    for result in rep.apply(ops):
        assert isinstance(result, Applied), result


def test_what_is_done_shows_on_the_open_leads_of_the_rep(hub: HubSpotBackend, rep: HubSpot) -> None:
    ann = contact(hub)
    mine, theirs = hub.server.make_lead_object(ann), hub.server.make_lead_object(ann, owner=hub.server.other.id)
    past = hub.server.make_lead_object(ann, stage="Disqualified")
    step = make_op(ann, Task("Call back", SUMMER + timedelta(days=3), "phone"))
    ops = [make_op(ann, CALL), make_op(ann, Note("Likes tea")), step, make_op(ann, TaskDone(task=step.id))]
    sent(rep, *ops)
    assert set(hub.server.done_on(mine)) == {op.id for op in ops[:3]}
    assert hub.server.done_on(theirs) == hub.server.done_on(past) == []


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_the_open_leads_of_the_rep_are_handed_over_with_the_contact_and_come_back(
    hub: HubSpotBackend, rep: HubSpot, lost: int
) -> None:
    ann, me, other = contact(hub), hub.server.rep.id, hub.server.other.id
    mine, theirs = hub.server.make_lead_object(ann), hub.server.make_lead_object(ann, owner=other)
    past = hub.server.make_lead_object(ann, stage="Disqualified")

    def whose() -> list[str]:
        return [hub.server.lead_object(one)["hubspot_owner_id"] for one in (mine, theirs, past)]

    op = make_op(ann, LeadPatch(owner="Sam Second"))
    if lost:
        hub.faults.let_pass(lost - 1)
        hub.faults.lose_reply()
        rep.apply([op])
    sent(rep, op)
    assert whose() == [other, other, me]
    assert hub.server.contact(ann)["hubspot_owner_id"] == other  # type: ignore[index]
    sent(rep, make_op(ann, LeadPatch(owner="", owner_from=other)))
    assert hub.server.contact(ann)["hubspot_owner_id"] == me  # type: ignore[index]
    assert whose() == [me, other, me]


def test_a_hundred_calls_take_three_requests_more(hub: HubSpotBackend, rep: HubSpot) -> None:
    ops = []
    for _ in range(100):
        ann = contact(hub)
        hub.server.make_lead_object(ann)
        ops.append(make_op(ann, CALL))
    sent(rep, *ops)
    assert hub.faults.requests == 6  # which lead objects there are, how they stand, and the calls added to them


@pytest.mark.parametrize(
    ("patches", "stage"),
    [
        ([LeadPatch(stage="working")], "Attempting"),
        ([LeadPatch(stage="connected")], "Connected"),
        ([LeadPatch(stage="meeting")], "Connected"),
        ([LeadPatch(stage="nurture")], "New"),
        ([LeadPatch(stage="connected"), LeadPatch(stage="working")], "Connected"),
        ([LeadPatch(stage="won", closed="won")], "Qualified"),
        ([LeadPatch(closed="lost"), LeadPatch(stage="working")], "Disqualified"),
        ([LeadPatch(do_not_contact=True)], "Disqualified"),
        ([LeadPatch(closed="lost"), LeadPatch(stage="working", reopen=True)], "Attempting"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_stage_moves_along(
    hub: HubSpotBackend, rep: HubSpot, patches: list[LeadPatch], stage: str, *, at_once: bool
) -> None:
    ann = contact(hub)
    lead = hub.server.make_lead_object(ann)
    ops = [make_op(ann, patch) for patch in patches]
    for batch in [ops] if at_once else [[op] for op in ops]:
        sent(rep, *batch)
    assert hub.server.lead_object(lead)["stage"] == stage


@pytest.mark.parametrize(
    ("reason", "theirs"),
    [
        ("not_a_fit", "NOT_A_GOOD_FIT"), ("lost", "NOT_INTERESTED"), ("exhausted", "NO_RESPONSE"),
        ("do_not_contact", "NOT_INTERESTED"), ("duplicate", "OTHER"), ("gone", "OTHER"),
    ],
)  # fmt: skip
def test_why_it_ended_is_told_in_their_words(
    hub: HubSpotBackend, rep: HubSpot, reason: CloseReason, theirs: str
) -> None:
    ann = contact(hub)
    lead = hub.server.make_lead_object(ann)
    sent(rep, make_op(ann, LeadPatch(closed=reason)))
    assert hub.server.lead_object(lead)["hs_lead_disqualification_reason"] == theirs


@pytest.mark.parametrize("body", [CALL, Note("Likes tea"), LeadPatch(closed="lost"), LeadPatch(stage="connected")])
@pytest.mark.parametrize("lost", range(3))
@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_reply_is_made_good_on_the_lead_too(
    hub: HubSpotBackend, rep: HubSpot, body: OpBody, lost: int, *, arrives: bool
) -> None:
    ann = contact(hub)
    lead = hub.server.make_lead_object(ann)
    op = make_op(ann, body)
    hub.faults.let_pass(lost)
    (hub.faults.lose_reply if arrives else hub.faults.lose_on_the_way)()
    rep.apply([op])
    hub.faults._queue.clear()
    if rep.find_effect(op) is None:
        sent(rep, op)
    assert rep.find_effect(op) is not None
    if isinstance(body, LeadPatch):
        assert hub.server.lead_object(lead)["stage"] != "New"
    else:
        assert hub.server.done_on(lead) == [op.id]
    assert len(hub.server.delivered()) <= 1


def test_what_was_done_is_found_again_though_a_lead_was_made_or_came_along_since(
    hub: HubSpotBackend, rep: HubSpot
) -> None:
    """Else the comparison after a sync would miss it for ever: what is there was delivered."""
    ann, bob, cy = contact(hub), contact(hub), contact(hub)
    for one in (bob, cy):
        hub.server.make_lead_object(one)
    ops = [make_op(one, CALL) for one in (ann, bob)]
    sent(rep, *ops)
    hub.settle()
    hub.server.make_lead_object(ann)
    hub.merge(bob, cy)
    moved = replace(ops[1], lead=cy)
    assert rep.find_effect(ops[0]) is not None
    assert rep.find_effect(moved) is not None


def test_a_token_that_may_only_look_at_leads_still_delivers(hub: HubSpotBackend, rep: HubSpot) -> None:
    ann = contact(hub)
    lead = hub.server.make_lead_object(ann)
    hub.server.nasty.unwritable = frozenset({"leads"})
    ops = [make_op(ann, CALL), make_op(ann, LeadPatch(stage="connected"))]
    sent(rep, *ops)
    assert (hub.server.contact(ann) or {})["hs_lead_status"] == "CONNECTED"
    assert hub.server.done_on(lead) == []
    assert hub.server.lead_object(lead)["stage"] == "New"


def test_a_lead_that_a_rule_holds_where_it_is_is_told(hub: HubSpotBackend, rep: HubSpot) -> None:
    ann = contact(hub)
    lead = hub.server.make_lead_object(ann)
    hub.server.nasty.refused = frozenset({lead})
    [result] = rep.apply([make_op(ann, LeadPatch(stage="connected"))])
    assert isinstance(result, Rejected)
    assert "validation rule" in result.reason


def test_connect_says_what_leads_are_here(hub: HubSpotBackend, rep: HubSpot) -> None:
    contact(hub)
    [said] = [one for one in rep.check() if one.name == "Leads"]
    assert said.ok
    assert said.detail == (
        "the contacts whose owner you are, 1 at the moment; what you do shows on your open lead records of them too, "
        "and their stage moves along, but for: nurture"
    )
    [plain] = [one for one in HubSpotBackend().adapter().check() if one.name == "Leads"]
    assert plain.detail.endswith("0 at the moment; no lead records (or no scope crm.objects.leads.read)")


def test_leads_on_contacts_of_others_are_counted(hub: HubSpotBackend, rep: HubSpot) -> None:
    foreign = hub.server.make_contact({"firstname": "Bob"}, owner=hub.server.other.id)
    for one, stage in ((contact(hub), "New"), (foreign, "Attempting"), (foreign, "Disqualified")):
        hub.server.make_lead_object(one, stage=stage)
    [said] = [one for one in rep.check() if one.name == "Leads"]
    assert said.ok
    assert "; 1 of your open lead records stand on contacts of others and stay out" in said.detail
    assert "Sync lead owner" in said.detail


def test_a_label_may_be_chosen_by_hand() -> None:
    stages = Stages([PIPELINE], chosen={"status_nurture": "New", "status_working": "Connected"})
    lead = LeadObject("1", "p", "attempting", SUMMER)
    assert stages.moves(lead, LeadPatch(stage="working")) == {"hs_pipeline_stage": "connected"}
    assert stages.moves(lead, LeadPatch(stage="nurture")) == {"hs_pipeline_stage": "new"}


def test_a_pipeline_that_nobody_knows_is_left_alone() -> None:
    lead = LeadObject("1", "another", "x", SUMMER)
    assert Stages([PIPELINE]).moves(lead, LeadPatch(closed="lost")) == {}
    assert not Stages([PIPELINE]).is_over(lead)
