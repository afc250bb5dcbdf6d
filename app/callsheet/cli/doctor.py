"""`callsheet doctor`: is everything in order."""

from __future__ import annotations

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option
from callsheet.cli.output import emit, say


@click.command()
@json_option
@click.pass_obj
def doctor(start: Start, *, as_json: bool) -> int:
    """Check the home, the settings, the book and the CRM, and say what to do about what is not in order."""
    from callsheet.bootstrap.checks import examine

    found = examine(start)
    if as_json:
        emit({"checks": [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in found]})
    else:
        for one in found:
            say(f"{'✓' if one.ok else '✗'} {one.name}{f': {one.detail}' if one.detail else ''}")
    return 0 if all(one.ok for one in found) else 1
