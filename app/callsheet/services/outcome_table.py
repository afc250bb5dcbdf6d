"""The outcomes as a team has them: the built-in table (RULES §7), and the team's own merged over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast, get_args

from callsheet.domain.events import Channel
from callsheet.domain.outcome import Outcome, Outcomes
from callsheet.services.toml_file import TomlError, TomlFile

BUILT_IN = "outcomes.toml"
KEYS = tuple(field.name for field in fields(Outcome) if field.name != "name")
CHANNELS: tuple[str, ...] = get_args(Channel)

Rows = dict[str, dict[str, object]]


@cache
def built_in() -> Outcomes:
    """Return the table that comes with callsheet."""
    return table()


def table(own: Path | None = None) -> Outcomes:
    """Return the table, with the team's own file merged over it when there is one.

    A row of a known name changes the keys that it gives; a row of a new name is added.

    Raises:
        TomlError: the file is no TOML, or a row or a key of it cannot be used: file, line, row and key are named.
    """
    packaged = _packaged()
    rows = _rows(packaged)
    source = packaged
    if own is not None:
        source = TomlFile.read(own)
        for name, row in _rows(source).items():
            rows[name] = {**rows.get(name, {}), **row}
    decoded = [_outcome(source, name, row) for name, row in rows.items()]
    try:
        return Outcomes(decoded)
    except ValueError as error:
        raise TomlError(source.name, _clash_line(source, decoded), str(error)) from error


def _packaged() -> TomlFile:
    return TomlFile.parse(BUILT_IN, (files("callsheet.services") / BUILT_IN).read_text(encoding="utf-8"))


def _rows(source: TomlFile) -> Rows:
    source.known_keys(source.data, ("outcome",))
    tables = source.data.get("outcome", {})
    if not isinstance(tables, Mapping):
        raise source.error("write each outcome as a table, [outcome.its_name]", key="outcome")
    rows: Rows = {}
    for name, row in tables.items():
        where = f"outcome.{name}"
        if not isinstance(row, Mapping):
            raise source.error(f"outcome {name!r} must be a table, [outcome.{name}]", "outcome", name)
        if not name.replace("_", "").isalnum() or name != name.lower():
            raise source.error(f"outcome {name!r}: a name has small letters, digits and _ only", where)
        source.known_keys(row, KEYS, where)
        rows[name] = dict(cast("Mapping[str, object]", row))
    return rows


def _outcome(source: TomlFile, name: str, row: Mapping[str, object]) -> Outcome:
    where = f"outcome.{name}"
    outcome = source.convert({"name": name, **row}, Outcome, f"outcome {name!r}", where)
    if not outcome.channels:
        raise source.error(
            f"outcome {name!r}: 'channels' names none; known are {', '.join(CHANNELS)}", where, "channels"
        )
    if outcome.retry_minutes is not None and outcome.retry_minutes <= 0:
        raise source.error(f"outcome {name!r}: 'retry_minutes' must be more than 0", where, "retry_minutes")
    if outcome.skips and (outcome.counts or outcome.does_step or outcome.stops_clock):
        raise source.error(
            f"outcome {name!r}: what is skipped did not happen, so counts, does_step and stops_clock must be false",
            where, "skips",
        )  # fmt: skip
    if outcome.do_not_contact and not outcome.ends:
        raise source.error(f"outcome {name!r}: 'do_not_contact' needs ends = true", where, "do_not_contact")
    return outcome


def _clash_line(source: TomlFile, rows: list[Outcome]) -> int:
    """Tell the line of the row of this file that has the key of another one."""
    taken: dict[tuple[str, str], str] = {}
    for row in rows:
        for channel in row.channels:
            other = taken.setdefault((channel, row.key or row.name), row.name)
            if other != row.name:
                return source.line(f"outcome.{row.name}", "key") or source.line(f"outcome.{other}", "key")
    return 0
