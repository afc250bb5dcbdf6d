"""The settings: where they are, whether they hold, and an editor on them."""

from __future__ import annotations

import os
import shlex
import subprocess

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option
from callsheet.cli.output import emit, say


@click.group()
def config() -> None:
    """Your settings: where the file is, whether it holds, the names of the keys, and an editor on it."""


@config.command("path")
@json_option
@click.pass_obj
def path(start: Start, *, as_json: bool) -> int:
    """Print where the settings file is, and the other things of yours."""
    from callsheet.settings import find_paths

    paths = find_paths(start.environ)
    if as_json:
        emit({
            "settings": str(paths.settings), "exists": paths.settings.exists(), "database": str(paths.database),
            "plans": str(paths.plans_dir), "outcomes": str(paths.outcomes), "calling_hours": str(paths.calling_hours),
            "backups": str(paths.backups), "log": str(paths.log),
        })  # fmt: skip
    else:
        say(str(paths.settings))
    return 0


@config.command("check")
@json_option
@click.pass_obj
def check(start: Start, *, as_json: bool) -> int:
    """Print everything that is wrong with the settings, the plans, the outcomes and the calling hours."""
    from callsheet.bootstrap.checks import settings_problems
    from callsheet.settings import find_paths

    paths = find_paths(start.environ)
    found = settings_problems(paths, start.environ)
    if as_json:
        emit({"file": str(paths.settings), "exists": paths.settings.exists(), "problems": found})
    elif found:
        for one in found:
            say(one)
    else:
        there = "holds" if paths.settings.exists() else "is not there, which means all defaults"
        say(f"{paths.settings} {there}")
    return 1 if found else 0


@config.command("keys")
@json_option
@click.pass_obj
def keys(start: Start, *, as_json: bool) -> int:
    """Print what each key does, and the name by which the settings give it another: `[keys] "undo" = "u,f7"`."""
    from callsheet.bootstrap.checks import keys_in_use

    found = keys_in_use(start)
    if as_json:
        emit({"keys": [{"name": name, "keys": key, "does": does} for name, key, does in found]})
    else:
        for name, key, does in found:
            say(f"  {name:<24} {key:<16} {does}")
    return 0


@config.command("edit")
@click.pass_obj
def edit(start: Start) -> int:
    """Open the settings in your editor ($VISUAL or $EDITOR); the first time with every setting explained."""
    from callsheet.bootstrap.checks import settings_problems
    from callsheet.settings import find_paths
    from callsheet.settings.edit import create

    paths = find_paths(start.environ)
    paths.ensure()
    create(paths.settings)
    editor = start.environ.get("VISUAL") or start.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    try:
        code = subprocess.run([*shlex.split(editor), str(paths.settings)], check=False).returncode
    except (OSError, ValueError) as error:
        raise Misused(
            f"the editor “{editor}” cannot be run", f"set EDITOR, or open {paths.settings} yourself"
        ) from error
    found = settings_problems(paths, start.environ)
    for one in found:
        say(one)
    return 1 if found or code else 0
