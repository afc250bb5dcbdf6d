from __future__ import annotations

import stat
from datetime import datetime, timedelta

import pytest

from tests.cli.conftest import LEADS, MONDAY_NOON, Shell

ENTRY = {
    "lead", "name", "company", "kind", "channel", "due_at", "promise_at", "broken", "why", "plan", "attempts",
    "callable", "in_crm",
}  # fmt: skip


def test_an_import_says_what_became_of_every_row_and_the_same_file_again_changes_nothing(shell: Shell) -> None:
    first = shell.bring_in(LEADS)
    assert {key: first[key] for key in ("schema", "rows", "leads", "names", "hot", "merged", "stopped")} == {
        "schema": 1, "rows": 4, "leads": 2, "names": 1, "hot": 1, "merged": 0, "stopped": 1,
    }  # fmt: skip
    before = shell.json("audit")
    shell.clock.advance(days=1)
    again = shell.bring_in(LEADS)
    assert (again["leads"], again["names"], again["merged"]) == (0, 0, 4)
    assert shell.json("audit") == before


def test_a_bad_row_is_named_with_its_line_and_the_others_come_in(shell: Shell) -> None:
    found = shell.bring_in('name,company,email\nAnn,A,ann@example.com\n,,\n"Bob,B,bob@example.com\n')
    assert found["leads"] + found["names"] + len(found["rejected"]) == found["rows"]
    assert found["rejected"][0]["row"] == 4


def test_an_import_of_which_no_row_can_be_read_has_failed(shell: Shell) -> None:
    list_ = shell.home.parent / "leads.csv"
    list_.write_text("name,email,received\nAnn,ann@example.com,99/99/99\n")
    ran = shell("import", str(list_))
    assert (ran.code, ran.out.splitlines()[0]) == (1, "1 rows")
    list_.write_text("name,email\n")
    assert shell("import", str(list_)).code == 0


def test_what_an_import_did_not_understand_is_said_column_by_column_and_cell_by_cell(shell: Shell) -> None:
    text = "name,company,email,Shoe size,Rückrufwunsch,Scan Time\nAnn,A,ann@example.com,38,ja,some day\n"
    assert shell.bring_in(text, "--dry-run")["kept_columns"] == ["Shoe size"]
    told = shell("import", str(shell.home.parent / "leads.csv"), "--dry-run").out
    assert "1 new leads, 1 of them asked to be contacted" in told
    assert "columns that mean nothing here are kept with the leads as they are: Shoe size" in told
    assert 'line 2: Scan Time "some day"' in told


def test_today_has_every_key_of_the_contract(book: Shell) -> None:
    sheet = book.json("today")
    assert sheet["schema"] == 1
    assert [entry["name"] for entry in sheet["hot"]] == ["Priya Raman"]
    for entry in sheet["hot"] + sheet["due"] + sheet["later"]:
        assert entry.keys() >= ENTRY
        assert datetime.fromisoformat(entry["due_at"]).utcoffset() is not None
    priya = sheet["hot"][0]
    assert (priya["kind"], priya["channel"], priya["broken"]) == ("hot", "phone", False)
    assert priya["plan"] == {"name": "hot", "version": 1, "day": 0, "step": 0}
    assert priya["attempts"]["floor"] == 5
    assert priya["callable"]["now"] is True
    assert priya["promise_at"] == "2026-11-24T11:56:00+00:00"


def test_a_conversation_gone_stale_is_of_a_kind_that_the_contract_knows(book: Shell) -> None:
    book.json("log", "priya", "connected", "--next", "fri 10:00 send the offer")
    [entry] = [one for one in book.json("today", "--at", "2026-11-25T13:00:00Z")["due"] if one["name"] == "Priya Raman"]
    assert (entry["kind"], entry["stale"]) == ("invite", True)


def test_logging_an_attempt_moves_the_plan_and_undo_and_redo_walk_along_it(book: Shell) -> None:
    before = book.json("show", "priya")
    logged = book.json("log", "priya@example.com", "n", "--note", "rang out")
    assert (logged["outcome"], logged["in_crm"]) == ("no_answer", False)
    assert logged["next"]["lead"] == logged["lead"]
    assert logged["next"]["attempts"]["counted"] == 1
    assert logged["next"]["promise_at"] is None
    after = book.json("show", "priya")
    assert book.json("undo")["leads"] == [logged["lead"]]
    assert book.json("show", "priya") == before
    assert book.json("redo")["leads"] == [logged["lead"]]
    assert book.json("show", "priya") == after


def test_logging_the_same_key_twice_is_one_attempt(book: Shell) -> None:
    first = book.json("log", "priya", "n", "--key", "call-17")
    again = book.json("log", "priya", "n", "--key", "call-17")
    assert (again["event"], again["repeated"]) == (first["event"], True)
    assert book.json("show", "priya")["why"]["attempts"]["counted"] == 1


