"""Days at random, from the command line: `python -m tests.sync.simulate --seeds 1000..2000`, or `--hours 8`.

A seed that fails is printed, with what was wrong; `--seed N` plays it alone and tells everything that happened. The
seed decides which class of CRM it is, whether leads are merged several times over, and whether the book is in a file.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.sync.judge import judge
from tests.sync.rest import settle
from tests.sync.world import World

MEMORY = Path("/dev/shm")  # noqa: S108 - where there is one, the book is faster there


def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="callsheet-sim-", dir=MEMORY if MEMORY.is_dir() else None))


def play(
    seed: int, where: Path | None = None, steps: int = 30, kind: str = "", *, tidied: bool | None = None
) -> tuple[list[str], World]:
    """Play a day, with the book in memory or in a folder; return what was wrong at its end."""
    world = World(seed, where, kind, tidies=tidies(seed) if tidied is None else tidied)
    try:
        world.run(steps)
        settle(world)
        return judge(world), world
    finally:
        world.close()


def tidies(seed: int) -> bool:
    """Tell whether the manager merges leads several times over: on every second day."""
    return seed % 2 == 0


def is_on_disk(seed: int) -> bool:
    """Tell whether the book is in a file, as the application keeps it: on every twentieth day, as it takes so long."""
    return seed % 20 == 7


def seeds(text: str) -> Iterable[int]:
    """Read `5`, `1000..2000`, both played, or `1000..`, which ends after a thousand."""
    first, dots, last = text.partition("..")
    if not dots:
        return [int(first)]
    return range(int(first), int(last) + 1 if last else int(first) + 1000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1..100", help="as 1000..2000")
    parser.add_argument("--seed", type=int, help="play one and tell everything")
    parser.add_argument("--hours", type=float, help="go on for so long, from the first of the seeds")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--kind", default="", choices=["", "native", "lookup", "none"])
    parser.add_argument("--disk", action="store_true", help="keep the book in a file on each day")
    parser.add_argument(
        "--memory", action="store_true", help="keep it in memory on each day, which is 15 times as fast"
    )
    parser.add_argument("--tidy", action="store_true", help="merge leads several times over on each day")
    given = parser.parse_args()
    where, failed, begun = folder(), 0, time.monotonic()
    wanted = [given.seed] if given.seed is not None else seeds(given.seeds)
    if given.hours:
        wanted = itertools.count(min(wanted))
    done = 0
    for seed in wanted:
        if given.hours and time.monotonic() - begun > given.hours * 3600:
            break
        try:
            filed = given.disk or (is_on_disk(seed) and not given.memory)
            tidied = given.tidy or tidies(seed)
            wrong, world = play(seed, where if filed else None, given.steps, given.kind, tidied=tidied)
        except BaseException:
            print(f"seed {seed} stopped:")  # noqa: T201
            raise
        done += 1
        if given.seed is not None:
            print(*world.log, sep="\n")  # noqa: T201
        if wrong:
            failed += 1
            print(f"seed {seed} ({world.server.capabilities.idempotency}):", *wrong, sep="\n    ", flush=True)  # noqa: T201
    shutil.rmtree(where)
    print(f"{done} played, {failed} failed, {time.monotonic() - begun:.1f} s")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
