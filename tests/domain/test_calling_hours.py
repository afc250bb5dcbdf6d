"""A person is called in their own hours: the tightest rule that may apply to them, kept across zones and clocks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain.calling_hours import (
    EVERY_DAY,
    WEEKDAYS,
    Table,
    TableError,
    Verdict,
    Window,
    read_table,
    read_window,
    verdict,
)

HARD = Window(EVERY_DAY, time(8), time(21))
SOFT = Window(WEEKDAYS, time(8, 30), time(17, 30))


def row(region: str, *windows: str, **more: str) -> dict[str, Any]:
    return {"region": region, "windows": list(windows), "dated": date(2026, 11, 22), "source": "a law"} | more


TABLE = read_table(
    {
        "rule": [
            row("*", "08:00-21:00"),
            row("US", "08:00-21:00"),
            row("US-AL", "mon-sat 08:00-21:00"),
            row("US-FL", "08:00-20:00", max_calls="3 in 24 h"),
            row(
                "FR",
                "mon-fri 10:00-13:00",
                "mon-fri 14:00-20:00",
                max_calls="4 in 30 days",
                silence_after_refusal="60 days",
            ),
        ]
    }
)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def at(
    text: str,
    zone: str,
    *regions: str,
    others: tuple[str, ...] = (),
    calls: tuple[datetime, ...] = (),
    refused_at: datetime | None = None,
    hard: Window = HARD,
) -> Verdict:
    return verdict(local(text, zone), (zone, *others), regions, TABLE, SOFT, hard, calls, refused_at=refused_at)


# 23 November 2026 is a Monday.
@pytest.mark.parametrize(
    ("when", "zone", "region", "now", "opens"),
    [
        ("2026-11-23 07:59", "America/Chicago", "US", False, "2026-11-23 08:00"),
        ("2026-11-23 08:00", "America/Chicago", "US", True, None),
        ("2026-11-23 20:59", "America/Chicago", "US", True, None),
        ("2026-11-23 21:00", "America/Chicago", "US", False, "2026-11-24 08:00"),
        ("2026-11-29 12:00", "America/Chicago", "US-TX", True, None),
        ("2026-11-29 12:00", "America/Chicago", "US-AL", False, "2026-11-30 08:00"),
        ("2026-11-28 21:30", "America/Chicago", "US-AL", False, "2026-11-30 08:00"),
        ("2026-11-23 20:30", "America/New_York", "US-FL", False, "2026-11-24 08:00"),
        ("2026-11-23 09:30", "Europe/Paris", "FR", False, "2026-11-23 10:00"),
        ("2026-11-23 13:00", "Europe/Paris", "FR", False, "2026-11-23 14:00"),
        ("2026-11-23 14:00", "Europe/Paris", "FR", True, None),
        ("2026-11-27 20:00", "Europe/Paris", "FR", False, "2026-11-30 10:00"),
        ("2026-11-29 12:00", "Europe/Rome", "IT", True, None),
    ],
)
def test_the_persons_local_time_and_place_decide(
    when: str, zone: str, region: str, now: bool, opens: str | None
) -> None:
    answer = at(when, zone, region)
    assert answer.now is now
    assert answer.from_ == (local(opens, zone) if opens else None)
    assert (answer.until is not None) is now
    assert answer.local.isoformat(" ", "minutes").startswith(when)
    assert not answer.flagged


def test_an_open_window_says_until_when() -> None:
    assert at("2026-11-23 12:00", "Europe/Paris", "FR").until == local("2026-11-23 13:00", "Europe/Paris")


@pytest.mark.parametrize(
    ("closed", "opens", "zone", "region"),
    [
        ("2026-03-28 22:00", "2026-03-29 08:00", "Europe/London", "GB"),
        ("2026-10-24 22:00", "2026-10-25 08:00", "Europe/London", "GB"),
        ("2026-03-07 22:00", "2026-03-09 08:00", "America/Chicago", "US-AL"),
        ("2026-10-31 22:00", "2026-11-02 08:00", "America/Chicago", "US-AL"),
        ("2026-09-26 22:00", "2026-09-27 08:00", "Pacific/Auckland", "NZ"),
    ],
)
def test_the_next_opening_is_right_when_the_clocks_change(closed: str, opens: str, zone: str, region: str) -> None:
    answer = at(closed, zone, region)
    assert answer.from_ == local(opens, zone)


def test_of_several_zones_the_strictest_decides_and_it_is_flagged() -> None:
    both = ("America/Los_Angeles",)
    morning = at("2026-11-23 09:00", "America/New_York", "US", others=both)
    assert (morning.now, morning.flagged, morning.zone) == (False, True, "America/Los_Angeles")
    assert morning.from_ == local("2026-11-23 08:00", "America/Los_Angeles")
    noon = at("2026-11-23 12:00", "America/New_York", "US", others=both)
    assert noon.now
    assert noon.until == local("2026-11-23 21:00", "America/New_York")


def test_zones_that_keep_the_same_time_are_not_worth_a_flag() -> None:
    assert not at("2026-11-23 12:00", "Europe/London", "GB", others=("Europe/Guernsey",)).flagged


def test_zones_that_are_never_open_together_have_no_next_opening() -> None:
    answer = at("2026-11-23 12:00", "Pacific/Kiritimati", "KI", others=("Asia/Karachi", "America/New_York"))
    assert (answer.now, answer.from_) == (False, None)


def test_without_a_zone_nobody_is_called() -> None:
    answer = verdict(datetime(2026, 11, 23, 12, tzinfo=UTC), (), ("US",), TABLE, SOFT, HARD, ())
    assert (answer.now, answer.flagged) == (False, True)
    assert "time zone is not known" in answer.rule


def test_of_several_places_each_rule_is_kept() -> None:
    assert at("2026-11-23 20:30", "America/New_York", "US-TX").now
    assert not at("2026-11-23 20:30", "America/New_York", "US-TX", "US-FL").now
    assert not at("2026-11-29 12:00", "America/New_York", "US-AL", "US-FL").now


def test_ones_own_window_may_be_tighter_but_never_wider() -> None:
    late = Window(EVERY_DAY, time(6), time(23))
    assert not at("2026-11-23 21:30", "America/Chicago", "US", hard=late).now
    short = Window(EVERY_DAY, time(9), time(18))
    answer = at("2026-11-23 19:00", "America/Chicago", "US", hard=short)
    assert answer.from_ == local("2026-11-24 09:00", "America/Chicago")
    assert answer.rule == "Mon–Sun 09:00–18:00 their time (your own calling hours)"


def test_the_third_call_in_a_day_is_the_last_in_florida() -> None:
    zone = "America/New_York"
    calls = tuple(local(f"2026-11-23 {clock}", zone) for clock in ("09:00", "11:00", "15:00"))
    answer = at("2026-11-23 16:00", zone, "US-FL", calls=calls)
    assert answer.from_ == local("2026-11-24 09:00", zone)
    assert answer.rule == "at most 3 calls in 24 h (US-FL: a law, as of 2026-11-22)"
    assert at("2026-11-24 09:00", zone, "US-FL", calls=calls).now
    assert at("2026-11-23 16:00", zone, "US-FL", calls=calls[:2]).now
    assert at("2026-11-23 16:00", zone, "US-TX", calls=calls).now


def test_a_limit_that_ends_at_night_opens_in_the_morning() -> None:
    zone = "America/New_York"
    calls = tuple(local(f"2026-11-23 {clock}", zone) for clock in ("19:30", "19:40", "19:59"))
    assert at("2026-11-24 10:00", zone, "US-FL", calls=calls).from_ == local("2026-11-24 19:30", zone)
    later = (*calls[1:], local("2026-11-23 20:30", zone))
    assert at("2026-11-24 10:00", zone, "US-FL", calls=(later[0], *later)).from_ == local("2026-11-24 19:40", zone)


def test_a_refusal_in_france_is_followed_by_sixty_days_of_silence() -> None:
    refused = local("2026-11-23 11:00", "Europe/Paris")
    answer = at("2026-12-01 11:00", "Europe/Paris", "FR", refused_at=refused)
    assert not answer.now
    assert answer.from_ == local("2027-01-22 11:00", "Europe/Paris")
    assert answer.rule.startswith("60 days of silence after a refusal (FR")
    assert at("2026-12-01 11:00", "Europe/Rome", "IT", refused_at=refused).now


def test_the_soft_window_is_told_apart() -> None:
    assert at("2026-11-23 10:00", "America/Chicago", "US").soft
    evening = at("2026-11-23 19:00", "America/Chicago", "US")
    assert (evening.now, evening.soft) == (True, False)
    assert not at("2026-11-28 10:00", "America/Chicago", "US").soft


def test_the_rule_is_said_in_words_with_source_and_date() -> None:
    assert at("2026-11-23 20:30", "America/New_York", "US-FL").rule == (
        "Mon–Sun 08:00–20:00 their time (US-FL: a law, as of 2026-11-22)"
    )
    assert at("2026-11-29 10:00", "Europe/Rome", "IT").rule.endswith("(the general rule: a law, as of 2026-11-22)")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("08:30-17:30", Window(EVERY_DAY, time(8, 30), time(17, 30))),
        ("mon-fri 10:00-13:00", Window(WEEKDAYS, time(10), time(13))),
        ("Mon, Wed 10:00–13:00", Window(frozenset({0, 2}), time(10), time(13))),
        ("sat-mon 10:00-13:00", Window(frozenset({5, 6, 0}), time(10), time(13))),
    ],
)
def test_a_window_is_read_as_it_is_written(text: str, window: Window) -> None:
    assert read_window(text) == window


@pytest.mark.parametrize("text", ["", "8-17", "17:00-09:00", "09:00-25:00", "someday 09:00-10:00", "mon- 09:00-10:00"])
def test_a_window_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not written like|closes before"):
        read_window(text)


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        ({"region": "Alabama"}, "rule 1 (Alabama).region", "written like US-AL"),
        ({"region": 3}, "rule 1 (3).region", "a text in quotes"),
        ({"windows": []}, "rule 1 (US).windows", "a list is missing"),
        ({"windows": ["late"]}, "rule 1 (US).windows", "'late' is not written like"),
        ({"windows": [8]}, "rule 1 (US).windows", "is not written like"),
        ({"max_calls": "three a day"}, "rule 1 (US).max_calls", "3 in 24 h"),
        ({"max_calls": "3 in a day"}, "rule 1 (US).max_calls", "24 h or 60 days"),
        ({"silence_after_refusal": "a while"}, "rule 1 (US).silence_after_refusal", "60 days"),
        ({"dated": "lately"}, "rule 1 (US).dated", "2026-11-22"),
        ({"source": ""}, "rule 1 (US).source", "a text in quotes"),
        ({"window": "x"}, "rule 1 (US).window", "did you mean windows"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(change: Mapping[str, object], key: str, reason: str) -> None:
    with pytest.raises(TableError, match=r".") as refused:
        read_table({"rule": [row("US", "08:00-21:00") | dict(change)]})
    assert refused.value.key == key
    assert reason in refused.value.reason


def test_a_table_is_rows_and_each_region_once() -> None:
    for wrong in ({}, {"rule": "x"}, {"rule": [], "more": 1}, {"rule": ["x"]}):
        with pytest.raises(TableError):
            read_table(wrong)
    with pytest.raises(TableError, match="earlier row"):
        read_table({"rule": [row("US", "08:00-21:00"), row("US", "09:00-21:00")]})


def test_a_users_own_row_takes_the_place_of_ours() -> None:
    own = TABLE | read_table({"rule": [row("US-AL", "09:00-12:00")]})
    assert str(own.rules["US-AL"].windows[0]) == "Mon–Sun 09:00–12:00"
    assert own.rules["FR"] == TABLE.rules["FR"]


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.lists(
    st.sampled_from(["Europe/Paris", "America/New_York", "America/Chicago", "Asia/Kathmandu", "Pacific/Auckland"]),
    min_size=1,
    max_size=2,
)
REGIONS = st.lists(st.sampled_from(["US", "US-AL", "US-FL", "FR", "GB"]), max_size=2)
WAITS = st.lists(st.timedeltas(timedelta(0), timedelta(days=40)), max_size=6)


@given(INSTANTS, ZONES, REGIONS, WAITS, st.none() | st.timedeltas(timedelta(0), timedelta(days=90)))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    now: datetime, zones: list[str], regions: list[str], waits: list[timedelta], refused: timedelta | None
) -> None:
    calls = [now - wait for wait in waits]
    refused_at = now - refused if refused is not None else None

    def ask(moment: datetime, table: Table = TABLE) -> Verdict:
        return verdict(moment, zones, regions, table, SOFT, HARD, calls, refused_at=refused_at)

    answer = ask(now)
    if answer.now:
        assert answer.from_ is None
        assert answer.until is not None
        assert answer.until > now
        assert not ask(answer.until).now
    elif answer.from_ is not None:
        assert answer.from_ > now
        assert ask(answer.from_).now
        assert not ask(now + (answer.from_ - now) * 0.999).now
    assert all(8 <= now.astimezone(ZoneInfo(zone)).hour < 21 for zone in zones) or not answer.now
