from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callsheet.bootstrap.background import BackgroundSync
from callsheet.bootstrap.crm import line
from callsheet.bootstrap.demo import Demo, a_demo, delivered
from callsheet.bootstrap.office import Office
from callsheet.bootstrap.start import Start
from callsheet.services.outreach import Report, log
from callsheet.sync.run import sync
from tests.cli.conftest import Shell
from tests.desks import Clock

WEDNESDAY = datetime(2026, 11, 25, 10, 20, tzinfo=UTC)


@pytest.fixture
def demo() -> Iterator[Demo]:
    with a_demo(Start(Clock(WEDNESDAY), {"TZ": "Europe/London"})) as made:
        yield made


@pytest.fixture
def office(demo: Demo) -> Iterator[Office]:
    opened = demo.opening(demo.start, demo.paths, demo.settings)
    yield opened
    opened.book.close()


def first_hot(office: Office) -> str:
    return office.book.sheet(office.desk.now(), pane="hot")[0].entry.lead


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        threading.Event().wait(0.02)


def test_the_demo_crm_has_the_past_after_the_first_sync_and_then_each_attempt_once(demo: Demo, office: Office) -> None:
    with line(office, demo.connecting) as opened:
        first = sync(opened)
        assert (first.waiting, first.parked, first.conflicts, first.problem) == (0, 0, 0, "")
        assert delivered(demo) == ()
        log(office.desk, first_hot(office), Report("no_answer", "phone", note="rang out"))
        again = sync(opened)
    assert again.waiting == 0
    calls = [one for one in delivered(demo) if "Priya Raman" in one and "calls" in one]
    assert len(calls) == 1
    assert office.book.undelivered() == []


def test_with_the_network_down_nothing_is_lost_and_all_goes_over_when_it_is_back(demo: Demo, office: Office) -> None:
    background = BackgroundSync(office, demo.connecting, demo.network).start()
    try:
        until(lambda: background.badge().kind == "synced")
        assert background.toggle_network() is False
        log(office.desk, first_hot(office), Report("no_answer", "phone"))
        background.request()
        until(lambda: background.badge().kind == "offline" and background.badge().waiting > 0)
        assert background.toggle_network() is True
        until(lambda: background.badge().kind == "synced" and background.badge().waiting == 0)
        assert any("Priya Raman · calls" in one for one in delivered(demo))
        assert background.view().runs[0].delivered > 0
    finally:
        background.stop()


def test_the_home_of_a_demo_is_thrown_away() -> None:
    with a_demo(Start(Clock(WEDNESDAY), {"TZ": "Europe/London"})) as made:
        home = made.paths.data
        assert home.is_dir()
    assert not Path(home).exists()


@pytest.mark.parametrize("arguments", [("demo",), ("demo", "--list"), ()])
def test_without_a_terminal_the_screens_say_so_in_one_line(shell: Shell, arguments: tuple[str, ...]) -> None:
    ran = shell(*arguments)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "terminal" in ran.err
