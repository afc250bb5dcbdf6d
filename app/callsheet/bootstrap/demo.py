"""The demo: a sample book in a home that is thrown away, and a CRM in this process behind the real adapter and sync."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from callsheet.bootstrap.connecting import begin
from callsheet.bootstrap.crm import made
from callsheet.bootstrap.office import Office, open_office
from callsheet.bootstrap.screens import Stage, look_of, show
from callsheet.bootstrap.start import Start
from callsheet.crm.demo.network import DemoTransport, Network
from callsheet.crm.demo.server import TOKEN, DemoCrm
from callsheet.services.sample import fill
from callsheet.settings import Secret, machine
from callsheet.settings import schema as settings_schema
from callsheet.settings.file import with_machine
from callsheet.settings.paths import Paths
from callsheet.sync.port import Crm

REP: Final = "Robin Reyes"
KIND: Final = "hubspot"


@dataclass
class Demo:
    """A demo under way: its home, its settings, its CRM and the network between them."""

    start: Start
    paths: Paths
    settings: settings_schema.Settings
    server: DemoCrm
    network: Network
    past: set[str] = field(default_factory=set)
    """The keys of what the sample's own past delivers."""

    def connecting(self, _office: Office) -> Crm:
        """Make the production adapter over the demo's network."""
        return made(self.settings.crm, Secret(TOKEN), DemoTransport(self.server, self.network))

    def opening(self, start: Start, paths: Paths, settings: settings_schema.Settings) -> Office:
        """Open the office with the sample book in it; the first sync brings its past into the CRM."""
        office = open_office(start, paths, settings)
        fill(office.desk)
        crm = self.connecting(office)
        crm.check(create=True)
        crm.close()
        begin(office, KIND, self.connecting)
        self.past |= {one.op for one in office.book.undelivered(limit=100_000)}
        return office


@dataclass(frozen=True, slots=True)
class Ended:
    """How a demo ended: what went wrong, what the CRM was given since it began, a line each, and how much before."""

    failure: str
    delivered: tuple[str, ...]
    before: int


def play(start: Start) -> Ended:
    """Show the demo until it is left."""
    with a_demo(start) as demo:
        stage = Stage(start, demo.paths, demo.settings, demo.connecting, demo.network, demo.opening)
        failure = show(stage, look_of(demo.settings, demo=True))
        since = delivered(demo)
        return Ended(failure, since, len(demo.server.delivered()) - len(since))


@contextmanager
def a_demo(start: Start) -> Iterator[Demo]:
    """Make a home and a CRM for a demo; the home is gone in the end."""
    with tempfile.TemporaryDirectory(prefix="callsheet-demo-", ignore_cleanup_errors=True) as folder:
        paths = Paths.at(Path(folder))
        paths.ensure()
        settings = _settings(start)
        server = DemoCrm(start.now, timezone=settings.rep.timezone)
        server.set_rep(settings.rep.email, settings.rep.name)
        yield Demo(start, paths, settings, server, Network())


def delivered(demo: Demo) -> tuple[str, ...]:
    """List what callsheet delivered to the demo's CRM besides the sample's past, in the order of arrival."""
    zone = demo.settings.rep.zone
    names = {contact: demo.server.contact(contact) or {} for contact in demo.server.contacts()}
    lines = []
    for one in demo.server.delivered():
        if one.key in demo.past:
            continue
        who = names.get(one.lead, {})
        name = f"{who.get('firstname', '')} {who.get('lastname', '')}".strip() or one.lead
        what = " · ".join(filter(None, (one.kind, one.outcome, one.text.partition("\n")[0])))
        lines.append(f"{one.at.astimezone(zone):%a %d %b %H:%M}  {name} · {what}")
    return tuple(lines)


def _settings(start: Start) -> settings_schema.Settings:
    """Return the defaults of this machine, with somebody to be."""
    zone = machine.machine_zone(start.environ)
    if zone == machine.FALLBACK:
        zone = "Europe/London"  # a machine in a container says UTC, where nobody works
    rep = settings_schema.Rep(name=REP, email="robin@example.com", timezone=zone)
    crm = settings_schema.Crm(kind=KIND, url="https://api.hubapi.com", user="robin@example.com")
    settings = with_machine(settings_schema.Settings(rep=rep, crm=crm), start.environ)
    assets = (
        settings_schema.Asset(title="Fleet ROI guide", topics=("fleet", "logistics", "roi"), kind="white paper"),
        settings_schema.Asset(title="Five ways to cut empty miles", topics=("logistics", "route", "miles")),
        settings_schema.Asset(title="Cold chain checklist", topics=("food", "pharma", "cold"), kind="checklist"),
        settings_schema.Asset(title="What drivers say about route apps", topics=("drivers", "route", "retail")),
        settings_schema.Asset(title="Thank-you card", kind="card"),
    )
    return msgspec.structs.replace(settings, shelf=settings_schema.Shelf(assets=assets))
