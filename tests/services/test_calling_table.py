"""The dated table that comes with callsheet says what RULES §13 says, and a user's file goes on top of it."""

from pathlib import Path

import pytest

from callsheet.services.calling_hours import bundled_table, table_with
from callsheet.services.toml_file import TomlError


@pytest.mark.parametrize(
    ("regions", "windows"),
    [
        (("*", "US", "US-PA", "US-RI", "GB", "DE"), ["Mon–Sun 08:00–21:00"]),
        (("US-AL", "US-LA", "US-MS"), ["Mon–Sat 08:00–21:00"]),
        (("US-CT", "US-NV"), ["Mon–Sun 09:00–20:00"]),
        (("US-FL", "US-OK", "US-MD", "US-MA"), ["Mon–Sun 08:00–20:00"]),
        (("US-KY",), ["Mon–Sun 10:00–21:00"]),
        (("US-MI", "US-MN", "US-NM"), ["Mon–Sun 09:00–21:00"]),
        (("FR",), ["Mon–Fri 10:00–13:00", "Mon–Fri 14:00–20:00"]),
    ],
)
def test_the_first_table(regions: tuple[str, ...], windows: list[str]) -> None:
    for region in regions:
        assert [str(window) for window in bundled_table().rules[region].windows] == windows


def test_the_limits_on_calls_and_the_silence() -> None:
    rules = bundled_table().rules
    limited = {region: rule.max_calls for region, rule in rules.items() if rule.max_calls}
    assert {region: (most, period.days) for region, (most, period) in limited.items()} == {
        "US-FL": (3, 1),
        "US-OK": (3, 1),
        "US-MD": (3, 1),
        "FR": (4, 30),
    }
    silent = {region: rule.silence_after_refusal for region, rule in rules.items() if rule.silence_after_refusal}
    assert {region: silence.days for region, silence in silent.items()} == {"FR": 60}


def test_every_row_says_where_it_is_from_and_when() -> None:
    assert all(rule.source and rule.dated.year >= 2026 for rule in bundled_table().rules.values())


def test_a_users_file_replaces_rows_and_need_not_exist(tmp_path: Path) -> None:
    own = tmp_path / "calling_hours.toml"
    assert table_with(own) == bundled_table()
    own.write_text('[[rule]]\nregion = "DE"\nwindows = ["mon-fri 09:00-18:00"]\ndated = 2026-12-01\nsource = "us"\n')
    assert str(table_with(own).rules["DE"].windows[0]) == "Mon–Fri 09:00–18:00"
    assert table_with(own).rules["US"] == bundled_table().rules["US"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", r"calling_hours\.toml, line 1: .*TOML"),
        ('[rules]\nx = "y"\n', r"calling_hours\.toml: rule: the file holds rows"),
        ('# own\n\n[[rule]]\nregion = "DE"\n', r"calling_hours\.toml, line 3: rule 1 \(DE\)\.source: a text"),
        (
            '[[rule]]\nregion = "DE"\nsource = "us"\nwindows = ["late"]\n',
            r"calling_hours\.toml, line 4: rule 1 \(DE\)\.windows: 'late' is not written like mon-fri 08:30-17:30",
        ),
    ],
)
def test_a_broken_file_is_named_with_line_and_reason(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "calling_hours.toml"
    own.write_text(text)
    with pytest.raises(TomlError, match=message):
        table_with(own)
