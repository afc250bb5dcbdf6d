"""Two things at once: what happens between a question and its answer, or between taking a delivery and its result."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.deliver import SIDE_BY_SIDE
from callsheet.sync.line import Send
from callsheet.sync.port import ChangePage, CrmError, LeadPatch, Op, Result, Unavailable, Uncertain
from callsheet.sync.run import sync
from tests.sync.fake_crm import Cable
from tests.sync.test_runs import met, note, quiet, synced
from tests.sync.world import World

T = TypeVar("T")


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A book on disk, and a CRM of each class, in which nothing goes wrong by itself."""
    made = quiet(request.param, tmp_path)
    yield made
    made.close()


class During(Cable):
    """A network during whose first request of a kind something else happens."""

    def __init__(self, what: Callable[[], object], *, reading: type | None = None) -> None:
        self.what: Callable[[], object] | None = what
        self.reading = reading

    def happen(self) -> None:
        what, self.what = self.what, None
        if what is not None:
            what()

    def read(self, serve: Callable[[], T]) -> T:
        found = serve()
        if self.reading is not None and isinstance(found, self.reading):
            self.happen()
        return found

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        if self.reading is None:
            self.happen()
        return super().write(ops, serve)


class Brief(Cable):
    """A network that is gone after one request that writes."""

    def __init__(self) -> None:
        self.writes = 0

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.writes += 1
        if self.writes > 1:
            raise Unavailable("no network")
        return super().write(ops, serve)


def edit(world: World, lead: str, title: str) -> None:
    world.pass_time(60)
    world.rep.act(f"title {title}", (lead, ev.ProfileEdited({"title": title})))


def titles(world: World) -> tuple[str, str]:
    """The title here and there."""
    [lead] = world.rep.leads()
    [record] = world.server.mine()
    return lead.profile.title, record.profile.title


def at_rest(world: World) -> None:
    world.crm.network = Cable()
    for _ in range(3):
        world.pass_time(1500)
        synced(world, thorough=True)


@pytest.mark.parametrize("batch", [1, 100])
def test_deliveries_of_leads_that_turn_out_to_be_one_go_one_after_the_other(world: World, batch: int) -> None:
    """The look at the first one, which is to be set, shows that all three are one lead there."""
    world.server.capabilities = replace(world.server.capabilities, max_batch=batch, stale_guard=False)
    met(world, 3)
    [first, second, third] = [record.id for record in world.server.mine()]
    with world.book.sync_rows().work() as work:
        lead_of = {remote: link.lead for remote, link in work.linked([first, second, third]).items()}
    edit(world, lead_of[first], "Boss of all")
    note(world, lead_of[second], "Likes tea")
    note(world, lead_of[third], "Likes coffee")
    records = world.server.records
    world.server.merge(records[first], records[second])
    world.server.merge(records[second], records[third])
    together: list[list[str]] = []

    def at_once(send: Send, calls: Sequence[Sequence[Op]]) -> Iterator[Sequence[Result] | CrmError]:
        together.append([op.lead for call in calls for op in call])
        return map(send, calls)

    sync(replace(world.line(), side_by_side=at_once), force=True)
    assert sum(map(len, together)) >= 2
    assert all(len(set(leads)) == len(leads) for leads in together)
    said = [one.text for one in world.server.effects.values() if one.lead == third and one.kind == "note"]
    assert sorted(said) == ["Likes coffee", "Likes tea"]


def test_an_edit_that_is_undone_while_an_earlier_one_carries_it_is_undone_there(world: World) -> None:
    [lead] = met(world)
    edit(world, lead, "first")
    edit(world, lead, "second")
    world.crm.network = During(world.rep.undo)
    synced(world)
    at_rest(world)
    assert titles(world) == ("first", "first")


def test_an_edit_that_came_along_with_an_earlier_one_can_be_undone_and_redone(world: World) -> None:
    [lead] = met(world)
    edit(world, lead, "first")
    edit(world, lead, "second")
    world.crm.network = Brief()
    synced(world)
    world.rep.undo()
    at_rest(world)
    assert titles(world) == ("first", "first")
    world.rep.redo()
    at_rest(world)
    assert titles(world) == ("second", "second")


def test_two_edits_undone_and_one_of_them_redone_before_all_of_it_was_sent(world: World) -> None:
    [lead] = met(world)
    for title in ("first", "second"):
        edit(world, lead, title)
        synced(world)
    world.rep.undo()
    world.rep.undo()
    world.crm.network = Brief()
    synced(world)
    world.rep.redo()
    at_rest(world)
    assert titles(world) == ("first", "first")


