from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

ON_A_PLAN = """name,company,phone,email,interactions,address,zip,city,country
Cy Hill,Hill,+44 20 7946 0009,cy@example.com,download:Guide@2026-11-22; webinar:Live@2026-11-22,1 Road,N1,London,GB
"""
BEFORE_THE_CARD = (
    ("researched", "research"), ("sent", "email"), ("sent", "email"), ("invited", "linkedin"), ("no_answer", "phone"),
    ("sent", "email"), ("sent", "email"),
)  # fmt: skip
"""What is done on the plan inbound-21 before it comes to the post card."""


@pytest.fixture
def other(shell: Shell, tmp_path: Path) -> Shell:
    """The home of another machine."""
    return replace(shell, home=tmp_path / "other")


def test_an_export_makes_an_equal_book_elsewhere_and_only_once(book: Shell, other: Shell, tmp_path: Path) -> None:
    book("log", "priya", "n", "--note", "rang out")
    out = tmp_path / "out"
    done = book.json("export", str(out))
    assert {one.name for one in out.iterdir()} == {"journal.jsonl", "leads.csv", "touches.csv", "calendar.ics"}
    assert (done["leads"], done["touches"]) == (4, 1)
    taken = other.json("import-journal", str(out))
    assert (taken["events"], taken["known"]) == (done["events"], 0)
    for command in (("today",), ("audit",), ("show", "priya"), ("report", "coverage", "--all")):
        assert other.json(*command) == book.json(*command)
    again = other.json("import-journal", str(out / "journal.jsonl"))
    assert (again["events"], again["known"]) == (0, taken["actions"])


def test_an_export_writes_over_nothing(book: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    ran = book("export", str(out))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "new or empty folder" in ran.err
    assert [one.name for one in out.iterdir()] == ["mine.txt"]


def test_a_journal_that_was_cut_off_changes_nothing(book: Shell, other: Shell, tmp_path: Path) -> None:
    book("export", str(tmp_path / "out"))
    journal = tmp_path / "out" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    ran = other("import-journal", str(journal))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "cut off" in ran.err
    assert other.json("audit")["total"] == 0


def test_a_file_that_is_no_journal_is_said_in_one_line(book: Shell, tmp_path: Path) -> None:
    assert book("import-journal", str(tmp_path / "none.jsonl")).code == 1
    ran = book("import-journal", str(tmp_path / "leads.csv"))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "leads.csv: line 1" in ran.err


def test_a_lead_becomes_a_card_of_an_address_book(book: Shell, tmp_path: Path) -> None:
    file = tmp_path / "priya.vcf"
    assert book("vcard", "priya", str(file)).out == f"{file} is the card of Priya Raman\n"
    lines = file.read_bytes().decode().split("\r\n")
    assert {"BEGIN:VCARD", "FN:Priya Raman", "ORG:Raman & Söhne"} <= set(lines)


def test_cards_that_are_due_become_labels(shell: Shell, tmp_path: Path) -> None:
    shell.bring_in(ON_A_PLAN)
    table, page = tmp_path / "cards.csv", tmp_path / "cards.html"
    for outcome, channel in BEFORE_THE_CARD:
        assert shell.json("cards", str(table))["leads"] == []
        shell.json("log", "cy", outcome, "--channel", channel, "--asset", "Guide")
        shell.clock.advance(days=1, hours=1)
    shell.clock.advance(days=7)
    made = shell.json("cards", str(table))
    assert (len(made["leads"]), made["lacking"]) == (1, [])
    assert [row["name"] for row in csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())] == ["Cy Hill"]
    shell("cards", str(page))
    assert "<address>Cy Hill<br>Hill<br>1 Road<br>London<br>N1<br>GB</address>" in page.read_text(encoding="utf-8")


def test_labels_are_a_table_or_a_page(book: Shell, tmp_path: Path) -> None:
    assert book("cards", str(tmp_path / "cards.pdf")).code == 2
    assert book("cards", str(tmp_path / "cards.csv")).out.endswith("has 0 addresses\n")
