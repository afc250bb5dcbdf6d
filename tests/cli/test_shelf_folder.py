from __future__ import annotations

from callsheet.bootstrap.screens import look_of
from callsheet.settings import schema
from tests.cli.conftest import Shell

LISTED = schema.Settings(shelf=schema.Shelf(assets=(schema.Asset(title="White paper"),)))


def test_the_screens_offer_what_the_settings_list_and_what_lies_in_the_folder(shell: Shell) -> None:
    shelf = shell.home / "shelf" / "fleet"
    shelf.mkdir(parents=True)
    (shelf / "ROI guide.pdf").write_text("x")
    assert [one.title for one in look_of(LISTED, shell.home / "shelf").shelf] == ["White paper", "ROI guide"]
    assert [one.title for one in look_of(LISTED, demo=True).shelf] == ["White paper"]


def test_the_doctor_names_a_file_of_the_shelf_that_cannot_be_used(shell: Shell) -> None:
    (shell.home / "shelf").mkdir(parents=True)
    (shell.home / "shelf" / "more.toml").write_text('[[asset]]\ntitle = ""\n')
    ran = shell("doctor")
    assert ran.code == 1
    assert "more.toml" in ran.out