def test_a_closing_that_went_over_with_something_taken_back_is_undone_there(world: World) -> None:
    [lead] = met(world)
    world.rep.act("connected", (lead, ev.Attempt("phone", "connected")))
    world.pass_time(60)
    synced(world)
    world.rep.undo()
    world.rep.act("closed", (lead, ev.Closed("not_a_fit", "too small")))
    for _ in range(4):
        if world.server.mine()[0].closed:
            break
        world.pass_time(60)
        world.crm.network = Brief()
        synced(world)
    assert world.server.mine()[0].closed
    world.rep.undo()
    at_rest(world)
    assert world.server.mine()[0].closed is None


def test_an_answer_that_another_window_overtook_does_not_bring_back_what_was_there_before(world: World) -> None:
    [lead] = met(world)
    edit(world, lead, "first")
    synced(world)
    world.pass_time(1500)

    def another_window() -> None:
        edit(world, lead, "second")
        synced(world)
        world.pass_time(1)

    world.crm.network = During(another_window, reading=dict)  # what the look at all leads gives
    synced(world, thorough=True)
    assert titles(world) == ("second", "second")
    with world.book.sync_rows().work() as work:
        told = [one.body for one in work.events([lead])[lead] if one.origin == "crm"]
    assert not [body for body in told if isinstance(body, ev.ProfileEdited)]


def test_leads_that_were_merged_one_after_the_other_go_on_as_the_last_one(world: World) -> None:
    """The one in the middle was captured here by mistake, and is no lead here any more."""
    met(world, 2)
    first, last = world.server.mine()
    world.rep.capture()
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


class Script(Cable):
    """A network that does with each request that writes what its turn says, and with the others nothing special."""

    def __init__(self, *turns: Callable[[Callable[[], object]], object]) -> None:
        self.turns = list(turns)
        self.sent: list[Op] = []

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.sent += ops
        if self.turns:
            self.turns.pop(0)(lambda: [serve(op) for op in ops])
        return super().write(ops, serve)


def swallowed(_serve: Callable[[], object]) -> None:
    raise Uncertain("no answer")


def unanswered(serve: Callable[[], object]) -> None:
    serve()
    raise Uncertain("no answer")


def test_an_edit_that_was_undone_while_it_was_sent_and_is_put_back_later_is_there(world: World) -> None:
    """What is sent says how the lead is by then: sent once more after the undo it was not the edit any longer."""
    [lead] = met(world)
    edit(world, lead, "first")
    edit(world, lead, "second")

    def both_undone(_serve: Callable[[], object]) -> None:
        world.rep.undo()
        world.rep.undo()

    def gone(_serve: Callable[[], object]) -> None:
        raise Unavailable("no network")

    world.crm.network = Script(both_undone, gone)
    synced(world)
    world.rep.redo()
    at_rest(world)
    assert titles(world) == ("first", "first")


def test_an_edit_without_an_answer_that_is_undone_and_put_back_is_there(world: World) -> None:
    [lead] = met(world)
    edit(world, lead, "first")
    world.crm.network = Script(swallowed, swallowed)
    synced(world)
    world.rep.undo()
    world.pass_time(1500)
    world.crm.network = Brief()
    synced(world)
    world.rep.redo()
    at_rest(world)
    assert titles(world) == ("first", "first")


def test_our_own_edit_whose_answer_was_lost_is_no_conflict_with_the_next_one(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False)
    [lead] = met(world)
    edit(world, lead, "first")

    def edited_again(serve: Callable[[], object]) -> None:
        serve()
        edit(world, lead, "second")
        raise Uncertain("no answer")

    world.crm.network = Script(edited_again)
    synced(world)
    with world.book.sync_rows().work() as work:
        assert not work.conflicts()
    world.rep.undo()
    world.rep.undo()
    at_rest(world)
    assert titles(world) == ("", "")


@pytest.mark.parametrize("world", ["lookup"], indirect=True)
def test_a_look_that_another_window_overtook_does_not_send_once_more(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, lookup_lag=timedelta(seconds=60), max_batch=100)
    world.server.lag = timedelta(seconds=60)
    for lead in met(world, 2):
        note(world, lead)
    world.crm.network = Script(swallowed)
    synced(world)
    world.pass_time(300)

    class Twice(Script):
        """While the first look is under way, another window looks for both, sends both, and has no answer."""

        looks = 0

        def read(self, serve: Callable[[], T]) -> T:
            found = serve()
            if found is None and not self.looks:
                self.looks += 1
                world.sync()
            return found

    world.crm.network = Twice(unanswered)
    synced(world)
    at_rest(world)
    said = [one.lead for one in world.server.effects.values() if one.text == "Likes tea"]
    assert sorted(said) == sorted(record.id for record in world.server.mine())


