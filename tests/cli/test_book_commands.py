"""The book as a whole, by command: copied, brought back, worked out anew, looked over."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.conftest import Shell


def test_a_copy_brings_back_what_was_there_and_keeps_what_it_replaces(book: Shell, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    before = book.json("today")
    book.json("backup", str(copy))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    book.json("log", "priya", "n")
    changed = book.json("today")
    assert changed != before
    replaced = book.json("restore", str(copy))
    assert book.json("today") == before
    book.json("restore", replaced["kept"])
    assert book.json("today") == changed


def test_what_is_no_copy_of_a_book_is_refused_and_the_book_stays(book: Shell, tmp_path: Path) -> None:
    before = book.json("today")
    wrong = tmp_path / "letter.db"
    wrong.write_text("Dear Sir or Madam")
    for file in (wrong, tmp_path / "nowhere.db"):
        ran = book("restore", str(file))
        assert ran.code == 1
        assert file.name in ran.err
    assert book.json("today") == before


def test_everything_worked_out_anew_is_as_it_was(book: Shell) -> None:
    book.json("log", "priya", "n")
    book.json("undo")
    before = [book.json("today"), book.json("audit"), book.json("show", "priya")]
    assert book.json("rebuild")["leads"] == 4
    assert [book.json("today"), book.json("audit"), book.json("show", "priya")] == before


def test_the_settings_are_found_checked_and_what_is_wrong_is_named(book: Shell) -> None:
    assert book.json("config", "path")["settings"] == str(book.home / "settings.toml")
    assert book("config", "check").code == 0
    settings = book.home / "settings.toml"
    settings.write_text('[hours]\nopen = "9 o\'clock"\n[promise]\nmodus = "literal"\n')
    ran = book("config", "check")
    assert ran.code == 1
    assert f'{settings}:4: promise.modus: there is no such key; did you mean "mode"?' in ran.out
    settings.write_text('[hours]\nopen = "9 o\'clock"\n[rep]\ncountry = "UK"\n')
    ran = book("config", "check")
    assert f"{settings}:2: hours.open" in ran.out
    assert f"{settings}:4: rep.country" in ran.out
    settings.write_text('[look]\ntheme = "mauve"\n[keys]\n"sheet.fnd" = "x"\n')
    ran = book("config", "check")
    assert f"{settings}:2: look.theme: there is no theme “mauve”" in ran.out
    assert f"{settings}:4: keys.sheet.fnd: there is no binding “sheet.fnd”, did you mean “sheet.find”?" in ran.out


def test_the_keys_are_listed_by_the_names_under_which_the_settings_change_them(book: Shell) -> None:
    (book.home / "settings.toml").write_text('[keys]\n"undo" = "f7"\n')
    listed = {one["name"]: one for one in book.json("config", "keys")["keys"]}
    assert listed["undo"]["keys"] == "f7"
    assert listed["sheet.block"] == {
        "name": "sheet.block", "keys": "space", "does": "Start a call block, or go on with it",
    }  # fmt: skip
    assert "sheet.block              space" in book("config", "keys").out


def test_the_doctor_finds_a_healthy_book_in_order(book: Shell) -> None:
    assert book("doctor").code == 0
