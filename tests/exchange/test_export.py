from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.domain.text import safe_text
from callsheet.exchange import addresses
from callsheet.exchange.export import BadJournal, Exported, export_book, import_book
from callsheet.exchange.spreadsheet import cell
from callsheet.exchange.vcard import vcard
from callsheet.services import campaigns, decisions, history, invitations, research
from callsheet.services.calendar_items import block_series, items
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.services.routing import Rule
from callsheet.services.rulebook import default_rules
from callsheet.store import schema
from callsheet.store.book import SqliteBook
from callsheet.store.book_copy import SqliteCopy
from callsheet.store.dated_query import SqliteDated
from tests.desks import Clock, add, hot, person, worked
from tests.store.test_book import dump

ZONE = ZoneInfo("Europe/London")
THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteBook]:
    made = SqliteBook(tmp_path / "other" / "callsheet.db", default_rules(), located)
    yield made
    made.close()


@pytest.fixture
def lived_in(desk: Desk, clock: Clock, book: SqliteBook) -> SqliteBook:
    """A book in which something of everything happened."""
    first = hot(desk, "Priya Raman")
    second = worked(desk, "Jörg Müller", country="DE")
    third = hot(desk, '=HYPERLINK("http://evil")', company="+cmd|' /C calc'!A0")
    add(desk, person("Only Once"), (ev.Interaction("download", "Guide"), clock.at))
    log(desk, first, Report("voicemail", channel="phone", at=clock.advance(minutes=3), note="line\none"))
    history.undo(desk)
    history.redo(desk)
    log(desk, first, Report("meeting", channel="phone", at=clock.advance(hours=1), agreed=Agreed(THURSDAY, "demo")))
    invitations.book_meeting(desk, first, THURSDAY.replace(hour=15))
    research.tick(desk, second, "website", "sells pallets")
    log(desk, second, Report("sent", channel="email", note="the guide", asset="Guide"))
    decisions.decide(desk, second, decisions.Decision("nurture"))
    decisions.do_not_contact(desk, third, "asked us to stop")
    campaigns.set_up(book, campaigns.Campaign("Expo", kind="fair", owners=("Kim",), routes=(Rule("Kim"),)))
    with book.work() as work:
        work.append(desk.action("decided", [(second, clock.at, ev.ConflictDecided("phone", "+1", "+2", "mine"))]))
    with book.writing() as connection:
        for decided in ("", "theirs"):
            values = {"crm": "odoo", "lead": second, "field": "title", "mine": "CEO", "theirs": "COO", "at": clock.at}
            connection.execute(insert(schema.conflict), {**values, "decided": decided})
    log(desk, first, Report("sent", channel="email", note="agenda"))
    history.undo(desk)
    return book


def exported(desk: Desk, book: SqliteBook, folder: Path) -> Exported:
    return export_book(SqliteCopy(book), folder, items(desk, SqliteDated(book)), block_series(desk), ZONE, desk.now())


def test_an_export_imports_back_into_an_equal_book(
    desk: Desk, lived_in: SqliteBook, other: SqliteBook, tmp_path: Path
) -> None:
    done = exported(desk, lived_in, tmp_path / "out")
    taken = import_book(SqliteCopy(other), tmp_path / "out")
    assert taken.events == done.events > 20
    assert dump(other) == dump(lived_in)
    assert list(SqliteCopy(other).actions()) == list(SqliteCopy(lived_in).actions())
    assert list(SqliteCopy(other).plans()) == list(SqliteCopy(lived_in).plans())
    assert campaigns.campaigns(other) == campaigns.campaigns(lived_in) != []
    assert list(SqliteCopy(other).disputes()) == list(SqliteCopy(lived_in).disputes())
    assert len(list(SqliteCopy(other).disputes())) == 2
    with lived_in.work() as mine, other.work() as theirs:
        assert mine.last_done() == theirs.last_done()
        assert mine.last_undone() == theirs.last_undone()


def test_the_same_journal_twice_changes_nothing(
    desk: Desk, lived_in: SqliteBook, other: SqliteBook, tmp_path: Path
) -> None:
    exported(desk, lived_in, tmp_path / "out")
    first = import_book(SqliteCopy(other), tmp_path / "out")
    before = dump(other)
    again = import_book(SqliteCopy(other), tmp_path / "out" / "journal.jsonl")
    assert (again.actions, again.events, again.known) == (0, 0, first.actions)
    assert len(list(SqliteCopy(other).disputes())) == 2
    assert dump(other) == before


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda lines: lines[:-1], "cut off"),
        (lambda lines: lines[:-2] + lines[-1:], "missing"),
        (lambda lines: [*lines[:5], b"{not json\n", *lines[5:]], "line 6"),
        (lambda lines: [lines[0].replace(b'"schema":1', b'"schema":2'), *lines[1:]], "version 2"),
        (lambda lines: lines[1:], "no journal"),
        (lambda lines: [], "no journal"),
        (lambda lines: [line.replace(b'"kind":"captured"', b'"kind":"x"') for line in lines], "the kind x"),
        (lambda lines: [*lines, lines[-1]], "after the end"),
    ],
)
def test_a_damaged_journal_is_refused_with_its_line_and_nothing_is_taken_in(
    desk: Desk, lived_in: SqliteBook, other: SqliteBook, tmp_path: Path, damage: object, why: str
) -> None:
    exported(desk, lived_in, tmp_path / "out")
    path = tmp_path / "out" / "journal.jsonl"
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))  # type: ignore[operator]
    with pytest.raises(BadJournal, match=why):
        import_book(SqliteCopy(other), path)
    assert other.audit().total == 0
    assert not list(SqliteCopy(other).actions())


