from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Timezone

from callsheet.exchange.ics.calendar import calendar, invitation_file
from callsheet.exchange.ics.folder import Written, update_folder, write_file
from callsheet.services import calendar_items, decisions, history, invitations, next_steps
from callsheet.services.calendar_items import BlockSeries, Item, block_series, items
from callsheet.services.desk import Desk
from callsheet.services.invitations import Person
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.store.dated_query import SqliteDated
from tests.desks import Clock, hot

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
REP = Person("Mara Quinn", "mara@callers.example")


@pytest.fixture
def dated(book: SqliteBook) -> SqliteDated:
    return SqliteDated(book)


def blocks(**changes: object) -> BlockSeries:
    values: dict[str, object] = {
        "uid": "call-block-1@callsheet", "first": date(2026, 1, 1), "start": time(8, 30), "end": time(9, 45),
        "weekdays": frozenset(range(5)), "skipped": (date(2026, 11, 24), date(2026, 12, 25)), **changes,
    }  # fmt: skip
    return BlockSeries(**values)  # type: ignore[arg-type]


def step(**changes: object) -> Item:
    values: dict[str, object] = {
        "uid": "next-step-1@callsheet", "start": THURSDAY, "end": THURSDAY + timedelta(minutes=15),
        "title": "Call Priya; pricing, 40 seats", "text": "Need: a \\ quote,\nsoon", "status": "confirmed",
        "sequence": 0, "changed": NOW, "alarm": timedelta(minutes=5), **changes,
    }  # fmt: skip
    return Item(**values)  # type: ignore[arg-type]


def events_of(data: bytes) -> dict[str, Any]:  # the library's own types are a union of everything
    return {str(event["UID"]): event for event in Calendar.from_ical(data).walk("VEVENT")}


def khal(folder: Path, start: str, days: int) -> list[str]:
    """What khal, which has nothing of ours, reads from a folder."""
    config = folder.parent / "khal.conf"
    config.write_text(
        f"[calendars]\n[[ours]]\npath = {folder}\n[locale]\nlocal_timezone = Europe/Berlin\n"
        "default_timezone = Europe/Berlin\ntimeformat = %H:%M\ndateformat = %d.%m.\nlongdateformat = %Y-%m-%d\n"
        "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        f"[sqlite]\npath = {folder.parent}/khal.db\n"
    )
    command = ["khal", "-c", str(config), "list", "--day-format", "", "--format", "{start-long} {cancelled}{title}"]
    done = subprocess.run([*command, start, f"{days}d"], capture_output=True, text=True, check=True, timeout=60)
    assert not done.stderr, done.stderr
    return sorted(line for line in done.stdout.splitlines() if line.strip())


def test_an_event_has_a_zone_an_alarm_a_sequence_and_its_text() -> None:
    text = calendar([step(sequence=3)], [], BERLIN, now=NOW)
    event = events_of(text)["next-step-1@callsheet"]
    assert event["DTSTART"].dt == datetime(2026, 11, 26, 15, tzinfo=BERLIN)
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["SEQUENCE"] == 3
    assert str(event["SUMMARY"]) == "Call Priya; pricing, 40 seats"
    assert str(event["DESCRIPTION"]) == "Need: a \\ quote,\nsoon"
    assert event.walk("VALARM")[0]["TRIGGER"].dt == -timedelta(minutes=5)
    zones = Calendar.from_ical(text).walk("VTIMEZONE")
    assert [str(zone["TZID"]) for zone in zones] == ["Europe/Berlin"]


def test_every_line_is_short_and_ends_as_the_standard_says() -> None:
    text = calendar([step(text="Größe " * 100)], [blocks()], BERLIN, now=NOW)
    lines = text.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75


def test_one_that_was_called_off_is_cancelled_and_rings_no_more() -> None:
    event = events_of(calendar([step(status="cancelled")], [], BERLIN, now=NOW))["next-step-1@callsheet"]
    assert str(event["STATUS"]) == "CANCELLED"
    assert not event.walk("VALARM")


def test_blocks_repeat_on_working_days_without_those_off() -> None:
    event = events_of(calendar([], [blocks()], BERLIN, now=NOW))["call-block-1@callsheet"]
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    assert [each.dt for each in event["EXDATE"].dts] == [
        datetime(2026, 11, 24, 8, 30, tzinfo=BERLIN),
        datetime(2026, 12, 25, 8, 30, tzinfo=BERLIN),
    ]


