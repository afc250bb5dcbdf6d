"""What is undone or put back while it is sent, or when nobody knows whether it arrived, ends as the rep left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from callsheet.domain import events as ev
from callsheet.sync.port import Op, Result, Unavailable, Uncertain
from tests.sync.networks import Brief, During, Script, swallowed
from tests.sync.quiet import at_rest, edit, met, synced, titles
from tests.sync.world import World


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


def test_an_edit_whose_request_came_twice_is_undone_there_also_when_the_second_was_refused(world: World) -> None:
    """Where versions are checked the second one is refused for what the first one did; the undo comes in between."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=True)
    [lead] = met(world)
    before = titles(world)
    edit(world, lead, "first")

    class Twice(During):
        def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
            super().write(ops, serve)
            return super().write(ops, serve)

    world.crm.network = Twice(world.rep.undo, reading=Mapping)
    synced(world)
    at_rest(world)
    assert titles(world) == before
