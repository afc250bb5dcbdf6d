"""Plans as files: the built-in ones, a team's own over them, and the versions that leads run on (RULES §5)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callsheet.domain.plan import Plan
from callsheet.services.plan_library import BUILT_IN, built_in, check, library, newest_first
from callsheet.services.toml_file import TomlError

OWN = """\
name = "inbound-21"
label = "Ours"

[[step]]
day = 1
channel = "email"
label = "hello"

[[step]]
day = 3
channel = "phone"
label = "call"
"""


def plan(tmp_path: Path, text: str = OWN, name: str = "inbound-21.toml") -> Path:
    folder = tmp_path / "plans"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def current(tmp_path: Path, kept: dict[tuple[str, int], Plan] | None = None) -> Plan:
    found = library(tmp_path / "plans", kept)
    return found.plans["inbound-21", found.current["inbound-21"]]


def test_the_five_plans_come_with_callsheet() -> None:
    assert tuple(one.name for one in built_in()) == BUILT_IN
    assert library().current == dict.fromkeys(BUILT_IN, 1)
    assert library(Path("/nowhere")).current == dict.fromkeys(BUILT_IN, 1)


def test_a_plan_of_ones_own_takes_the_place_of_the_built_in_one_of_its_name(tmp_path: Path) -> None:
    plan(tmp_path)
    found = library(tmp_path / "plans")
    assert current(tmp_path).label == "Ours"
    assert found.plans["inbound-21", 1] == built_in()[1]  # leads that run on it go on with it
    assert found.current["inbound-21"] == 2


def test_a_changed_plan_gets_a_version_of_its_own_and_a_plan_put_back_its_old_one(tmp_path: Path) -> None:
    plan(tmp_path)
    kept = dict(library(tmp_path / "plans").plans)
    plan(tmp_path, OWN.replace("day = 3", "day = 4"))
    assert current(tmp_path, kept).version == 3
    assert library(tmp_path / "plans", kept).plans["inbound-21", 2].steps[1].day == 3
    plan(tmp_path)
    kept = {**kept, ("inbound-21", 3): replace(kept["inbound-21", 2], version=3, label="other")}
    assert current(tmp_path, kept).version == 2
    (tmp_path / "plans" / "inbound-21.toml").unlink()
    assert current(tmp_path, kept).version == 1


def test_a_version_number_in_the_file_is_kept(tmp_path: Path) -> None:
    plan(tmp_path, "version = 7\n" + OWN)
    assert current(tmp_path).version == 7


def test_what_has_to_be_kept_with_the_book(tmp_path: Path) -> None:
    plan(tmp_path)
    found = library(tmp_path / "plans")
    assert len(found.unkept({})) == 6
    assert found.unkept(found.plans) == ()


def test_the_name_of_the_file_is_the_name_of_the_plan_unless_it_says_another(tmp_path: Path) -> None:
    plan(tmp_path, OWN.split("\n", 1)[1], "our-own.toml")
    assert library(tmp_path / "plans").current["our-own"] == 1


def test_versions_are_listed_newest_first() -> None:
    one = built_in()[0]
    listed = newest_first([one, replace(one, version=3), built_in()[2], replace(one, version=2)])
    assert [(p.name, p.version) for p in listed] == [("hot", 3), ("hot", 2), ("hot", 1), ("outbound", 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            OWN.replace('channel = "phone"', 'chanel = "phone"'),
            "line 11: there is no key 'chanel' here; did you mean 'channel'?",
        ),
        (OWN.replace('"phone"', '"fax"'), "line 11: step 2: 'channel' 'fax' is not one of those allowed"),
        (
            OWN.replace("day = 3", "day = 0"),
            "line 10: step 2: day 0 comes before day 1 of the step above: sort them by day",
        ),
        (OWN.replace("day = 3", "day = -3"), "line 10: step 2: 'day' counts from 0"),
        (OWN.replace("day = 3", 'day = "3"'), "line 10: step 2: 'day' must be a whole number, not text in quotes"),
        (OWN.replace('label = "call"', 'label = " "'), "line 12: step 2: 'label' says what to do"),
        (
            OWN.replace('label = "call"', 'minutes = 3\nnext_block = true\nlabel = "c"'),
            "line 13: step 2: 'minutes' and 'next_block' are two different times",
        ),
        (OWN.replace('label = "call"', 'minutes = -3\nlabel = "c"'), "line 12: step 2: 'minutes' must be 0 or more"),
        (OWN.replace('"phone"', '"research"'), "line 11: step 2: research is no attempt"),
        ('name = "x"\n', "a plan needs at least one step"),
        ("step = 3\n", "line 1: write each step as its own [[step]]"),
        ("versoin = 2\n" + OWN, "line 1: there is no key 'versoin' here; did you mean 'version'?"),
        ("version = 0\n" + OWN, "line 1: the plan: 'version' counts from 1"),
        ('then = "give up"\n' + OWN, "line 1: the plan: 'then' 'give up' is not one of those allowed"),
        ('then = "repeat"\n' + OWN, "line 1: the plan: 'repeat_days' belongs to then = \"repeat\""),
        ('then = "repeat"\nrepeat_days = 0\n' + OWN, "line 2: the plan: 'repeat_days' must be 1 or more"),
        (OWN.replace("inbound-21", "Inbound"), "line 1: the plan: 'name' must be in small letters"),
        (OWN + '\n[[step]]\nday = 9\nlabel = "x"\n', "line 14: step 3: the key 'channel' is missing"),
        (OWN + "\n[[step\n", "line 14: this is not valid TOML"),
    ],
)
def test_a_plan_that_cannot_be_used_says_file_line_and_reason(tmp_path: Path, text: str, message: str) -> None:
    folder = plan(tmp_path, text)
    with pytest.raises(TomlError) as refused:
        check(folder / "inbound-21.toml")
    assert f"inbound-21.toml{'' if message.startswith('a plan') else ', '}" in str(refused.value)
    assert message in str(refused.value)


def test_two_files_cannot_be_of_one_plan(tmp_path: Path) -> None:
    plan(tmp_path)
    plan(tmp_path, OWN, "zz.toml")
    with pytest.raises(TomlError, match=r"zz\.toml, line 1: plan 'inbound-21' is already in inbound-21\.toml"):
        library(tmp_path / "plans")
