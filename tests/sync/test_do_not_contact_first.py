"""Do-not-contact goes before all else, also when it is set, or its lead turns up, while a sync is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.deliver import SIDE_BY_SIDE
from callsheet.sync.port import LeadPatch, Note, Op
from tests.sync.fake_crm import Cable
from tests.sync.networks import Script, unanswered
from tests.sync.quiet import edit, met, note, synced
from tests.sync.world import World


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


def test_do_not_contact_that_a_look_brings_goes_before_what_was_about_to_go(world: World) -> None:
    """A lead is looked at before it is set: it is left alone there, and with it another one of the same number."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False, max_batch=1)
    ann, tom = (
        world.server.make(Profile(name=name, phones=("+442079460000",), emails=(f"{name}@x.example",)))
        for name in ("Ann", "Tom")
    )
    world.pass_time(60)
    synced(world)
    with world.book.sync_rows().work() as work:
        leads = {remote: link.lead for remote, link in work.linked([ann.id, tom.id]).items()}
    note(world, leads[tom.id])
    edit(world, leads[ann.id], "Boss")
    sent: list[Op] = []
    world.crm.about_to = sent.extend
    world.server.set_do_not_contact(ann)
    synced(world)
    marks = [place for place, op in enumerate(sent) if isinstance(op.body, LeadPatch) and op.body.do_not_contact]
    said = [place for place, op in enumerate(sent) if isinstance(op.body, Note) and op.body.text == "Likes tea"]
    assert (len(marks), len(said)) == (1, 1)
    assert marks < said
