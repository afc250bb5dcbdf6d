from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar, Event

from tests.cli.conftest import LEADS, Shell

SETTINGS = '[rep]\nname = "Robin Vale"\nemail = "robin@example.com"\ntimezone = "Europe/London"\ncountry = "GB"\n'
REPLY = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Example//EN\r
METHOD:REPLY\r
BEGIN:VEVENT\r
UID:{uid}\r
SEQUENCE:{sequence}\r
DTSTAMP:20261123T120500Z\r
DTSTART:20261126T140000Z\r
ORGANIZER:mailto:robin@example.com\r
ATTENDEE;PARTSTAT={status}:mailto:{who}\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def met(shell: Shell) -> Shell:
    """Priya has agreed to a meeting on Thursday at two."""
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    shell.bring_in(LEADS)
    shell("log", "priya", "meeting", "--next", "thu 14:00 demo")
    return shell


def events(file: Path) -> list[Event]:
    return [one for one in Calendar.from_ical(file.read_bytes()).walk("VEVENT") if isinstance(one, Event)]


def test_the_calendar_has_the_meeting_and_the_blocks_and_is_left_alone_when_nothing_changed(
    met: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "callsheet.ics"
    first = met.json("calendar", str(file))
    assert (first["items"], first["changed"]) == (1, True)
    found = events(file)
    assert len(found) == first["items"] + first["blocks"]
    assert [one.start.isoformat() for one in found if "RRULE" not in one] == ["2026-11-26T14:00:00+00:00"]
    assert met.json("calendar", str(file))["changed"] is False


def test_a_folder_follows_what_is_moved_and_keeps_what_is_not_ours(met: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "calendar"
    folder.mkdir()
    (folder / "birthday.ics").write_text("theirs", encoding="utf-8")
    made = met.json("calendar", "--folder", str(folder))
    assert made["folder"]["new"] == made["items"] + made["blocks"]
    met.clock.advance(minutes=1)
    met("next-step", "priya", "fri 10:00", "demo moved")
    assert met.json("calendar", "--folder", str(folder))["folder"]["changed"] >= 1
    assert (folder / "birthday.ics").read_text(encoding="utf-8") == "theirs"


def test_a_calendar_goes_somewhere(met: Shell) -> None:
    assert met("calendar").code == 2


def test_an_invitation_is_written_and_the_answer_to_it_is_read_once(met: Shell, tmp_path: Path) -> None:
    invitation, reply = tmp_path / "invite.ics", tmp_path / "reply.ics"
    sent = met.json("invite", "send", "priya", str(invitation))
    assert (sent["method"], sent["to"], sent["sequence"]) == ("REQUEST", "priya@example.com", 0)
    assert sent["start"] == "2026-11-26T14:00:00+00:00"
    assert str(events(invitation)[0]["UID"]) == sent["uid"]
    met.clock.at += timedelta(hours=1)
    reply.write_text(REPLY.format(uid=sent["uid"], sequence=0, status="ACCEPTED", who="priya@example.com"))
    assert met("invite", "read", str(reply)).out == "Priya Raman: accepted\n"
    again = met.json("invite", "read", str(reply))["answers"]
    assert [(one["lead"], one["status"], one["new"]) for one in again] == [(sent["lead"], "accepted", False)]


def test_an_answer_from_somebody_else_sets_nothing(met: Shell, tmp_path: Path) -> None:
    sent = met.json("invite", "send", "priya", str(tmp_path / "invite.ics"))
    reply = tmp_path / "reply.ics"
    reply.write_text(REPLY.format(uid=sent["uid"], sequence=0, status="ACCEPTED", who="eve@example.com"))
    ran = met("invite", "read", str(reply))
    assert (ran.code, len(ran.err.splitlines())) == (4, 1)
    assert "eve@example.com" in ran.err


def test_a_folder_of_answers_is_read_past_the_one_that_is_none(met: Shell, tmp_path: Path) -> None:
    sent = met.json("invite", "send", "priya", str(tmp_path / "invite.ics"))
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "a.ics").write_text("BEGIN:VCALENDAR\r\nnonsense")
    (folder / "b.ics").write_text(
        REPLY.format(uid=sent["uid"], sequence=0, status="DECLINED", who="priya@example.com")
    )  # fmt: skip
    found = {Path(one["file"]).name: one for one in met.json("invite", "read", str(folder))["answers"]}
    assert found["a.ics"]["problem"]
    assert (found["b.ics"]["status"], found["b.ics"]["new"]) == ("declined", True)


@pytest.mark.parametrize("text", [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_answer_is_said_in_one_line(met: Shell, tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "odd.ics"
    file.write_bytes(text)
    ran = met("invite", "read", str(file))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "odd.ics" in ran.err


def test_a_file_that_is_not_there_is_named(met: Shell, tmp_path: Path) -> None:
    ran = met("invite", "read", str(tmp_path / "none.ics"))
    assert ran.code == 1
    assert "none.ics cannot be read: no such file" in ran.err


def test_without_a_meeting_there_is_no_invitation(met: Shell, tmp_path: Path) -> None:
    ran = met("invite", "send", "bob", str(tmp_path / "invite.ics"))
    assert ran.code == 4
    assert not (tmp_path / "invite.ics").exists()


def test_a_moved_meeting_goes_out_again_with_the_same_identity_and_asks_again(met: Shell, tmp_path: Path) -> None:
    first = met.json("invite", "send", "priya", str(tmp_path / "a.ics"))
    assert first["mail"]["link"].startswith("mailto:priya@example.com?subject=Invitation")
    assert "Please accept it" in first["mail"]["body"]
    met.clock.advance(minutes=1)
    moved = met.json("invite", "move", "priya", "fri", "10:00", "--file", str(tmp_path / "b.ics"))
    assert (moved["uid"], moved["sequence"], moved["start"]) == (first["uid"], 1, "2026-11-27T10:00:00+00:00")
    assert moved["end"] == "2026-11-27T10:30:00+00:00", "it stays as long as it was"
    late = tmp_path / "late.ics"
    late.write_text(REPLY.format(uid=first["uid"], sequence=0, status="ACCEPTED", who="priya@example.com"))
    ran = met("invite", "read", str(late))
    assert (ran.code, "no longer holds" in ran.err) == (4, True)


def test_a_meeting_called_off_is_cancelled_with_them_and_in_the_calendar(met: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "calendar"
    met.json("calendar", "--folder", str(folder))
    off = met.json("invite", "cancel", "priya")
    assert (off["method"], off["sequence"]) == ("CANCEL", 1)
    assert Path(off["file"]).parent == met.home / "invitations"
    calendar = Calendar.from_ical(Path(off["file"]).read_bytes())
    assert (calendar["METHOD"], events(Path(off["file"]))[0]["STATUS"]) == ("CANCEL", "CANCELLED")
    assert off["mail"]["subject"].startswith("Cancelled: ")
    met.json("calendar", "--folder", str(folder))
    meeting = next(one for file in folder.glob("*.ics") for one in events(file) if str(one["UID"]) == off["uid"])
    assert str(meeting["STATUS"]) == "CANCELLED"
    assert met("invite", "cancel", "bob").code == 4
    again = met.json("invite", "move", "priya", "fri", "10:00")
    assert (again["title"], again["method"], again["sequence"]) == ("demo", "REQUEST", 0)
    assert again["uid"] != off["uid"], "what was cancelled stays so"


def test_the_folders_of_the_settings_are_used_without_naming_them(met: Shell, tmp_path: Path) -> None:
    answers, kept = tmp_path / "answers", tmp_path / "kept"
    answers.mkdir()
    text = f'{SETTINGS}\n[calendar]\nfolder = "{kept}"\nreplies = "{answers}"\n'
    (met.home / "settings.toml").write_text(text, encoding="utf-8")
    sent = met.json("invite", "send", "priya")
    reply = REPLY.format(uid=sent["uid"], sequence=0, status="ACCEPTED", who="PRIYA@example.com")
    (answers / "a.ics").write_text(reply)
    assert [one["status"] for one in met.json("invite", "read")["answers"]] == ["accepted"]
    assert met.json("calendar")["folder"]["path"] == str(kept)
    statuses = {str(one.get("STATUS")) for file in kept.glob("*.ics") for one in events(file) if "RRULE" not in one}
    assert statuses == {"CONFIRMED"}


def test_the_open_sheet_reads_each_answer_once_and_keeps_the_folder_up(met: Shell, tmp_path: Path) -> None:
    from callsheet.bootstrap.calendar import CalendarKeeper
    from callsheet.bootstrap.office import office
    from callsheet.bootstrap.start import Start

    answers, kept = tmp_path / "answers", tmp_path / "kept"
    answers.mkdir()
    text = f'{SETTINGS}\n[calendar]\nfolder = "{kept}"\nreplies = "{answers}"\n'
    (met.home / "settings.toml").write_text(text, encoding="utf-8")
    sent = met.json("invite", "send", "priya")
    with office(Start(met.clock, {"CALLSHEET_HOME": str(met.home)})) as opened:
        keeper = CalendarKeeper(opened)
        assert keeper.look() == []
        before = {file: file.read_bytes() for file in kept.glob("*.ics")}
        reply = REPLY.format(uid=sent["uid"], sequence=0, status="DECLINED", who="priya@example.com")
        (answers / "a.ics").write_text(reply)
        (answers / "b.ics").write_text("nonsense")
        found = keeper.look()
        assert [done.status if done else why for _, done, why in found] == ["declined", found[1][2]]
        assert keeper.look() == [], "both were looked at"
        changed = [file for file, old in before.items() if file.read_bytes() != old]
        assert len(changed) == 1
        card = opened.book.card(sent["lead"])
        assert card is not None
        assert card.lead.invite is not None
        assert card.lead.invite.status == "declined"


def test_a_sync_reads_the_answers_first(met: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from callsheet.bootstrap import crm
    from callsheet.sync.run import SyncReport

    answers = tmp_path / "answers"
    answers.mkdir()
    text = f'{SETTINGS}\n[calendar]\nreplies = "{answers}"\n'
    (met.home / "settings.toml").write_text(text, encoding="utf-8")
    sent = met.json("invite", "send", "priya")
    (answers / "a.ics").write_text(
        REPLY.format(uid=sent["uid"], sequence=0, status="ACCEPTED", who="priya@example.com")
    )
    monkeypatch.setattr(crm, "sync_now", lambda *_, **__: SyncReport())
    assert met.json("sync")["answers"] == 1
    assert met.json("sync")["answers"] == 0, "it is known"
