"""The report that the screen writes to a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from callsheet.bootstrap.report import write_report
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.settings.paths import Paths
from callsheet.settings.schema import Settings
from callsheet.store.book import SqliteBook
from tests.desks import Clock, add, person


def test_the_report_is_a_page_beside_the_book_that_only_the_rep_can_read(tmp_path: Path) -> None:
    paths = Paths.at(tmp_path)
    paths.ensure()
    book = SqliteBook(paths.database, default_rules("Europe/Berlin"), located)
    desk = Desk(book, book.rules, Clock(datetime(2026, 11, 24, 9, tzinfo=UTC)))
    add(desk, person("Ada <b>Lovelace"))
    file = Path(write_report(paths, Settings(), desk, 7))
    book.close()
    assert file.parent == tmp_path / "reports"
    assert file.stat().st_mode & 0o077 == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "<b>Lovelace" not in text
