"""Plans and the days of their steps (RULES §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.domain import events as ev
from callsheet.domain.business_time import Calendar
from callsheet.domain.plan import (
    Anchor,
    Plan,
    RunningPlan,
    Step,
    moved_to,
    open_step,
    schedule,
    step_for,
    working_day,
)
from callsheet.domain.rules import no_holidays
from tests.domain.journals import LONDON, PRIYA, Journal, at, with_calendar

CALENDAR = Calendar("Europe/London")
INBOUND = LONDON.plans["inbound-21", 1]
DAYS = (1, 2, 5, 7, 8, 10, 12, 14, 18, 21)


def running(plan: Plan, day0: date, **more: object) -> RunningPlan:
    started = datetime.combine(day0, CALENDAR.open, CALENDAR.tz)
    return replace(RunningPlan(plan.name, plan.version, day0, started), **more)  # type: ignore[arg-type]


def days_of(
    plan: Plan, day0: date, calendar: Calendar = CALENDAR, anchor: Anchor = "day0", **more: object
) -> tuple[date, ...]:
    return schedule(plan, running(plan, day0, **more), calendar, "", no_holidays, anchor)


def test_inbound_21_is_the_article_word_for_word() -> None:
    """S3: the days, the channels, what counts, what goes on whatever they say, and what must bring something."""
    channels = ("research", "email", "email", "linkedin", "phone", "email", "email", "post", "phone", "email")
    assert tuple(step.day for step in INBOUND.steps) == DAYS
    assert tuple(step.channel for step in INBOUND.steps) == channels
    assert [step.channel for step in INBOUND.steps if not step.counts] == ["research", "linkedin"]
    assert sum(step.counts for step in INBOUND.steps) == 8
    assert [step.day for step in INBOUND.steps if step.always] == [7]
    assert [step.day for step in INBOUND.steps if step.needs_asset] == [10]
    assert [step.day for step in INBOUND.steps if step.first_touch] == [2]
    assert INBOUND.then == "decide"


def test_the_other_plans_have_the_numbers_of_the_rules() -> None:
    hot, outbound, event = (LONDON.newest(name) for name in ("hot", "outbound", "event"))
    assert hot is not None
    assert outbound is not None
    assert event is not None
    assert sum(step.counts for step in hot.steps) == 10
    assert [step.day for step in hot.steps if step.channel == "phone" and not step.timed] == [2, 4, 7]
    assert [step.day for step in hot.steps if step.channel == "email" and not step.timed] == [1, 3, 6]
    assert [(step.channel, step.minutes, step.next_block) for step in hot.steps if step.timed] == [
        ("phone", 0, False), ("email", 0, False), ("phone", 45, False), ("phone", None, True),
    ]  # fmt: skip
    assert [(step.day, step.channel) for step in outbound.steps] == [
        (0, "phone"), (0, "email"), (2, "phone"), (4, "email"),
    ]  # fmt: skip
    assert outbound.then == "kick_back"
    assert [step.day for step in event.steps][:2] == [0, 1]
    assert [step.day for step in event.steps][2:] == [step.day for step in INBOUND.steps][2:]


WEEK = [date(2026, 11, 23) + timedelta(days=ahead) for ahead in range(7)]


@pytest.mark.parametrize("day0", WEEK, ids=lambda day: f"{day:%a}")
def test_from_every_weekday_the_plan_ends_on_day_21_or_the_first_working_day_after(day0: date) -> None:
    days = days_of(INBOUND, day0)
    assert days[-1] == CALENDAR.roll_forward(day0 + timedelta(days=21))
    assert list(days) == sorted(days)
    assert all(CALENDAR.is_working_day(day) for day in days)
    for step, day in zip(INBOUND.steps, days, strict=True):
        assert day >= day0 + timedelta(days=step.day)


@pytest.mark.parametrize(
    ("day0", "expected"),
    [
        # Monday: only day 5 (Sat), 7 (Mon), 12 (Sat), … are touched by weekends.
        ("2026-11-23", "11-24 11-25 11-30 11-30 12-01 12-03 12-07 12-07 12-11 12-14"),
        ("2026-11-24", "11-25 11-26 11-30 12-01 12-02 12-04 12-07 12-08 12-14 12-15"),
        # Wednesday: day 10 is a Saturday and day 12 the Monday after, so that the two mails would meet: one day apart.
        ("2026-11-25", "11-26 11-27 11-30 12-02 12-03 12-07 12-08 12-09 12-14 12-16"),
        ("2026-11-26", "11-27 11-30 12-01 12-03 12-04 12-07 12-08 12-10 12-14 12-17"),
        ("2026-11-27", "11-30 11-30 12-02 12-04 12-07 12-07 12-09 12-11 12-15 12-18"),
        ("2026-11-28", "11-30 11-30 12-03 12-07 12-07 12-08 12-10 12-14 12-16 12-21"),
        ("2026-11-29", "11-30 12-01 12-04 12-07 12-07 12-09 12-11 12-14 12-17 12-21"),
    ],
)
def test_the_days_from_each_weekday(day0: str, expected: str) -> None:
    days = days_of(INBOUND, date.fromisoformat(day0))
    assert " ".join(f"{day:%m-%d}" for day in days) == expected


def test_holidays_and_days_off_roll_forward_and_later_steps_keep_their_anchor() -> None:
    christmas = Calendar(
        "Europe/London",
        holidays=frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}),
        days_off=frozenset({date(2026, 12, 24)}),
    )
    days = days_of(INBOUND, date(2026, 12, 17), christmas)
    # day 7 is the day off, day 8 Christmas; both roll to the 29th; day 10 and 12 keep their own anchor.
    assert " ".join(f"{day:%m-%d}" for day in days) == "12-18 12-21 12-22 12-29 12-29 12-29 12-30 12-31 01-04 01-07"


def test_a_holiday_in_the_leads_country_counts_as_well() -> None:
    def off(country: str, day: date) -> bool:
        return country == "US" and day == date(2026, 11, 26)

    plan = running(INBOUND, date(2026, 11, 24))
    assert schedule(INBOUND, plan, CALENDAR, "US", off)[1] == date(2026, 11, 27)
    assert schedule(INBOUND, plan, CALENDAR, "GB", off)[1] == date(2026, 11, 26)
    assert working_day(date(2026, 11, 26), CALENDAR, "US", off) == date(2026, 11, 27)


@pytest.mark.parametrize(("zone", "day0"), [("Europe/London", "2026-10-12"), ("America/New_York", "2026-03-02")])
def test_a_change_of_the_clocks_moves_no_day(zone: str, day0: str) -> None:
    start = date.fromisoformat(day0)
    days = days_of(INBOUND, start, Calendar(zone))
    assert days[-1] == start + timedelta(days=21)
    assert [(day - start).days for day in days] == [1, 2, 7, 7, 8, 10, 14, 14, 18, 21]


def test_anchored_to_the_step_before_distances_are_kept_instead() -> None:
    late = {0: date(2026, 11, 24), 1: date(2026, 12, 1)}  # the first mail went out six days late
    anchored = days_of(INBOUND, date(2026, 11, 23), done=late)
    previous = days_of(INBOUND, date(2026, 11, 23), anchor="previous", done=late)
    assert anchored[-1] == date(2026, 12, 14)
    assert previous[2] == date(2026, 12, 4)
    assert previous[-1] > anchored[-1]


def test_the_same_channel_stays_a_business_day_apart_from_what_was_really_done() -> None:
    day0 = date(2026, 11, 23)
    mailed = datetime(2026, 11, 30, 10, tzinfo=CALENDAR.tz)
    days = days_of(INBOUND, day0, done={0: day0, 1: mailed.date()}, tried={"email": mailed})
    assert days[2] == date(2026, 12, 1)  # day 5 was Saturday the 28th: the mail of Monday pushes it to Tuesday
    assert days[3] == date(2026, 11, 30)  # another channel does not wait


@given(
    day0=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2028, 3, 1)), max_size=60),
    done=st.integers(0, 10),
)
@settings(max_examples=150)
def test_no_two_open_steps_of_one_channel_share_a_day(day0: date, holidays: frozenset[date], done: int) -> None:
    calendar = Calendar("Europe/London", holidays=holidays)
    all_days = days_of(INBOUND, day0, calendar)
    days = days_of(INBOUND, day0, calendar, done=dict(enumerate(all_days[:done])))
    assert days == all_days  # doing each step on its day changes nothing
    by_channel: dict[str, list[date]] = {}
    for step, day in zip(INBOUND.steps, days, strict=True):
        assert calendar.is_working_day(day)
        assert day >= day0 + timedelta(days=step.day)
        if step.counts:
            by_channel.setdefault(step.channel, []).append(day)
    for same in by_channel.values():
        assert all(before < after for before, after in pairwise(same))


def test_moving_a_step_moves_that_one_alone() -> None:
    moved = days_of(INBOUND, date(2026, 11, 23), moved={5: date(2026, 12, 1)})
    plain = days_of(INBOUND, date(2026, 11, 23))
    assert moved[5] == date(2026, 12, 1)
    assert [a for i, a in enumerate(moved) if i != 5] == [b for i, b in enumerate(plain) if i != 5]


# Which step an attempt does ---------------------------------------------------------------------------------------


def test_an_attempt_does_the_open_step_or_the_first_of_its_channel_that_is_due() -> None:
    day0 = date(2026, 11, 23)
    days = days_of(INBOUND, day0)
    plan = running(INBOUND, day0)
    assert step_for(INBOUND, plan, "research", day0, days) == 0
    assert step_for(INBOUND, plan, "email", day0, days) == 1  # the research gate can be overridden
    assert step_for(INBOUND, plan, "phone", day0, days) is None  # out of turn: it counts, and no step is done
    done = running(INBOUND, day0, done={0: day0, 1: day0, 2: day0})
    assert open_step(INBOUND, done) == 3
    assert step_for(INBOUND, done, "phone", date(2026, 12, 1), days) == 4  # due, though the invite is still open
    assert step_for(INBOUND, done, "phone", date(2026, 11, 30), days) is None


def test_a_call_that_has_to_be_a_mail_is_done_by_a_mail() -> None:
    nobody_to_call = replace(PRIYA, phones=())
    journal = Journal().start(at("2026-11-23 10:00"), profile=nobody_to_call)
    seen = [journal.do()[1] for _ in range(10)]
    assert seen == ["research", "email", "email", "linkedin", "email", "email", "email", "post", "email", "email"]
    assert journal.entry.decision == "cap"


# Versions ---------------------------------------------------------------------------------------------------------


def step(channel: str, label: str, day: int) -> Step:
    return Step(channel, label, day)  # type: ignore[arg-type]


def test_moving_to_a_new_version_keeps_what_was_done_and_adds_what_is_new() -> None:
    old = Plan("p", 1, "", (step("email", "intro", 1), step("phone", "call", 3), step("email", "bye", 5)))
    new = Plan(
        "p", 2, "",
        (
            step("email", "intro", 1), step("phone", "call", 3), step("linkedin", "invite", 4),
            step("email", "article", 6), step("email", "bye", 9),
        ),
    )  # fmt: skip
    day = date(2026, 11, 24)
    moved = moved_to(running(old, date(2026, 11, 23), done={0: day, 1: day}, moved={2: day}), old, new)
    assert moved.version == 2
    assert set(moved.done) == {0, 1}
    assert moved.moved == {4: day}  # bye is bye, at its new place
    assert open_step(new, moved) == 2


def test_a_plan_never_goes_back_for_a_step_that_was_put_before_one_already_done() -> None:
    old = Plan("p", 1, "", (step("email", "intro", 1), step("phone", "call", 3)))
    new = Plan("p", 2, "", (step("email", "intro", 1), step("post", "card", 2), step("phone", "call", 3)))
    moved = moved_to(running(old, WEEK[0], done={0: WEEK[1], 1: WEEK[2]}), old, new)
    assert open_step(new, moved) is None


def test_a_plan_runs_forwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Plan("p", 1, "", (step("email", "b", 3), step("email", "a", 1)))
    with pytest.raises(ValueError, match="no steps"):
        Plan("p", 1, "", ())


# Played through ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day0", WEEK, ids=lambda day: f"{day:%a}")
def test_a_plan_played_through_does_every_step_once_and_then_asks_for_the_decision(day0: date) -> None:
    journal = Journal().start(at(f"{day0} 10:00"))
    labels = [journal.do()[2] for _ in INBOUND.steps]
    assert labels == [step.label for step in INBOUND.steps]
    last = journal.rules.calendar.day_of(journal.events[-1].at)
    assert last == CALENDAR.roll_forward(day0 + timedelta(days=21))
    assert journal.lead.tally.counted == 8
    assert journal.entry.decision == "cap"


def test_first_contact_is_due_by_the_promise_and_as_written_keeps_day_2() -> None:
    monday = at("2026-11-23 10:00")
    first = Journal().start(monday)
    first.do()
    assert (first.entry.label, first.local_due()) == ("introduce yourself", "Tue 2026-11-24 10:00")
    written = Journal(replace(LONDON, profile="as-written")).start(monday)
    written.do()
    assert (written.entry.label, written.local_due()) == ("introduce yourself", "Wed 2026-11-25 09:00")
    assert written.entry.promise_at == at("2026-11-24 10:00")  # the promise runs all the same


@pytest.mark.parametrize(
    ("received", "first"),
    [
        ("2026-11-23 10:00", "Tue 2026-11-24"), ("2026-11-27 16:00", "Mon 2026-11-30"),
        ("2026-11-28 12:00", "Mon 2026-11-30"), ("2026-11-29 12:00", "Mon 2026-11-30"),
    ],
)  # fmt: skip
def test_after_an_event_the_first_touch_is_the_same_or_the_next_business_day(received: str, first: str) -> None:
    journal = Journal().start(at(received), "event")
    journal.do()
    assert journal.entry.label == "name the event and answer what they asked"
    assert journal.local_due().startswith(first)


def test_outbound_is_kicked_back_after_four_tries() -> None:
    journal = Journal().start(at("2026-11-24 10:00"), "outbound")
    assert [journal.do()[1] for _ in range(4)] == ["phone", "email", "phone", "email"]
    assert (journal.entry.decision, journal.entry.cap) == ("kick_back", 4)
    assert journal.local_due() == "Tue 2026-12-01 09:00"  # the mail of day 4, a Saturday, went out on Monday


def test_a_hot_plan_to_the_end() -> None:
    """Call now and mail within the hour, second call 30 to 60 minutes later, next block, days 2, 4, 7 and 1, 3, 6."""
    journal = Journal().hot(at("2026-11-23 09:30"))
    done = [journal.do() for _ in range(10)]
    assert [(when, channel) for when, channel, _ in done] == [
        ("Mon 2026-11-23 09:30", "phone"), ("Mon 2026-11-23 09:31", "email"), ("Mon 2026-11-23 10:16", "phone"),
        ("Mon 2026-11-23 16:00", "phone"), ("Tue 2026-11-24 09:00", "email"), ("Wed 2026-11-25 08:30", "phone"),
        ("Thu 2026-11-26 09:00", "email"), ("Fri 2026-11-27 16:00", "phone"), ("Mon 2026-11-30 09:00", "email"),
        ("Mon 2026-11-30 08:30", "phone"),
    ]  # fmt: skip
    assert journal.lead.tally.counted == 10
    assert (journal.entry.decision, journal.entry.kind) == ("cap", "step")


@pytest.mark.parametrize(
    ("first_call", "second_call", "block"),
    [
        ("2026-11-23 09:30", "Mon 2026-11-23 10:15", "Mon 2026-11-23 16:00"),
        ("2026-11-23 13:00", "Mon 2026-11-23 13:45", "Tue 2026-11-24 08:30"),
        ("2026-11-23 16:30", "Tue 2026-11-24 09:00", "Tue 2026-11-24 16:00"),  # 17:15 is after hours
        ("2026-11-28 12:00", "Mon 2026-11-30 09:00", "Mon 2026-11-30 16:00"),  # called on a Saturday
    ],
)
def test_the_second_call_waits_for_working_hours_and_the_third_for_the_other_block(
    first_call: str, second_call: str, block: str
) -> None:
    called = at(first_call)
    journal = Journal().hot(called - timedelta(minutes=1))
    journal.log(called, "no_answer")
    journal.log(called + timedelta(minutes=5), "sent", "email")
    assert (journal.entry.label, journal.local_due()) == ("2nd call", second_call)
    journal.log(journal.entry.due_at, "voicemail")
    assert (journal.entry.label, journal.local_due()) == ("3rd call", block)


def test_who_has_no_number_gets_one_mail_a_business_day_instead() -> None:
    journal = Journal().hot(at("2026-11-23 09:30"), replace(PRIYA, phones=()))
    days = []
    for _ in range(6):
        assert journal.entry.channel == "email"
        journal.do()
        days.append(journal.rules.calendar.day_of(journal.events[-1].at))
    assert len(set(days)) == len(days)


def test_nurture_brings_something_of_value_every_21_days_for_ever() -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    journal.add(at("2026-11-24 10:00"), ev.Nurtured(at("2026-12-15 09:00"), "renewal opens in Q1"))
    assert (journal.entry.kind, journal.entry.label) == ("nurture", "renewal opens in Q1 · something of value")
    due = []
    for _ in range(4):
        journal.log(journal.entry.due_at, "sent", "email")
        due.append(journal.local_due())
    assert due == ["Tue 2027-01-05 09:00", "Tue 2027-01-26 09:00", "Tue 2027-02-16 09:00", "Tue 2027-03-09 09:00"]
    every_week = replace(LONDON, nurture_days=7)
    assert Journal(every_week, events=journal.events).local_due() == "Tue 2027-02-23 09:00"


def test_an_endless_plan_begins_again() -> None:
    weekly = Plan("weekly", 1, "", (Step("email", "news", 0),), "repeat", 7)
    rules = replace(LONDON, plans={**LONDON.plans, ("weekly", 1): weekly}, caps={"weekly": 30})
    journal = Journal(rules).start(at("2026-11-23 10:00"), "weekly")
    seen = [journal.do()[0] for _ in range(3)]
    assert [day[:14] for day in seen] == ["Mon 2026-11-23", "Mon 2026-11-30", "Mon 2026-12-07"]


def test_days_off_of_the_rep_move_the_sheet() -> None:
    rules = with_calendar(LONDON, days_off=frozenset({date(2026, 11, 24), date(2026, 11, 25)}))
    journal = Journal(rules).start(at("2026-11-23 10:00"))
    assert journal.local_due() == "Thu 2026-11-26 09:00"
    journal.do()
    assert journal.local_due() == "Thu 2026-11-26 09:00"
    assert journal.entry.promise_at == at("2026-11-26 10:00")  # the promise waits for the rep to be back
