"""Plans: printed, checked, running leads moved to a new version; and late work, decided for all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, open_office
from callsheet.cli.output import emit, say, title

CHOICES = ("resume", "spread", "restart", "retire")
SHOWN = 30


@click.group()
def plan() -> None:
    """Print and check the plans, and move running leads to a new version of theirs."""


@plan.command("list")
@json_option
@click.pass_obj
def list_plans(start: Start, *, as_json: bool) -> int:
    """Print all plans, each in the version with which a lead is started."""
    with open_office(start) as office:
        rules = office.rules
        names = sorted({name for name, _ in rules.plans})
        current = [found for name in names if (found := rules.newest(name)) is not None]
        if as_json:
            emit({"plans": [
                {"name": one.name, "version": one.version, "label": one.label, "steps": len(one.steps),
                 "attempts": sum(step.counts for step in one.steps), "cap": rules.cap(one.name),
                 "versions": sorted(version for name, version in rules.plans if name == one.name)}
                for one in current
            ]})  # fmt: skip
        else:
            for one in current:
                steps = "step " if len(one.steps) == 1 else "steps"
                say(f"{one.name:<14} version {one.version}  {len(one.steps):>2} {steps}  {one.label}")
            say(f"your own go into {office.paths.plans_dir}, a file each")
    return 0


@plan.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show_plan(start: Start, *, name: str, as_json: bool) -> int:
    """Print the steps of a plan."""
    from callsheet.services.desk import NotFound

    with open_office(start) as office:
        found = office.rules.newest(name)
        if found is None:
            raise NotFound(f"no plan is called “{name}”: see `callsheet plan list`")
        if as_json:
            emit(_plan_json(found))
        else:
            _say_plan(found)
    return 0


@plan.command("copy")
@click.argument("name")
@json_option
@click.pass_obj
def copy_plan(start: Start, *, name: str, as_json: bool) -> int:
    """Copy a built-in plan into your folder, to be changed there; it then takes the place of the built-in one."""
    from callsheet.services.desk import NotFound, Refused
    from callsheet.services.plan_library import BUILT_IN, built_in_text
    from callsheet.settings.paths import find_paths, private_folder

    if name not in BUILT_IN:
        raise NotFound(f"no built-in plan is called “{name}”: one of {', '.join(BUILT_IN)}")
    file = private_folder(find_paths(start.environ).plans_dir) / f"{name}.toml"
    try:
        with file.open("x", encoding="utf-8") as copy:
            copy.write(built_in_text(name))
    except FileExistsError as error:
        raise Refused(f"you have a plan of that name: {file}", rule="plan", hint="change that one") from error
    if as_json:
        emit({"plan": name, "file": str(file)})
    else:
        say(f"{file} is yours to change; see that it holds with `callsheet plan check {file}`")
    return 0


@plan.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@json_option
@click.pass_obj
def check_plan(start: Start, *, file: Path | None, as_json: bool) -> int:
    """Tell whether a file can be used as a plan; if not, in which line and why. Without FILE all of yours are read."""
    from callsheet.services.plan_library import check, own_plans
    from callsheet.settings.paths import find_paths

    folder = find_paths(start.environ).plans_dir
    found = [check(file)] if file is not None else own_plans(folder)
    if as_json:
        emit(_plan_json(found[0]) if file is not None else {"plans": [_plan_json(one) for one in found]})
        return 0
    for one in found:
        say(f"{file.name if file is not None else one.name} can be used:")
        _say_plan(one)
    if not found:
        say(f"there is no plan of your own in {folder}")
    return 0


@plan.command("move")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@json_option
@click.pass_obj
def move_plan(start: Start, *, name: str, dry_run: bool, as_json: bool) -> int:
    """Move the running leads of a plan to its newest version; what is done stays done. One undo takes it back."""
    from callsheet.services.cadence import move, moves

    with open_office(start) as office:
        planned = moves(office.desk, name)
        if not dry_run:
            move(office.desk, name)
        if as_json:
            emit({"plan": name, "moved": not dry_run, "leads": [
                {"lead": one.lead, "name": one.name, "from": one.version, "to": one.to,
                 "before": _next_json(one.before), "after": _next_json(one.after), "changes": one.changes_next}
                for one in planned
            ]})  # fmt: skip
        else:
            say(f"{len(planned)} leads {'would move' if dry_run else 'moved'} to the newest version of {name}")
            changed = [one for one in planned if one.changes_next]
            say(f"the next step is another one, or on another day, for {len(changed)} of them")
            for one in changed:
                say(f"  {one.name}: {_next_words(one.before)} → {_next_words(one.after)}")
    return 0


@click.command()
@click.argument("choice", type=click.Choice(CHOICES), required=False)
@click.option("--per-day", type=click.IntRange(1, 1000), default=20, show_default=True, help="For `spread`.")
@click.option("--reason", default="", help="For `retire`: why they are given up.")
@click.option("--lead", "only", multiple=True, help="Only this lead; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Print what would become of them, and change nothing.")
@json_option
@click.pass_obj
def late(
    start: Start, *, choice: str | None, per_day: int, reason: str, only: tuple[str, ...], dry_run: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Print what is more than a week late, or decide for all of it at once.

    resume goes on today, spread lays it over the coming days, restart begins the plans anew, retire closes the leads.
    Those who asked to be contacted stay on top.
    """
    from callsheet.services.cadence import backlog, resolve_late
    from callsheet.services.cadence import late as all_late
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = all_late(office.desk)
        changes, planned = None, None
        ids = [the_lead(office.desk, one) for one in only] or None
        if choice is not None:
            planned = backlog(office.desk, cast("Any", choice), ids, per_day=per_day)
        if choice is not None and not dry_run:
            changes = resolve_late(office.desk, cast("Any", choice), ids, per_day=per_day, reason=reason)
        if as_json:
            zone = office.rules.calendar.tz
            emit({
                "late": [
                    {"lead": one.lead, "name": one.name, "company": one.company, "what": one.label,
                     "due_at": one.due.astimezone(zone).isoformat(timespec="seconds"), "days": one.days, "hot": one.hot}
                    for one in found
                ],
                "decided": changes.label if changes else None, "leads": sorted(changes.leads) if changes else [],
                "days": [{"day": day.isoformat(), "leads": count} for day, count in planned.days] if planned else [],
                "kept_hot": len(planned.hot) if planned else None,
            })  # fmt: skip
        elif changes is not None:
            say(f"{changes.label}; `callsheet undo` takes all of it back")
        elif planned is not None:
            for day, count in planned.days[:SHOWN]:
                say(f"{day:%a %d %b}  {count:>4,}")
            say(f"{len(planned.moved):,} leads: {choice}; {len(planned.hot):,} who asked stay on top")
            say("nothing is changed yet: leave --dry-run away to do it")
        else:
            for one in found[:SHOWN]:
                say(f"{one.days:>4} days  {one.name} · {one.company} · {one.label}{' · hot' if one.hot else ''}")
            if len(found) > SHOWN:
                say(f"  and {len(found) - SHOWN} more")
            words = f"decide for all: `callsheet late {'|'.join(CHOICES)}`"
            are = "is" if len(found) == 1 else "are"
            say(f"{len(found)} {are} more than {office.rules.late_days} days late" + (f"; {words}" if found else ""))
    return 0


