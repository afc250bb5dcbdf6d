"""Dates come in the ways people and exports write them; one that can be read in two ways is never guessed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.exchange.leads_csv.times import DateOrder, UnreadableTime, read_time

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        # ISO 8601 and what is nearly that; wall clock is the rep's (Berlin: +01:00 in November)
        ("2026-11-26", utc(2026, 11, 25, 23)),
        ("2026-11-26 14:00", utc(2026, 11, 26, 13)),
        ("2026-11-26T14:00:00", utc(2026, 11, 26, 13)),
        ("2026-11-26T14:00:00Z", utc(2026, 11, 26, 14)),
        ("2026-11-26T14:00:00.250+01:00", utc(2026, 11, 26, 13, 0, 0, 250_000)),
        ("2026-11-26T14:00:00.000+0000", utc(2026, 11, 26, 14)),
        ("2026-11-26 14:00:00 UTC", utc(2026, 11, 26, 14)),
        ("2026-11-26 2:30 PM", utc(2026, 11, 26, 13, 30)),
        ("2026-11-26 02:30pm EST", utc(2026, 11, 26, 19, 30)),
        ("2026/11/26 14:00", utc(2026, 11, 26, 13)),
        ("2026-7-4 9:05", utc(2026, 7, 4, 7, 5)),
        ("20261126", utc(2026, 11, 25, 23)),
        # three numbers that can only be read in one way
        ("26.11.2026", utc(2026, 11, 25, 23)),
        ("26.11.2026 14:00 Uhr", utc(2026, 11, 26, 13)),
        ("26.11.2026 um 14.30", utc(2026, 11, 26, 13, 30)),
        ("26. 11. 2026, 14:00", utc(2026, 11, 26, 13)),
        ("26/11/2026 2:30 PM", utc(2026, 11, 26, 13, 30)),
        ("26/11/2026 14h30", utc(2026, 11, 26, 13, 30)),
        ("26-11-2026 12:05 am", utc(2026, 11, 25, 23, 5)),
        ("11/26/26", utc(2026, 11, 25, 23)),
        ("11/26/2026 12:00:30 p.m.", utc(2026, 11, 26, 11, 0, 30)),
        ("5/5/2026", utc(2026, 5, 4, 22)),
        ("Thu 26/11/2026 14:00", utc(2026, 11, 26, 13)),
        # names of months
        ("Nov 26, 2026", utc(2026, 11, 25, 23)),
        ("November 26th, 2026 at 2:30 PM", utc(2026, 11, 26, 13, 30)),
        ("26 Nov 2026 14:00", utc(2026, 11, 26, 13)),
        ("26-Nov-26", utc(2026, 11, 25, 23)),
        ("26. November 2026", utc(2026, 11, 25, 23)),
        ("3. März 2026", utc(2026, 3, 2, 23)),
        ("26 novembre 2026 14:00", utc(2026, 11, 26, 13)),
        ("26 de noviembre de 2026", utc(2026, 11, 25, 23)),
        ("1er août 2026", utc(2026, 7, 31, 22)),
        ("Thu, 26 Nov 2026 14:00:00 +0100", utc(2026, 11, 26, 13)),
        ("Thu Nov 26 2026 14:00:00 GMT+0100 (Central European Standard Time)", utc(2026, 11, 26, 13)),
        # numbers: a spreadsheet's days, seconds and milliseconds since 1970
        ("46352", utc(2026, 11, 25, 23)),
        ("46352.5", utc(2026, 11, 26, 11)),
        ("46352,75", utc(2026, 11, 26, 17)),
        ("1795698000", utc(2026, 11, 26, 13)),
        ("1795698000000", utc(2026, 11, 26, 13)),
    ],
)
def test_a_date_is_read_whatever_way_it_is_written(text: str, at: datetime) -> None:
    assert read_time(text, "iso", BERLIN) == at


@pytest.mark.parametrize(
    ("text", "order", "at"),
    [
        ("03/04/2026", "dmy", utc(2026, 4, 2, 22)),
        ("03/04/2026", "mdy", utc(2026, 3, 3, 23)),
        ("03.04.26 14:00", "dmy", utc(2026, 4, 3, 12)),
        ("3-4-2026 2 PM", "mdy", utc(2026, 3, 4, 13)),
        ("2026-03-04", "mdy", utc(2026, 3, 3, 23)),
    ],
)
def test_the_order_of_the_file_decides_what_can_be_read_two_ways(text: str, order: DateOrder, at: datetime) -> None:
    assert read_time(text, order, BERLIN) == at


@pytest.mark.parametrize("text", ["03/04/2026", "3.4.2026 14:00", "03-04-26"])
def test_a_date_with_two_readings_asks_for_the_order(text: str) -> None:
    with pytest.raises(UnreadableTime) as caught:
        read_time(text, "iso", BERLIN)
    assert str(caught.value) == f'date "{text}" can be read two ways: say --dates dmy or --dates mdy'
    assert caught.value.order_matters


@pytest.mark.parametrize(
    ("text", "order", "hint"), [("11/26/2026", "dmy", "--dates mdy"), ("26/11/2026", "mdy", "--dates dmy")]
)
def test_a_date_against_the_said_order_is_refused_as_the_file_would_be_misread(
    text: str, order: DateOrder, hint: str
) -> None:
    with pytest.raises(UnreadableTime, match=hint):
        read_time(text, order, BERLIN)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "tomorrow", "31.02.2026", "2026-13-01", "2026-11-26 25:00", "26/13/2026", "0000-00-00", "99999",
        "123", "14:30", "26.11.", "2026-11-26 14:00 XYZ", "13:00 PM 2026", "26 Foo 2026", "1234567890123456789",
        "1026-01-01", "2026-11-26 0:30 PM", "x" * 10_000, "1/" * 500,
    ],
)  # fmt: skip
def test_what_is_no_date_is_not_made_one(text: str) -> None:
    with pytest.raises(UnreadableTime, match="cannot be read"):
        read_time(text, "iso", BERLIN)


def test_an_hour_that_the_clock_skips_is_read_as_the_hour_after_it() -> None:
    assert read_time("2026-03-29 02:30", "iso", BERLIN) == utc(2026, 3, 29, 1, 30)


@given(st.text(max_size=40), st.sampled_from(["iso", "dmy", "mdy"]))
def test_any_text_is_read_or_refused(text: str, order: DateOrder) -> None:
    try:
        at = read_time(text, order, BERLIN)
    except UnreadableTime:
        return
    assert at.tzinfo is UTC


@given(
    st.datetimes(datetime(1960, 1, 1), datetime(2068, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),  # noqa: DTZ001
    st.sampled_from(
        [
            ("iso", "%Y-%m-%d %H:%M"), ("iso", "%d %b %Y %H:%M"), ("iso", "%B %d, %Y %I:%M %p"),
            ("dmy", "%d.%m.%Y %H:%M"), ("dmy", "%d/%m/%y %I:%M %p"), ("mdy", "%m/%d/%Y %I:%M %p"),
            ("mdy", "%m-%d-%y %H:%M"),
        ]
    ),
)  # fmt: skip
def test_a_written_date_comes_back(at: datetime, form: tuple[DateOrder, str]) -> None:
    order, pattern = form
    if "%y" in pattern:
        at = at.replace(year=max(at.year, 1970))
    assert read_time(at.strftime(pattern), order, ZoneInfo("UTC")) == at.replace(tzinfo=UTC)
