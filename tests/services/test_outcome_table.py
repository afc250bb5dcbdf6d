"""A team's own outcomes, merged over the built-in table; whatever is wrong names file, line, row and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.services.outcome_table import built_in, table
from callsheet.services.toml_file import TomlError


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "outcomes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_of_a_known_name_changes_the_keys_that_it_gives(tmp_path: Path) -> None:
    merged = table(own(tmp_path, '[outcome.busy]\nretry_minutes = 30\ncrm = { odoo = "besetzt" }\n'))
    busy = merged.of("busy")
    assert (busy.retry_minutes, busy.key, busy.counts, busy.crm) == (30, "b", False, {"odoo": "besetzt"})
    assert len(list(merged)) == len(list(built_in()))


def test_a_new_row_is_an_outcome_of_the_teams_own(tmp_path: Path) -> None:
    merged = table(own(tmp_path, '[outcome.fax]\nlabel = "Fax sent"\nkey = "f"\nchannels = ["post"]\n'))
    found = merged.read("f", "post")
    assert found is not None
    assert (found.name, found.label, found.counts) == ("fax", "Fax sent", True)
    assert merged.read("f", "phone") is built_in().read("f", "phone") or merged.read("f", "phone") is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[outcome.busy]\nretry_minute = 30\n",
            "outcomes.toml, line 2: there is no key 'retry_minute' here; did you mean 'retry_minutes'?",
        ),
        (
            '[outcome.busy]\n\nretry_minutes = "30"\n',
            "line 3: outcome 'busy': 'retry_minutes' must be a whole number, not text in quotes",
        ),
        ("[outcome.busy]\nretry_minutes = 0\n", "line 2: outcome 'busy': 'retry_minutes' must be more than 0"),
        ("[outcome.fax]\nkey = 'q'\n", "line 1: outcome 'fax': the key 'label' is missing"),
        (
            '[outcome.fax]\nlabel = "Fax"\nchannels = ["fax"]\n',
            "line 3: outcome 'fax': 'channels' 'fax' is not one of those allowed",
        ),
        ('[outcome.fax]\nlabel = "Fax"\nchannels = []\n', "line 3: outcome 'fax': 'channels' names none"),
        (
            '[outcome.fax]\nlabel = "Fax"\nkey = "n"\nchannels = ["phone"]\n',
            "line 3: 'no_answer' and 'fax' have the same key 'n' on phone",
        ),
        ("[outcome.Fax]\n", "line 1: outcome 'Fax': a name has small letters"),
        ("[outcomes.busy]\n", "there is no key 'outcomes' here; did you mean 'outcome'?"),
        ("outcome = 3\n", "line 1: write each outcome as a table"),
        ("[outcome]\nbusy = 3\n", "line 2: outcome 'busy' must be a table"),
        ("[outcome.skip]\ncounts = true\n", "what is skipped did not happen"),
        ("[outcome.do_not_contact]\nends = false\n", "'do_not_contact' needs ends = true"),
        ('[outcome.busy\nkey = "b"\n', "line 1: this is not valid TOML"),
        (
            '[outcome.busy]\nreached = "maybe"\n',
            "line 2: outcome 'busy': 'reached' 'maybe' is not one of those allowed",
        ),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TomlError) as refused:
        table(own(tmp_path, text))
    assert message in str(refused.value)
    assert str(refused.value).startswith("outcomes.toml")


def test_a_file_that_is_not_there_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(TomlError, match="cannot be read"):
        table(tmp_path / "none.toml")
    path = tmp_path / "outcomes.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TomlError, match="UTF-8"):
        table(path)


def test_every_built_in_outcome_says_what_follows() -> None:
    for row in built_in():
        assert row.label
        assert row.then
        assert row.key