def test_an_export_never_overwrites(desk: Desk, lived_in: SqliteBook, tmp_path: Path) -> None:
    exported(desk, lived_in, tmp_path / "out")
    with pytest.raises(FileExistsError, match="empty folder"):
        exported(desk, lived_in, tmp_path / "out")


def test_tables_hold_every_lead_and_touch_and_no_formula(desk: Desk, lived_in: SqliteBook, tmp_path: Path) -> None:
    done = exported(desk, lived_in, tmp_path / "out")
    with (tmp_path / "out" / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        leads = list(csv.DictReader(file))
    with (tmp_path / "out" / "touches.csv").open(encoding="utf-8-sig", newline="") as file:
        touches = list(csv.DictReader(file))
    assert (len(leads), len(touches)) == (done.leads, done.touches) == (4, 3)
    evil = next(lead for lead in leads if "HYPERLINK" in lead["name"])
    assert evil["name"].startswith("'=")
    assert evil["company"].startswith("'+cmd")
    assert all(lead["phone"].startswith("+44") for lead in leads), "a number is no formula"
    assert {touch["note"] for touch in touches} >= {"line\none", "the guide"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
        ("  =1", "'  =1"), ("＝1", "'＝1"), ("+442079460000", "+442079460000"), ("-5", "-5"), ("plain", "plain"),
        (None, ""), (True, "yes"), (7, "7"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_carry_out_gets_an_apostrophe(value: object, said: str) -> None:
    assert cell(value) == said


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    said = cell(text)
    assert not said.lstrip().startswith(("=", "@", "|", "%"))
    assert not said.startswith(("+", "-")) or said[1:].replace(".", "").isdecimal()


def unfolded(card: bytes) -> list[str]:
    return card.decode().replace("\r\n ", "").split("\r\n")


def test_a_vcard_says_how_to_reach_the_lead() -> None:
    who = Profile(
        name="Priya Raman", company="Raman; Sons, Ltd", title="COO", phones=("+442079460000",),
        emails=("p@example.com",),
        website="https://example.com", linkedin="javascript:alert(1)", address="1 High St", city="Leeds", zip="LS1",
    )  # fmt: skip
    lines = unfolded(vcard(Lead("id1", profile=who)))
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:3.0"]
    assert lines[-2:] == ["END:VCARD", ""]
    assert "N:Raman;Priya;;;" in lines
    assert "ORG:Raman\\; Sons\\, Ltd" in lines
    assert "ADR;TYPE=WORK:;;1 High St;Leeds;;LS1;" in lines
    assert "TEL;TYPE=WORK,VOICE:+442079460000" in lines
    assert not any("javascript" in line for line in lines)


@given(st.text(min_size=1), st.text())
def test_no_name_breaks_out_of_its_line(name: str, company: str) -> None:
    card = vcard(Lead("id1", profile=Profile(name=name, company=company)))
    assert all(len(line) <= 75 for line in card.split(b"\r\n"))
    allowed = ("BEGIN:", "VERSION:", "PRODID:", "UID:", "FN:", "N:", "ORG:", "END:")
    assert all(line.startswith(allowed) for line in unfolded(card) if line)


def read_back(card: bytes) -> dict[str, str]:
    """Read a card as RFC 2426 says: lines unfolded, what was escaped taken back."""
    pairs = (line.partition(":") for line in unfolded(card) if line)
    escaped = re.compile(r"\\(.)", re.DOTALL)
    return {
        name.partition(";")[0]: escaped.sub(lambda found: {"n": "\n", "N": "\n"}.get(found[1], found[1]), value)
        for name, _, value in pairs
    }


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_written_on_a_card_is_read_back_as_it_was(text: str) -> None:
    said = safe_text(f"A {text} B").replace("\r", "")
    card = read_back(vcard(Lead("id1", profile=Profile(name="Jo Doe", company=said, title=said))))
    assert (card["FN"], card["ORG"], card["TITLE"], card["UID"]) == ("Jo Doe", said, said, "id1")


def test_addresses_are_written_as_their_country_does() -> None:
    def lines(**place: str) -> list[str]:
        who = Profile(name="Jo Doe", company="Doe", address="1 Main St", **place)  # type: ignore[arg-type]
        return addresses.address_lines(Lead("1", profile=who))[3:]

    assert lines(city="Austin", state="TX", zip="73301", country="US") == ["Austin, TX 73301", "US"]
    assert lines(city="Berlin", zip="10115", country="DE") == ["10115 Berlin", "DE"]
    assert lines(city="Leeds", zip="LS1", country="GB") == ["Leeds", "LS1", "GB"]


def test_cards_are_for_those_with_an_address_and_the_sheet_escapes_them() -> None:
    good = Lead("1", profile=Profile(name="<b>Jo</b>", address="1 Main St", city="Leeds"))
    bare = Lead("2", profile=Profile(name="No Address", city="Leeds"))
    assert addresses.mailable([good, bare]) == ([good], [bare])
    assert "&lt;b&gt;Jo&lt;/b&gt;<br>1 Main St" in addresses.labels_html([good])
    table = io.StringIO()
    assert addresses.labels_csv(table, [good]) == 1
    assert table.getvalue().splitlines()[1] == "<b>Jo</b>,,1 Main St,,Leeds,,"
