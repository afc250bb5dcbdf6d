"""The task that tells the next step of a plan is there for each plan, whatever became of the task of another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.owed import cancelled
from callsheet.sync.records import Delivery
from callsheet.sync.run import check_leads
from tests.sync.judge import judge
from tests.sync.quiet import quiet, synced
from tests.sync.server import ME, OTHER
from tests.sync.world import World


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = quiet(request.param)
    yield made
    made.close()


def planned(world: World) -> str:
    """A lead of the CRM with a plan of which the CRM knows nothing yet."""
    world.server.make(Profile(name="Ann", emails=("ann@x.example",)))
    world.pass_time(60)
    synced(world)
    [lead] = world.ids()
    world.rep.act("lead", (lead, ev.Promoted("lead", "met")), (lead, start(world)))
    return lead


def start(world: World) -> ev.PlanStarted:
    return ev.PlanStarted("inbound-21", 1, world.at.date())


def told(world: World, lead: str) -> Delivery:
    """The last delivery of the plan's task."""
    with world.book.sync_rows().work() as work:
        rows: Sequence[Delivery] = work.deliveries_of([lead])[lead]
    return [row for row in rows if row.kind == "plan_task"][-1]


def open_tasks(world: World) -> int:
    return sum(one.task is not None and not (one.done or one.deleted) for one in world.server.effects.values())


@pytest.mark.parametrize("way", ["given away", "deleted"])
def test_a_plan_on_a_lead_that_came_back_is_told_though_its_first_task_went_with_the_lead(
    world: World, way: str
) -> None:
    lead = planned(world)
    [record] = world.server.records.values()
    for there in (False, True):
        record.deleted = way == "deleted" and not there
        record.owner = ME if there or record.deleted else OTHER
        world.server.touch(record)
        world.pass_time(600)
        check_leads(world.line(), [lead])
        if not there:
            assert told(world, lead).detail["why"] == "gone"
    world.rep.act("plan", (lead, start(world)))
    world.pass_time(600)
    synced(world)
    assert open_tasks(world) == 1
    assert not judge(world)


def test_the_task_that_the_rep_dropped_is_not_sent_again_and_that_of_the_next_step_is(world: World) -> None:
    lead = planned(world)
    dropped = cancelled(told(world, lead), "dropped")
    with world.book.sync_rows().work() as work:
        work.save([dropped], world.at)
    world.rep.act("note", (lead, ev.Noted("likes tea")))
    synced(world)
    assert open_tasks(world) == 0
    world.rep.act("call", (lead, ev.Attempt("phone", "no_answer", step=0)))
    synced(world)
    assert open_tasks(world) == 1
