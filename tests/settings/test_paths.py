"""Where things are kept, and that nobody else can read them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from callsheet.settings import HomeError, Paths, find_paths
from callsheet.settings.paths import private_file, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_home_holds_everything(tmp_path: Path) -> None:
    paths = find_paths({"CALLSHEET_HOME": str(tmp_path / "home")})
    assert paths == Paths.at(tmp_path / "home")
    assert paths.settings == tmp_path / "home" / "settings.toml"
    assert paths.database.parent == paths.settings.parent
    assert not paths.config.exists()


def test_without_a_home_settings_and_data_are_where_the_system_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/c")
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    paths = find_paths({"CALLSHEET_HOME": " "})
    assert paths.settings == Path("/c/callsheet/settings.toml")
    assert paths.database == Path("/d/callsheet/callsheet.db")


def test_a_relative_home_and_a_tilde_mean_one_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Paths.at(Path("x")) == Paths.at(Path("~/x")) == Paths.at(tmp_path / "x")


def test_folders_are_made_for_the_owner_only_and_closed_when_open(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "a" / "config", tmp_path / "a" / "data")
    paths.ensure()
    assert (mode(paths.config), mode(paths.data)) == (0o700, 0o700)
    paths.data.chmod(0o755)
    paths.ensure()
    assert mode(paths.data) == 0o700
    assert mode(private_folder(paths.backups)) == 0o700


def test_files_are_made_for_the_owner_only_and_keep_what_they_hold(tmp_path: Path) -> None:
    file = private_file(tmp_path / "callsheet.db")
    assert mode(file) == 0o600
    file.write_text("kept")
    file.chmod(0o644)
    assert mode(private_file(file)) == 0o600
    assert file.read_text() == "kept"


def test_a_folder_that_others_use_is_not_closed_to_them(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(HomeError, match="is shared with others; set CALLSHEET_HOME"):
        Paths.at(shared).ensure()
    assert mode(shared) == 0o1777


def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(HomeError, match=str(path)):
            Paths.at(path).ensure()
    with pytest.raises(HomeError, match="cannot be written"):
        private_file(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
