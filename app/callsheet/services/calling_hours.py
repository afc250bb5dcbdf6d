"""The table of calling hours that comes with callsheet, and the user's own rows on top of it."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from callsheet.domain.calling_hours import Table, TableError, read_table
from callsheet.services.toml_file import TomlFile

NAME = "calling_hours.toml"
"""The user's own file in the settings folder, and ours among the resources."""


@cache
def bundled_table() -> Table:
    """Return the dated table of RULES §13 that comes with callsheet."""
    return _table(TomlFile.parse(NAME, files("callsheet.services").joinpath(NAME).read_text(encoding="utf-8")))


def table_with(own: Path) -> Table:
    """Return the bundled table with the rows of the user's own file, which need not exist, in place of its own.

    Raises:
        TomlError: the file is no TOML, or a row of it cannot be used; it names file, line and reason.

    """
    return bundled_table() | _table(TomlFile.read(own)) if own.exists() else bundled_table()


def _table(file: TomlFile) -> Table:
    try:
        return read_table(file.data)
    except TableError as error:
        reason = f"{error.key}: {error.reason}"
        if error.row is None:
            raise file.error(reason) from error
        key = error.key.rpartition(".")[2]
        there = file.line("rule", key, error.row)
        raise file.error(reason, "rule", key if there else "", error.row) from error
