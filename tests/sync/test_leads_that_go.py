"""Leads that are given away, deleted or merged there while the rep does something on them, and that come again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile, changed
from callsheet.sync.port import Unavailable
from callsheet.sync.run import check_leads, conflicts, decide
from tests.sync.fake_crm import Cable
from tests.sync.networks import Busy, Mute, Script, dies, garbled
from tests.sync.quiet import at_rest, edit, met, note, quiet, rows, synced, titles
from tests.sync.server import ME, OTHER, Record
from tests.sync.world import World


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = quiet(request.param)
    yield made
    made.close()


def seen(world: World) -> None:
    """A good while later all leads are looked at."""
    world.pass_time(1500)
    synced(world, thorough=True)


def changes(world: World, record: Record, **values: object) -> None:
    for name, value in values.items():
        setattr(record, name, value)
    world.server.touch(record)


def lead_of(world: World, lead: str) -> Lead:
    with world.book.work() as work:
        found = work.lead(lead)
    assert isinstance(found, Lead)
    return found


def test_what_was_captured_by_mistake_is_closed_there_once_it_is_the_reps_again(world: World) -> None:
    world.rep.capture(mail=True)
    synced(world)
    [record] = world.server.mine()
    changes(world, record, owner=OTHER)
    world.rep.undo()
    seen(world)
    assert (record.closed, rows(world)) == (None, {})
    changes(world, record, owner=ME)
    seen(world)
    seen(world)
    assert record.closed == "not_a_fit"


def test_what_was_captured_by_mistake_is_closed_there_once_it_is_there_again(world: World) -> None:
    world.rep.capture(mail=True)
    synced(world)
    [record] = world.server.mine()
    changes(world, record, deleted=True)
    world.rep.undo()
    seen(world)
    changes(world, record, deleted=False)
    seen(world)
    seen(world)
    assert record.closed == "not_a_fit"


def test_what_was_captured_by_mistake_is_closed_there_though_it_was_a_colleagues_before_it_was_gone(
    world: World,
) -> None:
    world.rep.capture(mail=True)
    synced(world)
    [record] = world.server.mine()
    changes(world, record, owner=OTHER)
    world.rep.undo()
    seen(world)
    changes(world, record, owner=ME, deleted=True)
    seen(world)
    changes(world, record, deleted=False)
    seen(world)
    seen(world)
    assert record.closed == "not_a_fit"


def test_what_was_said_of_one_captured_by_mistake_is_taken_back_once_the_lead_is_there_again(world: World) -> None:
    world.rep.capture(mail=True)
    [lead] = world.ids()
    said = note(world, lead)
    synced(world)
    [record] = world.server.mine()
    changes(world, record, deleted=True)
    world.rep.undo()
    world.rep.undo()
    seen(world)
    changes(world, record, deleted=False)
    at_rest(world)
    there = [one for one in world.server.effects.values() if one.origin == said and not one.deleted]
    corrected = {one.corrects for one in world.server.effects.values()}
    assert [one for one in there if one.id not in corrected] == []


def test_a_note_that_was_taken_back_with_a_lead_that_was_gone_and_put_back_since_is_there_once(world: World) -> None:
    [lead] = met(world)
    said = note(world, lead)
    synced(world)
    [record] = world.server.mine()
    changes(world, record, deleted=True)
    world.rep.undo()
    seen(world)
    world.rep.redo()
    changes(world, record, deleted=False)
    world.server.lag = timedelta(hours=9)  # so that it is not shown as there again before that is sent
    world.pass_time(60)
    synced(world)
    changes(world, record, owner=OTHER)
    check_leads(world.line(), [lead])
    changes(world, record, owner=ME)
    world.server.lag = timedelta(0)
    at_rest(world)
    with world.book.sync_rows().work() as work:
        ops = {row.op for row in work.deliveries_of([lead])[lead] if row.event == said}
    corrected = {one.corrects for one in world.server.effects.values()}
    there = [one for one in world.server.effects.values() if one.origin in ops and not one.deleted]
    assert len([one for one in there if one.kind == "note" and not one.corrects and one.id not in corrected]) == 1


@pytest.mark.parametrize("guarded", [True, False])
def test_an_edit_of_a_lead_that_was_given_away_is_given_up(world: World, *, guarded: bool) -> None:
    """Also where the CRM refuses what is stale: nobody changed the lead since."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=guarded)
    [lead] = met(world)
    [record] = world.server.mine()
    changes(world, record, owner=OTHER)
    seen(world)
    edit(world, lead, "Boss of all")
    seen(world)
    assert rows(world) == {}
    assert (record.profile.title, lead_of(world, lead).profile.title) == ("", "")


