from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.exchange.ics.replies import BadReply, read_reply, replies_in
from callsheet.services import figures, invitations
from callsheet.services.desk import Desk, Refused
from callsheet.services.invitations import Reply, answer
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.store.figures_query import SqliteFigures
from tests.desks import Clock, hot

THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
GOOD = """BEGIN:VCALENDAR
PRODID:-//Mail//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261123T121500Z
DTSTART:20261126T140000Z
SEQUENCE:0
ATTENDEE;PARTSTAT=ACCEPTED;CN=Priya:mailto:priya@example.com
ORGANIZER:mailto:mara@callers.example
END:VEVENT
END:VCALENDAR
"""


def ics(text: str = GOOD, uid: str = "u1") -> bytes:
    return text.format(uid=uid).replace("\n", "\r\n").encode()


def test_a_reply_gives_who_said_what_to_which_version() -> None:
    stamped = datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
    assert read_reply(ics()) == Reply("u1", 0, "priya@example.com", "accepted", stamped)


def test_a_reply_inside_a_mail_is_found() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Accepted: demo"
    mail.set_content("Yes!")
    mail.add_alternative(ics().decode(), subtype="calendar", params={"method": "REPLY"})
    assert read_reply(mail.as_bytes()).status == "accepted"


EVENT = GOOD[GOOD.index("BEGIN:VEVENT") : GOOD.index("END:VCALENDAR")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("METHOD:REPLY", "METHOD:REQUEST"), "METHOD:REQUEST"),
        (("METHOD:REPLY\n", ""), "has no METHOD"),
        (("PARTSTAT=ACCEPTED", "PARTSTAT=NEEDS-ACTION"), "needs-action"),
        (("PARTSTAT=ACCEPTED", "PARTSTAT=X-MAYBE"), "x-maybe"),
        ((";PARTSTAT=ACCEPTED", ""), "missing"),
        (("mailto:priya@example.com", "urn:uuid:1"), "no mail address"),
        (("ORGANIZER", "ATTENDEE;PARTSTAT=DECLINED:mailto:jo@example.com\nORGANIZER"), "exactly one attendee"),
        (("UID:{uid}\n", ""), "UID"),
        (("DTSTAMP:20261123T121500Z", "DTSTAMP:20261123T121500"), "DTSTAMP"),
        (("SEQUENCE:0", "SEQUENCE:-1"), "SEQUENCE"),
        (("SEQUENCE:0", "RECURRENCE-ID:20261126T140000Z"), "series"),
        ((EVENT, EVENT + EVENT), "one event"),
        ((EVENT, ""), "one event"),
        (("END:VCALENDAR", ""), "one calendar"),
        (("END:VEVENT\n", ""), "one calendar"),
        (("BEGIN:VCALENDAR", "hello"), "no calendar answer"),
    ],
)
def test_what_is_not_unmistakably_an_answer_is_refused_with_the_reason(change: tuple[str, str], why: str) -> None:
    with pytest.raises(BadReply, match=why):
        read_reply(ics(GOOD.replace(*change)))


@given(st.binary(max_size=300), st.integers(0, len(ics())))
def test_no_file_does_more_than_be_refused(noise: bytes, place: int) -> None:
    data = ics()
    for text in (noise, data[:place] + noise + data[place:]):
        try:
            read_reply(text)
        except BadReply as error:
            assert str(error)  # noqa: PT017 - either is fine, nothing else is


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(ics())
    (tmp_path / "b.eml").write_bytes(b"Subject: hello\r\n\r\nno calendar")
    (tmp_path / "c.txt").write_bytes(ics())
    found = dict(replies_in(tmp_path))
    assert isinstance(found[tmp_path / "a.ics"], Reply)
    assert isinstance(found[tmp_path / "b.eml"], BadReply)
    assert len(found) == 2


@pytest.fixture
def invited(desk: Desk) -> tuple[str, str]:
    lead = hot(desk, "Priya Raman", emails=("priya@example.com",))
    log(desk, lead, Report("meeting", channel="phone", agreed=Agreed(THURSDAY, "demo")))
    card = desk.book.card(lead)
    assert card is not None
    assert card.lead.invite is not None
    return lead, card.lead.invite.uid


def status(desk: Desk, lead: str) -> str:
    card = desk.book.card(lead)
    assert card is not None
    assert card.lead.invite is not None
    return card.lead.invite.status


def test_an_answer_sets_the_status_once_and_is_counted(
    desk: Desk, book: SqliteBook, clock: Clock, invited: tuple[str, str]
) -> None:
    lead, uid = invited
    clock.advance(minutes=30)
    assert answer(desk, book, read_reply(ics(uid=uid))).changes is not None
    assert status(desk, lead) == "accepted"
    assert answer(desk, book, read_reply(ics(uid=uid))).changes is None, "the same mail again"
    habit = figures.habit(desk, SqliteFigures(book), figures.all_time(desk))
    assert (habit.invites.sent, habit.invites.accepted) == (1, 1)


def test_an_answer_from_an_address_that_was_not_invited_sets_nothing(
    desk: Desk, book: SqliteBook, invited: tuple[str, str]
) -> None:
    lead, uid = invited
    forged = ics(GOOD.replace("priya@", "mallory@"), uid)
    with pytest.raises(Refused, match="nobody with the address"):
        answer(desk, book, read_reply(forged))
    assert status(desk, lead) == "needs-action"


def test_an_answer_to_the_old_time_does_not_count_for_the_new_one(
    desk: Desk, book: SqliteBook, clock: Clock, invited: tuple[str, str]
) -> None:
    lead, uid = invited
    invitations.book_meeting(desk, lead, THURSDAY + timedelta(days=1))
    with pytest.raises(Refused, match="no longer holds"):
        answer(desk, book, read_reply(ics(uid=uid)))
    assert answer(desk, book, read_reply(ics(GOOD.replace("SEQUENCE:0", "SEQUENCE:1"), uid))).changes is not None
    assert status(desk, lead) == "accepted"


def test_a_late_mail_does_not_overtake_a_newer_answer(
    desk: Desk, book: SqliteBook, clock: Clock, invited: tuple[str, str]
) -> None:
    lead, uid = invited
    clock.advance(hours=2)
    newer = GOOD.replace("ACCEPTED", "TENTATIVE").replace("T121500Z", "T130000Z")
    answer(desk, book, read_reply(ics(newer, uid)))
    assert answer(desk, book, read_reply(ics(uid=uid))).changes is None
    assert status(desk, lead) == "tentative"
