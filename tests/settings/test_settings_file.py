"""The settings file: defaults, what is refused and how it is said."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callsheet.settings import Settings, SettingsError, check, parse, read
from callsheet.settings.file import with_machine

FILE = Path("settings.toml")
BERLIN = {"TZ": "Europe/Berlin"}


def settings(text: str) -> Settings:
    return parse(text.encode(), FILE, BERLIN)


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(text)
    return str(caught.value)


def test_no_file_means_all_defaults(tmp_path: Path) -> None:
    found = read(tmp_path / "settings.toml", BERLIN)
    assert found == with_machine(Settings(), BERLIN)
    assert (found.rep.timezone, found.rep.country) == ("Europe/Berlin", "DE")
    assert found.rep.zone == ZoneInfo("Europe/Berlin")
    assert (found.hours.open_time, found.hours.close_time, found.hours.lunch_span) == (time(9), time(17), None)
    assert found.hours.weekdays == {0, 1, 2, 3, 4}
    assert found.attempts.caps == {"inbound-21": 8, "event": 8, "hot": 10, "outbound": 4}
    assert found.blocks.spans == ((time(8, 30), time(9, 45)), (time(16), time(17)))
    assert found.soft_window.days == {0, 1, 2, 3, 4}
    assert (found.calling.hard_window.open, found.calling.hard_window.close) == (time(8), time(21))
    assert len(found.calling.hard_window.days) == 7


def test_what_the_file_says_is_put_over_the_defaults() -> None:
    found = settings("""
        [rep]
        timezone = "America/Chicago"
        [hours]
        days_off = ["2026-12-24", "2027-02-01..2027-02-03"]
        lunch = "12:00-13:00"
        [persona]
        sizes = "50-500, 1000+, 7"
        [attempts]
        cap = { hot = 12 }
        [blocks]
        times = ["15:00-16:00", "08:00-09:00"]
        [calling]
        soft = "mon-sat 09:00-20:00"
        [capture]
        events = { "Spring fair" = ["name"] }
        [keys]
        "sheet.next" = "j, down"
    """)
    assert found.rep.country == "US"
    assert found.hours.dates_off == {date(2026, 12, 24), date(2027, 2, 1), date(2027, 2, 2), date(2027, 2, 3)}
    assert found.hours.lunch_span == (time(12), time(13))
    assert found.persona.head_counts == ((50, 500), (1000, 10**7), (7, 7))
    assert found.attempts.caps == {"inbound-21": 8, "event": 8, "hot": 12, "outbound": 4}
    assert found.blocks.spans == ((time(8), time(9)), (time(15), time(16)))
    assert found.soft_window.days == {0, 1, 2, 3, 4, 5}
    assert found.capture.required_at("Spring fair") == ("name",)
    assert "zip" in found.capture.required_at("Autumn fair")
    assert found.bound_keys("sheet.next") == ("j", "down")
    assert found.bound_keys("sheet.undo") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[hours]\nopen = "25:00"',
            'settings.toml:2: hours.open: "25:00" is not a time of day; write it like "09:00"',
        ),
        ('[hours]\nclose = "9:00"', 'settings.toml:2: hours.close: "9:00" is not a time of day; write it like "09:00"'),
        (
            '[hours]\n\nopne = "08:00"',
            'settings.toml:3: hours.opne: there is no such key; did you mean "open"?',
        ),
        ("[hous]\n", 'settings.toml:1: hous: there is no such table; did you mean "hours"?'),
        ('open = "08:00"', 'settings.toml:1: open: there is no such table; did you mean "open" in [hours]?'),
        ("\nhours.holidays = 1", "settings.toml:2: hours.holidays: this is a number and should be true or false;"),
        ("[hours]\nopen = 09:00:00", "settings.toml:2: hours.open: this is a bare time and should be a text; write it"),
        ('hours = "always"', "settings.toml:1: hours: this is a text and should be a table;"),
        ('[rep]\ntimezone = "Europe/Berln"', 'there is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?'),
        ('[rep]\ncountry = "UK"', 'settings.toml:2: rep.country: there is no country "UK"; write "GB"'),
        ('[rep]\ncountry = "Germany"', 'there is no country "Germany"; write its two letters'),
        ('[hours]\nclose = "08:00"', 'hours.close: "08:00" is not later than "09:00", when the day opens'),
        ('[hours]\nopen = "18:00"', 'settings.toml:2: hours.close: "17:00" is not later than "18:00"'),
        ('[hours]\nlunch = "16:30-17:30"', 'hours.lunch: "16:30-17:30" is not within the working day'),
        ("[hours]\ndays = []", "hours.days: no day is worked"),
        ('[hours]\ndays = ["mon", "tu"]', 'hours.days[2]: "tu" is not one of the choices; write "mon", "tue"'),
        (
            '[hours]\ndays_off = [\n  "2026-12-24",\n  # a comment\n  "2026-02-30",\n]',
            'settings.toml:5: hours.days_off[2]: "2026-02-30" is not a day; write it like "2026-12-24"',
        ),
        ('[hours]\ndays_off = ["2027-02-12..2027-02-01"]', "ends before it starts; write the earlier day first"),
        ('[hours]\ndays_off = ["2026-01-01..2062-01-01"]', "is longer than a year; check the years"),
        ("[promise]\nmode = 'fast'", '"fast" is not one of the choices; write "business" or "literal"'),
        ("[promise]\ngrace_minutes = -1", "promise.grace_minutes: -1 is out of range; at least 0"),
        ("[promise]\nstale_hours = 96", "settings.toml:2: promise.stale_red_hours: 72 is less than stale_hours"),
        ('[persona]\nsizes = "500-50"', 'persona.sizes: "500-50" runs backwards'),
        ('[persona]\nsizes = "small"', '"small" is not a size of a company; write it like "50-500" or "1000+"'),
        ('[persona]\ntitles = "CEO"', 'this is a text and should be a list; write it in brackets, like ["…", "…"]'),
        (
            "[attempts]\ncap = { event = 6, hot = 'ten' }",
            "settings.toml:2: attempts.cap.hot: this is a text and should be a whole number",
        ),
        ("[attempts.cap]\nhot = 4", "settings.toml:2: attempts.cap.hot: 4 is less than the floor of 5"),
        ("[attempts]\nfloor = 9\nreview = 9", "settings.toml:2: attempts.cap.inbound-21: 8 is less than the floor of"),
        ("[attempts.cap]\noutbound = 8", "attempts.cap.outbound: 8 is not between 3 and 5"),
        ("[attempts]\nreview = 3", "attempts.review: 3 is less than the floor of 5"),
        (
            '[blocks]\ntimes = ["08:30-09:45", "09:30-10:00"]',
            'blocks.times[2]: "09:30-10:00" begins before "08:30-09:45" has ended',
        ),
        ('[blocks]\ntimes = ["0830"]', 'blocks.times[1]: "0830" is not a span of the day'),
        ('[calling]\nsoft = "07:00-17:00"', 'calling.soft: "07:00-17:00" is not within the hard window'),
        ('[calling]\nhard = "late"', "calling.hard: 'late' is not written like"),
        ('[calling]\ndial_command = ["linphone"]', "the command does not say where the number goes"),
        ('[crm]\nurl = "http://crm.example.com"', "would send your key unprotected; begin it with"),
        ('[crm]\nurl = "crm.example.com"', 'crm.url: "crm.example.com" is not an address; write it like'),
        ('[crm]\nurl = "https://crm.example.com:port"', "is not an address"),
        (
            '[crm]\napi_key = "s3cr3t"',
            "settings.toml:2: crm.api_key: a key or password does not belong in this file; remove it and run",
        ),
        ("[crm.options]\nclient_secret = 's3cr3t'", "a key or password does not belong in this file"),
        ("[[shelf.assets]]\ntitle = 'A'\n[[shelf.assets]]\nlink = 'x'", "shelf.assets[2]: title is missing"),
        (
            "[[shelf.assets]]\ntitle = 'A'\n[[shelf.assets]]\ntitle = 'B'\nlink = 'ftp://x'",
            'settings.toml:5: shelf.assets[2].link: "ftp://x" is not a link',
        ),
        ('[keys]\n"sheet.next" = "j,,k"', 'keys.sheet.next: "j,,k" names no key'),
        ("[hours\nopen = 1", "settings.toml:1: expected ']' at the end of a table declaration"),
        ('[hours]\nopen = "09:00', "settings.toml:2: "),
        ("[hours]\n[hours]", "settings.toml:2: cannot declare [hours] twice"),
        ('[rep]\nname = "a\x1b[31m"', "settings.toml:2: "),
    ],
)
def test_an_error_says_where_it_is_and_what_to_write(text: str, said: str) -> None:
    assert said in refusal(text)


def test_no_error_shows_a_secret_that_stands_in_the_file() -> None:
    for text in ('[crm]\ntoken = "s3cr3t"', '[crm]\nurl = "https://me:s3cr3t@crm.example.com"', "api_key = 's3cr3t'"):
        assert "s3cr3t" not in refusal(text)


def test_an_error_is_one_line_whatever_the_value_holds() -> None:
    message = refusal('[hours]\nopen = "\\u001b[31m\\n' + "9" * 500 + '"')
    assert len(message) < 200
    assert message.isprintable()


@pytest.mark.parametrize("url", ["https://crm.example.com/base/", "http://127.0.0.1:18069", "http://localhost:8069"])
def test_a_server_is_reached_with_tls_or_on_this_machine(url: str) -> None:
    assert settings(f'[crm]\nurl = "{url}"').crm.url == url


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    raw = '\ufeff[hours]\r\nopen = "08:00"\r\nclose = "16:00"\r\n'.encode()
    assert parse(raw, FILE, BERLIN).hours.open_time == time(8)


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(SettingsError, match=r"settings\.toml:2: is not UTF-8 text; save it as UTF-8"):
        parse('[rep]\nname = "J\xfcrgen"'.encode("latin-1"), FILE, BERLIN)


def test_something_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read(tmp_path, BERLIN)


def test_check_finds_every_wrong_value_at_once(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert list(check(file)) == []
    file.write_text('[hours]\nopen = "9"\nclose = "5"\n[persona]\nsizes = "x"\n')
    assert [(error.line, error.key) for error in check(file)] == [
        (2, "hours.open"),
        (3, "hours.close"),
        (5, "persona.sizes"),
    ]
    file.write_text("[hours")
    assert [error.line for error in check(file)] == [1]
    file.write_text("[hours]\nopen = 3")
    assert [error.key for error in check(file)] == ["hours.open"]


def test_deep_nesting_is_refused_and_not_a_crash() -> None:
    assert "nested too deep" in refusal("x = " + "[" * 5000 + "]" * 5000)


def test_settings_are_read_without_loading_what_only_others_need() -> None:
    code = "import sys, callsheet.settings; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"keyring", "platformdirs", "tomllib", "subprocess", "tzdata", "phonenumbers", "holidays"} & set(loaded)
