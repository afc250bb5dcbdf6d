"""Ops arrive once each, few requests at a time, and one that fails takes no other with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull_history
from callsheet.crm.demo.nasty import Rule
from callsheet.crm.demo.schema import KEY
from callsheet.crm.hubspot import HubSpot
from callsheet.crm.hubspot.activities import MAX_BODY
from callsheet.crm.hubspot.delivery import distinct, runs
from callsheet.domain.events import CloseReason, new_id
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Invalid,
    LeadCreate,
    LeadPatch,
    NotAttempted,
    Note,
    Op,
    OpBody,
    Rejected,
    Result,
    Retry,
    TakeBack,
    Task,
    TaskDone,
    Throttled,
    Touch,
)
from tests.crm.hubspot.backend import HubSpotBackend

TASK = Task("Call back", SUMMER + timedelta(days=3), "phone")


def contact(hub: HubSpotBackend, **properties: str) -> str:
    return hub.server.make_contact({"firstname": "Ann", "lastname": "Lee", **properties})


def kinds(results: list[Result]) -> list[str]:
    return [type(result).__name__ for result in results]


# few requests


def test_a_day_of_calls_is_three_requests(hub: HubSpotBackend, rep: HubSpot) -> None:
    ops = [make_op(contact(hub), CALL) for _ in range(100)]
    assert all(isinstance(result, Applied) for result in rep.apply(ops))
    assert hub.faults.requests == 3  # look at the leads, write the calls, add them to the leads
    assert {one.lead for one in hub.server.delivered()} == {op.lead for op in ops}


def test_a_day_of_everything_is_sent_by_kind(hub: HubSpotBackend, rep: HubSpot) -> None:
    ops = []
    for _ in range(12):
        lead = contact(hub)
        task = make_op(lead, TASK)
        ops += [make_op(lead, CALL), make_op(lead, replace(CALL, channel="email")), make_op(lead, Note("Tea"))]
        ops += [task, make_op(lead, TaskDone(task=task.id)), make_op(lead, LeadPatch(stage="connected"))]
    assert kinds(list(rep.apply(ops))) == ["Applied"] * 72
    assert hub.faults.requests <= 15
    assert len(hub.server.delivered()) == 48
    assert all(one.done for one in hub.server.delivered() if one.kind == "tasks")


# one bad input


@pytest.mark.parametrize("whole_batch", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_refused_op_stands_alone(hub: HubSpotBackend, rep: HubSpot, *, whole_batch: bool, shuffled: bool) -> None:
    hub.server.nasty.whole_batch, hub.server.nasty.shuffled = whole_batch, shuffled
    ops = [make_op(contact(hub), CALL) for _ in range(9)]
    hub.server.nasty.refused = frozenset({ops[2].id, ops[7].id})
    results = list(rep.apply(ops))
    assert [place for place, result in enumerate(results) if isinstance(result, Rejected)] == [2, 7]
    assert len([result for result in results if isinstance(result, Applied)]) == 7
    assert {one.key for one in hub.server.delivered()} == {op.id for op in ops} - hub.server.nasty.refused
    by_key = {one.key: one.lead for one in hub.server.delivered()}
    assert all(by_key[op.id] == op.lead for op in ops if op.id in by_key)


@pytest.mark.parametrize("refused", [(), (2,), (0, 7, 8)])
def test_an_answer_that_names_nobody_is_sorted_out(hub: HubSpotBackend, rep: HubSpot, refused: tuple[int, ...]) -> None:
    hub.server.nasty.anonymous = hub.server.nasty.shuffled = True
    ops = [make_op(contact(hub), CALL) for _ in range(9)]
    hub.server.nasty.refused = frozenset(ops[place].id for place in refused)
    results = list(rep.apply(ops))
    assert tuple(place for place, result in enumerate(results) if isinstance(result, Rejected)) == refused
    by_key = {one.key: one.lead for one in hub.server.delivered()}
    assert by_key == {op.id: op.lead for place, op in enumerate(ops) if place not in refused}


def test_a_record_that_is_named_is_found_before_the_search_shows_it() -> None:
    hub = HubSpotBackend(unique=False)
    hub.server.nasty.lag = timedelta(minutes=2)
    op = make_op(contact(hub), TASK)
    made = applied(hub.adapter().apply([op])[0]).remote_id
    fresh = hub.adapter()
    done = replace(make_op(op.lead, TaskDone(task=op.id)), target=made)
    assert applied(fresh.apply([done])[0]).remote_id == made
    assert [one.done for one in hub.server.delivered()] == [True]


def test_a_record_is_known_by_the_same_id_in_the_history(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub)
    made = {applied(result).remote_id for result in rep.apply([make_op(lead, CALL), make_op(lead, Note("Tea"))])}
    assert {touch.remote_id for touch in pull_history(rep)[0]} == made


def test_an_administrators_rule_is_told_with_its_field(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.rules = (Rule("calls", "hs_call_title", max_length=10),)
    [result] = rep.apply([make_op(contact(hub), CALL)])
    assert isinstance(result, Rejected)
    assert (result.code, result.field) == ("invalid", "hs_call_title")
    assert "not be longer than 10" in result.reason


def test_a_missing_permission_parks_only_its_own_kind(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.unreadable = frozenset({"calls"})
    lead = contact(hub)
    call, note = rep.apply([make_op(lead, CALL), make_op(lead, Note("Tea"))])
    assert isinstance(call, Rejected)
    assert call.code == "forbidden"
    assert isinstance(note, Applied)


def test_what_builds_on_a_refused_task_is_not_attempted(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub)
    task = make_op(lead, TASK)
    hub.server.nasty.refused = frozenset({task.id})
    results = rep.apply([task, make_op(lead, TaskDone(task=task.id)), make_op(lead, CALL)])
    assert kinds(list(results)) == ["Rejected", "NotAttempted", "Applied"]
    assert isinstance(results[1], NotAttempted)


def test_without_the_key_nothing_is_sent(hub: HubSpotBackend) -> None:
    bare = HubSpotBackend(prepare=False)
    op = make_op(contact(bare), CALL)
    with pytest.raises(Invalid, match="callsheet connect"):
        bare.adapter().apply([op])
    assert bare.faults.writes == 0


def test_a_lead_that_was_given_away_still_gets_its_touch(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub)
    hub.server.reassign(lead, hub.server.other.id)
    applied(rep.apply([make_op(lead, CALL)])[0])
    assert [one.lead for one in hub.server.delivered()] == [lead]


def test_a_merged_lead_is_told_before_anything_is_written(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.merged = "answers"
    lead, kept = contact(hub), contact(hub)
    hub.server.merge(kept, lead)
    [result] = rep.apply([make_op(lead, CALL)])
    assert isinstance(result, Rejected)
    assert result.code == "gone"
    assert hub.faults.writes == 0


# lost replies


@pytest.mark.parametrize("lost", range(6))
def test_a_batch_whose_replies_get_lost_arrives_once(hub: HubSpotBackend, rep: HubSpot, lost: int) -> None:
    lead, other = contact(hub), contact(hub)
    task = make_op(lead, TASK)
    ops = [make_op(lead, CALL), make_op(other, Note("Tea")), task, make_op(lead, TaskDone(task=task.id))]
    hub.faults.let_pass(lost)
    hub.faults.lose_reply()
    first = list(rep.apply(ops))
    assert any(isinstance(result, Ambiguous) for result in first)
    assert all(isinstance(result, (Applied, Ambiguous, Retry, NotAttempted)) for result in first)
    again = [op for op, result in zip(ops, first, strict=True) if not isinstance(result, Applied)]
    assert all(isinstance(result, Applied) for result in rep.apply(again))
    assert sorted(one.key for one in hub.server.delivered()) == sorted([ops[0].id, ops[1].id, task.id])
    assert all(one.lead for one in hub.server.delivered())
    assert hub.faults.pending == 0


def test_an_activity_that_was_not_added_to_its_lead_is_no_effect_yet(hub: HubSpotBackend, rep: HubSpot) -> None:
    op = make_op(contact(hub), CALL)
    hub.faults.let_pass(1)
    hub.faults.lose_on_the_way()
    assert isinstance(rep.apply([op])[0], Ambiguous)
    assert rep.find_effect(op) is None
    applied(rep.apply([op])[0])
    assert rep.find_effect(op) is not None


@pytest.mark.parametrize(
    "body",
    [CALL, Note("Tea"), TASK, LeadPatch(closed="not_a_fit", closed_note="Small"), LeadPatch(do_not_contact=True)],
)
def test_an_effect_is_found_only_after_it_happened(hub: HubSpotBackend, rep: HubSpot, body: OpBody) -> None:
    op = make_op(contact(hub), body)
    assert rep.find_effect(op) is None
    result = applied(rep.apply([op])[0])
    found = rep.find_effect(op)
    assert found is not None
    assert found.replayed
    assert found.remote_id == result.remote_id


def test_the_effects_of_doing_and_taking_back_are_found(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub)
    task = make_op(lead, TASK)
    done, back = make_op(lead, TaskDone(task=task.id)), make_op(lead, TakeBack(of=task.id, was=TASK))
    applied(rep.apply([task])[0])
    assert rep.find_effect(done) is None
    assert rep.find_effect(back) is None
    applied(rep.apply([done])[0])
    assert rep.find_effect(done) is not None
    applied(rep.apply([back])[0])
    assert rep.find_effect(back) is not None


# limits and credentials


def test_a_daily_limit_lasts_until_midnight_of_the_account(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.clock.at = SUMMER.replace(hour=20, minute=30)  # 21:30 in London
    hub.server.nasty.throttle = "daily"
    with pytest.raises(Throttled) as caught:
        rep.changes(None)
    assert caught.value.scope == "daily"
    assert caught.value.after is not None
    assert timedelta(hours=2, minutes=29) < caught.value.after <= timedelta(hours=2, minutes=30)


def test_a_day_that_is_used_up_is_seen_before_anything_is_refused(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.clock.at = SUMMER.replace(hour=20, minute=30)
    rep.whoami()
    hub.server.nasty.budget = 1
    rep.changes(None)
    asked = hub.faults.requests
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            rep.changes(None)
        assert caught.value.scope == "daily"
        assert caught.value.after is not None
        assert timedelta(hours=2, minutes=29) < caught.value.after <= timedelta(hours=2, minutes=30)
    assert hub.faults.requests == asked, "it would have been refused"


def test_a_burst_limit_without_a_time_says_none(hub: HubSpotBackend, rep: HubSpot) -> None:
    hub.server.nasty.throttle = "concurrent"
    with pytest.raises(Throttled) as caught:
        rep.apply([make_op("1", CALL)])
    assert (caught.value.scope, caught.value.after) == ("burst", None)


def test_a_limit_in_the_middle_leaves_the_rest_for_later(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub)
    ops = [make_op(lead, CALL), make_op(lead, Note("Tea")), make_op(lead, LeadPatch(stage="connected"))]
    hub.faults.let_pass(2)
    hub.faults.throttle(after=9)
    results = rep.apply(ops)
    assert kinds(list(results)) == ["Applied", "Retry", "Retry"]
    assert isinstance(results[2], Retry)
    assert results[2].after == timedelta(seconds=9)


@pytest.mark.parametrize("why", ["revoked", "malformed"])
def test_broken_credentials_stop_everything(hub: HubSpotBackend, rep: HubSpot, why: str) -> None:
    op = make_op(contact(hub), CALL)
    hub.server.nasty.credentials = why  # type: ignore[assignment]
    for call in (rep.whoami, lambda: rep.changes(None), lambda: rep.apply([op]), lambda: rep.find_effect(op)):
        with pytest.raises(AuthBroken, match="access token"):
            call()


def test_credentials_that_break_in_the_middle_stop_everything_too(hub: HubSpotBackend, rep: HubSpot) -> None:
    op = make_op(contact(hub), CALL)
    hub.faults.answer(lambda: httpx.Response(530, text="error code: 1016"))
    with pytest.raises(AuthBroken):
        rep.apply([op])


# texts


@pytest.mark.parametrize("character", ["x", "<", "é", "李", "\n", "&"])
def test_a_text_beyond_the_limit_goes_on_in_notes_and_loses_nothing(
    hub: HubSpotBackend, rep: HubSpot, character: str
) -> None:
    text = f"the beginning {character * 90_000} the end"
    op = make_op(contact(hub), replace(CALL, text=text))
    applied(rep.apply([op])[0])
    pieces = hub.server.delivered()
    assert [one.kind for one in pieces] == ["calls"] + ["notes"] * (len(pieces) - 1)
    assert len(pieces) >= 2
    whole = "".join(hub.notes(op.lead))
    assert f"{CALL.label}\n{text}" == whole
    assert all(len(value) <= MAX_BODY for one in hub.server.activities(op.lead) for value in one.values())
    assert rep.find_effect(op) is not None
    applied(rep.apply([make_op(op.lead, TakeBack(of=op.id, was=replace(CALL, text=text)))])[0])
    assert not hub.server.delivered()


def test_a_long_title_is_cut_and_whole_in_the_body(hub: HubSpotBackend, rep: HubSpot) -> None:
    title = "Call Ann about the seats " * 30
    lead = contact(hub)
    applied(rep.apply([make_op(lead, replace(TASK, title=title))])[0])
    [values] = hub.server.activities(lead)
    assert len(values["hs_task_subject"]) == 250
    assert values["hs_task_subject"].endswith("…")
    assert title.strip() in values["hs_task_body"]


# the lead itself


@pytest.mark.parametrize("reason", ["lost", "not_a_fit", "exhausted", "duplicate", "gone", "do_not_contact"])
def test_every_closing_is_told_in_words(hub: HubSpotBackend, rep: HubSpot, reason: CloseReason) -> None:
    lead = contact(hub, hs_lead_status="CONNECTED")
    applied(rep.apply([make_op(lead, LeadPatch(closed=reason, closed_note="They said so"))])[0])
    assert hub.state(lead).closed
    [note] = hub.notes(lead)
    assert note.startswith("Closed: ")
    assert note.endswith("They said so")


def test_the_lifecycle_never_goes_backward(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub, lifecyclestage="opportunity", hs_lead_status="NEW")
    applied(rep.apply([make_op(lead, LeadPatch(stage="meeting"))])[0])
    values = hub.server.contact(lead)
    assert values is not None
    assert (values["lifecyclestage"], values["hs_lead_status"]) == ("opportunity", "CONNECTED")


def test_a_stage_does_not_reopen_what_was_closed_there(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub, hs_lead_status="UNQUALIFIED")
    result = applied(rep.apply([make_op(lead, LeadPatch(stage="connected"))])[0])
    assert "kept" in result.how
    assert hub.state(lead).closed
    both = rep.apply([make_op(lead, LeadPatch(reopen=True)), make_op(lead, LeadPatch(stage="nurture"))])
    assert kinds(list(both)) == ["Applied", "Applied"]
    assert hub.state(lead).stage.startswith("BAD_TIMING")


def test_do_not_contact_names_every_number_and_address(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead = contact(hub, hs_lead_status="CONNECTED")
    patch = LeadPatch(do_not_contact=True, points=("+442079460013", "ann@lee.example"))
    assert applied(rep.apply([make_op(lead, patch)])[0]).closed == "not_a_fit"
    assert hub.state(lead).do_not_contact
    assert hub.state(lead).closed
    assert "+442079460013, ann@lee.example" in hub.notes(lead)[0]


def test_do_not_contact_that_is_taken_back_opens_what_it_closed(hub: HubSpotBackend, rep: HubSpot) -> None:
    lead, closed = contact(hub, hs_lead_status="CONNECTED"), contact(hub, hs_lead_status="UNQUALIFIED")
    stop = [make_op(one, LeadPatch(do_not_contact=True)) for one in (lead, closed)]
    assert [applied(one).closed for one in rep.apply(stop)] == ["not_a_fit", None]
    applied(rep.apply([make_op(lead, LeadPatch(do_not_contact=False, stage="working", reopen=True))])[0])
    assert not hub.state(lead).do_not_contact
    assert not hub.state(lead).closed


def test_an_address_that_another_contact_has_is_rejected(hub: HubSpotBackend, rep: HubSpot) -> None:
    contact(hub, email="taken@lee.example")
    lead = contact(hub)
    [result] = rep.apply([make_op(lead, LeadPatch(profile={"emails": "taken@lee.example"}))])
    assert isinstance(result, Rejected)
    assert result.code == "duplicate"


# new leads


def new(email: str = "", name: str = "Nia New", phone: str = "", source: str = "", campaign: str = "") -> Op:
    emails = (email,) if email else ()
    phones = (phone,) if phone else ()
    profile = Profile(name=name, emails=emails, phones=phones)
    return make_op("", LeadCreate(profile, received_at=SUMMER, source=source, campaign=campaign))


def test_a_new_lead_is_mine_and_says_where_it_came_from(hub: HubSpotBackend, rep: HubSpot) -> None:
    op = new("nia@new.example", source="Spring fair", campaign="Booth 12")
    lead = applied(rep.apply([op])[0]).remote_id
    values = hub.server.contact(lead)
    assert values is not None
    assert values["hubspot_owner_id"] == hub.server.rep.id
    assert (values["firstname"], values["lastname"], values["email"]) == ("Nia", "New", "nia@new.example")
    assert (values["hs_lead_status"], values["lifecyclestage"], values[KEY]) == ("NEW", "lead", op.id)
    assert hub.notes(lead) == ["Source: Spring fair\nCampaign: Booth 12"]


def test_two_new_leads_with_one_address_become_one(hub: HubSpotBackend, rep: HubSpot) -> None:
    results = rep.apply([new("nia@new.example"), new("NIA@new.example"), new("ben@new.example", "Ben Old")])
    ids = [applied(result).remote_id for result in results]
    assert ids[0] == ids[1] != ids[2]
    assert len(hub.server.contacts()) == 2


@pytest.mark.parametrize("whole_batch", [False, True])
def test_an_address_that_the_look_up_missed_is_taken_too(
    hub: HubSpotBackend, rep: HubSpot, *, whole_batch: bool
) -> None:
    hub.server.nasty.whole_batch = whole_batch
    known = contact(hub, email="nia@new.example")
    hub.faults.answer(lambda: httpx.Response(200, json={"results": []}), 2, writes_only=False)
    [result] = rep.apply([new("nia@new.example")])
    assert applied(result).remote_id == known


def test_a_shared_number_alone_makes_nobody_the_same(hub: HubSpotBackend, rep: HubSpot) -> None:
    known = contact(hub, phone="+442079460013")
    other = applied(rep.apply([new(phone="+442079460013")])[0]).remote_id
    same = applied(rep.apply([new(name="ann  lee", phone="+442079460013")])[0]).remote_id
    assert other != known
    assert same == known


def test_a_taken_contact_loses_nothing(hub: HubSpotBackend, rep: HubSpot) -> None:
    known = hub.server.make_contact({"firstname": "Nia", "email": "nia@new.example"}, owner=hub.server.other.id)
    applied(rep.apply([new("nia@new.example")])[0])
    values = hub.server.contact(known)
    assert values is not None
    assert values["hubspot_owner_id"] == hub.server.other.id
    assert "lastname" not in values


# order


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), max_size=40))
def test_batches_hold_a_key_once_and_keep_its_order(items: list[tuple[int, str]]) -> None:
    batches = list(distinct(items, lambda key: key))
    assert sorted(item for batch in batches for item in batch) == sorted(items)
    for batch in batches:
        assert len({key for _, key in batch}) == len(batch)
    for key in "abc":
        flat = [item for batch in batches for item in batch if item[1] == key]
        assert flat == [item for item in items if item[1] == key]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["1", "2"]), st.sampled_from([CALL, TASK, LeadPatch(), TaskDone("x")]))))
def test_no_op_of_a_lead_is_overtaken(drawn: list[tuple[str, Touch | Task | LeadPatch | TaskDone]]) -> None:
    ops = [make_op(lead, body, key=new_id()) for lead, body in drawn]
    waves = {Touch: 1, Task: 1, TaskDone: 2, LeadPatch: 3}
    sent = [place for run in runs(ops) for place in sorted(run, key=lambda place: waves[type(ops[place].body)])]
    assert sorted(sent) == list(range(len(ops)))
    for lead in ("1", "2"):
        mine = [place for place in sent if ops[place].lead == lead]
        for one, other in pairwise(mine):
            assert one < other or waves[type(ops[one].body)] == waves[type(ops[other].body)]
