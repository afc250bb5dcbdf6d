"""The promise and the clocks around it, in every zone and across every change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callsheet.domain.business_time import Calendar, NoWorkingDay, delays, promise, target_due

LONDON = Calendar("Europe/London")
# 23 November 2026 is a Monday, and no clock changes in that week or the next.
MONDAY = date(2026, 11, 23)
WEEKDAYS = {"Mon": 0, "Tue": 1, "Wed": 2, "Thu": 3, "Fri": 4, "Sat": 5, "Sun": 6}


def at(words: str, zone: str = "Europe/London", week: date = MONDAY) -> datetime:
    """Read `Mon 09:00`, `+Mon 10:00` (the week after) in the week that starts at `week`."""
    day, clock = words.split()
    on = week + timedelta(days=WEEKDAYS[day.lstrip("+")] + 7 * day.count("+"))
    return datetime.combine(on, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("received", "business", "literal"),
    [
        ("Mon 09:00", "Tue 09:00", "Tue 09:00"),
        ("Mon 16:30", "Tue 16:30", "Tue 16:30"),
        ("Mon 17:00", "Tue 17:00", "Tue 17:00"),
        ("Mon 18:00", "Tue 17:00", "Tue 17:00"),
        ("Mon 07:00", "Tue 10:00", "Tue 07:00"),
        ("Mon 00:30", "Tue 10:00", "Tue 00:30"),
        ("Thu 23:59", "Fri 17:00", "Fri 17:00"),
        ("Fri 10:00", "+Mon 10:00", "Sat 10:00"),
        ("Fri 16:59", "+Mon 10:00", "Sat 16:59"),
        ("Sat 12:00", "+Mon 10:00", "Sun 12:00"),
        ("Sun 07:00", "+Mon 10:00", "+Mon 07:00"),
        ("Sun 12:00", "+Mon 12:00", "+Mon 12:00"),
        ("Sun 22:00", "+Mon 17:00", "+Mon 17:00"),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"])
def test_the_promise_vectors_hold_in_every_zone(zone: str, received: str, business: str, literal: str) -> None:
    calendar = Calendar(zone)
    assert promise(at(received, zone), calendar) == at(business, zone)
    assert promise(at(received, zone), calendar, "literal") == at(literal, zone)


def test_thursday_afternoon_before_a_holiday_is_promised_for_monday_morning() -> None:
    calendar = Calendar("Europe/London", holidays=frozenset({date(2026, 11, 27)}))
    assert promise(at("Thu 15:00"), calendar) == at("+Mon 10:00")


def test_a_personal_day_off_counts_like_a_holiday() -> None:
    calendar = Calendar("Europe/London", days_off=frozenset({date(2026, 11, 24), date(2026, 11, 25)}))
    assert promise(at("Mon 10:00"), calendar) == at("Thu 10:00")


def test_the_grace_never_reaches_past_closing_time() -> None:
    short = Calendar("Europe/London", open=time(9), close=time(9, 30))
    assert promise(at("Fri 10:00"), short) == at("+Mon 09:30")
    assert promise(at("Fri 10:00"), LONDON, grace=timedelta(hours=3)) == at("+Mon 12:00")


def test_a_promise_may_fall_into_lunch() -> None:
    assert promise(at("Mon 12:30"), Calendar("Europe/London", lunch=(time(12), time(13)))) == at("Tue 12:30")


@pytest.mark.parametrize(
    ("zone", "received", "due"),
    [
        # 24 hours are elapsed hours: the wall clock moves on by 25 in spring and by 23 in autumn.
        ("Europe/London", "2026-03-28 11:00", "2026-03-30 10:00"),
        ("Europe/London", "2026-03-27 18:00", "2026-03-30 10:00"),
        ("Europe/London", "2026-10-24 23:00", "2026-10-26 10:00"),
        ("America/New_York", "2026-03-07 12:00", "2026-03-09 10:00"),
        ("Pacific/Auckland", "2026-04-04 12:00", "2026-04-06 10:00"),
        ("Pacific/Auckland", "2026-09-26 12:00", "2026-09-28 10:00"),
    ],
)
def test_the_clocks_change_over_a_weekend(zone: str, received: str, due: str) -> None:
    assert promise(wall(received, zone), Calendar(zone)) == wall(due, zone)


def test_24_hours_are_elapsed_for_those_who_work_on_sundays() -> None:
    daily = Calendar("Europe/London", days=frozenset(range(7)))
    assert promise(wall("2026-03-28 11:00"), daily) == wall("2026-03-29 12:00")
    assert promise(wall("2026-10-24 11:00"), daily) == wall("2026-10-25 10:00")


def wall(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_openings_follow_the_wall_clock() -> None:
    assert LONDON.opening(date(2026, 3, 27)) == datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert LONDON.opening(date(2026, 3, 30)) == datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert Calendar("Asia/Kathmandu").closing(MONDAY) == datetime(2026, 11, 23, 11, 15, tzinfo=UTC)


def test_hours_inside_a_clock_change_are_read_one_way() -> None:
    early = Calendar("Europe/London", open=time(1, 30), close=time(2), days=frozenset(range(7)))
    gap, overlap = date(2026, 3, 29), date(2026, 10, 25)
    assert early.opening(gap) == early.closing(gap) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert early.opening(overlap) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert early.closing(overlap) == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_working_days_skip_weekends_holidays_and_days_off() -> None:
    calendar = Calendar("UTC", holidays=frozenset({date(2026, 12, 25)}), days_off=frozenset({date(2026, 12, 24)}))
    assert calendar.next_working_day(date(2026, 12, 23)) == date(2026, 12, 28)
    assert calendar.roll_forward(date(2026, 12, 23)) == date(2026, 12, 23)
    assert calendar.roll_forward(date(2026, 12, 24)) == date(2026, 12, 28)
    assert calendar.working_days_between(date(2026, 12, 23), date(2026, 12, 29)) == 2
    assert calendar.working_days_between(date(2026, 12, 29), date(2026, 12, 23)) == 0


def test_a_calendar_without_an_end_to_its_days_off_says_so() -> None:
    endless = frozenset(MONDAY + timedelta(days=n) for n in range(1100))
    with pytest.raises(NoWorkingDay, match="look at your days"):
        Calendar("UTC", days_off=endless).next_working_day(MONDAY)
    with pytest.raises(NoWorkingDay):
        LONDON.next_working_day(date.max)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Europe/Nowhere"},
        {"zone": ""},
        {"zone": "../etc/passwd"},
        {"zone": "Europe"},
        {"zone": "UTC", "open": time(17), "close": time(9)},
        {"zone": "UTC", "days": frozenset()},
        {"zone": "UTC", "days": frozenset({7})},
        {"zone": "UTC", "lunch": (time(8), time(9, 30))},
    ],
)
def test_an_unusable_calendar_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"zone|day"):
        Calendar(**wrong)  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        promise(datetime(2026, 11, 23, 9), LONDON)  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("Mon 09:00", "Mon 17:00", 7),
        ("Mon 16:00", "Tue 10:00", 2),
        ("Mon 11:30", "Mon 12:30", 0.5),
        ("Mon 12:15", "Mon 12:45", 0),
        ("Fri 16:00", "+Mon 10:00", 2),
        ("Sat 10:00", "Sun 10:00", 0),
        ("Tue 10:00", "Mon 10:00", 0),
    ],
)
def test_working_time_leaves_lunch_and_nights_out(a: str, b: str, hours: float) -> None:
    calendar = Calendar("Europe/London", lunch=(time(12), time(13)))
    assert calendar.working_time_between(at(a), at(b)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("received", "minutes", "due"),
    [
        ("Mon 10:00", 5, "Mon 10:05"),
        ("Mon 16:58", 5, "Tue 09:03"),
        ("Mon 16:55", 5, "Mon 17:00"),
        ("Sat 12:00", 5, "+Mon 09:05"),
        ("Fri 16:30", 60, "+Mon 09:30"),
        ("Mon 11:45", 60, "Mon 13:45"),
        ("Mon 07:00", 60, "Mon 10:00"),
        ("Sat 12:00", 0, "+Mon 09:00"),
    ],
)
def test_the_target_runs_in_working_time(received: str, minutes: int, due: str) -> None:
    calendar = Calendar("Europe/London", lunch=(time(12), time(13)))
    assert target_due(at(received), calendar, timedelta(minutes=minutes)) == at(due)


def test_a_response_time_is_split_into_whose_delay_it_was() -> None:
    split = delays(
        LONDON, created=at("Mon 15:00"), received=at("Mon 16:00"), seen=at("Tue 09:30"), touched=at("Tue 11:00")
    )
    assert (split.system.elapsed, split.system.working) == (timedelta(hours=1), timedelta(hours=1))
    assert (split.offline.elapsed, split.offline.working) == (timedelta(hours=17.5), timedelta(hours=1.5))
    assert (split.rep.elapsed, split.rep.working) == (timedelta(hours=1.5), timedelta(hours=1.5))
    assert (split.total.elapsed, split.total.working) == (timedelta(hours=20), timedelta(hours=4))


def test_a_call_before_the_system_passed_the_lead_on_costs_the_rep_nothing() -> None:
    split = delays(LONDON, created=at("Mon 09:00"), received=at("Mon 12:00"), seen=None, touched=at("Mon 10:00"))
    assert split.system.elapsed == timedelta(hours=1)
    assert split.offline.elapsed == split.rep.elapsed == timedelta(0)


def test_equal_calendars_are_one_key() -> None:
    LONDON.opening(MONDAY)
    assert Calendar("Europe/London") == LONDON
    assert hash(LONDON) == hash(Calendar("Europe/London"))


ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Australia/Lord_Howe", "UTC"]
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DATES = st.dates(date(2026, 1, 1), date(2028, 1, 1))
SPANS = st.timedeltas(timedelta(0), timedelta(days=20))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    hours = sorted(draw(st.lists(st.times(), min_size=2, max_size=2, unique=True)))
    opens, closes = draw(st.sampled_from([(time(9), time(17)), (time(6), time(14)), (hours[0], hours[1])]))
    return Calendar(
        draw(ZONES),
        opens,
        closes,
        frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        holidays=frozenset(draw(st.sets(DATES, max_size=20))),
        days_off=frozenset(draw(st.sets(DATES, max_size=20))),
        lunch=draw(st.sampled_from([None, (time(12), time(12, 45))])) if (opens, closes) != tuple(hours) else None,
    )


@given(calendars(), INSTANTS)
def test_a_business_promise_is_due_in_business_hours(calendar: Calendar, t: datetime) -> None:
    due = promise(t, calendar)
    assert calendar.in_business_hours(due)
    assert t < due <= calendar.closing(calendar.next_working_day(calendar.day_of(t)))


@given(calendars(), INSTANTS)
def test_a_literal_promise_is_never_later_than_24_hours_or_the_business_one(calendar: Calendar, t: datetime) -> None:
    literal = promise(t, calendar, "literal")
    assert literal <= t + timedelta(hours=24)
    assert literal <= promise(t, calendar)


@given(calendars(), INSTANTS, SPANS)
def test_who_comes_later_is_never_promised_earlier_in_literal_mode(
    calendar: Calendar, t: datetime, later: timedelta
) -> None:
    assert promise(t, calendar, "literal") <= promise(t + later, calendar, "literal")


@given(calendars(), DATES)
def test_rolling_forward_twice_is_rolling_once(calendar: Calendar, day: date) -> None:
    rolled = calendar.roll_forward(day)
    assert rolled >= day
    assert calendar.is_working_day(rolled)
    assert calendar.roll_forward(rolled) == rolled
    assert calendar.working_days_between(day - timedelta(days=1), rolled) == 1


@given(calendars(), INSTANTS)
def test_the_next_opening_is_ahead_and_is_an_opening(calendar: Calendar, t: datetime) -> None:
    opens = calendar.next_opening(t)
    assert opens >= t
    assert calendar.is_working_day(calendar.day_of(opens)) or opens == calendar.opening(calendar.day_of(opens))
    assert calendar.next_opening(opens) == opens


@given(calendars(), INSTANTS, st.timedeltas(timedelta(0), timedelta(hours=60)))
def test_added_working_time_is_the_working_time_between(calendar: Calendar, t: datetime, delta: timedelta) -> None:
    assume(calendar.close.hour - calendar.open.hour >= 2)
    end = calendar.add_working_time(t, delta)
    assert end >= t
    assert calendar.working_time_between(t, end) == delta


@given(calendars(), INSTANTS, SPANS, SPANS)
def test_working_time_adds_up_and_never_exceeds_elapsed_time(
    calendar: Calendar, t: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = t + first, t + first + second
    whole = calendar.working_time_between(t, end)
    assert whole == calendar.working_time_between(t, middle) + calendar.working_time_between(middle, end)
    assert timedelta(0) <= whole <= end - t


@given(calendars(), INSTANTS, SPANS, SPANS, SPANS)
def test_the_parts_of_a_response_time_make_the_whole(
    calendar: Calendar, t: datetime, a: timedelta, b: timedelta, c: timedelta
) -> None:
    split = delays(calendar, created=t, received=t + a, seen=t + a + b, touched=t + a + b + c)
    assert split.total.elapsed == a + b + c
    assert split.total.working == calendar.working_time_between(t, t + a + b + c)
