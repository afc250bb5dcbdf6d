from __future__ import annotations

import pytest

from tests.cli.conftest import LEADS, Shell


def test_days_off_are_added_joined_and_taken_away_and_comments_stay(shell: Shell) -> None:
    shell.home.mkdir()
    file = shell.home / "settings.toml"
    file.write_text(
        '# mine\n[hours]\nopen = "08:00"  # early\ndays_off = ["2026-12-24"]  # Christmas\n', encoding="utf-8"
    )
    assert shell.json("leave")["days_off"] == ["2026-12-24"]
    added = shell.json("leave", "2026-12-28..2026-12-30", "2026-12-31", "2025-01-02")
    assert added["days_off"] == ["2025-01-02", "2026-12-24", "2026-12-28..2026-12-31"]
    assert added["ahead"] == ["2026-12-24", "2026-12-28..2026-12-31"]
    text = file.read_text(encoding="utf-8")
    assert all(comment in text for comment in ("# mine", "# early", "# Christmas"))
    assert shell.json("leave", "--remove", "2026-12-29")["ahead"] == [
        "2026-12-24", "2026-12-28", "2026-12-30..2026-12-31",
    ]  # fmt: skip


@pytest.mark.parametrize(("wrong", "why"), [("2026-13-01", "is not a day"), ("2027-02-12..2027-02-01", "ends before")])
def test_what_is_no_day_changes_nothing(shell: Shell, wrong: str, why: str) -> None:
    ran = shell("leave", wrong)
    assert ran.code == 2
    assert why in ran.err
    assert shell.json("leave")["days_off"] == []


def test_a_step_that_would_fall_on_a_day_off_goes_around_it(shell: Shell) -> None:
    shell.bring_in(
        "name,company,phone,interactions\n"
        "Bob Stone,Stone,+442079460002,download:Guide@2026-11-20; webinar:Live@2026-11-23\n"
    )

    def due() -> list[str]:
        today = shell.json("today")
        return [one["due_at"][:10] for pane in ("due", "later") for one in today[pane]]

    assert due() == ["2026-11-24"]
    shell.json("leave", "2026-11-24..2026-11-27")
    assert due() == ["2026-11-30"]


def test_the_backlog_is_previewed_before_it_is_answered(shell: Shell) -> None:
    shell.bring_in(LEADS)
    shell.clock.advance(days=20)
    would = shell.json("late", "spread", "--per-day", "1", "--dry-run")
    assert (would["decided"], [one["leads"] for one in would["days"]], would["kept_hot"]) == (None, [1], 1)
    assert "nothing is changed yet" in shell("late", "retire", "--dry-run").out
    assert shell.json("late", "spread", "--per-day", "1")["decided"] == "1 late leads: spread"
    shell("undo")
    assert len(shell.json("late")["late"]) == 2
