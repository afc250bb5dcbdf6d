"""Two things at once: what happens between a question and its answer, or between taking a delivery and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.line import Send
from callsheet.sync.port import ChangePage, CrmError, Op, Result, Retry, Unavailable, Uncertain
from callsheet.sync.run import check_leads, sync
from tests.sync.fake_crm import Cable
from tests.sync.networks import During, Script, swallowed, unanswered
from tests.sync.quiet import at_rest, edit, met, note, quiet, synced, titles
from tests.sync.world import World

T = TypeVar("T")


@pytest.mark.parametrize("batch", [1, 2])
def test_deliveries_of_leads_that_turn_out_to_be_one_go_one_after_the_other(world: World, batch: int) -> None:
    """While the first ones are sent, another window sees that the last two are one lead there."""
    world.server.capabilities = replace(world.server.capabilities, max_batch=batch, stale_guard=False)
    leads = met(world, 12)
    for number, lead in enumerate(leads):
        note(world, lead, f"Likes tea {number}")
    with world.book.sync_rows().work() as work:
        one, other = (world.server.records[work.links([lead])[lead].remote_id] for lead in leads[-2:])
    together: list[list[str]] = []

    def at_once(send: Send, calls: Sequence[Sequence[Op]]) -> Iterator[Sequence[Result] | CrmError]:
        if not together:
            world.server.merge(one, other)
            check_leads(world.line(), leads[-2:])
        together.append([op.lead for call in calls for op in call])
        return map(send, calls)

    sync(replace(world.line(), side_by_side=at_once), force=True)
    assert all(len(set(leads)) == len(leads) for leads in together)
    said = [each.text for each in world.server.effects.values() if each.lead == other.id and each.kind == "note"]
    assert sorted(said) == ["Likes tea 10", "Likes tea 11"]


def test_what_another_window_sent_meanwhile_is_not_sent_again(world: World) -> None:
    world.server.capabilities = replace(world.server.capabilities, max_batch=1)
    said = [f"Likes tea {number}" for number in range(12)]  # more than are sent at once
    for lead, text in zip(met(world, 12), said, strict=True):
        note(world, lead, text)
    world.crm.network = During(lambda: synced(world))
    synced(world)
    assert sorted(each.text for each in world.server.effects.values() if each.kind == "note") == sorted(said)


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


def test_calls_whose_turn_ran_out_while_the_machine_slept_are_not_made(world: World) -> None:
    """Two windows of one machine wake up: what the first one had taken is the second one's to look after by then."""
    world.server.capabilities = replace(world.server.capabilities, max_batch=1)
    leads = met(world, 6)
    for lead in leads:
        note(world, lead)

    def slept() -> None:
        world.pass_time(600)
        world.sync()

    network = world.crm.network = During(slept)
    synced(world)
    network.what = None
    at_rest(world)
    said = [effect.origin for effect in world.server.effects.values() if effect.kind == "note"]
    with world.book.sync_rows().work() as work:
        parked = [row for row in work.open_deliveries() if row.state == "parked"]
    assert len(said) == len(set(said))
    assert len(said) + len(parked) >= len(leads)


class Asleep(Cable):
    """The machine of a window sleeps in its call; another one takes it up, gets it through, and is killed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls = 0

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.calls += 1
        if self.calls == 1:
            for _ in range(2):
                self.world.pass_time(200)
                with suppress(Killed):
                    sync(replace(self.world.line(), owner="another window"), force=True)
            return [Retry("busy", timedelta(0)) for _ in ops]
        results = super().write(ops, serve)
        if self.calls == 2:
            raise Killed
        return results


class Killed(Exception):
    """A window is over, whatever it was doing."""


def an_answer_to_a_call_that_another_window_took_up(world: World) -> None:
    [lead] = met(world)
    note(world, lead)
    world.crm.network = Asleep(world)
    sync(replace(world.line(), owner="a window"), force=True)
    world.crm.network = Cable()
    for _ in range(3):
        world.pass_time(1500)
        sync(world.line(), force=True)
    assert [one.text for one in world.server.effects.values() if one.kind == "note"] == ["Likes tea"]


def test_an_answer_to_a_call_that_another_window_took_up_says_nothing_of_theirs() -> None:
    world = quiet("lookup")
    an_answer_to_a_call_that_another_window_took_up(world)
    world.close()
