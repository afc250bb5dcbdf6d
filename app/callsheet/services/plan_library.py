"""The plans at hand: those that come with callsheet, a team's own over them, and the versions that leads still run on.

A plan that was changed without a new version number gets one: a running lead stays on what it was started with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from callsheet.domain.plan import Plan, Step
from callsheet.services.toml_file import TomlError, TomlFile

BUILT_IN = ("hot", "inbound-21", "outbound", "event", "nurture")
PLAN_KEYS = (*(field.name for field in fields(Plan) if field.name != "steps"), "step")
STEP_KEYS = tuple(field.name for field in fields(Step))

Versions = Mapping[tuple[str, int], Plan]


@dataclass(frozen=True, slots=True)
class Library:
    """All versions of all plans; `current` names the version of each with which a lead is started."""

    plans: Versions
    current: Mapping[str, int]

    def unkept(self, kept: Versions) -> tuple[Plan, ...]:
        """Return the versions to keep with the book, so that leads can go on with them when the files change."""
        return tuple(plan for key, plan in self.plans.items() if key not in kept)


@cache
def built_in() -> tuple[Plan, ...]:
    """Return the plans that come with callsheet."""
    return tuple(read_plan(TomlFile.parse(f"{name}.toml", built_in_text(name))) for name in BUILT_IN)


def built_in_text(name: str) -> str:
    """Return the file of a plan that comes with callsheet, to be copied and changed; `name` is one of `BUILT_IN`."""
    return (files("callsheet.services") / "plans" / f"{name}.toml").read_text(encoding="utf-8")


def library(own: Path | None = None, kept: Versions | None = None) -> Library:
    """Put the plans together: the built-in ones, those of the team's folder over them by name, and the kept versions.

    Raises:
        TomlError: a file in the folder cannot be used, or two are of one plan.
    """
    plans = dict(kept or {})
    current: dict[str, int] = {}
    for plan in (*built_in(), *own_plans(own)):
        numbered = _numbered(plan, plans)
        plans[numbered.name, numbered.version] = numbered
        current[numbered.name] = numbered.version
    return Library(plans, current)


def own_plans(folder: Path | None) -> tuple[Plan, ...]:
    """Return the plans of a folder, one a file `*.toml`, by file name.

    Raises:
        TomlError: a file cannot be used, or two are of one plan.
    """
    if folder is None or not folder.is_dir():
        return ()
    found: dict[str, tuple[Plan, str]] = {}
    for path in sorted(folder.glob("*.toml")):
        source = TomlFile.read(path)
        plan = read_plan(source)
        if plan.name in found:
            raise source.error(f"plan {plan.name!r} is already in {found[plan.name][1]}; rename one", key="name")
        found[plan.name] = (plan, path.name)
    return tuple(plan for plan, _ in found.values())


def check(path: Path) -> Plan:
    """Read one file as a plan, to tell whether it can be used.

    Raises:
        TomlError: it cannot, with the line and the reason.
    """
    return read_plan(TomlFile.read(path))


def read_plan(source: TomlFile) -> Plan:
    """Decode a plan; its name is the file's unless it gives one, its version 1.

    Raises:
        TomlError: a key is unknown, missing or of the wrong kind, or the steps do not make a plan.
    """
    source.known_keys(source.data, PLAN_KEYS)
    head = {key: value for key, value in source.data.items() if key != "step"}
    given = {"name": source.name.removesuffix(".toml"), "version": 1, "steps": ()} | head
    given.setdefault("label", given["name"])
    steps = tuple(_steps(source))
    if not steps:
        raise source.error("a plan needs at least one step: add a [[step]]")
    # The steps are checked one by one, and a plan refuses to be without any.
    plan = source.convert({**given, "steps": [{"channel": "email", "label": ""}]}, Plan, "the plan")
    _plan_holds(source, plan)
    _steps_hold(source, steps)
    return replace(plan, steps=steps)


def _steps(source: TomlFile) -> Iterator[Step]:
    rows = source.data.get("step", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise source.error("write each step as its own [[step]]", key="step")
    for nth, row in enumerate(cast("list[Mapping[str, object]]", rows)):
        source.known_keys(row, STEP_KEYS, "step", nth)
        yield source.convert(row, Step, f"step {nth + 1}", "step", nth)


def _plan_holds(source: TomlFile, plan: Plan) -> None:
    if not plan.name.strip() or plan.name != plan.name.strip().lower():
        raise source.error("the plan: 'name' must be in small letters, without blanks around it", key="name")
    if plan.version < 1:
        raise source.error("the plan: 'version' counts from 1", key="version")
    if (plan.then == "repeat") != (plan.repeat_days is not None):
        raise source.error("the plan: 'repeat_days' belongs to then = \"repeat\", and the other way round", key="then")
    if plan.repeat_days is not None and plan.repeat_days < 1:
        raise source.error("the plan: 'repeat_days' must be 1 or more", key="repeat_days")


def _steps_hold(source: TomlFile, steps: tuple[Step, ...]) -> None:
    before = 0
    for nth, step in enumerate(steps):
        problem, key = "", ""
        if step.day < 0:
            problem, key = "'day' counts from 0", "day"
        elif step.day < before:
            problem, key = f"day {step.day} comes before day {before} of the step above: sort them by day", "day"
        elif step.minutes is not None and step.minutes < 0:
            problem, key = "'minutes' must be 0 or more", "minutes"
        elif step.minutes is not None and step.next_block:
            problem, key = "'minutes' and 'next_block' are two different times: keep one", "next_block"
        elif not step.label.strip():
            problem, key = "'label' says what to do and must not be empty", "label"
        elif step.channel == "research" and step.counts:
            problem, key = "research is no attempt: counts = false", "channel"
        if problem:
            raise source.error(f"step {nth + 1}: {problem}", "step", key, nth)
        before = step.day


def _numbered(plan: Plan, known: Versions) -> Plan:
    """Give a plan the version under which it is known, or else one that no other content has."""
    versions = {version: other for (name, version), other in known.items() if name == plan.name}
    for version in sorted(versions, reverse=True):
        if _content(versions[version]) == _content(plan):
            return replace(plan, version=version)
    if plan.version in versions:
        return replace(plan, version=max(versions) + 1)
    return plan


def _content(plan: Plan) -> Plan:
    return replace(plan, version=0)


def newest_first(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Sort plans by name, the newest version of each first."""
    return tuple(sorted(plans, key=lambda plan: (plan.name, -plan.version)))


__all__ = ["BUILT_IN", "Library", "TomlError", "built_in", "check", "library", "newest_first", "own_plans", "read_plan"]
