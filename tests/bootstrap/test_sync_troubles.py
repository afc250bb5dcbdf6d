"""A CRM that answers badly, seen from the application: one call, one plain line, and no loop in the background."""

from __future__ import annotations

import threading
import time
from itertools import count
from pathlib import Path

import httpx
import pytest

from callsheet.bootstrap import crm
from callsheet.bootstrap.background import BackgroundSync
from callsheet.bootstrap.office import Office, office
from callsheet.bootstrap.start import Start
from callsheet.settings import Secret
from callsheet.sync.port import Crm
from callsheet.sync.run import Left, Progress, SyncReport, sync
from callsheet.ui.present.header import badge

PORTAL = "<html><body>Welcome to the airport: log in</body></html>"
TROUBLES = {
    "portal": (httpx.Response(200, html=PORTAL), "drift", "does this network want you to sign in first"),
    "expired": (
        httpx.Response(401, json={"status": "error", "category": "EXPIRED_AUTHENTICATION", "message": "x"}),
        "credentials",
        "run `callsheet connect hubspot`",
    ),
    "burst": (
        httpx.Response(429, headers={"Retry-After": "120"}, json={"policyName": "SECONDLY", "message": "x"}),
        "throttled",
        "HubSpot wants a pause until ",
    ),
    "daily": (
        httpx.Response(429, json={"policyName": "DAILY", "errorType": "RATE_LIMIT", "message": "x"}),
        "throttled",
        "HubSpot's daily limit is used up until ",
    ),
}


class Answers(httpx.BaseTransport):
    """A network at whose end there is always the same answer; it counts how often it is asked."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self.asked = answer, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(
            self.answer.status_code, headers=self.answer.headers, content=self.answer.content, request=request
        )

    def connecting(self, opened: Office) -> Crm:
        return crm.made(opened.settings.crm, Secret("a-key-of-nobody"), self)


@pytest.fixture
def start(tmp_path: Path) -> Start:
    (tmp_path / "settings.toml").write_text(
        '[rep]\ntimezone = "Europe/London"\n\n[crm]\nkind = "hubspot"\nurl = "http://127.0.0.1:9"\n'
    )
    begun = Start(environ={"CALLSHEET_HOME": str(tmp_path), "CALLSHEET_TOKEN_HUBSPOT": "a-key-of-nobody"})
    with office(begun) as opened:
        opened.book.put_note("crm", "hubspot")
    return begun


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_is_one_call_and_one_line(start: Start, trouble: str) -> None:
    answer, stopped, line = TROUBLES[trouble]
    network = Answers(answer)
    with office(start) as opened, crm.line(opened, network.connecting) as there:
        report = sync(there)
        status = opened.book.sync_status()
    assert (report.stopped, network.asked) == (stopped, 1)
    assert line in report.problem
    assert status.problem == report.problem
    assert "\n" not in report.problem


@pytest.mark.parametrize("trouble", ["burst", "daily"])
def test_a_limit_is_obeyed_by_the_next_start_of_the_application(start: Start, trouble: str) -> None:
    network = Answers(TROUBLES[trouble][0])
    said = []
    for _ in range(2):
        with office(start) as opened, crm.line(opened, network.connecting) as there:
            said.append(sync(there).problem)
    assert network.asked == 1
    assert said[0] == said[1]


@pytest.mark.parametrize("trouble", ["portal", "expired"])
def test_the_sync_in_the_background_does_not_loop(start: Start, trouble: str) -> None:
    network, ended = Answers(TROUBLES[trouble][0]), threading.Event()
    with office(start) as opened:
        background = BackgroundSync(opened, network.connecting, changed=ended.set).start()
        assert ended.wait(20)
        opened.book.put_note("something", "was done")
        background.stop()
    assert network.asked == 1
    shown = background.badge()
    assert badge(shown, None).plain == "! 1 needs you"
    assert TROUBLES[trouble][2] in shown.problem


def test_a_limit_that_ends_by_itself_needs_nobody(start: Start) -> None:
    network, ended = Answers(TROUBLES["daily"][0]), threading.Event()
    with office(start) as opened:
        background = BackgroundSync(opened, network.connecting, changed=ended.set).start()
        assert ended.wait(20)
        background.stop()
    shown = background.badge()
    assert badge(shown, None).plain == "◌ sync paused"
    assert "daily limit is used up until" in shown.problem


def test_runs_that_end_alike_are_one_line_and_how_often(start: Start) -> None:
    network, ended = Answers(TROUBLES["portal"][0]), threading.Event()
    with office(start) as opened:
        background = BackgroundSync(opened, network.connecting, changed=ended.set).start()
        for _ in range(3):
            assert ended.wait(20)
            ended.clear()
            background.request()
        background.stop()
        [run] = background.view().runs
    assert run.times >= 3


def test_many_leads_that_are_gone_there_are_taken_away_only_when_the_rep_says_so(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[bool] = []
    ended = threading.Event()

    def asking(_line: object, *, force: bool, progress: Progress) -> SyncReport:
        forced.append(force)
        return SyncReport() if force else SyncReport(problem="shows no lead", stopped="removals")

    monkeypatch.setattr("callsheet.bootstrap.background.sync", asking)
    with office(start) as opened:
        background = BackgroundSync(opened, Answers(TROUBLES["portal"][0]).connecting, changed=ended.set).start()
        assert ended.wait(20)
        assert badge(background.badge(), None).plain == "! 1 needs you"
        ended.clear()
        background.believe()
        assert ended.wait(20)
        background.stop()
    assert forced == [False, True]
    assert background.badge().kind == "synced"


def test_a_long_first_run_shows_in_the_badge_and_ends_when_the_sheet_is_left(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    far, left = threading.Event(), threading.Event()

    def endless(_line: object, *, force: bool, progress: Progress) -> SyncReport:
        for pulled in count(100, 100):
            try:
                progress(pulled, 3)
            except Left:
                left.set()
                raise
            far.set()
            time.sleep(0.01)
        raise AssertionError("there is always one more page")

    monkeypatch.setattr("callsheet.bootstrap.background.sync", endless)
    with office(start) as opened:
        background = BackgroundSync(opened, Answers(TROUBLES["portal"][0]).connecting).start()
        assert far.wait(20)
        shown = background.badge()
        background.stop()
    assert left.is_set()
    assert (shown.kind, shown.delivered) == ("running", 3)
    assert shown.pulled >= 100
    assert badge(shown, None).plain == f"◌ syncing… {shown.pulled:,} in, 3 out"
