"""The screens: the sheet, and the demo."""

from __future__ import annotations

import gc
import sys
from typing import Final

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused
from callsheet.cli.output import Failure, complain, say

ENOUGH: Final = 1_000_000
"""New objects after which Python looks for garbage until the sheet is open: what is imported stays, and to look through
it again and again takes a fifth of a second.
"""


def open_sheet(start: Start) -> int:
    """Open the sheet."""
    _require_terminal("the sheet", "`callsheet today` prints it")
    gc.set_threshold(ENOUGH)
    from callsheet.bootstrap.screens import sheet

    return _ended(sheet(start))


@click.command()
@click.option("--list", "listing", is_flag=True, help="In the end print what the demo's CRM was given.")
@click.pass_obj
def demo(start: Start, *, listing: bool) -> int:
    """Try it with a sample book of some 120 leads and a CRM inside this program; nothing is kept.

    A key takes the network down and up, as the footer says: see what waits, and how it goes over.
    """
    _require_terminal("the demo", "run it in one; `callsheet import FILE.csv` and `callsheet today` need none")
    gc.set_threshold(ENOUGH)
    from callsheet.bootstrap.demo import play

    ended = play(start)
    if listing:
        say(f"The demo's CRM has {ended.before} things of the sample's past, and of what you did:")
        for one in ended.delivered:
            say(f"  {one}")
        if not ended.delivered:
            say("  nothing")
    return _ended(ended.failure)


def _require_terminal(what: str, instead: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misused(f"{what} needs a terminal", instead)


def _ended(failure: str) -> int:
    return complain(Failure(1, "failure", failure), as_json=False) if failure else 0
