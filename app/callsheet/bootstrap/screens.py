"""The sheet on the screen: the application over an office that is opened once the frame is painted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.bootstrap.start import Start
from callsheet.domain.value import Asset
from callsheet.services.desk import Desk, Refused
from callsheet.services.shelf import read_shelf
from callsheet.settings import placed
from callsheet.settings.file import read
from callsheet.settings.paths import Paths, find_paths, private_file
from callsheet.settings.schema import Settings
from callsheet.ui.app import CallsheetApp
from callsheet.ui.look import Look, wrong
from callsheet.ui.sync_control import NoSync, SyncControl

if TYPE_CHECKING:  # what opens the book and the CRM takes longer to import than the frame to paint: it comes after it
    from callsheet.bootstrap.background import Switch
    from callsheet.bootstrap.crm import Connecting
    from callsheet.bootstrap.office import Office, Rebuilding


@dataclass
class Stage:
    """What the application opens in its worker, and what has to be closed when it ends."""

    start: Start
    paths: Paths
    settings: Settings
    connecting: Connecting | None = None
    network: Switch | None = None
    opening: Callable[[Start, Paths, Settings], Office] | None = None
    rebuilding: Rebuilding | None = None
    office: Office | None = None
    open_things: ExitStack = field(default_factory=ExitStack)

    def open_desk(self) -> Desk:
        """Open the book."""
        if self.opening is not None:
            self.office = self.opening(self.start, self.paths, self.settings)
        else:
            from callsheet.bootstrap.office import open_office

            self.office = open_office(self.start, self.paths, self.settings, rebuilding=self.rebuilding)
        self.open_things.callback(self.office.book.close)
        if self.settings.calendar.folder or self.settings.calendar.replies:
            from callsheet.bootstrap.calendar import CalendarKeeper

            self.open_things.callback(CalendarKeeper(self.office).start().stop)
        return self.office.desk

    def open_sync(self, _desk: Desk) -> SyncControl:
        """Start the sync, if a CRM is connected."""
        if self.office is None or not self.settings.crm.kind:
            return NoSync()
        from callsheet.bootstrap.background import BackgroundSync
        from callsheet.bootstrap.crm import adapter

        running = BackgroundSync(self.office, self.connecting or adapter, self.network).start()
        self.open_things.callback(running.stop)
        return running

    def write_invitation(self, _desk: Desk, lead: str) -> tuple[str, str]:
        """Write the invitation to a lead's meeting; return the file, and the link of the mail that goes with it."""
        from callsheet.bootstrap.calendar import write_invitation

        if self.office is None:
            raise Refused("the book is not open yet", rule="invitation")
        done = write_invitation(self.office, lead)
        return str(done.file), done.mail.link

    def write_report(self, desk: Desk, days: int) -> str:
        """Write the report to a file and return its path."""
        from callsheet.bootstrap.report import write_report

        return write_report(self.paths, self.settings, desk, days)


def sheet(start: Start) -> str:
    """Show the sheet of this user until it is left; return what went wrong, nothing when all was well.

    Raises:
        callsheet.settings.HomeError: the folders cannot be used.
        callsheet.settings.SettingsError: the settings cannot be used.
    """
    paths = find_paths(start.environ)
    paths.ensure()
    settings = read(paths.settings, start.environ)
    if reasons := wrong(settings.look.theme, settings.keys):
        raise placed(paths.settings, reasons[0])
    stage = Stage(start, paths, settings)
    return show(stage, look_of(stage.settings, paths.shelf))


def show(stage: Stage, look: Look) -> str:
    """Run the application over a stage, and close everything in the end."""
    # Whatever is logged goes to a file: on the screen it would write over the sheet.
    logging.basicConfig(filename=private_file(stage.paths.log), level=logging.WARNING, force=True)
    with stage.open_things:
        app = CallsheetApp(stage.open_desk, stage.open_sync, look)
        stage.rebuilding = app.opening
        app.export_report = stage.write_report
        app.write_invitation = stage.write_invitation
        app.run(mouse=look.mouse)
        return app.failure if app.desk is None else ""


def look_of(settings: Settings, folder: Path | None = None, *, demo: bool = False) -> Look:
    """Return what the settings say about the screens; `folder` is where the shelf lies when they name none."""
    if folder is None:  # nothing but the list, as in the demo, which reads no file of the rep's
        shelf = tuple(Asset(one.title, one.link, one.topics, one.kind) for one in settings.shelf.assets)
    else:
        shelf = read_shelf(settings.shelf, folder).assets
    return Look(
        theme=settings.look.theme, mouse=settings.look.mouse, keys=settings.keys,
        dial_command=settings.calling.dial_command, mantra=settings.rep.mantra, rep=settings.rep.name,
        signature=settings.rep.signature or settings.rep.name, shelf=shelf, required=settings.capture.required,
        events=settings.capture.events, demo=demo,
    )  # fmt: skip
