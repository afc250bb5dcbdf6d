"""The outbox follows the journal, whichever process connected the CRM."""

from __future__ import annotations

from dataclasses import replace

from callsheet.domain.events import Returned
from callsheet.services import decisions, history
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.sync.records import State
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


def test_what_is_there_is_not_hidden_by_another_effect_of_the_same_fact_that_was_given_up(
    desk: Desk, book: SqliteBook
) -> None:
    book.put_note("crm", "demo")
    lead = hot(desk, "Priya Raman")
    decisions.kick_back(desk, lead, "no budget")

    def shown(**states: State) -> str:
        with book.sync_rows().work() as work:
            rows = work.deliveries_of([lead])[lead]
            work.save([replace(row, state=states.get(row.kind, row.state)) for row in rows], desk.now())
        card = book.card(lead)
        assert card is not None
        [returned] = [event.id for event in book.events(lead) if isinstance(event.body, Returned)]
        return card.deliveries[returned]

    assert shown(note="delivered", owner="cancelled") == "delivered"
    assert shown(note="cancelled", owner="delivered") == "delivered"
    assert shown(note="delivered", owner="parked") == "parked"
    assert shown(note="parked", owner="waiting") == "parked"


def test_a_book_that_was_let_go_of_by_another_process_owes_nothing_more(desk: Desk, book: SqliteBook) -> None:
    book.put_note("crm", "demo")
    lead = hot(desk, "Priya Raman")
    other = SqliteBook(book.path, book.rules, located)
    other.put_note("crm", "")
    other.close()
    log(desk, lead, Report("no_answer"))
    assert book.sync_status().crm == ""
    assert kinds(book) == []
