"""Writing the settings file: the template, and single values."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest

from callsheet.settings import Settings, SettingsError, parse, read
from callsheet.settings.edit import create, default_text, set_values
from callsheet.settings.file import with_machine

HERE = {"TZ": "Europe/Berlin"}


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^# (\w+ = )", r"\1", text)


def test_the_template_changes_nothing() -> None:
    assert parse(default_text().encode(), Path("t"), HERE) == with_machine(Settings(), HERE)


def test_the_template_shows_every_setting_with_its_default() -> None:
    shown = parse(uncommented(default_text()).encode(), Path("t"), HERE)
    default = with_machine(Settings(), HERE)
    assert shown.attempts.caps == default.attempts.caps
    for table in Settings.__struct_fields__:
        if table != "attempts":
            assert getattr(shown, table) == getattr(default, table)
    written = tomllib.loads(uncommented(default_text()))
    for table in Settings.__struct_fields__:
        fields = getattr(getattr(default, table), "__struct_fields__", ())
        assert list(written[table]) == list(fields), f"[{table}] in the order of the schema"


def test_the_template_is_written_once_and_for_the_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    assert create(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("[rep]\n")
    assert not create(file)
    assert file.read_text() == "[rep]\n"


def test_values_are_set_and_all_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\n[crm]   # the CRM\nkind = "hubspot" # old\n# url = ""\n\n[look]\nmouse = false\n')
    set_values(file, "crm", {"kind": "odoo", "url": "https://crm.example.com", "token_command": ["pass", 'a "b"']})
    assert file.read_text() == (
        '# mine\n[crm]   # the CRM\ntoken_command = ["pass", "a \\"b\\""]\nurl = "https://crm.example.com"\n'
        'kind = "odoo" # old\n# url = ""\n\n[look]\nmouse = false\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    set_values(file, "promise", {"grace_minutes": 30, "automatic_mail_stops": True})
    found = read(file, HERE)
    assert (found.promise.grace_minutes, found.promise.automatic_mail_stops, found.crm.kind) == (30, True, "odoo")


@pytest.mark.parametrize(
    "text",
    ["", "[look]\nmouse = false", 'crm = { kind = "x" }\n', "crm = {}", 'crm.kind = "x"\n', "[crm]", "[crm.options]\n"],
)
def test_values_are_set_however_the_table_is_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    set_values(file, "crm", {"kind": "odoo", "database": "sales"})
    crm = read(file, HERE).crm
    assert (crm.kind, crm.database) == ("odoo", "sales")


def test_the_first_values_are_written_into_the_template(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    set_values(file, "crm", {"kind": "odoo"})
    assert read(file, HERE).crm.kind == "odoo"
    assert "# mantra" in file.read_text()


def test_a_wrong_value_or_a_broken_file_leaves_everything_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[crm]\n")
    with pytest.raises(SettingsError, match="unprotected"):
        set_values(file, "crm", {"url": "http://crm.example.com"})
    assert file.read_text() == "[crm]\n"
    file.write_text("[crm\n")
    with pytest.raises(SettingsError):
        set_values(file, "crm", {"kind": "odoo"})
    assert file.read_text() == "[crm\n"
    assert [one.name for one in tmp_path.iterdir()] == ["settings.toml"]


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "settings.toml"
    real.write_text("")
    link.symlink_to(real)
    set_values(link, "crm", {"kind": "odoo"})
    assert link.is_symlink()
    assert read(real, HERE).crm.kind == "odoo"


def test_a_table_within_a_table_is_written_and_keeps_its_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[crm]\nkind = "odoo"\n', encoding="utf-8")
    set_values(file, "crm", {"options": {"grant": "device", "client_id": 'a"b'}, "statuses": {"won": "Sold = done"}})
    assert read(file, {}).crm.options == {"grant": "device", "client_id": 'a"b'}
    set_values(file, "crm", {"options": {"grant": "refresh_token"}})
    assert read(file, {}).crm.options == {"grant": "refresh_token"}
    assert read(file, {}).crm.statuses == {"won": "Sold = done"}
    file.write_text('[crm]\nkind = "odoo"\n[crm.options]  # mine\nkept = "yes"\ngrant = "x"\n[look]\n')
    set_values(file, "crm", {"options": {"grant": "token", "new one": "1"}})
    assert read(file, {}).crm.options == {"kept": "yes", "grant": "token", "new one": "1"}
    assert "# mine" in file.read_text(encoding="utf-8")
