"""Why a lead is on the sheet, in the rep's words (RULES §4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.domain.why import ago, named_day, span, when_label, why
from tests.domain.journals import LONDON, Journal, at

NOW = at("2026-11-24 09:58")  # a Tuesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def said(journal: Journal, now: str) -> tuple[str, str, str]:
    moment = at(now)
    label = when_label(journal.entry, moment, LONDON)
    return label.text, label.tone, why(journal.entry, moment, LONDON)


def test_a_hot_lead_says_when_it_asked_what_is_promised_and_what_it_said() -> None:
    journal = Journal().hot(at("2026-11-23 10:00"))
    assert said(journal, "2026-11-23 10:04") == (
        "4m00s waiting", "now", "asked 4 min ago · promised by Tue 10:00 · “Pricing for 40 seats”",
    )  # fmt: skip
    assert said(journal, "2026-11-24 06:50")[:2] == ("3h10 left", "soon")
    assert said(journal, "2026-11-24 10:40") == (
        "breached 0:40", "broken", "asked 24 h ago · promise broken 40 min ago · “Pricing for 40 seats”",
    )  # fmt: skip
    journal.log(at("2026-11-24 10:41"), "no_answer")
    assert said(journal, "2026-11-24 10:42") == (
        "now", "now", "tried 10:41 · mail within the hour · 1 of 10 touches · “Pricing for 40 seats”",
    )  # fmt: skip
    journal.log(at("2026-11-24 10:45"), "sent", "email")
    assert said(journal, "2026-11-24 10:50") == (
        "11:26", "dim", "tried, again at 11:26 · 2nd call · “Pricing for 40 seats”",
    )  # fmt: skip
    journal.log(at("2026-11-24 11:30"), "voicemail")
    assert said(journal, "2026-11-24 11:31")[2].startswith("tried, again at 16:00 · 3rd call")


def test_a_request_without_words_says_how_it_came() -> None:
    journal = Journal()
    journal.capture(NOW)
    journal.add(NOW, ev.Interaction("sales_email"), ev.Promoted("hot"))
    assert why(journal.entry, NOW, LONDON) == "asked just now · promised by Wed 09:58 · emailed sales"


def test_a_plan_step_says_its_day_and_how_far_it_has_come() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    assert said(journal, "2026-11-23 10:05") == (
        "tomorrow", "dim", "promised by Tue 10:00 · day 1 · research · 0 of 8 touches",
    )  # fmt: skip
    for _ in range(4):
        journal.do()
    assert said(journal, "2026-12-01 09:58") == ("today", "normal", "day 8 · 1st call · 2 of 8 touches")
    assert said(journal, "2026-12-02 09:58") == ("1d late", "soon", "1 day late · day 8 · 1st call · 2 of 8 touches")
    assert said(journal, "2026-12-03 09:58")[0] == "2d late"
    assert said(journal, "2026-11-30 09:58")[0] == "tomorrow"
    assert said(journal, "2026-11-27 09:58")[0] == "Tue 1"
    assert said(journal, "2026-11-20 09:58")[0] == "Dec 1"


def test_the_review_at_six_and_the_decision_at_the_cap_say_so() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    while journal.entry.unanswered < 6:
        journal.do()
    assert why(journal.entry, journal.entry.due_at, LONDON) == (
        "day 18 · 2nd call · 6 of 8 touches · go on, or record it and move on?"
    )
    journal.do()
    journal.do()
    assert why(journal.entry, journal.entry.due_at, LONDON) == (
        "8 of 8 touches, no answer · decide: move on, nurture or kick back"
    )


def test_outbound_says_that_it_goes_back() -> None:
    journal = Journal().start(at("2026-11-24 10:00"), "outbound")
    for _ in range(4):
        journal.do()
    assert why(journal.entry, journal.entry.due_at, LONDON) == "4 of 4 touches, no answer · kick back with the history"


def test_a_promise_in_the_due_pane() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.do()
    assert said(journal, "2026-11-24 09:15")[:2] == ("45m left", "soon")
    assert said(journal, "2026-11-24 10:40") == (
        "breached 0:40", "broken", "promise broken 40 min ago · day 2 · introduce yourself · 0 of 8 touches",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "text", "tone", "reason"),
    [
        ("2026-11-24 10:26", "10:30 promised", "now", "10:30 promised · pricing call"),
        ("2026-11-24 09:58", "10:30 promised", "normal", "10:30 promised · pricing call"),
        ("2026-11-24 11:10", "10:30 promised", "broken", "promise broken 40 min ago · pricing call"),
        ("2026-11-26 09:00", "2d late", "broken", "promise broken 46 h ago · pricing call"),
        ("2026-11-23 09:00", "tomorrow", "dim", "promised Tue 10:30 · pricing call"),
        ("2026-11-16 09:00", "Nov 24", "dim", "promised Nov 24 10:30 · pricing call"),
    ],
)
def test_a_commitment_says_its_time_and_what_for(now: str, text: str, tone: str, reason: str) -> None:
    journal = Journal().start(at("2026-11-11 10:00"))
    journal.log(at("2026-11-11 11:00"), "sent", "email")
    journal.add(at("2026-11-11 12:00"), ev.NextStepSet("advance", at("2026-11-24 10:30"), "phone", "pricing call"))
    journal.add(at("2026-11-12 11:00"), ev.StepMoved(3, at("2026-12-24 09:00").date()))  # the invite on LinkedIn
    assert said(journal, now) == (text, tone, reason)


def test_a_missed_commitment_says_so() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "sent", "email")
    journal.add(at("2026-11-23 12:00"), ev.NextStepSet("advance", at("2026-11-24 10:30"), "phone", "pricing call"))
    journal.log(at("2026-11-24 10:30"), "no_answer", "phone")
    assert said(journal, "2026-11-24 10:31")[2] == "16:00 promised · pricing call · missed once"


def test_an_answer_says_when_it_came_and_what_to_do() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "sent", "email")
    journal.add(at("2026-11-24 10:12"), ev.Interaction("reply"), origin="crm")
    assert said(journal, "2026-11-24 12:00")[2] == ("replied 10:12 · agree the next step · promised by Wed 10:12")
    assert said(journal, "2026-11-25 09:12")[0] == "1h00 left"
    assert said(journal, "2026-11-25 09:12")[2].startswith("replied Tue 10:12 · agree the next step")


def test_a_refusal_asks_for_the_decision() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "not_interested", "phone")
    assert said(journal, "2026-11-24 12:00")[2] == "said no Mon 11:00 · decide: nurture or close"


def test_a_busy_line_says_when_again() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "busy", "phone")
    assert said(journal, "2026-11-23 11:01")[2].startswith("busy, again at 11:15")


def test_stale_conversations_are_red_after_72_hours() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "connected", "phone")
    journal.add(at("2026-11-23 11:00"), ev.NextStepSet("advance", at("2026-12-20 10:30"), "phone", "pricing"))
    assert said(journal, "2026-11-25 12:00") == (
        "2d silent", "soon", "spoke Mon 11:00 · nothing sent since · write what you agreed",
    )  # fmt: skip
    assert said(journal, "2026-11-26 11:00")[:2] == ("3d silent", "broken")


def test_an_unaccepted_invite_says_when_the_meeting_is() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.log(at("2026-11-23 11:00"), "meeting", "phone")
    start = at("2026-11-26 16:00")
    journal.add(
        at("2026-11-23 11:00"), ev.NextStepSet("advance", start, "meeting", "demo"),
        ev.InviteSent("u", start, start + HOUR, "Demo"),
    )  # fmt: skip
    assert said(journal, "2026-11-24 11:30")[2] == "invite not accepted · Demo Thu 16:00"
    for day in (24, 25, 26):
        journal.log(at(f"2026-11-{day} 11:00"), "sent", "email")
    assert said(journal, "2026-11-26 12:00")[2] == "invite not accepted · Demo 16:00 · 4h00 to go: call"


def test_nurture_and_adrift() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.add(at("2026-11-24 10:00"), ev.Nurtured(at("2026-12-15 09:00"), "renewal opens in Q1"))
    assert said(journal, "2026-11-24 12:00") == (
        "Dec 15", "dim", "nurture · renewal opens in Q1 · something of value",
    )  # fmt: skip
    drifting = Journal()
    drifting.capture(NOW)
    drifting.add(NOW, ev.Promoted("lead"))
    drifting.log(NOW, "sent", "email")
    assert said(drifting, "2026-11-24 12:00") == ("no date", "soon", "no next step · decide what comes next")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0 * MINUTE, "just now"), (4 * MINUTE, "4 min ago"), (59 * MINUTE, "59 min ago"), (HOUR, "1 h ago"),
        (47 * HOUR, "47 h ago"), (48 * HOUR, "2 days ago"), (-HOUR, "just now"),
    ],
)  # fmt: skip
def test_how_long_ago(length: timedelta, text: str) -> None:
    assert ago(length) == text


def test_spans_and_days() -> None:
    assert span(252 * timedelta(seconds=1), seconds=True) == "4m12s"
    assert (span(3 * HOUR + 10 * MINUTE), span(45 * MINUTE), span(50 * HOUR)) == ("3h10", "45m", "2d")
    today = NOW.date()
    assert named_day(today + 2 * DAY, today) == "Thu 26"
    assert named_day(today + 21 * DAY, today) == "Dec 15"
    assert named_day(today + 400 * DAY, today) == "Dec 29 2027"


@pytest.mark.parametrize("kind", ["contact_form", "sales_email", "inbound_call", "score", "event_form"])
def test_every_entry_has_a_reason(kind: ev.InteractionKind) -> None:
    journal = Journal()
    journal.capture(NOW)
    journal.add(NOW, ev.Interaction(kind), ev.Promoted("hot"))
    assert why(journal.entry, NOW + MINUTE, LONDON)
    assert when_label(journal.entry, NOW + MINUTE, LONDON).text
