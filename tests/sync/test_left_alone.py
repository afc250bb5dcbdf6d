"""Who shares a number or address with somebody who asked us to stop is left alone too, whichever came first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callsheet.domain.profile import Profile
from tests.sync.server import Record
from tests.sync.world import World

DAN = Profile(name="Dan No", company="No GmbH", phones=("+442079460099",), emails=("dan@x.example",))
SAME_NUMBER = Profile(name="Eve Other", company="No GmbH", phones=("+442079460099",), emails=("eve@x.example",))
SAME_ADDRESS = Profile(name="Dan N.", company="Elsewhere", phones=("+442079460055",), emails=("dan@x.example",))
NEITHER = Profile(name="Ann Apart", company="No GmbH", phones=("+442079460011",), emails=("ann@x.example",))


@pytest.fixture(params=["in memory", "on disk"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A book and a CRM in which nothing else happens and nothing goes wrong."""
    quiet = World(1, tmp_path if request.param == "on disk" else None, "native", rate=0)
    quiet.death = quiet.stir = 0
    return quiet


def synced(world: World) -> None:
    for _ in range(3):
        world.pass_time(timedelta(minutes=10).total_seconds())
        assert world.sync() is not None


def came_after(world: World, profile: Profile) -> Record:
    world.server.set_do_not_contact(world.server.make(DAN))
    synced(world)
    return world.server.make(profile)


def came_before(world: World, profile: Profile) -> Record:
    dan, other = world.server.make(DAN), world.server.make(profile)
    synced(world)
    world.server.set_do_not_contact(dan)
    return other


def came_together(world: World, profile: Profile) -> Record:
    other = world.server.make(profile)
    world.server.set_do_not_contact(world.server.make(DAN))
    return other


def was_given_the_number(world: World, profile: Profile) -> Record:
    world.server.set_do_not_contact(world.server.make(DAN))
    other = world.server.make(replace(profile, phones=(), emails=("else@x.example",)))
    synced(world)
    other.profile = profile
    world.server.touch(other)
    return other


@pytest.mark.parametrize("how", [came_after, came_before, came_together, was_given_the_number])
@pytest.mark.parametrize(("profile", "alone"), [(SAME_NUMBER, True), (NEITHER, False)])
def test_who_has_a_number_on_the_list_is_left_alone_and_the_crm_is_told(
    world: World, how: Callable[[World, Profile], Record], profile: Profile, *, alone: bool
) -> None:
    record = how(world, profile)
    synced(world)
    stopped = {lead.profile.name: lead.do_not_contact for lead in world.rep.leads()}
    assert stopped == {"Dan No": True, profile.name: alone}
    assert record.do_not_contact is alone


def test_who_has_an_address_on_the_list_is_left_alone(world: World) -> None:
    came_before(world, SAME_ADDRESS)
    synced(world)
    assert all(lead.do_not_contact for lead in world.rep.leads())