def test_an_edit_waits_until_the_lead_is_taken_back_from_a_colleague(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("hand-off", (lead, ev.Returned("hand_off", "Ann")))
    edit(world, lead, "Boss")
    synced(world)
    assert (record.owner, record.profile.title) == (OTHER, "Boss")
    world.rep.undo()
    world.rep.undo()
    seen(world)
    assert (rows(world), record.owner, record.profile.title) == ({}, ME, "")


@pytest.mark.parametrize("shows_others", [True, False])
def test_a_lead_that_is_won_while_it_is_taken_back_from_a_colleague_is_won(world: World, *, shows_others: bool) -> None:
    world.server.open = shows_others
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("hand-off", (lead, ev.Returned("hand_off", "Ann")))
    synced(world)
    world.rep.undo()
    changes(world, record, closed="won")
    check_leads(world.line(), [lead])
    seen(world)
    seen(world)
    assert (record.owner, lead_of(world, lead).closed) == (ME, "won")


def test_a_lead_that_was_deleted_and_is_a_colleagues_is_theirs(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    changes(world, record, deleted=True)
    world.rep.act("close", (lead, ev.Closed("lost")))
    seen(world)
    changes(world, record, deleted=False, owner=OTHER)
    world.rep.act("reopen", (lead, ev.Reopened("they called")))
    seen(world)
    assert lead_of(world, lead).state == "returned"
    assert world.reports[-1].findings == ()


def test_a_lead_that_is_there_again_and_won_is_won(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    changes(world, record, deleted=True)
    seen(world)
    assert lead_of(world, lead).closed == "gone"
    changes(world, record, deleted=False, closed="won")
    seen(world)
    assert lead_of(world, lead).closed == "won"


def cut(_serve: Callable[[], object]) -> None:
    raise Unavailable("no network")


def test_a_lead_that_is_there_again_while_a_status_of_ours_is_uncertain_is_as_it_is_there(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("nurture", (lead, ev.Nurtured(world.at + timedelta(days=90))))
    world.crm.network = Script(dies)
    assert world.sync() is None
    world.crm.network = Cable()
    world.rep.act("close", (lead, ev.Closed("won")))
    changes(world, record, deleted=True)
    check_leads(world.line(), [lead])
    changes(world, record, deleted=False)
    seen(world)
    seen(world)
    assert (record.closed, lead_of(world, lead).closed, world.reports[-1].findings) == (None, None, ())


def test_a_closing_that_was_overtaken_does_not_come_back_when_what_followed_is_undone(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("close", (lead, ev.Closed("lost")))
    world.pass_time(60)
    world.rep.act("reopen", (lead, ev.Reopened("they called")))
    world.pass_time(60)
    changes(world, record, status="in talks")
    seen(world)
    world.rep.undo()
    seen(world)
    assert (record.closed, lead_of(world, lead).state) == (None, "working")


def test_a_closing_that_was_overtaken_does_not_come_back_when_a_later_reopening_is_undone(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.crm.network = Busy()
    world.rep.act("close", (lead, ev.Closed("lost")))
    world.pass_time(60)
    changes(world, record, status="in talks")
    world.pass_time(60)
    world.rep.act("reopen", (lead, ev.Reopened("they called")))
    seen(world)
    world.rep.undo()
    world.pass_time(8000)
    at_rest(world)
    assert (record.closed, lead_of(world, lead).state, world.reports[-1].findings) == (None, "working", ())


def test_an_edit_whose_taking_back_was_not_answered_is_not_put_back_when_the_lead_goes(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    for title in ("first", "second"):
        edit(world, lead, title)
        synced(world)
    world.rep.undo()
    world.crm.network = Script(garbled)
    synced(world)
    assert record.profile.title == "first"
    changes(world, record, owner=OTHER)
    check_leads(world.line(), [lead])
    assert lead_of(world, lead).profile.title == "first"


def disputed(world: World, lead: str) -> Record:
    """Both sides change the title of a lead; return its record."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False)
    with world.book.sync_rows().work() as work:
        record = world.server.records[work.links([lead])[lead].remote_id]
    edit(world, lead, "Boss")
    changes(world, record, profile=changed(record.profile, {"title": "title of the manager"}))
    synced(world)
    assert [one.field for one in conflicts(world.line())] == ["title"]
    return record


def test_nobody_is_asked_about_a_lead_that_goes_on_as_another_one(world: World) -> None:
    lead, _ = met(world, 2)
    record = disputed(world, lead)
    [other] = [one for one in world.server.mine() if one is not record]
    world.server.merge(record, other)
    seen(world)
    assert conflicts(world.line()) == []


def test_a_decision_holds_though_the_edit_behind_it_is_undone(world: World) -> None:
    [lead] = met(world)
    record = disputed(world, lead)
    [conflict] = conflicts(world.line())
    decide(world.line(), conflict.id, "mine")
    seen(world)
    assert record.profile.title == "Boss"
    world.rep.undo()
    seen(world)
    assert (record.profile.title, lead_of(world, lead).profile.title) == ("Boss", "Boss")


def test_what_somebody_typed_there_is_taken_in_though_the_rep_had_typed_the_same_and_took_it_back(world: World) -> None:
    world.rep.capture(mail=True)
    [lead] = world.rep.leads()
    edit(world, lead.id, "Boss")
    world.crm.network = Script(cut)
    seen(world)
    world.rep.undo()
    world.server.make(replace(lead.profile, title="Boss"))
    seen(world)
    seen(world)
    assert titles(world) == ("Boss", "Boss")


def two_taken_back_and_merged(world: World) -> None:
    world.rep.capture(mail=True)
    synced(world)
    world.rep.undo()
    seen(world)
    [record] = world.server.mine()
    assert record.closed == "not_a_fit"
    first = world.ids()
    world.crm.network = Mute()
    world.rep.capture(mail=True)
    synced(world)
    world.crm.network = Cable()
    [other] = [one for one in world.server.mine() if one is not record]
    world.rep.undo()
    world.server.merge(record, other)
    check_leads(world.line(), first)
    at_rest(world)
    assert (other.closed, world.rep.leads(), rows(world)) == ("not_a_fit", [], {})


def test_of_two_that_were_taken_back_and_merged_there_the_one_that_is_left_is_closed(tmp_path: Path) -> None:
    world = quiet("native", tmp_path)
    two_taken_back_and_merged(world)
    world.close()


def perhaps_made_by_mistake(world: World) -> None:
    world.rep.capture(mail=False)
    world.crm.network = Mute()
    synced(world)
    world.rep.undo()
    at_rest(world)
    [record] = world.server.mine()
    assert (record.closed, world.rep.leads(), rows(world)) == ("not_a_fit", [], {})


@pytest.mark.parametrize("kind", ["native", "lookup"])
def test_what_was_captured_by_mistake_and_perhaps_made_there_is_looked_for_and_closed(kind: str) -> None:
    world = quiet(kind)
    perhaps_made_by_mistake(world)
    world.close()


def made_unheard(world: World) -> Record:
    """A lead without an address is made there, and nobody hears of it; the list of changes shows it before long."""
    world.rep.capture(mail=False)
    world.crm.network = Mute()
    synced(world)
    world.crm.network = Cable()
    [record] = world.server.mine()
    return record


def shown(world: World) -> None:
    """The list shows it, and it is not to be looked for yet."""
    world.pass_time(world.server.capabilities.lookup_lag.total_seconds() + 5)
    synced(world)


def made_here_is_known_by_our_key(world: World) -> None:
    record = made_unheard(world)
    changes(world, record, profile=changed(record.profile, {"name": "Somebody Else", "company": "Elsewhere"}))
    shown(world)
    assert len(world.ids()) == 1
    assert not rows(world)


def made_here_is_known_by_its_name(world: World) -> None:
    made_unheard(world)
    shown(world)
    assert len(world.ids()) == 1


def test_a_lead_that_was_made_here_is_known_by_our_key_whatever_it_is_called(tmp_path: Path) -> None:
    world = quiet("native", tmp_path)
    made_here_is_known_by_our_key(world)
    world.close()


def test_a_lead_that_may_have_been_made_here_is_known_by_its_name(world: World) -> None:
    made_here_is_known_by_its_name(world)


def known_again(world: World, profile: Profile, there: Profile) -> None:
    """Whom the rep took in comes in on the CRM's own way, as somebody else does."""
    world.server.capabilities = replace(world.server.capabilities, creates_leads=False)
    lead = world.fresh()
    world.rep.act("capture", (lead, ev.Captured(profile, world.at)), (lead, ev.Promoted("lead", "met")))
    synced(world)
    world.server.make(replace(there, name="Tom Reed", emails=("tom@x.example",)))
    record = world.server.make(there)
    seen(world)
    with world.book.sync_rows().work() as work:
        remotes = {one: link.remote_id for one, link in work.links(world.ids()).items()}
    assert (len(remotes), remotes.get(lead)) == (2, record.id)


BY_NUMBER: Final = Profile(name="Ann Lee", company="Booth & Co", phones=("+442079460000",))
BY_ADDRESS: Final = Profile(name="Ann Lee", company="Booth & Co", emails=("ann@x.example",))


def test_whom_the_rep_took_in_is_known_by_number_and_name(world: World) -> None:
    known_again(world, BY_NUMBER, BY_NUMBER)


def test_whom_the_rep_took_in_is_known_by_address(world: World) -> None:
    known_again(world, BY_ADDRESS, replace(BY_ADDRESS, name="A. Lee", company="Booth"))


def test_who_asked_to_be_left_alone_is_left_alone_as_whom_they_were_merged_into(world: World) -> None:
    """At once, and not only when the CRM has heard of it."""
    lead, other = met(world, 2)
    with world.book.sync_rows().work() as work:
        one, into = (world.server.records[work.links([each])[each].remote_id] for each in (lead, other))
    world.rep.act("stop", (lead, ev.DoNotContact(("ann0@x.example",))))
    world.server.merge(one, into)
    check_leads(world.line(), [lead, other])
    assert not into.do_not_contact
    assert lead_of(world, other).do_not_contact


def test_a_redo_sets_nothing_back_that_the_crm_decided_since(world: World) -> None:
    [lead] = met(world)
    [record] = world.server.mine()
    world.rep.act("close", (lead, ev.Closed("lost")))
    world.rep.undo()
    world.pass_time(60)
    changes(world, record, closed="won")
    seen(world)
    world.rep.redo()
    seen(world)
    assert (record.closed, lead_of(world, lead).closed) == ("won", "won")


def test_what_others_did_on_a_lead_before_it_was_the_reps_comes_with_it(world: World) -> None:
    met(world)
    [mine] = world.server.mine()
    record = world.server.make(Profile(name="Tom Reed", emails=("tom@x.example",)), owner=OTHER)
    world.server.add(record.id, "note", world.at, "Seen at the fair", author="Olga")
    seen(world)
    for number in range(9):  # so that the history does not reach back to it any more
        world.server.add(mine.id, "note", world.at, f"Called {number}", author="Olga")
    seen(world)
    changes(world, record, owner=ME)
    seen(world)
    seen(world)
    [lead] = [one for one in world.ids() if lead_of(world, one).profile.name == "Tom Reed"]
    with world.book.sync_rows().work() as work:
        said = [event.body.text for event in work.events([lead])[lead] if isinstance(event.body, ev.Noted)]
    assert said == ["Seen at the fair"]


def taking_the_place_of_another(world: World) -> None:
    """What a lead is merged into was made here, unheard, and taken back: it is looked at before ours is set on it."""
    world.server.capabilities = replace(world.server.capabilities, stale_guard=False, lookup_lag=timedelta(seconds=5))
    [lead] = met(world)
    [record] = world.server.mine()
    world.crm.network = Mute()
    world.rep.capture(mail=True)
    synced(world)
    world.rep.undo()
    world.crm.network = Cable()
    [other] = [one for one in world.server.mine() if one is not record]
    changes(world, other, profile=changed(other.profile, {"title": "title of the manager"}))
    world.rep.act("title", (lead, ev.ProfileEdited({"title": "Boss"})))
    world.server.merge(record, other)
    world.pass_time(5)
    synced(world, thorough=True)
    assert other.profile.title == "title of the manager"
    assert [one.field for one in conflicts(world.line())] == ["title"]


def test_a_lead_that_takes_the_place_of_another_is_compared_with_what_it_is_there(tmp_path: Path) -> None:
    world = quiet("native", tmp_path)
    taking_the_place_of_another(world)
    world.close()
