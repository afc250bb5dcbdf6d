"""A world in which nothing goes wrong by itself, and what a test does in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    RemoteInteraction,
)
from callsheet.sync.records import Delivery
from callsheet.sync.run import SyncReport
from tests.sync.fake_crm import Cable
from tests.sync.world import World


def quiet(kind: str = "native", where: Path | None = None, seed: int = 4) -> World:
    """A world in which nothing goes wrong by itself."""
    world = World(seed, where, kind, rate=0.0)
    world.death = world.stir = 0.0
    world.server.skew = timedelta(0)
    world.server.private = world.server.open = world.server.closes_stopped = False
    world.server.capabilities = replace(world.server.capabilities, creates_leads=True, hands_over=True)
    return world


def synced(world: World, *, force: bool = False, thorough: bool = False) -> SyncReport:
    report = world.sync(force=force, thorough=thorough)
    assert report is not None
    assert not world.problems, world.problems
    return report


def met(world: World, leads: int = 1) -> list[str]:
    """Bring in leads from the CRM, and note something on each."""
    for number in range(leads):
        asked = RemoteInteraction(f"I{number}", world.at, "contact_form", "pricing")
        world.server.make(Profile(name=f"Ann {number}", emails=(f"ann{number}@x.example",)), interactions=(asked,))
    world.pass_time(60)
    synced(world)
    return world.ids()


def note(world: World, lead: str, text: str = "Likes tea") -> str:
    world.rep.act("note", (lead, ev.Noted(text)))
    return world.rep.told[-1].event


def rows(world: World) -> dict[str, Delivery]:
    with world.book.sync_rows().work() as work:
        return {row.event: row for row in work.open_deliveries()}


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
