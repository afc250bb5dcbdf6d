"""A do-not-contact of ours that is undone clears ours alone: what somebody set there meanwhile stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.port import Op, Result, Unavailable
from callsheet.sync.run import check_leads
from tests.sync.fake_crm import Cable
from tests.sync.networks import Brief, Busy, During, Mute, Script, dies_of_the_answer, swallowed
from tests.sync.quiet import at_rest, met, quiet, rows, synced
from tests.sync.server import OTHER
from tests.sync.world import World


class Refusing(Cable):
    """A network that is gone while the rep takes back what it was to send."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.meanwhile()
        raise Unavailable("no network")


def test_one_that_was_undone_while_a_call_without_a_network_had_it_leaves_the_managers_alone(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))

    def undone() -> None:
        world.rep.undo()
        world.server.set_do_not_contact(record)

    world.crm.network = Refusing(undone)
    synced(world)
    world.crm.network = Cable()
    for _ in range(3):
        world.pass_time(1500)
        synced(world)
    assert record.do_not_contact
    assert all(one.do_not_contact for one in world.rep.leads())


def test_one_that_waited_leaves_the_managers_where_it_was_seen_meanwhile(world: World) -> None:
    """Ours is not there yet, theirs is: ours undone, theirs holds, here too, and not only from the next look on."""
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    world.server.set_do_not_contact(record)
    world.crm.network = Busy()
    synced(world, thorough=True)
    world.pass_time(1500)  # it shows in no list of changes any more
    world.rep.undo()
    world.crm.network = Cable()
    synced(world)
    assert record.do_not_contact
    assert all(one.do_not_contact for one in world.rep.leads())


def theirs_stays_when_ours_went_along_with_a_lead_that_was_there_before(world: World) -> None:
    """Nobody heard that it was made, and somebody set theirs: ours, sent with the same lead again, was never there.

    Nor is it looked at before ours is cleared, where the CRM sees to what is stale.
    """
    world.server.capabilities = replace(world.server.capabilities, stale_guard=True)
    world.rep.capture(mail=True)
    world.crm.network = Mute()
    synced(world)
    [record] = world.server.mine()
    world.server.set_do_not_contact(record)
    [lead] = world.ids()
    world.rep.act("stop", (lead, ev.DoNotContact(record.profile.emails)))
    world.pass_time(1500)
    world.crm.network = During(world.rep.undo)
    synced(world)
    at_rest(world)
    assert record.do_not_contact


def test_one_that_went_along_with_a_lead_that_was_there_before_leaves_the_managers_alone(tmp_path: Path) -> None:
    world = quiet("native", tmp_path)
    theirs_stays_when_ours_went_along_with_a_lead_that_was_there_before(world)
    world.close()


def test_one_that_closed_the_lead_there_as_well_opens_it_when_it_is_undone(world: World) -> None:
    world.server.closes_stopped = True
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    assert (record.closed, record.do_not_contact) == ("lost", True)
    world.rep.undo()
    at_rest(world)
    assert (record.closed, record.do_not_contact) == (None, False)
    assert [one.state for one in world.rep.leads()] == ["working"]


def test_a_lead_that_was_won_there_is_won_again_when_one_is_undone(world: World) -> None:
    world.server.closes_stopped = True
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    world.rep.undo()
    record.closed = None
    world.server.touch(record)
    at_rest(world)
    record.closed = "won"
    world.server.touch(record)
    at_rest(world)
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    assert [one.closed for one in world.rep.leads()] == ["do_not_contact"]
    world.rep.undo()
    at_rest(world)
    assert (record.closed, [one.closed for one in world.rep.leads()]) == ("won", ["won"])


def test_a_closing_that_went_over_with_the_clearing_of_one_is_undone_there(world: World) -> None:
    world.server.closes_stopped = True
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    world.rep.undo()
    world.rep.act("won", (lead, ev.Closed("won")))
    world.crm.network = Brief()
    synced(world)
    assert (record.closed, record.do_not_contact) == ("won", False)
    world.rep.undo()
    at_rest(world)
    assert [one.state for one in world.rep.leads()] == ["working"]
    assert not record.closed


def test_a_closing_that_was_taken_back_while_it_was_left_alone_is_open_when_that_is_undone(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("won", (lead, ev.Closed("won")))
    at_rest(world)
    world.crm.network = Busy()
    world.rep.undo()
    synced(world)
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    world.pass_time(8000)
    at_rest(world)
    world.rep.undo()
    at_rest(world)
    assert (record.closed, record.do_not_contact) == (None, False)
    assert [one.state for one in world.rep.leads()] == ["working"]


def test_theirs_stays_when_ours_may_have_been_cleared_before(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    world.rep.undo()
    world.crm.network = Script(dies_of_the_answer)
    assert world.sync() is None
    world.server.set_do_not_contact(record)
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    world.crm.network = Busy()
    for _ in range(2):  # that its sender died is found out, and then that it need not be cleared any more
        world.pass_time(1500)
        synced(world)
    world.rep.undo()
    world.pass_time(8000)
    at_rest(world)
    assert record.do_not_contact
    assert all(one.do_not_contact for one in world.rep.leads())


def test_theirs_stays_on_the_one_that_a_lead_with_ours_was_merged_into(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    other = world.server.make(Profile(name="Tom Reed"), owner=OTHER)
    world.server.set_do_not_contact(other)
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    at_rest(world)
    world.server.merge(record, other)
    check_leads(world.line(), [lead])
    world.rep.undo()
    at_rest(world)
    assert other.do_not_contact
    assert all(one.do_not_contact for one in world.rep.leads())


def theirs_stays_when_ours_was_undone_before_the_lead_was_made(world: World) -> None:
    """It was in the first request for the lead, which never arrived, and not in the second one."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=True)
    world.rep.capture(mail=True)
    [lead] = world.ids()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann@x.example",))))
    world.crm.network = Script(swallowed)
    synced(world)
    world.rep.undo()
    world.pass_time(1500)
    world.crm.network = Script(lambda _: None, lambda _: world.server.set_do_not_contact(world.server.mine()[0]))
    synced(world)
    at_rest(world)
    [record] = world.server.mine()
    assert record.do_not_contact


def test_theirs_stays_when_ours_was_undone_before_the_lead_was_made(tmp_path: Path) -> None:
    world = quiet("native", tmp_path)
    theirs_stays_when_ours_was_undone_before_the_lead_was_made(world)
    world.close()


def undone_with_a_lead_that_never_arrived(world: World) -> None:
    world.rep.capture(mail=True)
    [lead] = world.ids()
    world.rep.act("stop", (lead, ev.DoNotContact(("ann@x.example",))))
    world.crm.network = Script(swallowed)
    synced(world)
    world.rep.undo()
    world.rep.undo()
    at_rest(world)
    assert (rows(world), world.server.mine()) == ({}, [])
    world.rep.redo()
    world.rep.redo()
    at_rest(world)
    assert (rows(world), [one.do_not_contact for one in world.server.mine()]) == ({}, [True])


def test_what_was_undone_with_a_lead_that_never_arrived_is_not_left_to_the_rep(tmp_path: Path) -> None:
    world = quiet("lookup", tmp_path)
    undone_with_a_lead_that_never_arrived(world)
    world.close()
