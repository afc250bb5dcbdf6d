from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from callsheet.services.figures import DEFINITIONS
from tests.cli.conftest import LEADS, Shell


@pytest.fixture
def worked(book: Shell) -> Shell:
    """Priya was called four minutes after she asked, in which nobody answered."""
    book("log", "priya", "n")
    return book


def test_coverage_says_who_was_touched_of_whom_and_what_it_means(worked: Shell) -> None:
    found = worked.json("report", "coverage")
    assert (found["schema"], found["report"]) == (1, "coverage")
    assert (found["received"], found["touched"], found["decided_untouched"]) == (3, 1, 1)
    assert found["within_24h"] == {"part": 1, "of": 2, "percent": 50}, "one of the three may not be contacted"
    assert found["barred"] == 1
    assert [one["name"] for one in found["untouched"]] == ["Bob Stone"]
    assert found["definitions"]["coverage"] == DEFINITIONS["coverage"]
    assert datetime.fromisoformat(found["period"]["since"]).hour == 0


def test_speed_is_a_median_and_a_worst_case_in_seconds(worked: Shell) -> None:
    found = worked.json("report", "speed")
    assert found["elapsed"]["total"]["median"] == 4 * 60
    assert found["elapsed"]["total"]["worst_lead"]["name"] == "Priya Raman"


def test_habit_counts_what_the_rep_did_in_the_days_asked_for(worked: Shell) -> None:
    assert worked.json("report", "habit", "--days", "1")["attempts"] == 1
    worked.clock.advance(days=3)
    assert worked.json("report", "habit", "--days", "1")["attempts"] == 0
    assert worked.json("report", "habit", "--all")["attempts"] == 1


def test_a_campaign_is_found_however_it_is_typed(shell: Shell) -> None:
    shell.bring_in(LEADS, "--campaign", "Expo 2026")
    found = shell.json("report", "campaign", "--campaign", "expo 2026")
    assert (found["name"], found["leads"], found["touched"]["part"]) == ("Expo 2026", 3, 0)
    assert {"Priya Raman", "Bob Stone"} == {one["name"] for one in found["untouched"]}
    assert shell.json("report", "campaign", "Expo 2026") == found == shell.json("report", "campaign"), "the only one"
    missed = shell("report", "campaign", "--campaign", "Fair")
    assert missed.code == 6
    assert "Expo 2026" in missed.err


@pytest.mark.parametrize("kind", ["coverage", "speed", "habit", "all"])
def test_a_report_is_printed_with_its_definitions(worked: Shell, kind: str) -> None:
    ran = worked("report", kind)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 120
    for name in worked.json("report", kind)["definitions"] if kind != "all" else ("coverage", "system", "blocks"):
        words = DEFINITIONS[name].split()
        assert " ".join(words[:5]) in " ".join(ran.out.split())


def test_all_figures_come_as_one_page(worked: Shell, tmp_path: Path) -> None:
    page = tmp_path / "figures.html"
    ran = worked("report", "all", "--html", str(page))
    assert (ran.code, ran.out) == (0, f"the figures are in {page}\n")
    text = page.read_text(encoding="utf-8")
    assert all(f"<h2>{one}</h2>" in text for one in ("Coverage", "Speed", "Habit"))
    assert "<script" not in text
    both = worked.json("report", "all", "--html", str(page))
    assert [one["report"] for one in both["reports"]] == ["coverage", "speed", "habit"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("campaign",),
        ("campaign", "--campaign", "x", "--days", "3"),
        ("speed", "--campaign", "x"),
        ("habit", "--all", "--days", "3"),
        ("habit", "--days", "0"),
        (),
    ],
)
def test_a_report_that_cannot_be_meant_is_refused(book: Shell, arguments: tuple[str, ...]) -> None:
    ran = book("report", *arguments)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_a_page_that_cannot_be_written_is_said_in_one_line(book: Shell, tmp_path: Path) -> None:
    ran = book("report", "speed", "--html", str(tmp_path))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert str(tmp_path) in ran.err
