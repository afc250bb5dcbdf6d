"""Killed at any moment, nothing that was said to be logged is lost, and nothing is in the CRM twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from callsheet.bootstrap.crm import sync_now
from callsheet.bootstrap.office import office
from tests.crm.odoo.backend import OdooBackend
from tests.e2e.conftest import Home, attempts, calls_in_odoo, make_home, settle, territory

pytestmark = pytest.mark.odoo

KILLS = int(os.environ.get("CALLSHEET_KILLS", "200"))
SEED = int(os.environ.get("CALLSHEET_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
ROOT = Path(__file__).parents[2]


def worked_until_killed(home: Home, mark: str, after: float) -> list[str]:
    """Let the rep work, kill the process `after` seconds from its first word; return what it said was logged."""
    command = [sys.executable, "-m", "tests.e2e.rep_at_work", mark]
    process = subprocess.Popen(
        command, cwd=ROOT, env=home.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None

    def listen() -> None:
        assert process.stdout is not None
        said.extend(line.strip() for line in process.stdout if line.endswith("\n"))

    listener = threading.Thread(target=listen)
    listener.start()
    waiting = time.monotonic() + 30
    while not said and process.poll() is None and time.monotonic() < waiting:
        time.sleep(0.005)
    time.sleep(after)
    died = process.poll()
    process.kill()
    process.wait()
    listener.join()
    trouble = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert died is None, f"the rep's process ended by itself: {trouble[-2000:]}"
    return said


def test_two_hundred_kills_lose_nothing_and_double_nothing(home: Home, backend: OdooBackend) -> None:
    print(f"\nCALLSHEET_SEED={SEED} CALLSHEET_KILLS={KILLS}")  # noqa: T201
    dice = random.Random(SEED)
    place = territory(backend, 12)
    with office(home.start()) as opened:
        sync_now(opened)
        assert len(opened.book.find(place.mark, limit=100)) == 12
    acknowledged: list[str] = []
    for _ in range(KILLS):
        acknowledged += worked_until_killed(home, place.mark, dice.random() ** 2 * 0.6)
    with office(home.start()) as opened:
        settle(opened)
        holding, undone = attempts(opened, place.mark)
        parked = [row for row in opened.book.undelivered() if row.state == "parked"]
        audit = opened.book.audit()
    calls = calls_in_odoo(place)
    print(f"{len(acknowledged)} acknowledged, {len(undone)} taken back, {len(holding)} hold, {len(calls)} in Odoo")  # noqa: T201
    assert len(acknowledged) >= KILLS
    assert set(acknowledged) <= set(holding) | undone
    assert parked == []
    assert audit.unaccounted == ()
    found = backend.found(*(f"touch_{event}" for event in holding))
    assert len(found) == len(holding) == len(calls), "each attempt that holds is there, exactly once"
    assert {number for _, number in found.values()} == {call["id"] for call in calls}
    assert {round(float(str(call["duration"])) * 60) for call in calls} == {47}


def test_twenty_reps_at_once_keep_out_of_each_others_way(tmp_path: Path, backend: OdooBackend) -> None:
    """Twenty homes of one login, each with leads of its own to work, bring their day over at the same time."""
    place = territory(backend, 20)
    homes = [make_home(tmp_path / f"rep{number:02}") for number in range(20)]
    names = sorted(place.remote)
    problems: list[str] = []

    def day(home: Home, name: str) -> None:
        from callsheet.services.outreach import Report, log

        try:
            with office(home.start()) as opened:
                sync_now(opened)
                [lead] = [found.lead for found in opened.book.find(name) if found.name == name]
                for turn in range(5):
                    report = Report("no_answer", channel="phone", seconds=30, note=f"{turn}", override="a test")
                    log(opened.desk, lead, report)
                settle(opened)
        except Exception as error:  # noqa: BLE001 - told below, with the rep's name
            problems.append(f"{name}: {error!r}")

    reps = [threading.Thread(target=day, args=pair) for pair in zip(homes, names, strict=True)]
    for rep in reps:
        rep.start()
    for rep in reps:
        rep.join()
    assert problems == []
    calls = calls_in_odoo(place)
    per_lead = {lead: sum(str(call["opportunity_id"][0]) == lead for call in calls) for lead in place.remote.values()}  # type: ignore[index]
    assert set(per_lead.values()) == {5}