def _plan_json(found: Any) -> dict[str, Any]:
    steps = [
        {"step": index, "day": step.day, "minutes": step.minutes, "next_block": step.next_block,
         "channel": step.channel, "label": step.label, "counts": step.counts, "always": step.always,
         "needs_asset": step.needs_asset}
        for index, step in enumerate(found.steps)
    ]  # fmt: skip
    return {
        "name": found.name, "version": found.version, "label": found.label, "then": found.then,
        "source": found.source, "steps": steps,
    }  # fmt: skip


def _say_plan(found: Any) -> None:
    title(f"{found.name} version {found.version}: {found.label}")
    for step in found.steps:
        when = f"{step.minutes} min later" if step.minutes is not None else "next block" if step.next_block else ""
        marks = " ".join(
            word for word, holds in (
                ("· no attempt", not step.counts), ("· always", step.always), ("· brings something", step.needs_asset),
            ) if holds
        )  # fmt: skip
        say(f"  day {step.day:<3} {step.channel:<9} {step.label} {f'({when}) ' if when else ''}{marks}".rstrip())


def _next_json(found: Any) -> dict[str, str] | None:
    return None if found is None else {"step": found[0], "on": found[1].isoformat()}


def _next_words(found: Any) -> str:
    return "nothing" if found is None else f"{found[0]} on {found[1]:%a %d %b}"
