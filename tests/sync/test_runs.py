"""What a sync says and keeps when the CRM does not do as it should: one clear line, nothing lost, no loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.background import Schedule
from callsheet.sync.port import (
    AuthBroken,
    CrmError,
    Drift,
    Op,
    RemoteInteraction,
    Result,
    Throttled,
    Unavailable,
    Uncertain,
)
from callsheet.sync.results import FIRST_WAIT, LONGEST_WAIT, back_off
from callsheet.sync.run import Left, SyncReport, check_leads, sync
from tests.sync.fake_crm import Cable
from tests.sync.networks import Broken, Busy, Deaf, Mute
from tests.sync.quiet import met, note, quiet, rows, synced
from tests.sync.server import ME, OTHER
from tests.sync.world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = quiet()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("error", "stopped", "line"),
    [
        (AuthBroken("The key does not hold: connect again."), "credentials", "The key does not hold: connect again."),
        (Drift("That is a web page, not the CRM: log in to this network first."), "drift", "That is a web page"),
        (Unavailable("The CRM cannot be reached."), "offline", "The CRM cannot be reached."),
        (Uncertain("The CRM did not answer."), "silent", "The CRM did not answer."),
        (Throttled("x", scope="daily", after=timedelta(hours=3)), "throttled", "daily limit is used up until 12:"),
        (Throttled("x", scope="burst", after=timedelta(minutes=9)), "throttled", "wants a pause until 09:"),
    ],
)
def test_each_trouble_is_one_call_and_one_line_and_what_waits_is_kept(
    world: World, error: CrmError, stopped: str, line: str
) -> None:
    [lead] = met(world)
    event = note(world, lead)
    network = Broken(world, error)
    report = synced(world)
    assert (report.stopped, network.calls) == (stopped, 1)
    assert line in report.problem
    assert rows(world)[event].state == "waiting"


@pytest.mark.parametrize(("scope", "hours"), [("daily", 3), ("burst", 1)])
def test_a_limit_holds_over_a_restart_and_ends_by_itself(tmp_path: Path, scope: str, hours: int) -> None:
    world = quiet(where=tmp_path)
    [lead] = met(world)
    event = note(world, lead)
    error = Throttled("enough", scope=scope, after=timedelta(hours=hours))  # type: ignore[arg-type]
    network = Broken(world, error)
    first = synced(world)
    world.restart()
    world.pass_time(600)
    again = synced(world)
    assert (network.calls, again.problem, again.retry_at) == (1, first.problem, first.retry_at)
    network.mend()
    world.pass_time(hours * 3600)
    assert synced(world).problem == ""
    assert event not in rows(world)
    world.close()


def test_a_limit_that_another_window_was_told_holds_though_this_one_got_through(world: World) -> None:
    [lead] = met(world)
    note(world, lead)
    Broken(world, Throttled("slower", scope="burst", after=timedelta(minutes=9)))
    synced(world)

    class Between(Cable):
        def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
            world.pass_time(600)
            limit = Broken(world, Throttled("enough", scope="daily", after=timedelta(hours=3)))
            check_leads(world.line(), [lead])
            limit.mend()
            return super().write(ops, serve)

    world.crm.network = Between()
    sync(world.line(), force=True)
    world.pass_time(3600)
    assert "daily limit is used up" in synced(world).problem


def test_a_wait_before_the_next_try_holds_over_a_restart(tmp_path: Path) -> None:
    world = quiet(where=tmp_path)
    [lead] = met(world)
    event = note(world, lead)
    world.crm.network = Busy()
    synced(world)
    due = rows(world)[event].not_before
    world.restart()
    world.crm.network = Cable()
    world.pass_time(3600)
    synced(world)
    assert rows(world)[event].not_before == due
    world.pass_time(3700)
    synced(world)
    assert event not in rows(world)
    world.close()


def test_waits_grow_are_never_in_the_past_and_never_the_same_for_all(world: World) -> None:
    for tries in range(1, 12):
        base = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
        waits = [back_off(tries, world.chance.random()) for _ in range(20)]
        assert all(base / 2 <= wait <= base * 1.5 for wait in waits)
        assert len(set(waits)) > 10


def test_many_leads_that_go_at_once_are_asked_about_and_go_when_the_rep_says_so(world: World) -> None:
    met(world, 12)
    before = world.server.mine()
    for record in before[:6]:
        record.owner = OTHER
        world.server.touch(record)
    report = synced(world, thorough=True)
    assert report.stopped == "removals"
    assert "no longer shows 6 of your 12 leads. Nothing was taken away" in report.problem
    with world.book.sync_rows().work() as work:
        assert all(state != "returned" for _, state in work.states())
    assert synced(world, force=True, thorough=True).stopped == ""
    with world.book.sync_rows().work() as work:
        assert sum(state == "returned" for _, state in work.states()) == 6


@pytest.mark.parametrize("kind", ["native", "lookup", "none"])
def test_a_lead_whose_making_was_not_answered_is_the_one_that_comes_in(kind: str) -> None:
    world = quiet(kind)
    world.server.lag = timedelta(0)
    world.rep.capture()
    world.crm.network = Mute()
    synced(world)
    [lead] = world.ids()
    with world.book.sync_rows().work() as work:
        link = work.link(lead)
    [there] = world.server.records
    assert link is not None
    assert link.remote_id == there


def test_a_lead_that_others_worked_is_got_when_it_was_merged_with_one_of_ours(world: World) -> None:
    older = world.server.make(Profile(name="Old Hand", emails=("old@x.example",)), owner=OTHER)
    met(world)
    [ours] = world.server.mine()
    world.pass_time(3600)
    older.owner = ME
    world.server.merge(ours, older)
    synced(world, thorough=True)
    [came] = [lead for lead in world.rep.leads() if lead.profile.name == "Old Hand"]
    assert came.received_at == older.modified_at
    assert came.created_at == older.created_at


@pytest.mark.parametrize(("way", "how"), [("delete", "deleted"), ("note", "corrected")])
def test_an_undo_of_what_was_delivered_is_made_good_there_and_says_how(way: str, how: str) -> None:
    world = quiet()
    world.server.capabilities = replace(world.server.capabilities, take_back=way)  # type: ignore[arg-type]
    [lead] = met(world)
    event = note(world, lead)
    synced(world)
    world.rep.undo()
    said = synced(world).taken_back
    assert said == (f"Ann 0: note was taken back in Fake (native) ({how})",)
    with world.book.sync_rows().work() as work:
        made = {row.kind: row for row in work.deliveries_of([lead])[lead] if row.event == event}
    assert made["note"].state == "compensated"
    assert made["take_back"].detail["how"] == how


@pytest.mark.parametrize("kind", ["native", "lookup"])
def test_a_delivered_touch_that_is_not_there_any_more_is_found(kind: str) -> None:
    world = quiet(kind)
    world.server.lag = timedelta(seconds=30)  # so that the history does not show it at once
    world.server.capabilities = replace(world.server.capabilities, lookup_lag=world.server.lag)
    lead = met(world, 3)[0]
    world.rep.act("call", (lead, ev.Attempt("phone", "no_answer")))
    event = world.rep.told[-1].event
    synced(world)
    assert event not in rows(world)
    [there] = [effect for effect in world.server.effects.values() if effect.origin == event]
    there.deleted = True
    world.pass_time(3600)
    found = synced(world).findings
    assert [line for line in found if "1 touch was delivered and cannot be found in Fake" in line]


@pytest.mark.parametrize("kind", ["native", "lookup"])
def test_a_touch_that_was_there_and_is_deleted_later_is_found_until_it_is_there_again(
    kind: str, tmp_path: Path
) -> None:
    world = quiet(kind, tmp_path)
    leads = met(world, 3)
    for lead in leads:
        world.rep.act("call", (lead, ev.Attempt("phone", "no_answer")))
    events = [told.event for told in world.rep.told]
    for _ in range(3):
        world.pass_time(3600)
        assert not synced(world).findings
    gone, with_its_lead, _ = (
        next(one for one in world.server.effects.values() if one.origin == event) for event in events
    )
    gone.deleted = with_its_lead.deleted = world.server.records[with_its_lead.lead].deleted = True
    world.pass_time(25 * 3600)
    assert [line for line in synced(world).findings if "1 touch was delivered and cannot be found in Fake" in line]
    gone.deleted = False
    world.pass_time(25 * 3600)
    assert not synced(world).findings
    world.close()


def test_a_lead_that_stands_otherwise_there_is_found(world: World) -> None:
    lead = met(world, 3)[0]
    with world.book.sync_rows().work() as work:
        link = work.link(lead)
        assert link is not None
        # As if it had been closed there without our being told: the list of changes does not show it again.
        work.save_link(replace(link, base=replace(link.base, closed="lost")))
    world.pass_time(3600)
    world.crm.network = Deaf()
    assert any("1 lead is open here and closed in Fake" in line for line in synced(world).findings)


def test_the_schedule_stops_on_bad_credentials_and_waits_for_a_limit(world: World) -> None:
    now = world.now()
    begun = Schedule.started(now).begun()
    assert begun.finished(SyncReport(stopped="credentials", problem="x"), now).acted(now).due is None
    until = now + timedelta(hours=3)
    paused = begun.finished(SyncReport(stopped="throttled", retry_at=until), now)
    assert paused.acted(now).tick(now + timedelta(hours=1)).due == until
    assert not paused.may_end_with_one(now)
    assert begun.finished(SyncReport(), now).may_end_with_one(now)


def test_a_long_sync_tells_how_far_it_is_and_can_be_left_where_it_goes_on_later(world: World) -> None:
    for number in range(10):
        asked = RemoteInteraction(f"I{number}", world.at, "contact_form", "pricing")
        world.server.make(Profile(name=f"Ann {number}", emails=(f"ann{number}@x.example",)), interactions=(asked,))
    world.pass_time(60)
    seen: list[int] = []

    def watch(pulled: int, delivered: int) -> None:
        assert (delivered, pulled) == (0, len(world.ids())), "what is told is in the book"
        seen.append(pulled)
        if pulled > world.crm.page:
            raise Left

    report = sync(world.line(), progress=watch)
    assert seen == [world.crm.page, 2 * world.crm.page]
    assert (report.stopped, report.pulled) == ("left", 2 * world.crm.page)
    assert "the next one goes on" in report.problem
    assert synced(world).pulled == 10 - 2 * world.crm.page
    assert len(world.ids()) == 10


def test_a_clock_that_was_set_back_keeps_no_sync_from_ending(world: World) -> None:
    (lead,) = met(world)
    with world.book.sync_rows().work() as work:
        for link in work.links([lead]).values():
            work.save_link(replace(link, seen_at=world.at + timedelta(days=1)))
    record = next(iter(world.manager.records()))
    record.profile = replace(record.profile, company="Moved Ltd")
    world.server.touch(record)
    world.pass_time(60)
    began = world.at
    synced(world)
    assert world.at - began < timedelta(minutes=1), "it was asked for again and again"
    with world.book.sync_rows().work() as work:
        found = work.lead(lead)
    assert found is not None
    assert found.profile.company == "Moved Ltd"


def test_who_was_seen_by_a_clock_that_was_set_back_is_asked_for_all_the_same(world: World) -> None:
    (lead,) = met(world)
    with world.book.sync_rows().work() as work:
        for link in work.links([lead]).values():
            work.save_link(replace(link, seen_at=world.at + timedelta(days=300)))
    record = next(iter(world.manager.records()))
    record.owner = OTHER  # which no list of changes shows
    synced(world)
    with world.book.sync_rows().work() as work:
        found = work.lead(lead)
    assert found is not None
    assert found.state == "returned"