@pytest.mark.skipif(shutil.which("khal") is None, reason="khal is not installed")
def test_another_program_reads_the_same_times(tmp_path: Path) -> None:
    folder = tmp_path / "calendar"
    off = step(uid="next-step-2@callsheet", title="Off", status="cancelled")
    update_folder(folder, [step(), off], [blocks()], BERLIN, NOW)
    assert khal(folder, "2026-11-23", 4) == [
        "2026-11-23 08:30 Call block",
        "2026-11-25 08:30 Call block",
        "2026-11-26 08:30 Call block",
        "2026-11-26 15:00 CANCELLED Off",
        "2026-11-26 15:00 Call Priya; pricing, 40 seats",
    ]
    assert khal(folder, "2026-07-06", 1) == ["2026-07-06 08:30 Call block"], "summer time"
    hour = timedelta(hours=1)
    moved = step(start=THURSDAY + hour, end=THURSDAY + hour + timedelta(minutes=15), sequence=1)
    update_folder(folder, [moved], [blocks()], BERLIN, NOW)
    assert khal(folder, "2026-11-26", 1)[1:] == ["2026-11-26 16:00 Call Priya; pricing, 40 seats"]


def test_a_folder_changes_only_what_changed_and_leaves_foreign_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "calendar"
    second = step(uid="next-step-2@callsheet")
    assert update_folder(folder, [step(), second], [blocks()], BERLIN, NOW) == Written(new=3)
    (folder / "mine.ics").write_text("private")
    assert update_folder(folder, [step(), second], [blocks()], BERLIN, NOW + timedelta(days=1)) == Written(unchanged=3)
    moved = step(end=THURSDAY + timedelta(hours=1), sequence=1)
    assert update_folder(folder, [moved], [blocks()], BERLIN, NOW) == Written(changed=1, removed=1, unchanged=1)
    assert {path.name for path in folder.iterdir()} == {
        "mine.ics", "callsheet-next-step-1-callsheet.ics", "callsheet-call-block-1-callsheet.ics",
    }  # fmt: skip


def test_a_block_that_is_moved_in_the_settings_counts_its_sequence_up(tmp_path: Path) -> None:
    path = tmp_path / "callsheet.ics"
    assert write_file(path, [], [blocks()], BERLIN, NOW)
    assert not write_file(path, [], [blocks()], BERLIN, NOW)
    for expected, hour in ((1, 9), (2, 10)):
        write_file(path, [], [blocks(start=time(hour), end=time(hour + 1))], BERLIN, NOW)
        assert events_of(path.read_bytes())["call-block-1@callsheet"]["SEQUENCE"] == expected


def test_a_next_step_keeps_its_identity_while_it_moves_and_is_called_off(
    desk: Desk, clock: Clock, dated: SqliteDated
) -> None:
    lead = hot(desk, "Priya Raman")
    seen = []
    for due in (THURSDAY, THURSDAY + timedelta(hours=2)):
        next_steps.set_next_step(desk, lead, Agreed(due, "pricing call"))
        (item,) = items(desk, dated)
        assert (item.start, item.status, item.title) == (due, "confirmed", "Call Priya Raman: pricing call")
        seen.append(item)
    history.undo(desk)
    (back,) = items(desk, dated)
    assert back.start == THURSDAY
    decisions.decide(desk, lead, decisions.Decision("close", "lost"))
    (gone,) = items(desk, dated)
    assert gone.status == "cancelled"
    assert {item.uid for item in (*seen, back, gone)} == {f"next-step-{lead}@callsheet"}
    assert [item.sequence for item in (*seen, back, gone)] == [0, 1, 2, 3]


def test_a_booked_meeting_stands_once_and_follows_when_it_is_moved(
    desk: Desk, clock: Clock, dated: SqliteDated, book: SqliteBook
) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("meeting", channel="phone", agreed=Agreed(THURSDAY, "demo for 40 seats")))
    (item,) = items(desk, dated)
    assert (item.title, item.status, item.start) == ("demo for 40 seats", "tentative", THURSDAY)
    invitations.book_meeting(desk, lead, THURSDAY + timedelta(days=1))
    (moved,) = items(desk, dated)
    assert (moved.uid, moved.start, moved.sequence) == (item.uid, THURSDAY + timedelta(days=1), 1)
    invitations.call_off(desk, lead)
    (off,) = items(desk, dated)
    assert (off.status, off.sequence) == ("cancelled", 2)


