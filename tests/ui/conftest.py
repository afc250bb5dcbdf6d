"""The real application over a real book, at a moment that stands still."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from callsheet.ui import app as callsheet_app
from callsheet.ui.app import CallsheetApp
from callsheet.ui.look import Look
from callsheet.ui.screens import sheet
from callsheet.ui.sync_control import NoSync, SyncControl
from tests.desks import Clock
from tests.ui import sample


class Aside:
    """Stands in for the desktop: keeps what would have been opened or started."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.ran: list[list[str]] = []

    def open(self, url: str) -> None:
        self.opened.append(url)

    def run(self, command: Sequence[str]) -> None:
        self.ran.append(list(command))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for what only spares work while a rep holds a key down."""
    monkeypatch.setattr(sheet, "CARD_PAUSE", 0.01)
    monkeypatch.setattr(callsheet_app, "WATCH_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Give back what a sheet lets stay for good, and Python its own way: here are many sheets."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def clock() -> Clock:
    return Clock(sample.NOW)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Fill a book once: the stories play on copies of it."""
    path = tmp_path_factory.mktemp("filled") / "callsheet.db"
    made = SqliteBook(path, default_rules(sample.ZONE), located)
    clock = Clock(sample.NOW)
    leads = sample.fill(Desk(made, made.rules, clock, region="US"), clock)
    made.close()
    return path, leads


@pytest.fixture
def book(tmp_path: Path, new_book: Path, request: pytest.FixtureRequest) -> Iterator[SqliteBook]:
    filled = "leads" in request.fixturenames
    shutil.copy(request.getfixturevalue("filled")[0] if filled else new_book, tmp_path / "callsheet.db")
    made = SqliteBook(tmp_path / "callsheet.db", default_rules(sample.ZONE), located)
    yield made
    made.close()


@pytest.fixture
def desk(book: SqliteBook, clock: Clock) -> Desk:
    return Desk(book, book.rules, clock, region="US")


@pytest.fixture
def leads(filled: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return filled[1]


@pytest.fixture
def outside() -> Aside:
    return Aside()


Open = Callable[..., CallsheetApp]


@pytest.fixture
def open_app(desk: Desk, outside: Aside) -> Open:
    """Return the application, not yet running; `run_test` runs it."""

    def make(look: Look | None = None, sync: SyncControl | None = None) -> CallsheetApp:
        return CallsheetApp(lambda: desk, lambda _: sync or NoSync(), look or Look(), outside)

    return make