def test_do_not_contact_that_is_set_while_much_is_sent_goes_before_the_rest(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, max_batch=1)
    leads = met(world, 14)
    for lead in leads:
        note(world, lead)

    def stopped(_serve: Callable[[], object]) -> None:
        world.pass_time(3)
        world.rep.act("stop", (leads[0], ev.DoNotContact(("ann@x.example",))))

    network = world.crm.network = Script(stopped)
    synced(world, force=True)
    marks = [isinstance(op.body, LeadPatch) and op.body.do_not_contact for op in network.sent]
    assert marks.index(True) <= SIDE_BY_SIDE


@pytest.mark.parametrize("world", ["lookup", "none"], indirect=True)
def test_a_lead_that_was_made_without_an_answer_is_known_by_what_was_sent(world: World) -> None:
    """It comes in with the pull, with our key nowhere, and is called something else here by then."""
    lead, profile = world.fresh(), Profile(name="Ann Booth", company="Booth & Co")
    facts = (ev.Captured(profile, world.at), ev.Promoted("lead", "met"))
    world.rep.act("capture", *((lead, body) for body in facts))

    def renamed(serve: Callable[[], object]) -> None:
        serve()
        world.rep.act("rename", (lead, ev.ProfileEdited({"company": "Doe & Co"})))
        raise Uncertain("no answer")

    world.crm.network = Script(renamed)
    synced(world)
    at_rest(world)
    assert world.ids() == [lead]
    assert [record.profile.company for record in world.server.mine()] == ["Doe & Co"]


@pytest.mark.parametrize("world", ["none"], indirect=True)
def test_do_not_contact_goes_first_as_soon_as_its_lead_turns_up(world: World) -> None:
    """A look at a lead that was merged shows the record that we made without an answer."""
    world.server.capabilities = replace(world.server.capabilities, max_batch=1)
    leads = met(world, 14)
    world.server.lag = timedelta(days=100)  # it shows in no list
    world.rep.capture()
    world.crm.network = Script(unanswered)
    synced(world)
    [made] = [record for record in world.server.mine() if record.profile.name.startswith("New")]
    [lead] = [one for one in world.ids() if one not in leads]
    world.crm.network = Cable()
    for one in leads:
        note(world, one)
    world.rep.act("stop", (lead, ev.DoNotContact(("new@x.example",))))
    with world.book.sync_rows().work() as work:
        remote = work.links(leads)[leads[0]].remote_id
    world.server.merge(world.server.records[remote], made)
    network = world.crm.network = Script()
    world.pass_time(60)
    synced(world, force=True)
    marks = [isinstance(op.body, LeadPatch) and op.body.do_not_contact for op in network.sent]
    assert marks.index(True) <= SIDE_BY_SIDE


def test_a_pull_that_goes_on_where_another_was_broken_off_passes_nothing_by(world: World) -> None:
    """The list shows a change late, and the place up to which it was read is after that."""
    world.server.lag = timedelta(0)
    met(world, 5)
    world.pass_time(600)
    records, indexed = world.server.mine(), world.server.indexed
    stopped, before = records[0], replace(records[0])
    world.server.set_do_not_contact(stopped)
    for record in records[1:]:
        world.pass_time(1)
        world.server.touch(record)

    class Short(Cable):
        """A network that is gone after the first page of changes."""

        pages = 0

        def read(self, serve: Callable[[], T]) -> T:
            if self.pages:
                raise Unavailable("no network")
            found = serve()
            self.pages += isinstance(found, ChangePage)
            return found

    world.server.indexed = lambda lead: before if lead == stopped.id else indexed(lead)  # type: ignore[method-assign]
    world.crm.network = Short()
    synced(world)
    world.server.indexed = indexed  # type: ignore[method-assign]
    world.crm.network = Cable()
    world.pass_time(300)
    synced(world)
    with world.book.sync_rows().work() as work:
        lead = work.lead(work.linked([stopped.id])[stopped.id].lead)
    assert lead is not None
    assert lead.do_not_contact
