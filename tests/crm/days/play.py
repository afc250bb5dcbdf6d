"""Days over the real adapters: `python -m tests.crm.days.play --crm espocrm --seeds 1..200`.

A seed that fails is printed, with what was wrong; `--seed N` plays it alone and tells everything that happened.
`--described` holds all that goes over the wire to the description of the interface.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.crm.days.day import Day
from tests.crm.days.judge import judge
from tests.crm.days.rest import settle
from tests.crm.days.setups import FAKES, SETUPS

STEPS = 25
"""So many things happen on a day."""


def play(name: str, seed: int, steps: int = STEPS, *, described: bool = False) -> tuple[list[str], Day]:
    """Play a day; return what was wrong at its end."""
    day = Day(name, seed, described=described)
    with day.playing():
        day.run(steps)
        settle(day)
        return judge(day), day


def replay(name: str, seed: int) -> str:
    """How a day is played again."""
    return f"python -m tests.crm.days.play --crm {name} --seed {seed}"


def seeds(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crm", default="", choices=["", *SETUPS], help="which one; all that need no server else")
    parser.add_argument("--seeds", default="1..20", help="as 1..200")
    parser.add_argument("--seed", type=int, help="play one and tell everything")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--described", action="store_true")
    given = parser.parse_args()
    failed = 0
    for name in [given.crm] if given.crm else FAKES:
        began, met, requests = time.process_time(), Counter[str](), 0
        wanted = [given.seed] if given.seed is not None else seeds(given.seeds)
        for seed in wanted:
            try:
                wrong, day = play(name, seed, given.steps, described=given.described)
            except BaseException:
                print(f"{name} seed {seed} stopped:")  # noqa: T201
                raise
            met += day.weather.met
            requests += day.backend.faults.requests
            if given.seed is not None:
                print(*day.log, sep="\n")  # noqa: T201
            if wrong:
                failed += 1
                print(f"{name} seed {seed}:", *wrong, sep="\n    ", flush=True)  # noqa: T201
        took = time.process_time() - began
        print(f"{name}: {len(wanted)} days, {requests} requests, {met.total()} faults, {took:.1f} s")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
