"""Bringing a world to rest: the network is mended, the rep looks after what is parked, and nothing moves any more."""

from __future__ import annotations

from tests.sync.sync_screen import attend
from tests.sync.world import World

ROUNDS = 150
"""So many quiet syncs bring everything to rest, or nothing will."""


def settle(world: World) -> None:
    """Mend the network, let the rep look after what is parked, and sync until nothing moves."""
    world.network.rate = 0.0
    world.stir = 0.0
    quiet, before = 0, outbox(world)
    for _ in range(ROUNDS):
        world.pass_time(1500)
        report = world.sync(force=True, thorough=True)
        assert report is not None
        handled = attend(world)
        moved = report.delivered or report.pulled or handled or report.stopped or outbox(world) != before
        quiet, before = 0 if moved else quiet + 1, outbox(world)
        if quiet == 2:
            return
    world.problems.append("it never comes to rest")


def outbox(world: World) -> list[tuple[str, str, int]]:
    """What waits, and how: a sync that only finds out that a sender died, or that a lead is gone, moves that."""
    with world.book.sync_rows().work() as work:
        return [(row.op, row.state, row.tries) for row in work.open_deliveries()]
