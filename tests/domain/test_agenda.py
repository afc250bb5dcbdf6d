"""The order of the sheet (RULES §4)."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.domain import events as ev
from callsheet.domain.agenda import SECTIONS, Entry, at_moment, end_of_day, place
from tests.domain.journals import LONDON, PRIYA, Journal, at

NOW = at("2026-11-24 09:58")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def entry(lead: str = "a", **changes: object) -> Entry:
    base = Entry(lead, "step", "phone", NOW, NOW - DAY)
    return replace(base, **changes)  # type: ignore[arg-type]


def hot(lead: str, asked: timedelta, **changes: object) -> Entry:
    received = NOW - asked
    return entry(
        lead, **{"kind": "hot", "due_at": received, "received_at": received, "promise_at": received + DAY, **changes}
    )


def section(one: Entry) -> tuple[str, str]:
    found = place(one, NOW, LONDON)
    return found.pane, found.section


@pytest.mark.parametrize(
    ("one", "where"),
    [
        (hot("a", 14 * MINUTE), ("hot", "golden")),
        (hot("a", 15 * MINUTE), ("hot", "promised")),
        (hot("a", DAY + 40 * MINUTE), ("hot", "promised")),
        (hot("a", HOUR, tried=True, promise_at=None, due_at=NOW + HOUR), ("hot", "waiting")),
        (hot("a", 5 * MINUTE, tried=True, promise_at=None, due_at=NOW), ("hot", "promised")),
        (entry(kind="commitment", commitment_at=NOW + 5 * MINUTE, due_at=NOW + 5 * MINUTE), ("due", "commitments")),
        (entry(kind="commitment", commitment_at=NOW + 6 * MINUTE, due_at=NOW + 6 * MINUTE), ("later", "later")),
        (entry(kind="commitment", commitment_at=NOW - DAY, due_at=NOW - DAY), ("due", "commitments")),
        (hot("a", HOUR, commitment_at=NOW), ("due", "commitments")),
        (entry(promise_at=NOW + 2 * HOUR, due_at=NOW + DAY), ("due", "promises")),
        (entry(promise_at=NOW + 2 * HOUR + MINUTE, due_at=NOW + 2 * DAY), ("later", "later")),
        (entry(promise_at=NOW - DAY), ("due", "promises")),
        (entry(due_at=NOW - 9 * DAY), ("due", "steps")),
        (entry(due_at=at("2026-11-24 23:59")), ("due", "steps")),
        (entry(due_at=at("2026-11-25 00:00")), ("later", "later")),
        (entry(kind="nurture", due_at=NOW - HOUR), ("due", "steps")),
        (entry(kind="nurture", due_at=NOW + DAY), ("later", "later")),
        (entry(kind="invite", due_at=NOW), ("due", "loose")),
        (entry(kind="stale", due_at=NOW - DAY), ("due", "loose")),
        (entry(kind="invite", due_at=NOW + MINUTE), ("later", "later")),
        (entry(kind="adrift", due_at=NOW), ("due", "adrift")),
    ],
)
def test_where_an_entry_stands(one: Entry, where: tuple[str, str]) -> None:
    assert section(one) == where


def test_hot_golden_newest_first_then_by_promise_and_the_waiting_last() -> None:
    sheet = [
        hot("fresh", 2 * MINUTE), hot("newer", 1 * MINUTE), hot("broken", DAY + 40 * MINUTE), hot("soon", 21 * HOUR),
        hot("tried", 3 * HOUR, tried=True, promise_at=None),
        hot("late try", 3 * HOUR, tried=True, promise_at=None, due_at=NOW + 2 * HOUR),
        hot("next try", 3 * HOUR, tried=True, promise_at=None, due_at=NOW + HOUR),
    ]  # fmt: skip
    random.Random(5).shuffle(sheet)
    order = [one.lead for one in sorted(sheet, key=lambda one: place(one, NOW, LONDON).key)]
    assert order == ["newer", "fresh", "broken", "soon", "tried", "next try", "late try"]


def test_the_sheet_from_top_to_bottom() -> None:
    sheet = [
        hot("01 hot", MINUTE),
        entry("02 agreed", kind="commitment", due_at=NOW, commitment_at=NOW),
        entry("03 broken", promise_at=NOW - HOUR),
        entry("04 about to break", promise_at=NOW + HOUR),
        entry("05 overdue", due_at=NOW - 3 * DAY),
        entry("06 today", due_at=NOW),
        entry("07 invite", kind="invite", due_at=NOW - 9 * DAY),
        entry("08 adrift", kind="adrift", due_at=NOW - 9 * DAY),
        entry("09 tomorrow", due_at=NOW + DAY),
        entry("10 nurture", kind="nurture", due_at=NOW + 20 * DAY),
    ]
    random.Random(7).shuffle(sheet)
    order = [one.lead for one in sorted(sheet, key=lambda one: place(one, NOW, LONDON).key)]
    assert order == sorted(order)
    panes = [place(one, NOW, LONDON).pane for one in sorted(sheet, key=lambda one: place(one, NOW, LONDON).key)]
    assert panes == ["hot", *["due"] * 7, *["later"] * 2]


def test_ties_go_by_promise_then_fewest_attempts_then_oldest_then_id() -> None:
    base = {"due_at": NOW - HOUR}
    sheet = [
        entry("z", **base, promise_at=NOW + 5 * HOUR),
        entry("y", **base, promise_at=NOW + 6 * HOUR),
        entry("x", **base, counted=0, received_at=NOW),
        entry("w", **base, counted=1, received_at=NOW - 3 * DAY),
        entry("u", **base, counted=1, received_at=NOW - 2 * DAY),
        entry("v", **base, counted=1, received_at=NOW - 2 * DAY),
    ]
    order = [one.lead for one in sorted(sheet, key=lambda one: place(one, NOW, LONDON).key)]
    assert order == ["z", "y", "x", "w", "u", "v"]


MOMENTS = st.integers(-3000, 3000).map(lambda minutes: NOW + minutes * MINUTE)
ENTRIES = st.builds(
    Entry,
    lead=st.uuids().map(str),
    kind=st.sampled_from(["hot", "commitment", "step", "invite", "stale", "adrift", "nurture"]),
    channel=st.just("phone"),
    due_at=MOMENTS,
    received_at=MOMENTS,
    promise_at=st.none() | MOMENTS,
    commitment_at=st.none() | MOMENTS,
    counted=st.integers(0, 3),
)


@given(st.lists(ENTRIES, max_size=40, unique_by=lambda one: one.lead), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_is_total_and_the_same_however_the_entries_come(sheet: list[Entry], shuffled: random.Random) -> None:
    keys = {one.lead: place(one, NOW, LONDON).key for one in sheet}
    assert len(set(keys.values())) == len(sheet)
    first = sorted(sheet, key=lambda one: keys[one.lead])
    shuffled.shuffle(sheet)
    assert sorted(sheet, key=lambda one: keys[one.lead]) == first
    sections = [place(one, NOW, LONDON) for one in first]
    ranks = [SECTIONS.index((found.pane, found.section)) for found in sections]
    assert ranks == sorted(ranks)


def test_what_was_agreed_takes_over_five_minutes_before_its_time() -> None:
    agreed = NOW + 30 * MINUTE
    one = entry(kind="stale", commitment_at=agreed, commitment_channel="email", commitment_what="send the offer")
    assert at_moment(one, agreed - 6 * MINUTE, LONDON) == one
    taken = at_moment(one, agreed - 5 * MINUTE, LONDON)
    assert (taken.kind, taken.channel, taken.due_at, taken.label) == ("commitment", "email", agreed, "send the offer")


def test_the_end_of_today_is_the_reps_midnight() -> None:
    tokyo = replace(LONDON, calendar=replace(LONDON.calendar, zone="Asia/Tokyo"))
    assert end_of_day(at("2026-11-24 09:58", "Asia/Tokyo"), tokyo) == at("2026-11-25 00:00", "Asia/Tokyo")
    assert end_of_day(at("2026-10-25 12:00"), LONDON) == at("2026-10-26 00:00")  # a day of 25 hours


# On leads ---------------------------------------------------------------------------------------------------------


def test_a_hot_lead_from_request_to_waiting_and_back() -> None:
    asked = at("2026-11-24 09:54")
    journal = Journal().hot(asked)
    assert journal.place(NOW).section == "golden"
    assert journal.place(asked + 15 * MINUTE).section == "promised"
    journal.log(NOW, "no_answer")
    assert (journal.place(NOW).section, journal.entry.channel) == ("promised", "email")  # the mail, within the hour
    journal.log(NOW + MINUTE, "sent", "email")
    assert journal.place(NOW + 2 * MINUTE).section == "waiting"
    assert journal.entry.due_at == NOW + 45 * MINUTE
    assert journal.place(NOW + 45 * MINUTE).section == "promised"


def test_a_plan_step_moves_through_the_panes() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.do()
    journal.do()
    assert journal.local_due() == "Mon 2026-11-30 09:00"
    assert journal.place(at("2026-11-29 23:59")).section == "later"
    assert journal.place(at("2026-11-30 00:00")).section == "steps"
    assert journal.place(at("2026-12-09 00:00")).section == "steps"


def test_a_snooze_hides_a_lead_until_then_but_its_promise_keeps_running() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.do()
    journal.do()
    journal.add(at("2026-11-27 10:00"), ev.Snoozed(at("2026-12-03 14:00")))
    assert journal.entry.due_at == at("2026-12-03 14:00")
    hot_one = Journal().hot(at("2026-11-23 10:00"))
    hot_one.add(at("2026-11-23 10:01"), ev.Snoozed(at("2026-12-01 09:00")))
    assert hot_one.place(at("2026-11-23 10:02")).section == "waiting"
    assert hot_one.place(at("2026-11-24 08:00")).section == "promised"  # two hours of the promise are left
    fresh = Journal().start(at("2026-11-23 10:00"))
    fresh.add(at("2026-11-23 10:01"), ev.Snoozed(at("2026-12-01 09:00")))
    assert fresh.place(at("2026-11-24 08:00")).section == "promises"


def test_an_attempt_ends_the_snooze() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.add(at("2026-11-23 10:01"), ev.Snoozed(at("2026-12-01 09:00")))
    journal.log(at("2026-11-23 12:00"), "no_answer", "phone")
    assert journal.entry.due_at < at("2026-12-01 09:00")


def test_a_lead_without_any_next_action_is_adrift() -> None:
    journal = Journal()
    journal.capture(NOW)
    journal.add(NOW, ev.Promoted("lead"))
    journal.log(NOW, "no_answer", "phone")
    assert (journal.entry.kind, journal.place(NOW).section) == ("adrift", "adrift")


def test_without_number_and_address_there_is_research_to_do() -> None:
    journal = Journal().hot(NOW, replace(PRIYA, phones=(), emails=()))
    assert (journal.entry.kind, journal.entry.channel) == ("hot", "research")
    assert journal.place(NOW).section == "golden"


def test_the_entry_knows_how_far_it_has_come() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    for _ in range(4):
        journal.do()
    found = journal.entry
    assert (found.plan, found.version, found.day, found.step, found.nth, found.steps) == ("inbound-21", 1, 8, 4, 1, 8)
    assert (found.counted, found.floor, found.cap, found.review) == (2, 5, 8, False)
