"""Leads that the CRM merged, gave away or made without an answer, while one of them was taken back or edited here."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from callsheet.domain import events as ev
from callsheet.sync.port import Uncertain
from callsheet.sync.run import conflicts, decide, drop
from tests.sync.fake_crm import Cable
from tests.sync.networks import During, Mute, Script, swallowed
from tests.sync.quiet import at_rest, edit, met, note, rows, synced
from tests.sync.server import ME, OTHER, Record
from tests.sync.world import World


def captured(world: World) -> tuple[str, Record]:
    """Capture a lead that the CRM gets: the one here and the one there."""
    world.rep.capture(mail=True)
    world.pass_time(60)
    synced(world)
    [record] = [one for one in world.server.mine() if one.profile.name.startswith("New")]
    with world.book.sync_rows().work() as work:
        return work.linked([record.id])[record.id].lead, record


def open_leads(world: World) -> list[str]:
    with world.book.sync_rows().work() as work:
        leads = [lead for one in world.ids() if (lead := work.lead(one)) is not None and not lead.merged_into]
        return [work.link(lead.id).remote_id if work.link(lead.id) else "" for lead in leads]


@pytest.mark.parametrize("world", ["none"], indirect=True)
def test_what_we_did_on_a_lead_that_was_taken_back_is_ours_when_another_one_took_its_place(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, take_back="note")
    met(world)
    [other] = world.server.mine()
    lead, record = captured(world)
    due = world.at.replace(hour=20)
    world.rep.act("agree", (lead, ev.NextStepSet("respond", due, "email", "send the offer")))
    synced(world)
    world.rep.undo()
    world.crm.network = Mute()
    synced(world)
    [doubtful] = [row.op for row in rows(world).values() if row.kind == "take_back" and row.maybe]
    world.crm.network = Cable()
    world.rep.undo()
    at_rest(world)
    drop(world.line(), doubtful)
    world.server.merge(other, record)
    at_rest(world)
    with world.book.sync_rows().work() as work:
        assert not work.note("sync.fake.stray"), "it waits for its lead for ever"
        said = [one.body for some in work.events(world.ids()).values() for one in some if one.origin == "crm"]
    assert "Taken back" not in [body.text for body in said if isinstance(body, ev.Noted)]


@pytest.mark.parametrize("way", ["its record stays", "its record goes"])
def test_a_lead_that_is_put_back_after_the_crm_merged_it_is_one_with_the_other(world: World, way: str) -> None:
    met(world)
    [other] = world.server.mine()
    _, record = captured(world)
    world.rep.undo()
    synced(world)
    pair = (other, record) if way == "its record stays" else (record, other)
    world.server.merge(*pair)
    world.pass_time(60)
    synced(world, thorough=True)
    world.rep.redo()
    at_rest(world)
    assert open_leads(world) == [pair[1].id]


def test_a_lead_that_takes_the_place_of_one_that_is_being_taken_back_stands_as_it_stands_there(world: World) -> None:
    met(world)
    [other] = world.server.mine()
    _, record = captured(world)
    world.rep.undo()

    def merged() -> None:
        world.server.merge(other, record)
        world.pass_time(1)
        world.ask()

    world.crm.network = During(merged)
    synced(world)
    at_rest(world)
    [lead] = world.rep.leads()
    assert (lead.state == "closed") == bool(record.closed)


def test_a_lead_whose_making_finds_the_record_of_one_that_was_taken_back_takes_its_place(world: World) -> None:
    lead, record = captured(world)
    with world.book.work() as work:
        known = work.lead(lead)
    assert known is not None
    world.rep.undo()
    synced(world)
    again = world.fresh()
    profile = replace(known.profile, name="Ann Again")
    world.rep.act("capture", (again, ev.Captured(profile, world.at)), (again, ev.Promoted("lead", "met")))
    note(world, again)
    at_rest(world)
    with world.book.sync_rows().work() as work:
        link = work.link(again)
    if world.server.alive(record.id) is not None and link is not None:
        assert link.remote_id == record.id
    assert open_leads(world) == [record.id]


def test_what_was_set_on_the_last_of_many_that_were_merged_is_seen_before_ours_is_set(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False)
    [lead] = met(world)
    edit(world, lead, "ours")
    chain = [*world.server.mine(), *(world.manager.new_lead(interactions=0) for _ in range(5))]
    chain[-1].owner, chain[-1].profile = ME, replace(chain[-1].profile, title="theirs")
    for loser, winner in itertools.pairwise(chain):
        world.server.merge(loser, winner)
    synced(world)
    assert chain[-1].profile.title == "theirs"
    assert [one.profile.title for one in world.rep.leads()] == ["theirs"]


def test_a_closing_without_an_answer_is_given_up_with_the_lead(world: World) -> None:
    """Given back later, the lead is open here as it is there, and stays so."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False)
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("lost", (lead, ev.Closed("lost")))
    world.crm.network = Script(swallowed)
    synced(world)
    world.rep.act("reopen", (lead, ev.Reopened("they called")))
    record.owner = OTHER
    world.server.touch(record)
    with world.book.sync_rows().work() as work:
        assert [row.maybe for row in work.open_deliveries() if row.kind == "patch"] == [True, False]
    world.ask()
    record.owner = ME
    world.server.touch(record)
    at_rest(world)
    with world.book.work() as work:
        found = work.lead(lead)
    assert found is not None
    assert (found.state == "closed") == bool(record.closed)