def test_blocks_leave_out_holidays_and_days_off(desk: Desk) -> None:
    from dataclasses import replace

    free = replace(desk.rules.calendar, days_off=frozenset({date(2026, 12, 24), date(2026, 12, 26)}))
    first, second = block_series(replace(desk, rules=replace(desk.rules, calendar=free)), "I call back.")
    assert first.skipped == (date(2026, 12, 24),), "the 26th is a Saturday"
    assert (first.first, first.start, second.start) == (date(2026, 1, 1), time(8, 30), time(16))


def test_an_invitation_asks_for_an_answer_and_says_the_salient_points(
    desk: Desk, clock: Clock, book: SqliteBook
) -> None:
    lead = hot(desk, 'Priya "P" Raman', emails=("priya@example.com",))
    log(desk, lead, Report("meeting", channel="phone", agreed=Agreed(THURSDAY, "demo")))
    invite = invitations.invitation(desk, book, lead, REP)
    text = invitation_file(invite, LONDON)
    assert b"METHOD:REQUEST\r\n" in text
    event = events_of(text)[invite.uid]
    attendee = event["ATTENDEE"]
    assert str(attendee) == "mailto:priya@example.com"
    assert {name: str(attendee.params[name]) for name in ("PARTSTAT", "RSVP", "ROLE", "CN")} == {
        "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE", "ROLE": "REQ-PARTICIPANT", "CN": "Priya 'P' Raman",
    }  # fmt: skip
    assert str(event["ORGANIZER"]) == "mailto:mara@callers.example"
    assert "Pricing for 40 seats" in str(event["DESCRIPTION"])
    assert "+44" not in str(event["DESCRIPTION"])
    invitations.call_off(desk, lead)
    off = invitation_file(invitations.invitation(desk, book, lead, REP), LONDON)
    assert b"METHOD:CANCEL\r\n" in off
    assert (events_of(off)[invite.uid]["SEQUENCE"], str(events_of(off)[invite.uid]["STATUS"])) == (1, "CANCELLED")


def test_hostile_names_stay_inside_their_property() -> None:
    text = calendar([step(title="x\r\nBEGIN:VEVENT\r\nUID:evil", text="a\nATTACH:file:///etc")], [], BERLIN, now=NOW)
    assert list(events_of(text)) == ["next-step-1@callsheet"]
    assert b"\r\nATTACH" not in text


def test_points_are_those_of_the_hand_off() -> None:
    from callsheet.domain.events import Packet
    from callsheet.domain.lead import Lead
    from callsheet.domain.profile import Profile

    packet = Packet("Priya", "buyer", "fewer empty miles", "a pilot", "price", "mornings")
    said = calendar_items.points(Lead("1", profile=Profile(name="Priya", phones=("+44",)), packet=packet))
    assert "Need, in their words: fewer empty miles" in said
    assert "Objections: price" in said
    shared = invitations.shared_points(Lead("1", profile=Profile(name="Priya", phones=("+44",)), packet=packet))
    assert shared == "Need, in their words: fewer empty miles\nAgreed: a pilot"


ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "Europe/Dublin",
    "Africa/Casablanca", "America/St_Johns",
)  # fmt: skip


@pytest.mark.parametrize("key", ZONES)
def test_the_zone_that_is_written_out_keeps_the_zones_own_time_through_every_clock_change(key: str) -> None:
    """A calendar program that knows no zone by name has only what stands in the file."""
    zone = ZoneInfo(key)
    found = Calendar.from_ical(calendar([], [], zone, now=NOW)).walk("VTIMEZONE")[0]
    assert isinstance(found, Timezone)
    parts: list[Any] = found.subcomponents  # the library's own types are a union of everything
    onsets = sorted(
        (onset - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td)
        for part in parts
        for onset in (part["DTSTART"].dt, *(one.dt for one in getattr(part.get("RDATE"), "dts", ())))
    )
    for index, (at, offset) in enumerate(onsets):
        until = onsets[index + 1][0] if index + 1 < len(onsets) else datetime(2036, 12, 31)  # noqa: DTZ001
        for moment in (at, at + (until - at) / 2, until - timedelta(seconds=1)):
            assert moment.replace(tzinfo=UTC).astimezone(zone).utcoffset() == offset, moment
