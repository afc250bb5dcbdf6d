"""A home of a rep that is connected to a real Odoo, and leads of their own there."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callsheet.bootstrap.crm import sync_now
from callsheet.bootstrap.office import Office, office
from callsheet.bootstrap.start import Start
from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from tests.crm.odoo.backend import DATABASE, URL, OdooBackend, keys


@dataclass
class Home:
    """A folder with settings that name the server; the key comes from the environment."""

    path: Path
    login: str

    @property
    def environ(self) -> dict[str, str]:
        key = keys(DATABASE)[self.login]
        return {**os.environ, "CALLSHEET_HOME": str(self.path), "CALLSHEET_TOKEN_ODOO": key, "TZ": "Europe/London"}

    def start(self) -> Start:
        return Start(environ=self.environ)


def make_home(path: Path, login: str = "rep2") -> Home:
    path.mkdir(parents=True, exist_ok=True)
    (path / "settings.toml").write_text(
        f'[rep]\ntimezone = "Europe/London"\n\n[crm]\nkind = "odoo"\nurl = "{URL}"\ndatabase = "{DATABASE}"\n'
    )
    home = Home(path, login)
    with office(home.start()) as opened:
        opened.book.put_note("crm", "odoo")
    return home


@dataclass
class Territory:
    """Leads that were made for one test: their company is `mark`."""

    mark: str
    remote: dict[str, str]
    backend: OdooBackend


@pytest.fixture(scope="module")
def backend() -> Iterator[OdooBackend]:
    with OdooBackend(DATABASE) as made:
        yield made


def territory(backend: OdooBackend, leads: int, *, login: str = "rep2") -> Territory:
    mark = f"Mark {uuid.uuid4().hex[:10]}"
    remote = {}
    for number in range(leads):
        name = f"Person {number} {mark[5:]}"
        # A number of its own: one test asks never to be called, and the server remembers that for all of them.
        phone = f"+4420{7_000_0000 + (int(mark[5:], 16) + number) % 9_000_000:08}"
        remote[name] = backend.make_lead(
            name, email=f"p{number}@{mark[5:]}.example", phone=phone, company=mark, mine=login == "rep1"
        )
    return Territory(mark, remote, backend)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def settle(opened: Office, within: float = 120) -> None:
    """Sync until nothing waits: what a killed process was sending is left alone for some seconds, as it may arrive."""
    until = time.monotonic() + within
    while (report := sync_now(opened)).waiting or report.problem:
        assert time.monotonic() < until, f"still not settled: {report}"
        time.sleep(1)


def attempts(opened: Office, mark: str) -> tuple[dict[str, str], set[str]]:
    """Return the attempts that hold, with the text of each, and those that were taken back."""
    holding: dict[str, str] = {}
    every: set[str] = set()
    for found in opened.book.find(mark, limit=1000):
        events = opened.book.events(found.lead)
        mine = [event for event in events if isinstance(event.body, ev.Attempt) and event.origin == "rep"]
        every |= {event.id for event in mine}
        for event in effective(events):
            if isinstance(event.body, ev.Attempt) and event.origin == "rep":
                holding[event.id] = event.body.note
    return holding, every - holding.keys()


def calls_in_odoo(place: Territory) -> list[dict[str, object]]:
    """Return every live call of the territory's leads, however it came there."""
    ids = [int(lead) for lead in place.remote.values()]
    fields = ["id", "opportunity_id", "date", "duration", "description", "active"]
    rows = place.backend.rows("crm.phonecall", [["opportunity_id", "in", ids]], fields)
    return [row for row in rows if row["active"]]
