"""Plans of one's own, moving running leads to them, and late work decided for all at once (RULES §5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell


@pytest.fixture
def own(book: Shell) -> Shell:
    """The book with a second version of `inbound-21`, which calls a day earlier."""
    file = Path(book.json("plan", "copy", "inbound-21")["file"])
    changed = file.read_text(encoding="utf-8").replace("version = 1", "version = 2").replace("day = 8\n", "day = 7\n")
    assert changed.count("day = 7") == 2
    file.write_text(changed, encoding="utf-8")
    return book


def call_day(shell: Shell) -> str:
    steps = shell.json("show", "bob")["why"]["plan"]["steps"]
    return str(next(step["date"] for step in steps if step["channel"] == "phone"))


def test_a_plan_of_ones_own_overrides_by_name_and_running_leads_stay_on_theirs(own: Shell) -> None:
    listed = {plan["name"]: plan for plan in own.json("plan", "list")["plans"]}
    assert (listed["inbound-21"]["version"], listed["hot"]["version"]) == (2, 1)
    assert [step["day"] for step in own.json("plan", "show", "inbound-21")["steps"]] == [
        1, 2, 5, 7, 7, 10, 12, 14, 18, 21,
    ]  # fmt: skip
    assert own.json("show", "bob")["why"]["plan"]["version"] == 1
    assert call_day(own) == "2026-11-27"


def test_a_copy_of_a_built_in_plan_never_takes_the_place_of_ones_own(own: Shell) -> None:
    assert own("plan", "copy", "inbound-21").code == 4
    assert own("plan", "copy", "inbound-22").code == 6
    assert own.json("plan", "list")["plans"][2]["version"] == 2
    assert own("plan", "copy", "hot").code == 0


def test_moving_running_leads_is_previewed_done_and_taken_back_as_one(own: Shell) -> None:
    before = own.json("show", "bob")
    preview = own.json("plan", "move", "inbound-21", "--dry-run")
    assert [(one["name"], one["from"], one["to"]) for one in preview["leads"]] == [("Bob Stone", 1, 2)]
    assert own.json("show", "bob") == before
    assert own.json("plan", "move", "inbound-21")["leads"] == preview["leads"]
    assert call_day(own) == "2026-11-26"
    again = own("plan", "move", "inbound-21")
    assert again.code == 4
    assert "newest version" in again.err
    own.json("undo")
    assert own.json("show", "bob") == before
    assert own("plan", "move", "inbound-22").code == 6


def test_without_a_file_all_plans_of_ones_own_are_checked(own: Shell) -> None:
    assert [plan["name"] for plan in own.json("plan", "check")["plans"]] == ["inbound-21"]
    assert "inbound-21 can be used:" in own("plan", "check").out
    (own.home / "plans" / "other.toml").write_text("version = 0\n")
    assert "other.toml: a plan needs at least one step" in own("plan", "check").err


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('channel = "email"', 'channel = "emial"', 15, "'emial'"),
        ("day = 5", "day = -5", 20, "counts from 0"),
        ("version = 2", "version = 0", 2, "version"),
        ("[[step]]", "[[step", 7, ""),
        ("label =", "lable =", 3, "lable"),
    ],
)
def test_a_plan_that_cannot_be_used_is_named_with_its_line_and_reason(
    own: Shell, old: str, new: str, line: int, reason: str
) -> None:
    file = own.home / "plans" / "inbound-21.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    for command in (("plan", "check", str(file)), ("today",)):
        ran = own(*command)
        assert ran.code == 1
        assert f"inbound-21.toml, line {line}" in ran.err
        assert reason in ran.err


def test_what_is_more_than_a_week_late_is_decided_for_all_at_once(book: Shell) -> None:
    book.bring_in(
        "name,company,phone,interactions,received_at\n"
        + "".join(
            f"Late {n},Acme {n},+44 20 7946 01{n:02},download:Guide@2026-10-01; webinar:Live@2026-10-02,2026-10-0{n}\n"
            for n in range(1, 8)
        )
    )
    late = book.json("late")["late"]
    assert [one["name"] for one in late] == [f"Late {n}" for n in range(1, 8)]
    before = book.json("today")
    spread = book.json("late", "spread", "--per-day", "3")
    assert len(spread["leads"]) == 7
    assert book.json("late")["late"] == []
    days = [book.json("show", one["lead"])["why"]["rank"]["due_at"][:10] for one in late]
    assert days == ["2026-11-23"] * 3 + ["2026-11-24"] * 3 + ["2026-11-25"]
    book.json("undo")
    assert book.json("today") == before
    assert book("late", "retire").code == 4
    assert len(book.json("late", "retire", "--reason", "too long ago")["leads"]) == 7
    assert book.json("audit")["unaccounted"] == []
    book.json("undo")
    assert book.json("today") == before


def test_a_hand_off_is_refused_until_its_packet_is_complete(book: Shell) -> None:
    bare = book("hand-off", "priya", "Kim")
    assert bare.code == 4
    assert "lacks topic, best time;" in bare.err
    assert "need" not in bare.err, "what they asked is their need"
    done = book.json("hand-off", "priya", "Kim", "--topic", "40 seats", "--best-time", "mornings")
    assert (done["state"], done["next"]) == ("returned", None)
    assert book.json("show", "priya")["card"]["returned_to"] == "Kim"
