"""The outbox follows the journal, whichever process connected the CRM."""

from __future__ import annotations

from callsheet.services import history
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import hot


def kinds(book: SqliteBook) -> list[str]:
    return sorted(each.kind for each in book.undelivered())


def test_a_book_that_was_open_when_another_process_connected_the_crm_delivers(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("no_answer"))
    assert (book.crm, kinds(book)) == ("", [])

    other = SqliteBook(book.path, book.rules, located)
    other.put_note("crm", "demo")
    with other.sync_rows().work() as work:
        assert work.backfill(desk.now()) == 4
    other.close()
    log(desk, lead, Report("voicemail"))

    assert book.crm == "demo"
    assert kinds(book) == ["lead", "note", "plan_task", "touch", "touch"]
    history.undo(desk)
    assert kinds(book) == ["lead", "note", "plan_task", "touch"]


def test_a_book_that_was_let_go_of_by_another_process_owes_nothing_more(desk: Desk, book: SqliteBook) -> None:
    book.put_note("crm", "demo")
    lead = hot(desk, "Priya Raman")
    other = SqliteBook(book.path, book.rules, located)
    other.put_note("crm", "")
    other.close()
    log(desk, lead, Report("no_answer"))
    assert book.sync_status().crm == ""
    assert kinds(book) == []
