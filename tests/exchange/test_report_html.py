from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from callsheet.exchange import report_charts
from callsheet.exchange.report_html import page
from callsheet.services.figure_rows import Named
from callsheet.services.figures import (
    Blocks,
    Campaign,
    Coverage,
    Day,
    Habit,
    Hour,
    Invites,
    Parts,
    Period,
    PerLead,
    Report,
    Share,
    Speed,
    Spread,
)

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 27, 17, tzinfo=UTC)
WEEK = Period(NOW - timedelta(days=7), NOW)
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202eevil \"' & Co"
BAD = Named("id1", HOSTILE, "</style><img src=x onerror=alert(1)>")


def spread(median: int, worst: int) -> Spread:
    return Spread(timedelta(minutes=median), timedelta(minutes=worst), BAD)


def parts(scale: int) -> Parts:
    return Parts(spread(5, 30 * scale), spread(0, 200), spread(42, 26 * 60), spread(60 * scale, 30 * 60))


def full(names: int = 14) -> list[Report]:
    many = (BAD, *(Named(f"l{n}", f"Fairgoer {n}", f"Company {n} Ltd") for n in range(names - 1)))
    hours = tuple(
        Hour(day, hour, 3 + (day * hour) % 9, (day + hour) % 4) for day in range(5) for hour in (8, 9, 11, 14, 16, 17)
    )
    days = tuple(Day(date(2026, 11, 2 + n), 8 + (n * 7) % 23, n % 6) for n in range(21) if n % 7 < 5)
    blocks = tuple((NOW - timedelta(hours=9 + 24 * (n // 2), minutes=450 * (n % 2)), (n * 5) % 13) for n in range(24))
    return [
        Coverage(WEEK, 63, 55, Share(55, 58), Share(49, 63), Share(51, 63), 2, many, many[:3]),
        Speed(WEEK, 55, 8, parts(2), parts(1), (BAD, timedelta(days=3, hours=4))),
        Habit(
            WEEK, 212, 31, 27, Share(24, 31), days, hours,
            PerLead(63, ((0, 8), (1, 20), (2, 14), (3, 12), (5, 9)), 2.0, 5, many[:2]),
            Invites(9, 6, 1, 2), Blocks(Share(17, 24), 4, blocks),
        ),
        Campaign(HOSTILE, 480, 20, Share(300, 480), Share(240, 480), Share(470, 480), spread(150, 3179), 8, many),
    ]  # fmt: skip


def html(reports: list[Report]) -> str:
    return page(reports, rep=HOSTILE, now=NOW, zone=ZONE)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_stands_by_itself_without_scripts_or_anything_fetched() -> None:
    tags = Tags()
    tags.feed(html(full()))
    assert tags.tags.isdisjoint({"script", "img", "link", "iframe", "a", "object", "form"})
    assert not {name for name in tags.attributes if name.startswith("on") or name in {"src", "href"}}
    assert "default-src 'none'" in html(full())


def test_hostile_names_are_text_and_nothing_else() -> None:
    text = html(full())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "</style><img" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_every_drawing_is_well_formed() -> None:
    text = html(full())
    drawings = text.split("<svg")[1:]
    assert len(drawings) > 8
    for drawing in drawings:
        ET.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")  # noqa: S314 - our own


def test_medians_stand_beside_worst_cases_and_definitions_beside_both() -> None:
    text = html(full())
    assert "your median response" in text
    assert "worst 1 d 2 h" in text
    assert "From the lead&#x27;s creation until it was yours." in text
    assert "Promise over, nobody tried (3)" in text


def test_a_long_list_of_names_says_how_many_more_there_are() -> None:
    assert "and 100 more" in html(full(300))


def test_a_book_with_nothing_in_it_makes_a_page_that_says_so() -> None:
    nothing = Parts()
    empty: list[Report] = [
        Coverage(WEEK, 0, 0, Share(0, 0), Share(0, 0), Share(0, 0), 0, (), ()),
        Speed(WEEK, 0, 0, nothing, nothing),
        Habit(
            WEEK, 0, 0, 0, Share(0, 0), (), (), PerLead(0, (), None, 0, ()), Invites(0, 0, 0, 0),
            Blocks(Share(0, 0), 0, ()),
        ),
        Campaign("Fair", 0, 0, Share(0, 0), Share(0, 0), None, Spread(), 0, ()),
    ]  # fmt: skip
    text = html(empty)
    assert "no attempts in the period" in text
    assert "no lead was answered in the period" in text
    assert "no CRM is connected" in text


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (timedelta(seconds=30), "30 s"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
    ],
)
def test_waits_are_said_in_their_two_largest_units(wait: timedelta, said: str) -> None:
    assert report_charts.span(wait) == said
