"""Times as a rep types them: read in their zone, echoed in full, asked about when they can mean two things."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain.business_time import Calendar
from callsheet.domain.when import Ambiguous, Past, Unreadable, When, WhenError, parse_moment, parse_when, split_when

LONDON = Calendar("Europe/London", holidays=frozenset({date(2026, 12, 25)}))
NOW = datetime(2026, 11, 24, 10, 23, 40, tzinfo=UTC)
"""A Tuesday."""
Answer = TypeVar("Answer")
BLOCKS = ((time(8, 30), time(9, 45)), (time(16), time(17)))


def read(text: str, now: datetime = NOW, calendar: Calendar = LONDON) -> When:
    return parse_when(text, now, calendar, blocks=BLOCKS)


def clock(when: When, calendar: Calendar = LONDON) -> str:
    return calendar.local(when.at).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("thu 2p", "2026-11-26 14:00"),
        ("thu 14:00", "2026-11-26 14:00"),
        ("Thursday 2pm", "2026-11-26 14:00"),
        ("thu at 2 pm", "2026-11-26 14:00"),
        ("on thu at 2:30 p.m.", "2026-11-26 14:30"),
        ("2pm thu", "2026-11-26 14:00"),
        ("thu 14h30", "2026-11-26 14:30"),
        ("thu 14.00", "2026-11-26 14:00"),
        ("tomorrow 9:30", "2026-11-25 09:30"),
        ("tomorrow", "2026-11-25 09:00"),
        ("day after tomorrow", "2026-11-26 09:00"),
        ("today 16:00", "2026-11-24 16:00"),
        ("14:00", "2026-11-24 14:00"),
        ("2pm", "2026-11-24 14:00"),
        ("noon", "2026-11-24 12:00"),
        ("eod", "2026-11-24 17:00"),
        ("thu eod", "2026-11-26 17:00"),
        ("+3d", "2026-11-27 10:23"),
        ("+4d", "2026-11-30 10:23"),
        ("+2h", "2026-11-24 12:23"),
        ("+1h30", "2026-11-24 11:53"),
        ("+45m", "2026-11-24 11:08"),
        ("+1w", "2026-12-01 10:23"),
        ("in 2 weeks", "2026-12-08 10:23"),
        ("in a month", "2026-12-24 10:23"),
        ("in an hour", "2026-11-24 11:23"),
        ("in half an hour", "2026-11-24 10:53"),
        ("in 3 days at 10", "2026-11-27 10:00"),
        ("in 4 working days", "2026-11-30 10:23"),
        ("next block", "2026-11-24 16:00"),
        ("next week", "2026-11-30 09:00"),
        ("next month", "2026-12-01 09:00"),
        ("thu next week", "2026-12-03 09:00"),
        ("next mon", "2026-11-30 09:00"),
        ("next tue", "2026-12-01 09:00"),
        ("this fri 11:00", "2026-11-27 11:00"),
        ("monday", "2026-11-30 09:00"),
        ("mon morning", "2026-11-30 09:00"),
        ("mon afternoon", "2026-11-30 14:00"),
        ("first thing thu", "2026-11-26 09:00"),
        ("26.11. 14:00", "2026-11-26 14:00"),
        ("26.11.2026 14:00", "2026-11-26 14:00"),
        ("26.11.26 14:00", "2026-11-26 14:00"),
        ("2026-11-26 14:00", "2026-11-26 14:00"),
        ("2026-11-26T14:00", "2026-11-26 14:00"),
        ("2026-11-26T14:00Z", "2026-11-26 14:00"),
        ("2026-11-26T14:00:00.000+01:00", "2026-11-26 13:00"),
        ("2026-11-26 14:00 -05:00", "2026-11-26 19:00"),
        ("thu 14:00 utc+5:45", "2026-11-26 08:15"),
        ("11/26 2pm", "2026-11-26 14:00"),
        ("26/11 2pm", "2026-11-26 14:00"),
        ("nov 26 14:00", "2026-11-26 14:00"),
        ("26 nov 2p", "2026-11-26 14:00"),
        ("Nov. 26th, 2026 14:00", "2026-11-26 14:00"),
        ("thu 26 nov 14:00", "2026-11-26 14:00"),
        ("5 jan", "2027-01-05 09:00"),
        ("25.12.", "2026-12-28 09:00"),
        ("sat", "2026-11-30 09:00"),
        ("sat morning", "2026-11-30 09:00"),
        ("sun 14:00", "2026-11-29 14:00"),
        ("tomorrow 20:00", "2026-11-25 20:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(text: str, at: str) -> None:
    assert clock(read(text)) == at


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("thu 2p", "Thu 26 Nov 14:00 GMT · in 2 working days"),
        ("today 16:00", "Tue 24 Nov 16:00 GMT · today"),
        ("tomorrow", "Wed 25 Nov 09:00 GMT · tomorrow"),
        ("sun 14:00", "Sun 29 Nov 14:00 GMT · in 5 days (outside your hours)"),
        ("sat", "Mon 30 Nov 09:00 GMT · in 4 working days (Sat 28 Nov is no working day)"),
        ("5 jan", "Tue 5 Jan 2027 09:00 GMT · in 42 days"),
        ("28 mar 2027 01:30", "Sun 28 Mar 2027 02:30 BST · in 124 days (the clocks skip 01:30 that day)"),
    ],
)
def test_the_echo_says_what_was_understood(text: str, echo: str) -> None:
    assert read(text).echo == echo


@pytest.mark.parametrize("text", ["thu 2p", "tomorrow 20:00", "5 jan 10:00", "31 oct 2027 01:30 bst"])
def test_the_echo_can_be_typed_again(text: str) -> None:
    when = read(text)
    assert read(when.echo.partition(" · ")[0]).at == when.at


def test_only_a_day_without_a_time_is_all_day() -> None:
    assert read("tomorrow").all_day
    assert read("26.11.").all_day
    assert not any(read(text).all_day for text in ("tomorrow 9:30", "+3d", "mon morning", "next block"))


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("next thu", ["2026-11-26 09:00", "2026-12-03 09:00"]),
        ("tue 14:00", ["2026-11-24 14:00", "2026-12-01 14:00"]),
        ("thu 8", ["2026-11-26 08:00", "2026-11-26 20:00"]),
        ("31 oct 2027 01:30", ["2027-10-31 01:30", "2027-10-31 01:30"]),
    ],
)
def test_what_can_mean_two_things_is_asked(text: str, candidates: list[str]) -> None:
    with pytest.raises(Ambiguous) as asked:
        read(text)
    assert [clock(candidate) for candidate in asked.value.candidates] == candidates
    assert asked.value.candidates[0].echo != asked.value.candidates[1].echo


def test_two_numbers_are_a_date_or_a_time_until_one_of_them_is_over() -> None:
    early = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
    with pytest.raises(Ambiguous) as asked:
        read("10.11", early)
    assert [clock(candidate) for candidate in asked.value.candidates] == ["2026-11-09 10:11", "2026-11-10 09:00"]
    assert clock(read("10.12")) == "2026-12-10 09:00"  # 10:12 was eleven minutes ago


@pytest.mark.parametrize(
    ("text", "hours", "at"),
    [
        ("thu 2", (time(9), time(17)), "2026-11-26 14:00"),
        ("thu 9", (time(9), time(17)), "2026-11-26 09:00"),
        ("thu 12", (time(9), time(17)), "2026-11-26 12:00"),
        ("thu 14", (time(9), time(17)), "2026-11-26 14:00"),
        ("thu 2:30", (time(9), time(17)), "2026-11-26 14:30"),
        ("thu 02:30", (time(9), time(17)), "2026-11-26 02:30"),
        ("thu 8:30", (time(9), time(17)), "2026-11-26 08:30"),
        ("thu 7", (time(6), time(20)), None),
        ("thu 7:30", (time(6), time(20)), None),
    ],
)
def test_working_hours_decide_between_morning_and_afternoon(
    text: str, hours: tuple[time, time], at: str | None
) -> None:
    calendar = Calendar("Europe/London", *hours)
    if at is None:
        with pytest.raises(Ambiguous):
            read(text, calendar=calendar)
    else:
        assert clock(read(text, calendar=calendar)) == at


def test_the_order_of_a_date_is_a_setting_or_a_question() -> None:
    assert clock(parse_when("3/4/2027", NOW, LONDON, dates="dmy")) == "2027-04-05 09:00"
    assert clock(parse_when("3/4/2027", NOW, LONDON, dates="mdy")) == "2027-03-04 09:00"
    assert clock(parse_when("3.4.2027", NOW, LONDON, dates="mdy")) == "2027-04-05 09:00"
    assert clock(parse_when("26/11", NOW, LONDON, dates=None)) == "2026-11-26 09:00"
    with pytest.raises(Ambiguous) as asked:
        parse_when("3/4/2027 10:00", NOW, LONDON, dates=None)
    assert [clock(c) for c in asked.value.candidates] == ["2027-03-04 10:00", "2027-04-03 10:00"]


@pytest.mark.parametrize("text", ["9:00", "today", "today 8:00", "23 nov", "nov 23 10:00", "2020-01-01", "+0d", "now"])
def test_what_is_over_is_said_to_be_over(text: str) -> None:
    with pytest.raises(Past, match="is over: it was"):
        read(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "Try thu 14:00"),
        ("soon", "Try thu 14:00"),
        ("thu 25:00", "Try thu 14:00"),
        ("thu 14:00 est", "Try thu 14:00"),
        ("2h", "Try thu 14:00"),
        ("fri 26 nov", "in 2026 it is Thu 26 Nov"),
        ("30 feb", "30 Feb, a day that neither"),
        ("30.2.2027", "30 Feb, a day that 2027"),
        ("+9999w", "more than ten years away"),
        ("1.1.9999", "more than ten years away"),
        ("1.1.0001", "more than ten years away"),
    ],
)
def test_what_does_not_read_says_why(text: str, hint: str) -> None:
    with pytest.raises(Unreadable, match=hint):
        read(text)


def test_next_block_needs_blocks_and_skips_days_off() -> None:
    with pytest.raises(Unreadable, match="call blocks"):
        parse_when("next block", NOW, LONDON)
    friday_evening = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    assert clock(read("next block", friday_evening)) == "2026-11-30 08:30"


def test_a_count_of_days_keeps_the_wall_clock_across_a_change_and_stays_in_hours() -> None:
    before = datetime(2026, 3, 27, 10, 0, tzinfo=UTC)
    assert clock(read("+3d", before)) == "2026-03-30 10:00"
    late, early = datetime(2026, 11, 24, 18, 30, tzinfo=UTC), datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    assert clock(read("+3d", late)) == "2026-11-30 09:00"
    assert clock(read("+3d", early)) == "2026-11-27 09:00"


def test_the_reps_zone_decides() -> None:
    kathmandu = Calendar("Asia/Kathmandu")
    when = read("thu 2p", calendar=kathmandu)
    assert when.at == datetime(2026, 11, 26, 8, 15, tzinfo=UTC)
    assert when.echo == "Thu 26 Nov 14:00 UTC+5:45 · in 2 working days"
    auckland = Calendar("Pacific/Auckland")
    assert clock(read("today 23:30", calendar=auckland), auckland) == "2026-11-24 23:30"


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("thu 14:00 pricing call", "2026-11-26 14:00", "pricing call"),
        ("tomorrow: send the deck", "2026-11-25 09:00", "send the deck"),
        ("next block - try again", "2026-11-24 16:00", "try again"),
        ("26.11. 14:00, demo for 3 people", "2026-11-26 14:00", "demo for 3 people"),
        ("in 2 weeks at 10 am walk  through", "2026-12-08 10:00", "walk  through"),
        ("+3d", "2026-11-27 10:23", ""),
        ("thu at reception", "2026-11-26 09:00", "at reception"),
    ],
)
def test_a_time_is_split_from_what_it_is_for(text: str, at: str, rest: str) -> None:
    when, what = split_when(text, NOW, LONDON, blocks=BLOCKS)
    assert (clock(when), what) == (at, rest)


@pytest.mark.parametrize("text", ["yesterday", "21.11.", "sat 21 nov", "-3d", "-2d"])
def test_a_day_off_that_is_over_does_not_become_the_working_day_after_it(text: str) -> None:
    sunday = datetime(2026, 11, 22, 21, 50, tzinfo=UTC) if text != "-2d" else datetime(2026, 11, 23, 8, tzinfo=UTC)
    with pytest.raises(Past):
        read(text, sunday)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("pricing call", Unreadable),
        ("3 options to compare", Unreadable),
        ("2h workshop", Unreadable),
        ("thu 14:00 EST pricing", Unreadable),
        ("thu 8 pricing", Ambiguous),
        ("yesterday call", Past),
        ("", Unreadable),
    ],
)
def test_a_beginning_that_is_no_clear_time_is_asked_about(text: str, error: type[WhenError]) -> None:
    with pytest.raises(error):
        split_when(text, NOW, LONDON, blocks=BLOCKS)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("mon 16:30", "2026-11-23 16:30"),
        ("tue 16:30", "2026-11-24 16:30"),
        ("fri 9:00", "2026-11-20 09:00"),
        ("yesterday 10:00", "2026-11-23 10:00"),
        ("-2h", "2026-11-24 08:23"),
        ("2 days ago", "2026-11-22 10:23"),
        ("sun", "2026-11-22 09:00"),
        ("20 dec", "2026-12-20 09:00"),
        ("30 nov 2025", "2025-11-30 09:00"),
        ("2026-12-05T10:00Z", "2026-12-05 10:00"),
        ("tomorrow", "2026-11-25 09:00"),
    ],
)
def test_a_moment_may_lie_behind(text: str, at: str) -> None:
    assert clock(parse_moment(text, NOW, LONDON)) == at


def test_hostile_text_does_not_reach_the_message() -> None:
    with pytest.raises(Unreadable) as refused:
        read("\x1b]8;;http://evil\x07" + "z" * 500)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 200


VOCABULARY = (
    "thu mon next this week on at in a two 3 14:00 2 2p 9.30 10.11 26.11. 3/4 nov 26 feb 29 tomorrow today +3d +1h30 "
    "-2d noon eod morning block hour days weeks months am pm gmt utc+1 +01:00 2027-03-28 01:30 2026-11-26t14:00z "
    "working ago now 0 00:00 24:00 1.1.0001 31.12.9999 +9999mo"
)
PHRASES = st.lists(st.sampled_from(VOCABULARY.split()), max_size=6).map(" ".join) | st.text(max_size=30)
CALENDARS = st.builds(
    Calendar,
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Kiritimati"]),
    days=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ORDERS = st.sampled_from(["dmy", "mdy", None])


def answer(reader: Callable[..., Answer], *args: object, **options: object) -> Answer | WhenError:
    try:
        return reader(*args, **options)
    except WhenError as refused:
        return refused


@given(PHRASES, INSTANTS, CALENDARS, ORDERS)
def test_any_text_is_a_time_ahead_or_a_question(text: str, now: datetime, calendar: Calendar, dates: str) -> None:
    match answer(split_when, text, now, calendar, blocks=BLOCKS, dates=dates):
        case When(at=at), rest:
            assert at > now
            assert at.utcoffset() == timedelta(0)
            assert text.rstrip().endswith(rest)
        case Ambiguous(candidates=candidates):
            assert len(candidates) > 1
            assert all(candidate.at > now for candidate in candidates)
            assert sorted(candidates, key=lambda candidate: candidate.at) == list(candidates)
        case refused:
            assert isinstance(refused, WhenError)
            assert refused.hint


@given(PHRASES, INSTANTS, CALENDARS)
def test_a_whole_text_reads_the_same_alone_and_as_a_beginning(text: str, now: datetime, calendar: Calendar) -> None:
    whole = answer(parse_when, text, now, calendar, blocks=BLOCKS)
    if isinstance(whole, When):
        assert split_when(text, now, calendar, blocks=BLOCKS) == (whole, "")


@given(st.integers(1, 400), INSTANTS, CALENDARS)
def test_a_count_of_days_ends_in_working_hours(days: int, now: datetime, calendar: Calendar) -> None:
    when = parse_when(f"+{days}d", now, calendar)
    assert calendar.in_business_hours(when.at)
    assert calendar.day_of(when.at) >= calendar.day_of(now) + timedelta(days=days)


@given(PHRASES, INSTANTS, CALENDARS)
def test_any_text_is_a_moment_or_a_question(text: str, now: datetime, calendar: Calendar) -> None:
    moment = answer(parse_moment, text, now, calendar)
    assert moment.hint if isinstance(moment, WhenError) else moment.echo
