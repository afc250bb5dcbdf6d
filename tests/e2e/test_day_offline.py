"""A whole day without a network, then one sync: every attempt is in Odoo, once, at its time, on its lead."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.crm.odoo.backend import DATABASE, URL, OdooBackend, keys, moment
from tests.e2e.conftest import Home, calls_in_odoo, territory

pytestmark = pytest.mark.odoo

NOBODY = "http://127.0.0.1:9"
"""A port on this machine at which nothing listens: the network is down."""


def callsheet(home: Home, *arguments: str, code: int | tuple[int, ...] = 0) -> Any:
    command = [sys.executable, "-m", "callsheet", *arguments, "--json"]
    run = subprocess.run(command, env=home.environ, capture_output=True, text=True, timeout=120, check=False)
    codes = code if isinstance(code, tuple) else (code,)
    assert run.returncode in codes, f"{arguments}: {run.returncode} {run.stdout[:500]} {run.stderr[:500]}"
    return json.loads(run.stdout) if run.stdout.strip() else None


@pytest.fixture
def began() -> datetime:
    """When the first call was made: some hours ago, so that at any time of the day every call is over."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=3)


def test_a_day_offline_is_in_odoo_after_one_sync(
    tmp_path: object, home: Home, backend: OdooBackend, began: datetime
) -> None:
    place = territory(backend, 9)
    settings = home.path / "settings.toml"
    there = settings.read_text()
    callsheet(home, "sync")
    leads = {row["name"]: row["lead"] for row in _sheet(home) if place.mark in row["company"]}
    assert leads.keys() == place.remote.keys()

    settings.write_text(there.replace(URL, NOBODY))  # the network goes down
    assert callsheet(home, "sync", code=5)["offline"] is True
    logged: dict[str, tuple[str, datetime, int]] = {}
    for number, (name, lead) in enumerate(sorted(leads.items())):
        at = began + timedelta(minutes=10 * number)
        seconds = 40 + number
        said = callsheet(home, "log", lead, "no_answer", "--channel", "phone", "--at", at.isoformat(),
                         "--seconds", str(seconds), "--note", f"call {number}", "--override", "a test")  # fmt: skip
        assert said["in_crm"] is False
        logged[said["event"]] = (name, at, seconds)
    first = min(leads.values())
    callsheet(home, "log", first, "connected", "--channel", "phone", "--next", "+3d 14:00 pricing call",
              "--override", "a test")  # fmt: skip
    last = max(leads.values())
    callsheet(home, "log", last, "do_not_contact", "--channel", "phone")
    callsheet(home, "log", sorted(leads.values())[1], "voicemail", "--channel", "phone", "--override", "a test")
    callsheet(home, "undo")
    assert callsheet(home, "status", code=5)["waiting"] >= 11

    settings.write_text(there)  # and comes back
    report = callsheet(home, "sync")
    assert (report["waiting"], report["parked"], report["conflicts"]) == (0, 0, 0)
    assert callsheet(home, "status")["undelivered"] == []

    places = backend.found(*(f"touch_{event}" for event in logged))
    calls = {call["id"]: call for call in calls_in_odoo(place)}
    assert len(places) == len(logged)
    assert len(calls) == len(logged) + 2, "the connected call and the one of do-not-contact, but not what was undone"
    for event, (name, at, seconds) in logged.items():
        call = calls[places[f"touch_{event}"][1]]
        assert str(call["opportunity_id"][0]) == place.remote[name]  # type: ignore[index]
        assert moment(str(call["date"])) == at.replace(microsecond=0)
        assert round(float(str(call["duration"])) * 60) == seconds
    stopped = next(name for name, lead in leads.items() if lead == last)
    assert backend.state(place.remote[stopped]).do_not_contact
    again = callsheet(home, "sync")
    assert (again["delivered"], len(calls_in_odoo(place))) == (0, len(calls))


def test_connecting_says_what_is_wrong(home: Home) -> None:
    command = [sys.executable, "-m", "callsheet", "connect", "odoo", "--url", URL, "--database", DATABASE]

    def connect(
        *, url: str = URL, database: str = DATABASE, key: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        arguments = [*command[:5], "--url", url, "--database", database]
        environ = {**home.environ, "CALLSHEET_TOKEN_ODOO": key or keys(DATABASE)["rep2"]}
        return subprocess.run(arguments, env=environ, capture_output=True, text=True, timeout=60, check=False)

    assert connect().returncode == 0
    for wrong, word in (
        (connect(key="nonsense-key"), "key"),
        (connect(database="no_such_db"), "database"),
        (connect(url=NOBODY), "reach"),
    ):
        assert wrong.returncode != 0
        assert word in wrong.stderr.lower() + wrong.stdout.lower(), wrong.stderr
        assert "Traceback" not in wrong.stderr


def _sheet(home: Home) -> list[dict[str, Any]]:
    found = callsheet(home, "today", code=(0, 3))
    return [*found["hot"], *found["due"], *found["later"]]