def test_a_conversation_is_not_over_without_a_next_step_or_a_decision(book: Shell) -> None:
    refused = book("log", "priya", "connected", "--json")
    assert refused.code == 4
    assert refused.json["error"]["code"] == "blocked"
    assert len(refused.err.splitlines()) == 1
    agreed = book.json("log", "priya", "connected", "--next", "tue 14:00 pricing call")
    assert agreed["next"]["kind"] == "commitment"
    assert agreed["next"]["due_at"] == "2026-11-24T14:00:00+00:00"


def test_a_lead_that_is_closed_has_no_next_action(book: Shell) -> None:
    assert book.json("log", "priya", "not_a_fit", "--note", "too small")["next"] is None
    assert book.json("audit")["closed"] == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("today", "--pane", "warm"), 2),
        (("frobnicate",), 2),
        (("log", "priya"), 2),
        (("log", "priya", "sang"), 2),
        (("log", "priya", "n", "--at", "blue"), 2),
        (("log", "nobody", "n"), 6),
        (("show", "nobody"), 6),
        (("log", "Dan No", "n"), 4),
        (("log", "Ann Lee", "n", "--channel", "phone"), 4),
        (("redo",), 4),
        (("undo",), 4),
        (("import", "no-such-file.csv"), 1),
        (("close", "priya", "bored"), 2),
        (("close", "priya", "exhausted"), 4),
        (("next-step", "priya", "yesterday", "tea"), 2),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_its_exit_code(
    book: Shell, arguments: tuple[str, ...], code: int
) -> None:
    plain = book(*arguments)
    assert (plain.code, plain.out) == (code, "")
    assert len(plain.err.splitlines()) == 1, plain.err
    assert "Traceback" not in plain.err
    told = book(*arguments, "--json")
    assert told.code == code
    assert {"code", "message", "hint"} <= told.json["error"].keys()


def test_an_ambiguous_name_lists_the_candidates(book: Shell) -> None:
    book.bring_in("name,company,email\nPriya Shah,Shah,shah@example.com\n")
    ran = book("log", "priya", "n", "--json")
    assert ran.code == 6
    assert {one["name"] for one in ran.json["error"]["candidates"]} == {"Priya Raman", "Priya Shah"}
    assert "Priya Shah" in ran.err


def test_an_id_its_beginning_an_email_a_number_or_a_name_means_the_lead(book: Shell) -> None:
    lead = book.json("show", "bob@example.com")["lead"]
    for said in (lead, lead[:-4], "+442079460002", "020 7946 0002", "bob stone"):
        assert book.json("show", said)["lead"] == lead


def test_today_with_nothing_due_exits_with_3(shell: Shell) -> None:
    assert shell("today").code == 3
    shell.bring_in("name,company,email,interactions\nAnn,A,a@example.com,download:Guide@2026-11-01\n")
    assert shell("today", "--json").code == 3


def test_the_past_is_read_as_it_was_known_then_and_the_future_as_it_looks_now(book: Shell) -> None:
    book.clock.advance(hours=1)
    book.json("log", "priya", "c", "--next", "thu 14:00 pricing call")
    then = book.json("today", "--at", (MONDAY_NOON + timedelta(minutes=5)).isoformat())
    assert [entry["name"] for entry in then["hot"]] == ["Priya Raman"]
    assert then["at"] == "2026-11-23T12:05:00+00:00"
    ahead = book.json("today", "--at", "2026-11-26T13:58")
    assert ahead["due"][0]["kind"] == "commitment"


def test_an_attempt_can_be_logged_as_at_an_earlier_time_but_not_a_later_one(book: Shell) -> None:
    book.clock.advance(hours=2)
    logged = book.json("log", "priya", "n", "--at", "2026-11-23T12:30")
    assert logged["at"] == "2026-11-23T12:30:00+00:00"
    assert book("log", "priya", "n", "--at", "2026-11-23T17:00").code == 2


def test_a_referral_becomes_a_lead_of_its_own(book: Shell) -> None:
    book.json("log", "priya", "r", "--note", "Jane Doe, Head of IT, +44 20 7946 0055", "--close", "not-a-fit")
    jane = book.json("show", "jane doe")
    assert jane["card"]["phones"] == ["+442079460055"]
    assert jane["card"]["referred_by"] == book.json("show", "priya")["lead"]


