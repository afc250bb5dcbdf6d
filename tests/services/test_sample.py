from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from callsheet.services.calling import callable_lead, located
from callsheet.services.desk import Desk, Refused
from callsheet.services.history import undo
from callsheet.services.phones import read_number
from callsheet.services.rulebook import default_rules
from callsheet.services.sample import fill, sample
from callsheet.store.book import SqliteBook

WEDNESDAY = datetime(2026, 11, 25, 10, 20, tzinfo=UTC)

pytestmark = pytest.mark.xdist_group("sample")
"""One process for all, as most look at the same book."""


def opened(path: Path, now: datetime) -> Desk:
    rules = default_rules()
    return Desk(SqliteBook(path, rules, located), rules, lambda: now, region="GB")


def filled(path: Path, now: datetime) -> Desk:
    desk = opened(path, now)
    assert fill(desk) == len(sample())
    return desk


def close(desk: Desk) -> None:
    assert isinstance(desk.book, SqliteBook)
    desk.book.close()


@pytest.fixture(scope="module")
def book_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[datetime], Path]:
    """The book that is filled at a moment: once, as it takes its second and no test changes it."""

    @cache
    def made(now: datetime) -> Path:
        path = tmp_path_factory.mktemp("sample") / "a.db"
        close(filled(path, now))
        return path

    return made


@pytest.fixture
def now() -> datetime:
    return WEDNESDAY


@pytest.fixture
def desk(book_of: Callable[[datetime], Path], now: datetime) -> Iterator[Desk]:
    made = opened(book_of(now), now)
    yield made
    close(made)


@pytest.mark.parametrize(
    "now",
    [
        WEDNESDAY,  # in the morning
        datetime(2026, 11, 22, 3, 0, tzinfo=UTC),  # a Sunday night
        datetime(2027, 3, 29, 17, 30, tzinfo=UTC),  # the evening after the clocks went forward
    ],
)
def test_whenever_the_demo_is_opened_every_pane_has_leads_and_none_is_forgotten(desk: Desk, now: datetime) -> None:
    counts, audit = desk.book.counts(now), desk.book.audit()
    assert counts.hot >= 8
    assert counts.due >= 8
    assert counts.later >= 10
    assert counts.names >= 15
    assert audit.total == len(sample()) == 120
    assert audit.unaccounted == ()
    assert min(audit.nurture, audit.closed, audit.returned) >= 2


def test_the_same_moment_gives_the_same_sheet(desk: Desk, now: datetime, tmp_path: Path) -> None:
    again = filled(tmp_path / "b.db", now)
    entries = [[row.entry for row in one.book.sheet(now, limit=200)] for one in (desk, again)]
    assert entries[0] == entries[1]
    close(again)


def test_the_sample_shows_what_the_product_knows(desk: Desk, now: datetime) -> None:
    rows = desk.book.sheet(now, limit=200)
    kinds = Counter(row.entry.kind for row in rows)
    assert set(kinds) >= {"hot", "commitment", "step", "invite", "nurture"}
    assert any(row.entry.promise_at and row.entry.promise_at < now for row in rows), "a broken promise"
    assert any(row.section == "golden" for row in rows)
    assert any("phone" in row.incomplete for row in rows)
    assert len({zone for row in rows for zone in row.zones}) >= 8
    assert sum(not row.name.isascii() for row in rows) >= 5
    stopped = desk.book.find("Shannon Price")[0]
    card = desk.book.card(stopped.lead)
    assert card is not None
    assert card.lead.do_not_contact
    assert callable_lead(desk, card.lead, now).final


def test_the_past_is_no_rep_s_to_undo(desk: Desk) -> None:
    with pytest.raises(Refused):
        undo(desk)


def test_every_number_is_one_that_could_be_dialled_and_every_address_one_that_could_not_be_written_to() -> None:
    for person in sample():
        assert all(read_number(phone, None) for phone in person.profile.phones), person.profile
        assert all(address.endswith(".example.com") for address in person.profile.emails)
