"""The table of calling hours that comes with callsheet, and the user's own rows on top of it."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from callsheet.domain.calling_hours import Table, TableError, read_table


@cache
def bundled_table() -> Table:
    """Return the dated table of RULES §13 that comes with callsheet."""
    text = files("callsheet.services").joinpath("calling_hours.toml").read_text(encoding="utf-8")
    return read_table(tomllib.loads(text))


def table_with(own: Path) -> Table:
    """Return the bundled table with the rows of the user's own file, which need not exist, in place of its own.

    Raises:
        TableError: the file is no TOML, or a row of it cannot be used; the message names file, place and reason.

    """
    try:
        text = own.read_text(encoding="utf-8")
    except FileNotFoundError:
        return bundled_table()
    try:
        return bundled_table() | read_table(tomllib.loads(text))
    except TableError as error:
        raise TableError(f"{own}: {error.key}", error.reason) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(str(own), f"this is not a TOML file: {error}") from error