def test_an_edit_that_is_undone_before_the_lead_comes_in_does_not_come_back(world: World) -> None:
    """The making of the lead was not answered: what was in it is ours, also what was undone since."""
    world.server.lag = world.server.lag * 0
    world.rep.capture(mail=True)
    [lead] = world.ids()
    world.rep.act("edit", (lead, ev.ProfileEdited({"title": "first"})))

    def undone(serve: Callable[[], object]) -> None:
        serve()
        world.rep.undo()
        raise Uncertain("no answer")

    world.crm.network = Script(undone)
    synced(world)
    at_rest(world)
    [record] = world.server.mine()
    with world.book.work() as work:
        found = work.lead(lead)
    assert found is not None
    assert (found.profile.title, record.profile.title) == ("", "")
    edit(world, lead, "second")
    at_rest(world)
    world.rep.undo()
    at_rest(world)
    assert world.server.mine()[0].profile.title == ""


def test_what_was_taken_back_while_the_lead_was_deleted_is_taken_back_when_it_is_there_again(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    note(world, lead)
    synced(world)
    record.deleted = True
    world.server.touch(record)
    world.rep.undo()
    at_rest(world)
    record.deleted = False
    world.server.touch(record)
    at_rest(world)
    [said] = [one for one in world.server.effects.values() if one.text == "Likes tea"]
    assert said.deleted or [one for one in world.server.effects.values() if one.corrects == said.id]


def test_a_closing_without_an_answer_is_not_set_on_what_its_lead_was_merged_into(world: World) -> None:
    met(world, 2)
    loser, survivor = world.server.mine()
    with world.book.sync_rows().work() as work:
        lead = work.linked([loser.id])[loser.id].lead
    world.rep.act("lost", (lead, ev.Closed("lost")))
    world.crm.network = Script(swallowed)
    synced(world)
    world.server.merge(loser, survivor)
    at_rest(world)
    assert survivor.closed is None


def test_a_conflict_that_is_decided_while_ours_is_on_its_way_ends_as_decided(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False)
    [lead] = met(world)
    [record] = world.server.mine()
    edit(world, lead, "ours")

    def decided() -> None:
        record.profile = replace(record.profile, title="theirs")
        world.server.touch(record)
        world.pass_time(1)
        world.ask()
        [conflict] = conflicts(world.line())
        decide(world.line(), conflict.id, "theirs")

    world.crm.network = During(decided)
    synced(world)
    at_rest(world)
    [here] = world.rep.leads()
    assert (here.profile.title, record.profile.title) == ("theirs", "theirs")


def test_a_lead_that_was_deleted_and_restored_is_followed_when_it_is_merged_then(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    record.deleted = True
    world.server.touch(record)
    at_rest(world)
    world.rep.act("reopen", (lead, ev.Reopened("they called")))
    other = world.manager.new_lead(interactions=0)
    other.owner, record.deleted = ME, False
    world.server.merge(record, other)
    at_rest(world)
    assert open_leads(world) == [other.id]


def test_leads_that_were_merged_one_after_the_other_go_on_as_the_last_one(world: World) -> None:
    """The one in the middle was captured here by mistake, and is no lead here any more."""
    met(world, 2)
    first, last = world.server.mine()
    world.rep.capture(mail=True)
    world.pass_time(60)
    synced(world)
    [middle] = [record for record in world.server.mine() if record not in (first, last)]
    world.rep.undo()
    world.pass_time(60)
    synced(world)
    with world.book.sync_rows().work() as work:
        lead = work.linked([first.id])[first.id].lead
    note(world, lead, "Likes tea")
    world.server.merge(first, middle)
    world.server.merge(middle, last)
    at_rest(world)
    assert [one.lead for one in world.server.effects.values() if one.text == "Likes tea"] == [last.id]
    with world.book.sync_rows().work() as work:
        assert {link.remote_id for link, state in work.states() if state != "closed"} == {last.id}


def test_what_is_taken_back_is_looked_for_where_its_lead_was_merged_to_in_the_end(world: World) -> None:
    met(world, 5)
    records = world.server.mine()
    with world.book.sync_rows().work() as work:
        lead = work.linked([records[0].id])[records[0].id].lead
    for loser, winner in itertools.pairwise(records[:4]):
        world.server.merge(loser, winner)
        world.pass_time(60)
        synced(world, thorough=True)
    note(world, lead, "Likes tea")
    world.pass_time(60)
    synced(world)
    [said] = [one for one in world.server.effects.values() if one.text == "Likes tea"]
    assert said.lead == records[3].id
    world.server.merge(records[3], records[4])
    world.rep.undo()
    at_rest(world)
    assert said.deleted or [one for one in world.server.effects.values() if one.corrects == said.id]
