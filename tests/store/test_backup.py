from __future__ import annotations

import stat
from pathlib import Path

import pytest

from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.services.rulebook import default_rules
from callsheet.store.backup import back_up, check_copy, put_back
from callsheet.store.book import SqliteBook
from callsheet.store.database import BookUnreadable
from tests.desks import hot


def test_a_copy_is_whole_private_and_brings_back_what_was(desk: Desk, book: SqliteBook, tmp_path: Path) -> None:
    lead = hot(desk, "Priya Raman")
    copy = tmp_path / "copy.db"
    assert back_up(book.path, copy) == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    check_copy(copy)
    log(desk, lead, Report("no_answer"))
    before = book.version()
    put_back(copy, book.path)
    assert book.version() != before, "an open sheet sees it"
    card = book.card(lead)
    assert card is not None
    assert card.lead.touches == ()


@pytest.mark.parametrize("content", [b"", b"name,company\n", b"SQLite format 3\0" + b"\0" * 200])
def test_what_is_no_copy_is_refused_before_anything_is_touched(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "copy.db"
    file.write_bytes(content)
    with pytest.raises(BookUnreadable, match=r"copy\.db"):
        check_copy(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookUnreadable, match="no file"):
        check_copy(tmp_path / "none.db")


def test_a_damaged_book_is_moved_aside_and_the_copy_takes_its_place(
    desk: Desk, book: SqliteBook, tmp_path: Path
) -> None:
    hot(desk, "Priya Raman")
    copy = tmp_path / "copy.db"
    back_up(book.path, copy)
    damaged = tmp_path / "other" / "callsheet.db"
    damaged.parent.mkdir()
    damaged.write_bytes(b"not a database at all")
    put_back(copy, damaged)
    assert (damaged.parent / "damaged-callsheet.db").read_bytes() == b"not a database at all"
    again = SqliteBook(damaged, default_rules(), located)
    assert again.audit().total == 1
    again.close()
