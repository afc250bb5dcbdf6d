"""What several commands take: `--json`, a lead, a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callsheet.bootstrap.start import Start

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.domain.rules import Rules

F = TypeVar("F", bound=Callable[..., Any])


class Misused(Exception):
    """What was typed cannot be meant; `hint` says what can be."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def lead_argument(command: F) -> F:
    """Add LEAD: an id or its beginning, an email, a number or a name."""
    return click.argument("lead")(command)


def open_office(start: Start) -> AbstractContextManager[Office]:
    """Open the office of this user; a long rebuild after a change of rules says so."""
    from callsheet.bootstrap.office import office

    def rebuilding(done: int, of: int) -> None:
        if done >= of > 2_000:
            click.echo(f"the rules have changed: {of:,} leads were worked out anew", err=True)

    return office(start, rebuilding=rebuilding)


def read_moment(text: str, rules: Rules, now: datetime) -> datetime:
    """Read a time: ISO 8601, without an offset in the rep's zone; or in words, such as `tue 16:30`.

    Raises:
        callsheet.domain.when.WhenError: it is ambiguous, or no time.
    """
    from callsheet.domain.when import parse_moment

    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return parse_moment(text, now, rules.calendar).at
    return (at if at.tzinfo else at.replace(tzinfo=rules.calendar.tz)).astimezone(UTC)


def read_ahead(text: str, rules: Rules, now: datetime) -> datetime:
    """Read a time that lies ahead, likewise.

    Raises:
        callsheet.domain.when.WhenError: it is ambiguous, over, or no time.
    """
    from callsheet.domain.when import parse_when

    return parse_when(text, now, rules.calendar, blocks=rules.blocks).at