def test_show_explains_each_answer_with_its_rule_and_setting(book: Shell) -> None:
    book.json("log", "bob", "researched")
    told = book.json("show", "bob")
    assert {"rank", "promise", "plan", "attempts", "callable"} <= told["why"].keys()
    for reason in told["why"].values():
        assert reason is None or (reason["rule"] and reason["setting"])
    assert [step["channel"] for step in told["why"]["plan"]["steps"]][:3] == ["research", "email", "email"]
    assert told["timeline"][-1]["in_crm"] is None, "no CRM asks for research"
    assert {one["kind"] for one in told["timeline"]} >= {"captured", "interaction", "promoted", "attempt"}


def test_a_promise_is_open_kept_or_ends_with_the_lead(book: Shell) -> None:
    def says() -> str:
        return str(book.json("show", "priya")["why"]["promise"]["says"].rpartition(": ")[2])

    assert says() == "open"
    book.json("close", "priya", "lost", "--note", "bought elsewhere")
    assert says() == "closed before anybody tried"
    book.json("undo")
    book.json("log", "priya", "n")
    assert says() == "kept"


def test_an_outbound_lead_goes_back_at_its_cap_and_has_no_floor(shell: Shell) -> None:
    shell.bring_in("name,company,phone,direction,originator\nAnn Lee,Lee,+44 20 7946 0001,outbound,Sam\n")
    says = shell.json("show", "Ann Lee")["why"]["attempts"]["says"]
    assert says == "0 counted, 0 without an answer · at most 4, then back to whoever generated it"


def test_outside_text_drives_no_terminal(shell: Shell) -> None:
    shell.bring_in('name,company,email,contact_me\n"Eve \x1b[2J\u202e[/] Ltd","\x9b31m Acme",eve@example.com,yes\n')
    for command in (("today",), ("show", "eve@example.com"), ("today", "--json")):
        out = shell(*command).out
        assert "\x1b" not in out
        assert "\x9b" not in out
        assert "\u202e" not in out


def test_the_home_is_closed_to_others(book: Shell) -> None:
    assert stat.S_IMODE(book.home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in book.home.iterdir() if file.is_file()} == {0o600}


def test_what_nobody_expected_is_one_line_and_a_log(book: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from callsheet.store.book import SqliteBook

    def broken(*_: object) -> None:
        raise RuntimeError("the moon")

    monkeypatch.setattr(SqliteBook, "audit", broken)
    log = book.home.parent / "own.log"
    ran = book("--log-file", str(log), "audit", "--json")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert ran.json["error"]["code"] == "unexpected"
    assert "the moon" in log.read_text()


def test_a_changed_rule_works_the_book_out_anew(book: Shell) -> None:
    promised = book.json("show", "bob")["why"]["attempts"]["floor"]
    assert promised == 5
    (book.home / "settings.toml").write_text('[attempts]\nfloor = 3\n[attempts.cap]\n"inbound-21" = 6\n')
    sheet = book.json("today")
    bob = next(entry for pane in ("due", "later") for entry in sheet[pane] if entry["name"] == "Bob Stone")
    assert (bob["attempts"]["floor"], bob["attempts"]["cap"]) == (3, 6)


def test_a_settings_error_names_file_line_and_key(book: Shell) -> None:
    (book.home / "settings.toml").write_text("[hours]\nopen = 9\n")
    ran = book("today", "--json")
    assert ran.code == 1
    assert ran.json["error"]["line"] == 2
    assert ran.json["error"]["key"] == "hours.open"


def test_decisions_and_the_way_back(book: Shell) -> None:
    assert book.json("nurture", "bob", "in", "2", "weeks")["state"] == "nurture"
    assert book.json("reopen", "bob", "they called")["state"] == "working"
    assert book.json("kick-back", "bob", "no budget at all", "--to", "Marketing")["state"] == "returned"
    assert book.json("undo")["label"].startswith("took back: kicked back")
    assert book.json("snooze", "bob", "tomorrow 9:30")["next"]["due_at"] == "2026-11-24T09:30:00+00:00"
    assert book.json("close", "bob", "won", "--note", "signed")["next"] is None


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "2020-01-01T10:00"])
def test_neither_nurture_nor_a_snooze_ends_in_the_past(book: Shell, until: str) -> None:
    assert {book(command, "bob", until).code for command in ("nurture", "snooze")} == {2}
    assert book.json("audit")["nurture"] == 0


def test_a_day_written_as_a_date_means_its_opening(book: Shell) -> None:
    assert book.json("nurture", "bob", "2026-12-05")["next"]["due_at"] == "2026-12-07T09:00:00+00:00"


def test_what_was_agreed_for_a_time_is_broken_once_that_is_over(book: Shell) -> None:
    book.json("log", "priya", "l", "--next", "wed 14:00 pricing")
    for moment, broken in (("2026-11-25T14:00", False), ("2026-11-25T14:01", True)):
        found = book.json("today", "--at", moment)["due"][0]
        assert (found["name"], found["kind"], found["broken"]) == ("Priya Raman", "commitment", broken)


@pytest.mark.parametrize(
    ("contact_me", "tried_after", "says"),
    [
        ("yes", 5, "a first try by Mon 23 Nov 12:05: kept"),
        ("yes", 6, "a first try by Mon 23 Nov 12:05: late"),
        ("", 60, "a first try by Mon 23 Nov 13:00: kept"),
        ("", 61, "a first try by Mon 23 Nov 13:00: late"),
    ],
)
def test_the_target_is_told_apart_from_the_promise(shell: Shell, contact_me: str, tried_after: int, says: str) -> None:
    shell.bring_in(
        "name,company,phone,interactions,contact_me\n"
        f"Ida Berg,Berg,+442079460005,download:Guide@2026-11-18; webinar:Live@2026-11-19,{contact_me}\n"
    )
    assert shell.json("show", "ida")["why"]["target"]["says"].endswith(": open")
    shell.clock.advance(minutes=tried_after)
    shell.json("log", "ida", "n", "--channel", "phone")
    assert shell.json("show", "ida")["why"]["target"]["says"] == says


def test_nobody_aims_at_an_hour_with_who_did_not_come_to_us(shell: Shell) -> None:
    shell.bring_in("name,company,phone,direction\nOut Bound,B,+442079460005,outbound\n")
    assert shell.json("show", "out")["why"]["target"] is None


def test_more_attempts_than_the_plan_has_beyond_ten_with_a_reason(book: Shell) -> None:
    assert book.json("go-on", "bob")["next"]["attempts"]["cap"] == 10
    refused = book("go-on", "bob")
    assert (refused.code, "beyond 10 attempts a reason is kept" in refused.err) == (4, True)
    assert book.json("go-on", "bob", "the", "buyer", "is", "back", "in", "May")["next"]["attempts"]["cap"] == 12


def test_after_a_voicemail_the_next_mail_is_pulled_to_today(book: Shell) -> None:
    book.json("log", "bob", "sent", "--channel", "email")
    voicemail = book.json("log", "bob", "voicemail", "--channel", "phone")
    assert (voicemail["next"]["channel"], voicemail["next"]["due_at"][:10]) == ("email", "2026-11-24")
    pulled = book.json("mail-today", "bob")["next"]
    assert (pulled["channel"], pulled["due_at"][:10]) == ("email", "2026-11-23")


def test_a_meeting_that_is_booked_is_a_meeting_unless_the_words_say_otherwise(book: Shell) -> None:
    assert book.json("log", "priya", "m", "--next", "thu 15:00 pricing")["next"]["channel"] == "meeting"
    assert book.json("log", "bob", "m", "--channel", "phone", "--next", "thu 15:00 call")["next"]["channel"] == "phone"


def test_why_somebody_was_called_outside_their_hours_is_shown(book: Shell) -> None:
    book.clock.advance(hours=10)
    assert book("log", "priya", "n").code == 4
    book.json("log", "priya", "n", "--override", "she asked for ten at night")
    assert "outside the hours: she asked for ten at night" in book("show", "priya").out


def test_the_research_checklist_is_ticked_by_name_or_number(book: Shell) -> None:
    ticked = book.json("research", "bob", "1", "sells", "bolts")
    assert ticked["items"][0] == {
        "item": "website", "label": ticked["items"][0]["label"], "done": True, "finding": "sells bolts",
    }  # fmt: skip
    assert book.json("research", "bob", "website", "--untick")["items"][0]["done"] is False


def test_a_booth_capture_refuses_blanks_and_is_undone_like_anything_else(shell: Shell) -> None:
    blank = shell("add", "--name", "Jo Hill", "--email", "jo@example.com", "--event", "Expo")
    assert blank.code == 4
    assert "phone" in blank.err
    added = shell.json("add", "--name", "Jo Hill", "--email", "jo@example.com", "--event", "Expo", "--blanks", "--asks")
    assert added["became"] == "hot"
    shell.json("undo")
    assert shell.json("audit")["total"] == 0


def test_a_field_is_corrected_by_its_name_and_what_cannot_be_read_is_said(book: Shell) -> None:
    done = book.json("edit", "ann@example.com", "phones=+44 20 7946 0999", "title=CFO")
    assert done["label"].startswith("phones, title corrected · ")
    card = book.json("show", done["lead"])["card"]
    assert (card["phones_in_use"], card["title"]) == (["+442079460999"], "CFO")
    assert book("edit", done["lead"], "phones=later").code == 4
    assert book("edit", done["lead"], "CFO").code == 2
    assert "no field “shoes”" in book("edit", done["lead"], "shoes=1").err
    book("undo")
    assert book.json("show", done["lead"])["card"]["title"] != "CFO"
